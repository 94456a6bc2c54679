"""Whatever strangers send, the server goes on for the others, and takes no bytes for a request that are none."""

from __future__ import annotations

import contextlib
import io
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http import get_parser
from gunicorn.http.body import LengthReader
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.client_socket import LONGEST_BODY, LONGEST_HEAD, ClientSocket
from server.outgoing import MEMORY_BYTES
from tests.server.small_worker import LONGEST_FILE, MOST_STORED
from tests.server.test_slow_clients import BODY, Responses, SmallSite, answer, head, receipt, small_site
from uploads.limits import MAX_REQUEST_BYTES

__all__ = ["small_site"]

pytestmark = pytest.mark.guide("S5")


@pytest.fixture(scope="module")
def full_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallSite]:
    site = SmallSite(tmp_path_factory.mktemp("full"), "-k", "tests.server.small_worker.SmallWorker")
    yield site
    site.process.stop()


def is_closed(responses: Responses) -> bool:
    with contextlib.suppress(ConnectionResetError):
        return responses.read() == b""
    return True


def test_a_response_that_fails_in_the_middle_harms_no_other_connection(small_site: SmallSite) -> None:
    with small_site.connect(head("/", len(BODY)) + BODY[:-1]) as other:
        with small_site.connect(head("/failing")) as connection:
            assert b"beginning" in Responses(connection).read()
        other.sendall(BODY[-1:])
        assert answer(other) == (200, receipt(BODY))


@pytest.mark.parametrize("length", [LONGEST_BODY + 1, 10**20])
def test_after_a_body_that_is_not_received_nothing_counts_as_a_request(
    small_site: SmallSite, length: int
) -> None:
    with small_site.connect(head("/unread", length) + head("/unread")) as connection:
        responses = Responses(connection)
        assert answer(responses) == (200, b"unread")
        assert is_closed(responses)


def test_the_application_refuses_what_the_server_does_not_receive() -> None:
    assert MAX_REQUEST_BYTES <= LONGEST_BODY


def test_no_header_of_a_stranger_counts_as_a_proxys(small_site: SmallSite) -> None:
    forged = "SCRIPT_NAME: /forged", "X-Forwarded-Proto: https"
    with small_site.connect(head("/forged/unread", None, *forged)) as connection:
        assert answer(connection) == (200, receipt(b""))  # of the address as it was sent
    with small_site.connect(head("/scheme", None, *forged[1:])) as connection:
        assert answer(connection) == (200, b"http")


@pytest.mark.parametrize("rest", [b"zz\r\n", b"0\r\nContent-Length: 5\r\n\r\n", b"3\r\nabcd\r\n"])
def test_a_body_that_is_not_in_chunks_is_no_fault_of_the_application(
    small_site: SmallSite, rest: bytes
) -> None:
    begun = head("/checked", None, "Transfer-Encoding: chunked") + b"5\r\nbegun\r\n"
    with small_site.connect(begun + b"0\r\n\r\n") as connection:
        assert answer(connection) == (200, b"begun")
    with small_site.connect(begun + rest) as connection:
        responses = Responses(connection)
        assert answer(responses) == (200, b"broken")
        assert is_closed(responses)


def test_an_endless_head_is_refused(small_site: SmallSite) -> None:
    with small_site.connect(head("/")[:-2] + b"X: " + b"x" * LONGEST_HEAD) as connection:
        assert answer(connection)[0] == 431


def test_a_body_for_which_the_disk_has_no_room_is_refused(full_site: SmallSite) -> None:
    body = bytes(2 * LONGEST_FILE)
    with full_site.connect(head("/", len(body)) + body + head("/unread")) as connection:
        responses = Responses(connection)
        status, page = answer(responses)
        assert (status, "没有空间" in page.decode()) == (503, True)
        assert is_closed(responses)
    with full_site.connect(head("/", len(BODY)) + BODY) as connection:
        assert answer(connection) == (200, receipt(BODY))


def test_when_bodies_take_too_much_of_the_disk_the_longest_is_refused(full_site: SmallSite) -> None:
    longer = bytes(MOST_STORED - 100_000)
    with (
        full_site.connect(head("/", len(longer) + 1) + longer) as greedy,
        full_site.connect(head("/", len(BODY)) + BODY[:-1]) as modest,
    ):
        assert answer(greedy)[0] == 503
        modest.sendall(BODY[-1:])
        assert answer(modest) == (200, receipt(BODY))


LENGTHS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["Content-Length", "content-length", "CONTENT-LENGTH", "X-Content-Length", "Content_Length"]),
    st.sampled_from([":", ": ", ":\t ", " :", ":\r\n "]),
    st.sampled_from(["", "0", "000", "0" * 30, "+", "-", "0x"]),
    st.sampled_from(["", "5", "70000", "5,5", "5 5", "999999999999", "9" * 5000, "²", "٣"]),
    st.sampled_from(["", " ", "\t", "\x0b", "\r"]),
)  # fmt: skip
OTHERS = st.sampled_from(
    ["Transfer-Encoding: chunked", "transfer-encoding:chunked", "Transfer-Encoding: gzip, chunked",
     "Transfer-Encoding: identity", "Transfer-Encoding : chunked", "Host: x", "Expect: 100-continue",
     "A: Content-Length: 7", "A: b\nContent-Length: 7", "A: b\rContent-Length: 7"]
)  # fmt: skip
LINES = st.sampled_from(
    [
        "POST / HTTP/1.1",
        "GET / HTTP/1.0",
        "HEAD / HTTP/1.1",
        "\r\nPOST / HTTP/1.1",
        "\r\n\r\nPOST / HTTP/1.1",
        "X",
    ]
)


@settings(max_examples=100, deadline=None)
@given(LINES, st.lists(LENGTHS | OTHERS, max_size=3))
@example("POST / HTTP/1.1", ["Content-Length: 00000000000000000005"])
def test_the_server_finds_the_end_of_a_request_where_gunicorn_finds_it(line: str, fields: list[str]) -> None:
    sent = "\r\n".join([line, *fields, "", ""]).encode()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        client = ClientSocket(ours)
        theirs.sendall(sent + b"x" * 100)
        assert client.receive() or client.body or not client.has_head or client.missing
        parser = get_parser(Config(), [sent], ("127.0.0.1", 1))
        try:
            request: Any = next(parser)
        except Exception:  # refused, and the connection is closed
            client.release()
            return
        reader = request.body.reader
        if not isinstance(reader, LengthReader):
            assert client.is_streamed
        elif reader.length > LONGEST_BODY:
            assert client.has_ended
        elif reader.length > MEMORY_BYTES:
            assert client.body_length == reader.length
        else:
            taken = io.BytesIO()
            while piece := client.recv(8192):
                taken.write(piece)
                if taken.tell() >= len(sent) + reader.length:
                    break
            assert taken.tell() == len(sent) + reader.length
        client.release()
