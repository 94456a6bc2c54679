"""A minimal HTTP client like a browser: one persistent connection, cookies, compressed responses."""

from __future__ import annotations

import html
import http.client
import re
import sys
import zlib
from dataclasses import dataclass, field
from time import perf_counter
from urllib.parse import urlencode

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ROW = re.compile(r'<a href="[^"]*/(\d{4}-\d+)/">')
TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')
UNPACKED = {
    "zstd": zstd.decompress,
    "br": brotli.decompress,
    "gzip": lambda body: zlib.decompress(body, 31),
    "": bytes,
}


@dataclass
class Answer:
    status: int
    body: bytes
    encoding: str
    location: str
    seconds: float
    etag: str = ""

    @property
    def text(self) -> str:
        return UNPACKED[self.encoding](self.body).decode()

    @property
    def rows(self) -> list[str]:
        return ROW.findall(self.text)


@dataclass
class Browser:
    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def get(self, path: str, etag: str = "") -> Answer:
        """Open a page. `etag`: what the browser has already, so that 304 may answer."""
        return self._ask("GET", path, more={"If-None-Match": etag} if etag else None)

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        return self._ask(
            "POST", path, urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        )

    def headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {
            "Cookie": cookies,
            "Accept-Encoding": "gzip, deflate, br, zstd",
            "Accept": "text/html",
            "Sec-Fetch-Site": "same-origin",
        }

    def _ask(
        self, method: str, path: str, body: bytes | None = None, more: dict[str, str] | None = None
    ) -> Answer:
        try:
            begun = perf_counter()
            self._connection.request(method, path, body, {**self.headers(), **(more or {})})
            answer = self._connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # gunicorn closed the idle connection: open a new one, and measure from here.
            self._connection.close()
            begun = perf_counter()
            self._connection.request(method, path, body, {**self.headers(), **(more or {})})
            answer = self._connection.getresponse()
        content = answer.read()
        seconds = perf_counter() - begun
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(
            answer.status,
            content,
            answer.getheader("Content-Encoding", ""),
            answer.getheader("Location", ""),
            seconds,
            answer.getheader("ETag", ""),
        )

    def send_file(self, path: str, fields: dict[str, str], name: str, content: bytes) -> Answer:
        """Send a form with one file, as a browser without scripts does."""
        boundary = "----------------------------bench"
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        body = b"".join([*parts, head.encode(), content, f"\r\n--{boundary}--\r\n".encode()])
        return self._ask("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    def log_in(self, login_kind: str, login: str, password: str) -> None:
        """Log in."""
        token = html.unescape(TOKEN.findall(self.get(f"/login/{login_kind}").text)[0])
        answer = self.post(
            f"/login/{login_kind}", {"csrf_token": token, "login": login, "password": password}
        )
        if answer.status not in {302, 303}:
            raise RuntimeError(f"{login} could not log in ({login_kind}): {answer.status}")
