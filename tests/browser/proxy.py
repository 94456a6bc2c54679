"""A TCP proxy between a browser and the site. It can be slowed down, cut and restored; real sockets, so that any browser notices."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from urllib.parse import urlsplit

CHUNK_SIZE = 16 * 1024


class SlowProxy:
    """Forwards bytes in both directions. `url` is the site's address behind the proxy."""

    def __init__(self, site_url: str) -> None:
        self._site = ("127.0.0.1", urlsplit(site_url).port or 80)
        self._listener = socket.socket()
        self._listener.setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVBUF, CHUNK_SIZE
        )  # else a whole file fits into the socket buffer
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self._open: set[socket.socket] = set()
        self._connected = True
        self.bytes_a_second: int | None = None
        """How fast the browser can send; None is as fast as it can."""
        self.sent = 0
        """Bytes that came from the browser."""
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        self._connected = False
        for end in list(self._open):
            self._close(end)

    def restore(self) -> None:
        self._connected = True

    def __enter__(self) -> SlowProxy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self.cut()

    def _listen(self) -> None:
        while True:
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return
            if not self._connected:
                browser.close()
                continue
            site = socket.create_connection(self._site)
            self._open |= {browser, site}
            threading.Thread(target=self._forward, args=(browser, site, True), daemon=True).start()
            threading.Thread(target=self._forward, args=(site, browser, False), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, upwards: bool) -> None:
        with suppress(OSError):
            while chunk := source.recv(CHUNK_SIZE):
                if upwards:
                    self.sent += len(chunk)
                if upwards and self.bytes_a_second:
                    time.sleep(len(chunk) / self.bytes_a_second)
                target.sendall(chunk)
        self._close(source)
        self._close(target)

    def _close(self, end: socket.socket) -> None:
        self._open.discard(end)
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
