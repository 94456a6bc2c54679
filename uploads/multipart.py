"""Reads a form whose body is a file on disk without copying the files in it: each is a region of that file.

werkzeug reads the form, with a token in the place of each long file. What is not written as browsers write it, werkzeug reads
as a whole.
"""

import io
import mmap
import os
import re
import secrets
from collections.abc import Iterator
from typing import IO, Any

from flask import Request
from werkzeug.datastructures import MultiDict
from werkzeug.formparser import FormDataParser

from uploads.file_regions import open_region

LONG_BYTES = 64 * 1024
"""Shorter files are copied: finding them again is not worth it."""

MOST_BESIDE = 1024 * 1024
"""Bytes beside the long files. werkzeug stops early at too many or too long fields; all of them would be read here before."""

MAX_HEAD_BYTES = 16 * 1024
HEAD = re.compile(rb"(?:[^\r\n]{1,4096}\r\n){1,16}\r\n")
"""The lines before the content of a part."""

Form = tuple[IO[bytes], MultiDict[str, str], MultiDict[str, Any]]


class RegionParser(FormDataParser):
    """The form parser of a request whose body is the file `body`."""

    body: IO[bytes] | None = None

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> Form:
        """Return the stream, the fields and the files of a form."""
        boundary = (options or {}).get("boundary", "").encode()
        if self.body is None or mimetype != "multipart/form-data" or not boundary or not content_length:
            return super().parse(stream, mimetype, content_length, options)
        shortened = io.BytesIO()
        long_files: dict[bytes, tuple[int, int]] = {}
        if not _shorten(self.body, content_length, boundary, shortened, long_files) or not long_files:
            return super().parse(stream, mimetype, content_length, options)
        _, fields, files = super().parse(
            io.BytesIO(shortened.getvalue()), mimetype, shortened.tell(), options
        )
        found = 0
        for _, file in files.items(multi=True):
            place = long_files.get(file.stream.read(TOKEN_BYTES + 1))
            file.stream.seek(0)
            if place is not None:
                file.stream.close()
                file.stream = open_region(self.body.fileno(), *place)
                found += 1
        if found != len(long_files):  # a part that names a file and yet is none
            return super().parse(stream, mimetype, content_length, options)
        self.body.seek(0, 2)  # everything has been read
        return stream, fields, files


TOKEN_BYTES = 48


def _shorten(
    body: IO[bytes],
    length: int,
    boundary: bytes,
    shortened: IO[bytes],
    long_files: dict[bytes, tuple[int, int]],
) -> bool:
    """Write the body with a token for each long file; return False when it broke off, or is not written as browsers write it."""
    if os.fstat(body.fileno()).st_size != length:
        return False
    with mmap.mmap(body.fileno(), length, access=mmap.ACCESS_READ) as content:
        end = 0
        for start, part_end in _parts(content, boundary):
            if start < 0 or shortened.tell() + start - end > MOST_BESIDE:
                return False
            head = HEAD.match(content, start, min(part_end, start + MAX_HEAD_BYTES))
            if head is None:
                return False
            if part_end - head.end() < LONG_BYTES or b"filename" not in head[0].lower():
                continue
            token = secrets.token_hex(TOKEN_BYTES // 2).encode()
            long_files[token] = (head.end(), part_end - head.end())
            shortened.write(content[end : head.end()])
            shortened.write(token)
            end = part_end
        if length - end > MOST_BESIDE:
            return False
        shortened.write(content[end:])
    return True


def _parts(content: mmap.mmap, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each part begins and ends; -1 when a boundary is written in an unusual manner."""
    delimiter = b"--" + boundary
    begin = content.find(delimiter)
    if begin != 0:
        yield -1, -1
        return
    while content[begin + len(delimiter) : begin + len(delimiter) + 2] == b"\r\n":
        start = begin + len(delimiter) + 2
        begin = content.find(delimiter, start)
        if begin < 0 or content[begin - 2 : begin] != b"\r\n":
            yield -1, -1
            return
        yield start, begin - 2
    if content[begin + len(delimiter) : begin + len(delimiter) + 2] != b"--":
        yield -1, -1


class RegionRequest(Request):
    """A request whose long form is read where the server has received it (server/client_socket.py)."""

    form_data_parser_class = RegionParser

    def make_form_data_parser(self) -> FormDataParser:
        """Return the parser for this request's form."""
        parser = super().make_form_data_parser()
        body = self.environ["wsgi.input"]
        if isinstance(parser, RegionParser) and isinstance(body, io.FileIO):
            parser.body = body
        return parser
