"""A browser reduced to its bytes: requests written by hand to the real site, so that they may be cut off or be wrong."""

from __future__ import annotations

import http.client
import re
import socket
import struct
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from tests.machine.site import Site
from tests.site.forms import forms

BOUNDARY = "----talent-boundary-7f3a9c"
PATIENCE = 60


@dataclass(frozen=True)
class Part:
    """One part of a multipart body: a field, or a file under exactly this header."""

    name: str
    content: bytes
    filename: str | bytes | None = None

    def encoded(self) -> bytes:
        head = b'Content-Disposition: form-data; name="' + self.name.encode() + b'"'
        if self.filename is not None:
            name = self.filename if isinstance(self.filename, bytes) else self.filename.encode()
            head += b'; filename="' + name + b'"\r\nContent-Type: application/octet-stream'
        return f"--{BOUNDARY}\r\n".encode() + head + b"\r\n\r\n" + self.content + b"\r\n"


def multipart(parts: list[Part]) -> bytes:
    return b"".join(part.encoded() for part in parts) + f"--{BOUNDARY}--\r\n".encode()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()


@dataclass
class Visitor:
    """Somebody at the site, with the cookies that the site has given."""

    site: Site
    cookies: dict[str, str] = field(default_factory=dict)
    _host: str = field(init=False)

    def __post_init__(self) -> None:
        self._host = urlsplit(self.site.url).netloc

    def log_in(self, login_kind: str, login: str, password: str) -> None:
        page = self.get(f"/login/{login_kind}")
        form = next(form for form in forms(page.text) if form.method == "post" and "login" in form.names)
        body = urlencode({"csrf_token": form.fields["csrf_token"][0], "login": login, "password": password})
        answer = self.request(
            "POST",
            f"/login/{login_kind}",
            body.encode(),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert answer.status == 303, answer.text

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def token(self, path: str) -> str:
        """The token of the page's forms."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path).text)
        assert found is not None, path
        return found.group(1)

    def send(self, path: str, parts: list[Part]) -> Answer:
        return self.request("POST", path, multipart(parts), {"Content-Type": self.kind})

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection(self._host, timeout=PATIENCE)
        try:
            connection.request(method, path, body, {**(headers or {}), "Cookie": self.cookie})
            return self._taken(connection.getresponse())
        finally:
            connection.close()

    def raw(
        self, path: str, body: bytes, announced: int, *, chunked: bool = False, kind: str = ""
    ) -> socket.socket:
        """Begin a request whose body is announced as so long, and leave its connection open."""
        connection = socket.create_connection((urlsplit(self.site.url).hostname, self.site.port), PATIENCE)
        length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {announced}"
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nCookie: {self.cookie}\r\n"
            f"Content-Type: {kind or self.kind}\r\n{length}\r\nConnection: close\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        return connection

    def answered(self, connection: socket.socket) -> Answer:
        response = http.client.HTTPResponse(connection)
        response.begin()
        return self._taken(response)

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    @property
    def kind(self) -> str:
        return f"multipart/form-data; boundary={BOUNDARY}"

    def _taken(self, response: http.client.HTTPResponse) -> Answer:
        content = response.read()
        for given in response.headers.get_all("Set-Cookie", []):
            name, _, value = given.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(response.status, response.headers, content)


def reset(connection: socket.socket) -> None:
    """End a connection as a broken line does: without a farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
