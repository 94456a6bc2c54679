"""A long body is the same bytes wherever its file begins, and nobody can make the search for that place slow."""

import time
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.long_body import LONGEST_BEGINNING, LongBody, place_of_first_file, write_all

DISPOSITION = b"\r\ncontent-disposition:"


@given(st.binary(max_size=300), st.integers(0, 300), st.lists(st.integers(0, 200), max_size=20))
def test_a_body_is_read_as_it_was_sent(body: bytes, beginning: int, steps: list[int]) -> None:
    with closing(LongBody(body[:beginning], len(body))) as made:
        write_all(made.file, body[beginning:])
        assert made.read() == b""  # behind its end, until it is read from the start
        made.seek(0)
        pieces = [made.read(step) for step in steps]
        assert b"".join([*pieces, made.read()]) == body


@pytest.mark.parametrize(
    "line",
    [b' filename="a', DISPOSITION + b' filename="a', b'; filename=""', b"\r\na", b"\r\n\r\n", b" "],
)
def test_no_form_makes_the_search_for_its_first_file_slow(line: bytes) -> None:
    for end in (b"", b"\r\n\r\n"):
        body = (DISPOSITION + line * LONGEST_BEGINNING)[: LONGEST_BEGINNING - len(end)] + end
        before = time.thread_time()
        place_of_first_file(body, 0, len(body))
        assert time.thread_time() - before < 0.02
