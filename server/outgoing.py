"""The bytes of responses that a client has not taken yet: in memory, beyond MEMORY_BYTES in a temporary file, or in the files that are sent.

A thread adds what the application answers and sends what the client takes at once; the event loop sends the rest.
"""

from __future__ import annotations

import math
import os
import socket
import tempfile
from collections import deque
from dataclasses import dataclass
from typing import IO

from server.long_body import write_all

MEMORY_BYTES = 64 * 1024
"""A longer body is received into a temporary file; more of a response waits there too."""

SENDFILE_BYTES = 1024 * 1024


@dataclass
class FilePiece:
    """Bytes of a file that are to be sent."""

    file: IO[bytes]
    offset: int
    count: int
    is_overflow: bool = False


class Outgoing:
    """What waits to be sent to one client, in order."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._pieces: deque[bytes | FilePiece] = deque()
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def add(self, data: bytes) -> None:
        """Send the bytes as far as the client takes them; the rest waits."""
        if self._bytes > MEMORY_BYTES and not self.flush():
            self._overflow(data)
            return
        self._pieces.append(data)
        self._bytes += len(data)
        if self._bytes > MEMORY_BYTES:
            self.flush()

    def add_file(self, file: IO[bytes], offset: int, count: int) -> None:
        """Send a part of a file like `add`. The caller may close the file."""
        own = os.fdopen(os.dup(file.fileno()), "rb", buffering=0)
        self._pieces.append(FilePiece(own, offset, count))
        self.flush()

    def _overflow(self, data: bytes) -> None:
        last = self._pieces[-1]
        if not isinstance(last, FilePiece) or not last.is_overflow:
            last = FilePiece(tempfile.TemporaryFile(buffering=0), 0, 0, is_overflow=True)  # noqa: SIM115
            self._pieces.append(last)
        write_all(last.file, data)  # the position is behind what was written before: sending does not move it
        last.count += len(data)

    def flush(self, most: float = math.inf) -> bool:
        """Send what the client takes now, about `most` bytes. Returns whether that is everything. Raises OSError."""
        try:
            while self._pieces:
                if most <= 0:
                    return False
                piece = self._pieces[0]
                if isinstance(piece, FilePiece):
                    most -= self._send_file(piece)
                    continue
                if len(self._pieces) > 1:
                    piece = self._joined()
                sent = self._socket.send(piece)
                self._bytes -= sent
                most -= sent
                if sent < len(piece):
                    self._pieces[0] = piece[sent:]
                else:
                    self._pieces.popleft()
        except BlockingIOError:
            return False
        return True

    def _joined(self) -> bytes:
        """Make one of the bytes at the beginning: a head and its page then leave in one packet."""
        pieces = []
        while self._pieces and isinstance(self._pieces[0], bytes):
            pieces.append(self._pieces.popleft())
        self._pieces.appendleft(joined := b"".join(pieces))  # type: ignore[arg-type]
        return joined

    def _send_file(self, piece: FilePiece) -> int:
        sent = 0
        if piece.count:
            most = min(piece.count, SENDFILE_BYTES)
            sent = os.sendfile(self._socket.fileno(), piece.file.fileno(), piece.offset, most)
            if not sent:
                raise OSError("the file has become shorter")
            piece.offset += sent
            piece.count -= sent
        if not piece.count:
            piece.file.close()
            self._pieces.popleft()
        return sent

    def close(self) -> None:
        """Close the files that wait."""
        for piece in self._pieces:
            if isinstance(piece, FilePiece):
                piece.file.close()
