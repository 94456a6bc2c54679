"""gunicorn's worker with threads, in which a thread never waits for a client (S5).

Its event loop receives each request completely before a thread gets it, a long body in a temporary file, and sends what a client
takes slowly after the thread has finished, as nginx does in front of a server. A slow client costs a few kilobytes and a file.
"""

from __future__ import annotations

import errno
import io
import resource
import selectors
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from gunicorn.http.body import LengthReader
from gunicorn.workers.gthread import TConn, ThreadWorker

from server.chunked_body import ChunkedBody
from server.client_socket import SILENT_SECONDS, ClientSocket
from server.long_body import WHEN_ONE_BEGINS
from server.refusals import NO_ROOM

UPLOAD_THREADS = 2
"""Threads of a process for requests with a long body. Others do not wait for them. As many as uploads/decoding.py checks at a time.

One more thread reads bodies that come in chunks. That one waits for its clients, but no other request waits for it."""

HEAD_SECONDS = 60
"""For the head of a request, from the first byte or the connection on."""

STEP_BYTES = 512 * 1024
"""How much the event loop sends to a client before it looks at the others."""

LINGERING_SECONDS = 2.0
"""How long a connection stays half open after the last response, so that its end is not lost."""

DRAINING_SECONDS = 20.0
"""The same for a client whose body is not wanted. Firefox shows its own error, not our response, when the connection closes while
it is sending."""

WAITED = "talent.waited"
"""In the environment of a request: the seconds between its last byte and the thread that handles it (admin_views/site/errors.py)."""

DESCRIPTORS_EACH = 3
"""Open files of a connection at most: the socket, the body, the rest of the response."""

ACCEPT_PAUSE = 0.05
"""After a connection that could not be accepted, for want of memory or descriptors."""


