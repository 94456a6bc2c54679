"""The wire between a browser and the site, which can be slow, cut and whole again; real sockets, so that any browser feels it."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from urllib.parse import urlsplit

PIECE = 16 * 1024


class Line:
    """Passes on what comes; `url` is where the site is found at this end of it."""

    def __init__(self, site_url: str) -> None:
        self._site = ("127.0.0.1", urlsplit(site_url).port or 80)
        self._here = socket.socket()
        self._here.setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE
        )  # else a whole file fits into the wire
        self._here.bind(("127.0.0.1", 0))
        self._here.listen()
        self._open: set[socket.socket] = set()
        self._whole = True
        self.bytes_a_second: int | None = None
        """How fast the browser can send; None is as fast as it can."""
        self.url = f"http://127.0.0.1:{self._here.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        self._whole = False
        for end in list(self._open):
            self._close(end)

    def mend(self) -> None:
        self._whole = True

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._here.close()
        self.cut()

    def _listen(self) -> None:
        while True:
            try:
                browser, _ = self._here.accept()
            except OSError:
                return
            if not self._whole:
                browser.close()
                continue
            site = socket.create_connection(self._site)
            self._open |= {browser, site}
            threading.Thread(target=self._pass_on, args=(browser, site, True), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(site, browser, False), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, upwards: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(PIECE):
                if upwards and self.bytes_a_second:
                    time.sleep(len(piece) / self.bytes_a_second)
                target.sendall(piece)
        self._close(source)
        self._close(target)

    def _close(self, end: socket.socket) -> None:
        self._open.discard(end)
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
