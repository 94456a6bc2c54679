"""What the head of a request says about its end. gunicorn's parser reads the same bytes later and decides what they mean."""

from __future__ import annotations

import re
from typing import NamedTuple

HEAD_END = b"\r\n\r\n"
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
EXPECTS_CONTINUE = re.compile(rb"\r\nexpect:[ \t]*100-continue", re.IGNORECASE)
IS_FORM = re.compile(rb"\r\ncontent-type:[ \t]*multipart/form-data", re.IGNORECASE)
LONGEST_NUMBER = 15
"""Digits of a length that are read: Python refuses numbers of some thousands, and this many are too long a body already."""


class RequestHead(NamedTuple):
    """Length of the body, whether it comes in chunks, whether the client waits for leave to send it, whether it is a form with files."""

    length: int
    is_chunked: bool
    expects_continue: bool
    is_form: bool


def read_head(received: bytearray, end: int) -> RequestHead:
    """Read the head that ends at `end`."""
    found = CONTENT_LENGTH.search(received, 0, end)
    return RequestHead(
        int(found[1].lstrip(b"0")[:LONGEST_NUMBER] or b"0") if found else 0,
        CHUNKED.search(received, 0, end) is not None,
        EXPECTS_CONTINUE.search(received, 0, end) is not None,
        IS_FORM.search(received, 0, end) is not None,
    )
