"""Reads a form that the server has received into a file without copying the files in it: each is a region of that file.

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

from server.long_body import LongBody
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
    """The form parser of a request with a long body."""

    body: LongBody | None = None

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
                is_alone = len(long_files) == 1  # what else is in the file of the body has been read
                file.stream = open_region(self.body.file.fileno(), *place, is_alone=is_alone)
                found += 1
        if found != len(long_files):  # a part that names a file and yet is none
            return super().parse(stream, mimetype, content_length, options)
        self.body.seek(0, 2)  # everything has been read
        return stream, fields, files


TOKEN_BYTES = 48


class _Content:
    """The bytes of a body, searched and sliced where they are."""

    def __init__(self, body: LongBody, length: int) -> None:
        self.beginning = body.beginning
        self.before_file = len(body.beginning)
        self.file = mmap.mmap(body.file.fileno(), length - self.before_file, access=mmap.ACCESS_READ)

    def __getitem__(self, wanted: slice) -> bytes:
        start, stop = (max(0, place - self.before_file) for place in (wanted.start, wanted.stop))
        return self.beginning[wanted] + self.file[start:stop]

    def find_line(self, line: bytes, start: int) -> int:
        """Return the place of bytes without an end of line. The file begins behind an end of line: they do not reach into it."""
        if start < self.before_file and (found := self.beginning.find(line, start)) >= 0:
            return found
        found = self.file.find(line, max(0, start - self.before_file))
        return found + self.before_file if found >= 0 else -1


def _shorten(
    body: LongBody,
    length: int,
    boundary: bytes,
    shortened: IO[bytes],
    long_files: dict[bytes, tuple[int, int]],
) -> bool:
    """Write the body with a token for each long file, and note where in the body's file that is.

    Returns False when the body broke off, or is not written as browsers write it.
    """
    if len(body.beginning) + os.fstat(body.file.fileno()).st_size != length:
        return False
    content = _Content(body, length)
    with content.file:
        end = 0
        for start, part_end in _parts(content, boundary):
            if start < 0 or shortened.tell() + start - end > MOST_BESIDE:
                return False
            head = HEAD.match(content[start : min(part_end, start + MAX_HEAD_BYTES)])
            if head is None:
                return False
            begins = start + head.end()
            if part_end - begins < LONG_BYTES or b"filename" not in head[0].lower():
                continue
            if begins < content.before_file:  # a field looked like a file
                return False
            token = secrets.token_hex(TOKEN_BYTES // 2).encode()
            long_files[token] = (begins - content.before_file, part_end - begins)
            shortened.write(content[end:begins])
            shortened.write(token)
            end = part_end
        if length - end > MOST_BESIDE:
            return False
        shortened.write(content[end:length])
    return True


def _parts(content: _Content, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each part begins and ends; -1 when a boundary is written in an unusual manner."""
    delimiter = b"--" + boundary
    begin = content.find_line(delimiter, 0)
    if begin != 0:
        yield -1, -1
        return
    while content[begin + len(delimiter) : begin + len(delimiter) + 2] == b"\r\n":
        start = begin + len(delimiter) + 2
        begin = content.find_line(delimiter, start)
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
        if isinstance(parser, RegionParser) and isinstance(body, LongBody):
            parser.body = body
        return parser
