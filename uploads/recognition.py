"""Recognises the kind of a file by its content; the name is not used."""

import re
from typing import BinaryIO

from uploads import kinds
from uploads.kinds import FileKind
from uploads.office_documents import compound_kind, package_kind

HEAD_BYTES = 4096

BITMAP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
"""Possible sizes of a BMP's second header, one for each version."""

ZIP_SIGNATURE = b"PK\x03\x04"
COMPOUND_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

END_OF_TEXT = b"\x1a"
"""Ctrl-Z, once the end of a text of CP/M and DOS. FoxPro and banks' host programs still write it."""

UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_HTML = re.compile(rb"<(html|table|body)[\s>]")


def recognise(stream: BinaryIO) -> FileKind | None:
    """Return the kind; None for an unknown content. Raises InvalidFile for a damaged container."""
    stream.seek(0)
    head = stream.read(HEAD_BYTES)
    if head.startswith(ZIP_SIGNATURE):
        return package_kind(stream)
    if head.startswith(COMPOUND_SIGNATURE):
        return compound_kind(stream)
    if _is_bitmap(head):
        return kinds.BMP
    for kind in kinds.KINDS:
        if any(head.startswith(signature, place) for place, signature in kind.signatures):
            return kind
    return _kind_of_text(head)


def is_text(stream: BinaryIO) -> bool:
    """Return whether the file begins like text, in any encoding. Old programs end a text with Ctrl-Z."""
    stream.seek(0)
    return not _BINARY.search(_without_bom(stream.read(HEAD_BYTES)).rstrip(END_OF_TEXT))


def _kind_of_text(head: bytes) -> FileKind | None:
    text = _without_bom(head).lstrip(b"\x00\t\n\f\r ").lower()  # a PDF may follow such a beginning, too
    if text.startswith((b"<?xml", b"<!--")) and _HTML.search(text):
        return kinds.WEB_PAGE
    if text.startswith(b"<?xml") and b"<svg" in text:
        return kinds.SVG
    return next((kind for kind in kinds.KINDS if text.startswith(kind.text_signatures)), None)


def _without_bom(head: bytes) -> bytes:
    """Return the bytes without their byte order mark; UTF-16 is converted to UTF-8."""
    if encoding := UTF_16.get(head[:2]):
        return head[2:].decode(encoding, "ignore").encode()
    return head.removeprefix(b"\xef\xbb\xbf")


def _is_bitmap(head: bytes) -> bool:
    """Return whether it is a BMP. The letters BM alone may begin a text, so the size of the second header is checked too."""
    return head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in BITMAP_HEADERS
