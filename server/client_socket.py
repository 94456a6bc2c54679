"""A client's socket that never makes a thread wait: requests are received before a thread gets them, responses are sent after it.

Knows as much HTTP as is needed to see where a request ends (request_head.py).
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import select
import socket
import time
from typing import IO, Any

from server.body_pipe import BodyPipe
from server.long_body import LONGEST_BEGINNING, LongBody, place_of_first_file, write_all
from server.outgoing import MEMORY_BYTES, Outgoing
from server.refusals import HEAD_TOO_LONG, NO_ROOM
from server.request_head import HEAD_END, read_head

LONGEST_BODY = 256 * 1024 * 1024
"""Of a longer body the application sees the head alone, and refuses it (MAX_REQUEST_BYTES in uploads/limits.py)."""

LONGEST_HEAD = 64 * 1024
"""A longer head is refused: a thousand unfinished ones must fit into memory. Browsers send some 2 KB, nginx passes on 32 at most."""

FEWEST_BYTES = 64 * 1024
"""How much of a long body the system gathers before it reports anything: 32 KiB a second then costs an event in two seconds."""

SILENT_SECONDS = 120
"""After which a client that neither sends nor takes a byte is given up."""

STREAMING_SECONDS = 60
"""How long a body in chunks may take altogether. No browser sends one."""

_pipe = BodyPipe()
"""Only the event loop receives long bodies."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ClientSocket:
    """What gunicorn takes for the socket of a connection. The event loop and one thread at a time use it, never together."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._buffer = bytearray()
        self._searched = 0
        self._wanted = 0
        self._outgoing = Outgoing(connection)
        self._timeout = float(SILENT_SECONDS)
        self.queued_at = 0.0
        """When the request was received and began to wait for a thread."""
        self._stream_until = 0.0
        self.has_ended = False
        """The client sends nothing more, or nothing more is taken: the connection must not carry another request."""
        self.closing_response = b""
        """What the server answers instead of the application."""
        self.has_head = False
        self.body: LongBody | None = None
        """The body of a long request. It may be shorter than announced: the client has gone."""
        self.body_length = 0
        self._missing = 0
        self._form_begins = 0
        """Where in the buffer a long form begins of which not enough has come to see where its first file is."""
        self.is_streamed = False
        """The body is read from the client while the application runs: it comes in chunks."""

    # Receiving, in the event loop

    def receive(self) -> bool:
        """Take what has arrived. Returns True once the request is there, or no more of it will come. Raises OSError."""
        if self.body is None:
            try:
                arrived = self._socket.recv(MEMORY_BYTES)
            except BlockingIOError:
                return False
            self.has_ended = not arrived
            self._buffer += arrived
            return self.has_ended or self.is_received()
        try:
            count = _pipe.fill(self._socket.fileno(), self._missing)
        except BlockingIOError:
            return False
        self.has_ended = not count
        self._missing -= count
        try:
            _pipe.empty(self.body.file.fileno(), count)
        except OSError:  # the disk is full
            self.refuse(NO_ROOM)
        self._gather(self._missing)
        return self.has_ended or not self._missing

    def is_received(self) -> bool:
        """Say whether the buffer holds a request that a thread can take."""
        if not self.has_head:
            end = self._buffer.find(HEAD_END, max(0, self._searched - len(HEAD_END)))
            self._searched = len(self._buffer)
            if end < 0:
                if len(self._buffer) > LONGEST_HEAD:
                    self.refuse(HEAD_TOO_LONG)
                return self.has_ended
            self.has_head = True
            self._read_head(end + len(HEAD_END))
        if self._form_begins and len(self._buffer) >= self._wanted:
            begins, self._form_begins = self._form_begins, 0
            self._open_body(begins, place_of_first_file(self._buffer, begins, self._wanted))
        return self.has_ended or self.is_streamed or (len(self._buffer) >= self._wanted and not self._missing)

    def _read_head(self, end: int) -> None:
        self._wanted = end
        head = read_head(self._buffer, end)
        if head.is_chunked:
            self.is_streamed = True
            self._stream_until = time.monotonic() + STREAMING_SECONDS
            return
        if head.length > LONGEST_BODY:
            self.has_ended = True
            return
        if head.length and head.expects_continue:
            self._socket.send(CONTINUE)
        if head.length <= MEMORY_BYTES:
            self._wanted += head.length
            return
        self.body_length = head.length
        if head.is_form:
            self._form_begins = end
            self._wanted = end + LONGEST_BEGINNING
        else:
            self._open_body(end, end)

    def _open_body(self, begins: int, file_begins: int) -> None:
        """Open the file for a long body. What has come before `file_begins` stays in memory."""
        ends = begins + self.body_length
        begun = self._buffer[file_begins:ends]
        self._missing = ends - file_begins - len(begun)
        self._wanted = begins
        try:
            self.body = LongBody(bytes(self._buffer[begins:file_begins]), self.body_length)
            del self._buffer[begins:ends]
            write_all(self.body.file, begun)
        except OSError:
            self.refuse(NO_ROOM)
        self._gather(self._missing)

    def refuse(self, response: bytes) -> None:
        """Let the server answer with this response, and forget what has come."""
        self.end_request()
        self._buffer.clear()
        self.closing_response = response
        self.has_ended = True

    def _gather(self, missing: int) -> None:
        """Let the system wait for this many bytes before it calls the socket readable."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, max(1, min(FEWEST_BYTES, missing)))

    @property
    def is_upload(self) -> bool:
        """Whether the request has a long body."""
        return self.body is not None or self.is_streamed

    @property
    def has_begun(self) -> bool:
        """Whether anything of a request has come."""
        return bool(self._buffer or self.body)

    @property
    def missing(self) -> int:
        """How many bytes of a long body have not come."""
        if self._form_begins:
            return self._form_begins + self.body_length - len(self._buffer)
        return self._missing

    @property
    def stored(self) -> int:
        """How many bytes of a long body lie on the disk."""
        return self.body_length - self._missing if self.body else 0

    @property
    def has_input(self) -> bool:
        """Whether bytes of a request wait in the buffer."""
        return bool(self._buffer)

    def give_up(self) -> None:
        """Treat the client as gone: what has come of its request is all of it."""
        self.has_ended = True

    def end_request(self) -> None:
        """Forget the request. What came after it stays."""
        if self.body is not None:
            self.body.close()
            self.body = None
            self._gather(0)
        self._searched = self._wanted = self._missing = self._form_begins = self.body_length = 0
        self.has_head = self.is_streamed = False

    # What gunicorn calls, in a thread

    def recv(self, size: int, _flags: int = 0) -> bytes:
        """Return bytes of the request; the client is asked only for one that is not received beforehand."""
        if self._buffer and (self._wanted or self.body is None):
            # Not beyond the head of a long request: gunicorn would keep what it reads of the body.
            taken = bytes(self._buffer[: min(size, self._wanted or size)])
            del self._buffer[: len(taken)]
            self._wanted = max(0, self._wanted - len(taken))
            return taken
        if self.body is not None:
            return self.body.read(size)
        if not self.has_ended:
            self.flush()
            self._wait(select.POLLIN)
        return b"" if self.has_ended else self._socket.recv(size)

    def sendall(self, data: bytes) -> None:
        """Send the bytes as far as the client takes them; the rest waits."""
        self._outgoing.add(data)

    def send(self, data: bytes) -> int:
        """Send the bytes like `sendall`."""
        self._outgoing.add(data)
        return len(data)

    def sendfile(self, file: IO[bytes], offset: int = 0, count: int | None = None) -> int:
        """Send a part of a file like `sendall`. The caller may close the file."""
        if count is None:
            count = os.fstat(file.fileno()).st_size - offset
        self._outgoing.add_file(file, offset, count)
        return count

    def flush(self, most: float = math.inf) -> bool:
        """Send what the client takes now, about `most` bytes. Returns whether that is everything. Raises OSError."""
        return self._outgoing.flush(most)

    @property
    def has_output(self) -> bool:
        """Whether bytes of a response wait."""
        return bool(self._outgoing)

    def _wait(self, event: int) -> None:
        poll = select.poll()
        poll.register(self._socket, event)
        seconds = min(self._timeout, self._stream_until - time.monotonic())
        self.has_ended = not poll.poll(max(seconds, 0) * 1000)

    def setblocking(self, _blocking: bool) -> None:
        """Do nothing: the socket never blocks, and `recv` waits."""

    def settimeout(self, seconds: float | None) -> None:
        """Set how long `recv` waits."""
        self._timeout = SILENT_SECONDS if seconds is None else seconds

    def gettimeout(self) -> None:
        """Return None, as for a socket that blocks."""
        return

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._socket.fileno()

    def shutdown(self, _how: int) -> None:
        """Refuse, which gunicorn expects of a connection that is gone: the event loop ends it, after what waits has been sent."""
        raise OSError(errno.ENOTCONN, "the event loop ends the connection")

    def close(self) -> None:
        """Do nothing, for the same reason. gunicorn closes when the application fails in the middle of a response."""

    # Closing

    def end_output(self) -> None:
        """Say that nothing more will be sent. Raises OSError when the client has gone."""
        self._socket.shutdown(socket.SHUT_WR)

    def discard_input(self) -> bool:
        """Drop what has arrived. Returns True when the client has closed its side, too. Raises OSError."""
        try:
            return not self._socket.recv(MEMORY_BYTES)
        except BlockingIOError:
            return False

    def release(self) -> None:
        """Close the connection and the files."""
        self.end_request()
        self._outgoing.close()
        self._socket.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)
