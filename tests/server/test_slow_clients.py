"""Slow clients hold no thread of the server, neither while they send nor while they read; and nothing of what they send is lost."""

from __future__ import annotations

import hashlib
import http.client
import io
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.machine.processes import Server, free_port
from tests.server.small_app import BIG_BYTES, PATTERN

pytestmark = pytest.mark.guide("S5")

CLIENTS = 30
"""Five times the threads of the one process."""

AT_ONCE = 5.0
"""Seconds within which a page comes that waits for nobody, also on a busy machine. One that waits for a slow client does not come at all."""

BODY = bytes(range(256)) * 1200


class SmallSite:
    """The small application, served as the site is, by one process."""

    def __init__(self, home: Path, *options: str) -> None:
        self.port = free_port()
        self.process = Server(
            [sys.executable, "-m", "gunicorn", "tests.server.small_app:app", *options],
            home / "small.log",
            self.answers,
            environment={"PORT": str(self.port), "WEB_CONCURRENCY": "1"},
        )

    def answers(self) -> bool:
        with suppress(OSError):
            return self.get("/unread") == b"unread"
        return False

    def get(self, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        content = connection.getresponse().read()
        connection.close()
        return content

    def connect(self, sent: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), 10)
        connection.sendall(sent)
        return connection


@pytest.fixture(scope="module")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallSite]:
    site = SmallSite(tmp_path_factory.mktemp("small"))
    yield site
    site.process.stop()