class Connection(TConn):
    """A connection. `deadline`: when the event loop gives it up. `stays_open`: whether it takes another request.

    `in_thread`: bytes of the body on the disk while a thread has the request.
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.data_ready = True  # gunicorn does not wait for the first byte: a thread gets whole requests
        self.deadline = 0.0
        self.stays_open = False
        self.in_thread = 0

    def close(self, graceful: bool = False) -> None:
        """Close the connection and its files."""
        self.sock.release()


class BufferingWorker(ThreadWorker):  # type: ignore[misc]
    """The worker class of gunicorn.conf.py."""

    most_stored = 3 * 1024**3
    """Bytes of bodies on the disk, for a process: 150 files of 20 MB. Beyond, the request that has sent most is refused."""

    least_free = 512 * 1024**2
    """Bytes that bodies leave free on the disk, where the database may lie, too; a tenth of a smaller one."""

    def init_process(self) -> None:
        """Begin to serve."""
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.worker_connections = min(self.worker_connections, (most - 100) // DESCRIPTORS_EACH)
        self._waiting: dict[Connection, Any] = {}
        self._next_check = 0.0
        self._in_threads = 0
        self._upload_threads = ThreadPoolExecutor(UPLOAD_THREADS)
        self._streaming_thread = ThreadPoolExecutor(1)
        super().init_process()

    def load_wsgi(self) -> None:
        """Load the application, and let it know in WAITED how long each request has waited for a thread."""
        super().load_wsgi()
        application = self.wsgi

        def knowing_the_wait(environ: dict[str, Any], start_response: Any) -> Any:
            environ[WAITED] = time.monotonic() - environ["gunicorn.socket"].queued_at
            return application(environ, start_response)

        self.wsgi = knowing_the_wait

    # Receiving

    def accept(self, listener: Any) -> None:
        """Take a new connection, and wait for its first request."""
        try:
            client, address = listener.accept()
        except OSError as fault:
            if fault.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                self.log.error("cannot accept a connection: %s", fault)
                time.sleep(ACCEPT_PAUSE)
            return
        self.nr_conns += 1
        connection = Connection(self.cfg, ClientSocket(client), address, listener.getsockname())
        self._wait(connection, selectors.EVENT_READ, self._on_readable, HEAD_SECONDS)

    def on_client_socket_readable(self, conn: Connection, client: ClientSocket) -> None:
        """Take the next request of a connection that was idle."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._wait(conn, selectors.EVENT_READ, self._on_readable, HEAD_SECONDS)
        self._call(self._on_readable, conn, client)

    def _on_readable(self, connection: Connection, client: ClientSocket) -> None:
        missing, had_body = client.missing, client.body is not None
        try:
            received = client.receive()
        except OSError:
            client.give_up()
            received = True
        if client.missing != missing:
            connection.deadline = time.monotonic() + SILENT_SECONDS
        if client.body is not None and not had_body:
            for prepare in WHEN_ONE_BEGINS:
                self._upload_threads.submit(prepare)
        if received:
            self._stop_waiting(connection)
            self._dispatch(connection)

    def _dispatch(self, connection: Connection) -> None:
        """Give the request to a thread. One whose body broke off goes there too: what came of it may be kept (A21)."""
        if connection.sock.closing_response:
            connection.stays_open = False
            connection.sock.sendall(connection.sock.closing_response)
            self._send_rest(connection)
        elif connection.sock.has_head:
            self.enqueue_req(connection)
        else:
            self._drop(connection)

    def enqueue_req(self, conn: Connection) -> None:
        """Let a thread handle the request."""
        conn.sock.queued_at = time.monotonic()
        threads = self.tpool
        if conn.sock.is_streamed:
            threads = self._streaming_thread
        elif conn.sock.is_upload:
            threads = self._upload_threads
        conn.in_thread = conn.sock.stored
        self._in_threads += conn.in_thread
        handled = threads.submit(self.handle, conn)
        handled.add_done_callback(partial(self.method_queue.defer, self.finish_request, conn))

    # In a thread

    def handle(self, conn: Connection) -> bool:
        """Handle the request, and send what the client takes of the response at once."""
        stays_open = super().handle(conn)
        conn.sock.end_request()
        try:
            conn.sock.flush()
        except OSError:
            return False
        return bool(stays_open) and not conn.sock.has_ended

    def handle_request(self, req: Any, conn: Connection) -> bool:
        """Let the application read a long body straight from its file, unless gunicorn reads another length in the head."""
        body = conn.sock.body
        if conn.sock.has_ended or conn.sock.is_streamed:
            req.force_close()  # where the next request would begin is not known
        reader = getattr(req.body, "reader", None)
        if conn.sock.is_streamed and reader is not None:
            req.body.reader = ChunkedBody(reader)
        if body is not None and isinstance(reader, LengthReader) and reader.length == conn.sock.body_length:
            body.seek(0)
            req.body = body
        stays_open = super().handle_request(req, conn)
        if req.body is body is not None:
            req.body = (
                io.BytesIO()
            )  # gunicorn would read what the application has left, after the file is closed
        return bool(stays_open)

    # After the thread

    def finish_request(self, conn: Connection, fs: Future[bool]) -> None:
        """Send the rest of the response, then keep the connection or close it."""
        self._in_threads -= conn.in_thread
        conn.stays_open = not fs.cancelled() and not fs.exception() and fs.result()
        self._call(self._send_rest, conn)

    def _send_rest(self, connection: Connection) -> None:
        if connection.sock.has_output:
            self._wait(connection, selectors.EVENT_WRITE, self._on_writable, SILENT_SECONDS)
        else:
            self._after_response(connection)

    def _on_writable(self, connection: Connection, client: ClientSocket) -> None:
        connection.deadline = time.monotonic() + SILENT_SECONDS
        try:
            sent = client.flush(STEP_BYTES)
        except OSError:
            self._drop(connection)
            return
        if sent:
            self._stop_waiting(connection)
            self._after_response(connection)

    def _after_response(self, connection: Connection) -> None:
        client = connection.sock
        if not connection.stays_open:
            self._linger(connection)
        elif not client.has_input:
            connection.set_timeout()
            if not self.alive:
                connection.timeout = min(connection.timeout, time.monotonic() + LINGERING_SECONDS)
            self.keepalived_conns.append(connection)
            self.poller.register(
                client, selectors.EVENT_READ, partial(self.on_client_socket_readable, connection)
            )
        elif client.is_received():
            self._dispatch(connection)
        else:
            self._wait(connection, selectors.EVENT_READ, self._on_readable, HEAD_SECONDS)

    def _linger(self, connection: Connection) -> None:
        try:
            connection.sock.end_output()
        except OSError:
            self._drop(connection)
            return
        seconds = DRAINING_SECONDS if connection.sock.has_ended else LINGERING_SECONDS
        self._wait(connection, selectors.EVENT_READ, self._on_lingering, seconds)

    def _on_lingering(self, connection: Connection, client: ClientSocket) -> None:
        try:
            ended = client.discard_input()
        except OSError:
            ended = True
        if ended:
            self._drop(connection)

    # Waiting, and giving up

    def _wait(self, connection: Connection, event: int, callback: Any, seconds: float) -> None:
        connection.deadline = time.monotonic() + seconds
        self.poller.register(connection.sock, event, partial(self._call, callback, connection))
        self._waiting[connection] = callback

    def _call(self, step: Callable[..., None], connection: Connection, *given: Any) -> None:
        """Take a step of one connection. Whatever goes wrong with it, the event loop goes on for the others."""
        try:
            step(connection, *given)
        except OSError:
            self._drop(connection)
        except Exception:
            self.log.exception("a connection is given up")
            self._drop(connection)

    def _stop_waiting(self, connection: Connection) -> None:
        if self._waiting.pop(connection, None) is not None:
            self.poller.unregister(connection.sock)

    def _drop(self, connection: Connection) -> None:
        self._stop_waiting(connection)
        self.nr_conns -= 1
        connection.close()

    def murder_pending(self) -> None:
        """Give up clients that are silent too long; when stopping, those that have sent nothing."""
        now = time.monotonic()
        if now < self._next_check and self.alive:
            return
        self._next_check = now + 1
        for connection, callback in list(self._waiting.items()):
            if callback == self._on_readable and not self.alive and not connection.sock.has_begun:
                self._drop(connection)
            elif connection.deadline < now:
                self._call(self._give_up, connection, callback)
        self._free_room()

    def _give_up(self, connection: Connection, callback: Any) -> None:
        client = connection.sock
        if callback != self._on_readable or client.body is None:
            self._drop(connection)
            return
        self._on_readable(connection, client)  # less may have come than the system reports
        if connection in self._waiting and connection.deadline < time.monotonic():
            client.give_up()
            self._stop_waiting(connection)
            self._dispatch(connection)

    def _free_room(self) -> None:
        """Refuse the requests that have sent most, while bodies take more of the disk than they may."""
        storing = sorted(
            (each for each in self._waiting if each.sock.body), key=lambda each: each.sock.stored
        )
        if not storing:
            return
        stored = self._in_threads + sum(each.sock.stored for each in storing)
        disk = shutil.disk_usage(tempfile.gettempdir())
        missing = min(self.least_free, disk.total // 10) - disk.free
        too_many = max(stored - self.most_stored, missing)
        while storing and too_many > 0:
            connection = storing.pop()
            too_many -= connection.sock.stored
            connection.sock.refuse(NO_ROOM)
            self._stop_waiting(connection)
            self._call(self._dispatch, connection)
