"""Says what a content is by looking at it; the name is not asked."""

from typing import BinaryIO

from uploads import kinds
from uploads.kinds import Kind
from uploads.office import compound_kind, package_kind

HEAD_BYTES = 4096

BITMAP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
"""Bytes of a BMP's second header, by the version of it."""

ZIP = b"PK\x03\x04"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# Where the mark stands, the mark, what it says.
MARKS: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"\xff\xd8\xff", kinds.JPEG),
    (0, b"\x89PNG\r\n\x1a\n", kinds.PNG),
    (0, b"GIF87a", kinds.GIF),
    (0, b"GIF89a", kinds.GIF),
    (0, b"MZ", kinds.PROGRAM),
    (0, b"\x7fELF", kinds.PROGRAM),
    (0, b"#!", kinds.PROGRAM),
    (0, b"Rar!\x1a\x07", kinds.ARCHIVE),
    (0, b"7z\xbc\xaf\x27\x1c", kinds.ARCHIVE),
    (0, b"\x1f\x8b", kinds.ARCHIVE),
    (0, b"PK\x05\x06", kinds.ARCHIVE),
    (257, b"ustar", kinds.ARCHIVE),
    (0, b"II*\x00", kinds.TIFF),
    (0, b"MM\x00*", kinds.TIFF),
    (8, b"WEBP", kinds.WEBP),
    (4, b"ftypheic", kinds.HEIC),
    (4, b"ftypheix", kinds.HEIC),
    (4, b"ftypmif1", kinds.HEIC),
    (4, b"ftypavif", kinds.HEIC),
    (4, b"ftyp", kinds.VIDEO),
)

# What text begins with, spaces and letter case aside. PDF readers skip such a beginning too.
BEGINNINGS: tuple[tuple[bytes, Kind], ...] = (
    (b"%pdf-", kinds.PDF),
    (b"{\\rtf", kinds.RTF),
    (b"<!doctype html", kinds.WEB_PAGE),
    (b"<html", kinds.WEB_PAGE),
    (b"<head", kinds.WEB_PAGE),
    (b"<body", kinds.WEB_PAGE),
    (b"<script", kinds.WEB_PAGE),
    (b"mime-version:", kinds.WEB_PAGE),
    (b"<svg", kinds.SVG),
    (b"<?xml", kinds.XML),
)


def recognise(stream: BinaryIO) -> Kind | None:
    """Return the kind, or None when the content is none that we know. Raises Unfit for a damaged container."""
    stream.seek(0)
    head = stream.read(HEAD_BYTES)
    if head.startswith(ZIP):
        return package_kind(stream)
    if head.startswith(COMPOUND):
        return compound_kind(stream)
    if _is_bitmap(head):
        return kinds.BMP
    for place, mark, kind in MARKS:
        if head.startswith(mark, place):
            return kind
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\x00\t\n\f\r ").lower()
    if b"<html" in text and text.startswith((b"<?xml", b"<!--")):
        return kinds.WEB_PAGE
    if b"<svg" in text and text.startswith(b"<?xml"):
        return kinds.SVG
    return next((kind for beginning, kind in BEGINNINGS if text.startswith(beginning)), None)


def _is_bitmap(head: bytes) -> bool:
    """Two letters are a poor mark: many a text begins with BM. The size of the second header must be one."""
    return head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in BITMAP_HEADERS