def head(path: str, length: int | None = None, *more: str) -> bytes:
    lengths = [] if length is None else [f"Content-Length: {length}"]
    lines = [f"{'GET' if length is None else 'POST'} {path} HTTP/1.1", "Host: site", *lengths, *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Responses(io.BufferedReader):
    """Reads one response after another: http.client closes its reader after each, with what it has read ahead."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(socket.SocketIO(connection, "r"))

    def makefile(self, _mode: str) -> Responses:
        return self

    def close(self) -> None:
        pass


def answer(connection: socket.socket | Responses) -> tuple[int, bytes]:
    response = http.client.HTTPResponse(connection)  # type: ignore[arg-type]
    response.begin()
    return response.status, response.read()


def receipt(body: bytes) -> bytes:
    return f"{len(body)} {hashlib.sha256(body).hexdigest()}".encode()


SLOW = {
    "heads": head("/", 10)[:-3],
    "short bodies": head("/", 1000) + b"x" * 999,
    "long bodies": head("/", len(BODY)) + BODY[:70_000],
    "responses": head("/big"),
    "bodies in chunks": head("/", None, "Transfer-Encoding: chunked") + b"5\r\nab",
    "bodies that are too long": head("/", 10**9) + b"x" * 1000,
    "lengths of many digits": head("/", None, "Content-Length: " + "0" * 20 + "1000") + b"x",
}


@pytest.mark.parametrize("what", SLOW)
def test_a_page_does_not_wait_for_slow_clients(small_site: SmallSite, what: str) -> None:
    with ExitStack() as stack:
        for _ in range(CLIENTS):
            stack.enter_context(small_site.connect(SLOW[what]))
        time.sleep(0.3)
        begun = time.monotonic()
        assert small_site.get("/unread") == b"unread"
        assert time.monotonic() - begun < AT_ONCE
        with small_site.connect(head("/", len(BODY)) + BODY) as quick:
            assert answer(quick) == (200, receipt(BODY))
        assert time.monotonic() - begun < AT_ONCE


def test_a_body_in_small_pieces_arrives_whole_and_the_connection_goes_on(small_site: SmallSite) -> None:
    with small_site.connect() as connection:
        for body in (BODY, b"short", BODY[:70_000], b""):
            request = head("/", len(body)) + body
            for start in range(0, len(request), 37_000):
                connection.sendall(request[start : start + 37_000])
                time.sleep(0.01)
            assert answer(connection) == (200, receipt(body))


FORM = "Content-Type: multipart/form-data; boundary=form"
FIELD = b'--form\r\nContent-Disposition: form-data; name="token"\r\n\r\n'
FILE_HEAD = b'--form\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'


@pytest.mark.parametrize(
    ("before", "in_memory"),
    [
        (FIELD + b"1\r\n" + FILE_HEAD, True),
        (FIELD + bytes(70_000) + b"\r\n" + FILE_HEAD, False),
        (FIELD + b"1\r\n" + FILE_HEAD.replace(b"a.jpg", b""), False),
    ],
)
def test_the_file_of_a_long_form_begins_where_its_first_file_does(
    small_site: SmallSite, before: bytes, in_memory: bool
) -> None:
    body = before + BODY + b"\r\n--form--\r\n"
    for path, answered in (("/", receipt(body)), ("/beginning", str(len(before) * in_memory).encode())):
        with small_site.connect(head(path, len(body), FORM)) as connection:
            for place in range(0, 20_000, 4_000):
                connection.sendall(body[place : place + 4_000])
                time.sleep(0.005)
            connection.sendall(body[20_000:] + head("/", 3) + b"abc")
            responses = Responses(connection)
            assert answer(responses) == (200, answered)
            assert answer(responses) == (200, receipt(b"abc"))


def test_the_application_hears_of_a_long_body_before_it_is_there(small_site: SmallSite) -> None:
    before = int(small_site.get("/begun"))
    with small_site.connect(head("/", len(BODY), FORM) + FIELD + bytes(20_000)):
        until = time.monotonic() + 10
        while (after := int(small_site.get("/begun"))) == before and time.monotonic() < until:
            time.sleep(0.01)
    assert after == before + 1


@pytest.mark.parametrize("sent", [100, 15_000, 70_000])
def test_what_came_of_a_form_that_breaks_off_reaches_the_application(
    small_site: SmallSite, sent: int
) -> None:
    body = FIELD + b"1\r\n" + FILE_HEAD + BODY
    with small_site.connect(head("/", len(body), FORM) + body[:sent]) as connection:
        connection.shutdown(socket.SHUT_WR)
        assert answer(connection) == (200, receipt(body[:sent]))


def test_requests_that_are_sent_together_are_answered_in_turn(small_site: SmallSite) -> None:
    bodies = [b"first", BODY, b"", BODY[:1000]]
    with small_site.connect(b"".join(head("/", len(body)) + body for body in bodies)) as connection:
        responses = Responses(connection)
        for body in bodies:
            assert answer(responses) == (200, receipt(body))


def test_a_body_that_the_application_does_not_read_disturbs_no_later_request(small_site: SmallSite) -> None:
    with small_site.connect(head("/unread", len(BODY)) + BODY + head("/", 3) + b"abc") as connection:
        responses = Responses(connection)
        assert answer(responses) == (200, b"unread")
        assert answer(responses) == (200, receipt(b"abc"))


@pytest.mark.parametrize("kind", ["Content-Type: image/jpeg", FORM])
def test_a_client_that_asks_first_is_told_to_send_its_body(small_site: SmallSite, kind: str) -> None:
    with small_site.connect(head("/", len(BODY), kind, "Expect: 100-continue")) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(BODY)
        assert answer(connection) == (200, receipt(BODY))


@pytest.mark.parametrize("sent", [1000, 70_000, 200_000])
def test_what_came_of_a_body_that_breaks_off_reaches_the_application(
    small_site: SmallSite, sent: int
) -> None:
    with small_site.connect(head("/", len(BODY)) + BODY[:sent]) as connection:
        connection.shutdown(socket.SHUT_WR)
        assert answer(connection) == (200, receipt(BODY[:sent]))


def test_a_body_in_chunks_is_read_as_it_comes(small_site: SmallSite) -> None:
    with small_site.connect(
        head("/", 0, "Transfer-Encoding: chunked").replace(b"Content-Length: 0\r\n", b"")
    ) as connection:
        for start in range(0, len(BODY), 100_000):
            piece = BODY[start : start + 100_000]
            connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        connection.sendall(b"0\r\n\r\n")
        assert answer(connection) == (200, receipt(BODY))


@pytest.mark.parametrize("path", ["/big", "/file"])
def test_a_response_that_is_read_slowly_arrives_whole(
    small_site: SmallSite, tmp_path: Path, path: str
) -> None:
    (tmp_path / "file").write_bytes(PATTERN * (BIG_BYTES // len(PATTERN)))
    with small_site.connect(head(path, None, f"X-File: {tmp_path / 'file'}") + head("/unread")) as connection:
        time.sleep(0.2)
        responses = Responses(connection)
        status, content = answer(responses)
        assert (status, len(content)) == (200, BIG_BYTES)
        assert content == PATTERN * (BIG_BYTES // len(PATTERN))
        assert answer(responses) == (200, b"unread")


def test_a_stopping_server_finishes_what_it_has_begun_and_waits_for_nobody_else(tmp_path: Path) -> None:
    site = SmallSite(tmp_path)
    with site.connect() as silent, site.connect(head("/sleep")) as connection:
        assert site.get("/unread") == b"unread"  # what came before it has been read too
        time.sleep(0.3)
        site.process.process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        assert answer(connection) == (200, b"slept")
        assert silent.recv(1) == b""
        site.process.process.wait(10)
        assert time.monotonic() - begun < 6


@pytest.mark.guide("S2")
def test_a_request_knows_how_long_it_has_waited_for_a_thread(small_site: SmallSite) -> None:
    assert float(small_site.get("/waited")) < AT_ONCE
    sleeping = [small_site.connect(head("/sleep")) for _ in range(8)]  # twice as many as there are threads
    time.sleep(0.3)
    assert 0.3 < float(small_site.get("/waited")) < 2 + AT_ONCE
    for each in sleeping:
        each.close()
