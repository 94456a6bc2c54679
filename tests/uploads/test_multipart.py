"""A form that is read where it lies says the same as werkzeug's own parser, however it is written."""

from __future__ import annotations

import io
import tracemalloc
from contextlib import closing
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser

from server.long_body import LONGEST_BEGINNING, LongBody, place_of_first_file, write_all
from uploads.file_regions import FileRegion
from uploads.multipart import LONG_BYTES, RegionParser

pytestmark = pytest.mark.guide("A11")

BOUNDARY = "----WebKitFormBoundaryAbc"
LONG = b"\r\n--" + BOUNDARY.encode()[:-1] + bytes(LONG_BYTES)


def part(head: str, content: bytes, newline: bytes = b"\r\n") -> bytes:
    lines = b"Content-Disposition: form-data; " + head.encode()
    return b"--" + BOUNDARY.encode() + newline + lines + newline + newline + content + newline


END = f"--{BOUNDARY}--\r\n".encode()
FILE = 'name="f"; filename="a.jpg"\r\nContent-Type: image/jpeg'
PARTS = st.one_of(
    st.builds(
        part,
        st.sampled_from([FILE, 'name="f"; filename=""', 'name="g"; filename="甲.pdf"', 'name="token"', 'name="x-filename"', "name"]),
        st.one_of(
            st.binary(max_size=50),
            st.sampled_from([LONG, LONG + b"\r", b"\n" * LONG_BYTES, b"--" * LONG_BYTES, LONG[: LONG_BYTES - 1]]),
            st.sampled_from([LONG + b"\r\n--" + BOUNDARY.encode() + b"X", LONG + b"\n--" + BOUNDARY.encode() + b"\r\n"]),
        ),
        st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n"]),
    ),
)  # fmt: skip


def received(body: bytes, beginning: int | None = None) -> LongBody:
    """Return a body as the server receives it. `beginning`: how much of it stays in memory, if not what the server chooses."""
    if beginning is None:
        beginning = place_of_first_file(body, 0, LONGEST_BEGINNING)
    made = LongBody(body[:beginning], len(body))
    write_all(made.file, body[beginning:])
    made.seek(0)
    return made


def parsed(parser: FormDataParser, body: bytes, stream: Any) -> Any:
    try:
        _, fields, files = parser.parse(stream, "multipart/form-data", len(body), {"boundary": BOUNDARY})
    except HTTPException as error:
        return error.code
    return (
        list(fields.items(multi=True)),
        [
            (key, file.filename, file.content_type, file.stream.read())
            for key, file in files.items(multi=True)
        ],
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(PARTS, max_size=4),
    st.sampled_from([END, END[:-2], b"", END + b"epilogue"]),
    st.sampled_from([b"", b"\r\n", b"preamble\r\n"]),
)
@example([part(FILE, LONG), part('name="token"', b"1"), part(FILE, LONG)], END, b"")  # fmt: skip
@example([part("name", part(FILE, LONG) * 2), part(FILE, LONG)], END, b"")
def test_both_parsers_find_the_same(parts: list[bytes], end: bytes, preamble: bytes) -> None:
    body = preamble + b"".join(parts) + end
    with closing(received(body)) as file:
        options = {"max_form_memory_size": 500_000, "max_form_parts": 3}
        ours = RegionParser(**options)  # type: ignore[arg-type]
        ours.body = file if body else None
        theirs = FormDataParser(**options)  # type: ignore[arg-type]
        assert parsed(ours, body, file) == parsed(theirs, body, io.BytesIO(body))


def test_a_long_file_is_not_copied() -> None:
    body = part('name="token"', b"1") + part(FILE, LONG) + END
    for beginning, start in ((None, 0), (0, body.index(LONG))):
        with closing(received(body, beginning)) as file:
            ours = RegionParser()
            ours.body = file
            _, _, files = ours.parse(file, "multipart/form-data", len(body), {"boundary": BOUNDARY})
            region = getattr(files["f"].stream, "raw", None)
            assert isinstance(region, FileRegion)
            assert (region.start, region.size, region.is_alone) == (start, len(LONG), True)


def test_of_two_long_files_neither_is_alone() -> None:
    body = part(FILE, LONG) + part(FILE, LONG) + END
    with closing(received(body)) as file:
        ours = RegionParser()
        ours.body = file
        _, _, files = ours.parse(file, "multipart/form-data", len(body), {"boundary": BOUNDARY})
        assert [each.stream.raw.is_alone for each in files.getlist("f")] == [False, False]


def test_a_form_of_which_nothing_has_come_is_empty() -> None:
    with closing(received(b"")) as file:
        ours = RegionParser()
        ours.body = file
        _, fields, files = ours.parse(file, "multipart/form-data", LONG_BYTES, {"boundary": BOUNDARY})
    assert not fields
    assert not files


@pytest.mark.parametrize("beside", [part('name="t"', bytes(8_000_000)), part('name="t"', b"1") * 20_000])
def test_what_werkzeug_refuses_at_its_beginning_is_not_read_before(beside: bytes) -> None:
    body = part(FILE, LONG) + beside + part(FILE, LONG) + END
    with closing(received(body)) as file:
        ours = RegionParser(max_form_memory_size=500_000, max_form_parts=1000)
        ours.body = file
        tracemalloc.start()
        refused = parsed(ours, body, file)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert refused == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert most < len(body) / 3
