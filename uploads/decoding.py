"""Has pictures, PDF and Office files checked and drawn, and Excel files read, each in a confined process (decoder.py).

Never decodes anything itself. Every function that opens a file raises CheckUnavailable when that process cannot be had.
"""

import io
import json
import os
import threading
from collections import defaultdict
from typing import Any, BinaryIO

from uploads.decoder_process import DecoderProcess
from uploads.errors import CheckUnavailable, Fault, InvalidFile, NoPreview
from uploads.file_regions import with_descriptor
from uploads.kinds import BMP, GIF, JPEG, PDF, PNG, FileKind

MAX_PIXELS = 100_000_000
"""Pixels of a picture. An A3 sheet scanned at 600 dpi has 70 million. The largest photographs of telephones have 108 million,
but most of them are over 20 MB."""

MAX_PAGES = 500
"""Pages of a PDF. The longest contracts have a tenth of that."""

MAX_PREVIEW_AREA = 24_000_000
"""Pixels of a preview: enough to read a long screenshot of a whole conversation."""

SMALL_WIDTH = 160
"""Pixels of the small picture that a list of files shows."""

TIMEOUT_SECONDS = 30
"""After this time the process of a file is killed. Its own limit is 10 seconds of CPU time, which takes longer on a busy machine."""

MAX_PROCESSES = 2
"""Files that one server process checks at a time, and as many that it draws. Each may take 1.5 GB of memory, the largest picture."""

_check_slots = threading.BoundedSemaphore(MAX_PROCESSES)
_drawing_slots = threading.BoundedSemaphore(MAX_PROCESSES)
"""The threads of pages draw: they must not wait for uploads that are made to take long."""
_decoders: dict[int, DecoderProcess] = defaultdict(DecoderProcess)
"""By the priority of the threads that ask, which the program inherits: the worker draws at a low one."""
_PILLOW_NAMES = {JPEG: "JPEG", PNG: "PNG", GIF: "GIF", BMP: "BMP"}


def check_picture(stream: BinaryIO, kind: FileKind) -> bytes:
    """Decode the whole picture. Returns it SMALL_WIDTH wide, b"" when it cannot be drawn.

    Raises InvalidFile when it cannot be decoded or has more than MAX_PIXELS.
    """
    details = (_PILLOW_NAMES[kind], MAX_PIXELS, SMALL_WIDTH, MAX_PREVIEW_AREA)
    return _run_decoder(stream, "check-picture", *details)[1]


def check_document(stream: BinaryIO) -> tuple[int, tuple[str, ...], bytes]:
    """Return the number of pages of a PDF, its notes, and its first page SMALL_WIDTH wide, b"" when that is very long.

    Raises InvalidFile unless it has 1 to MAX_PAGES readable pages.
    """
    found, small = _run_decoder(stream, "check-document", MAX_PAGES, SMALL_WIDTH)
    return int(found["pages"]), tuple(found.get("notes", ())), small


def check_relationships(stream: BinaryIO) -> tuple[str, ...]:
    """Return the notes of a .docx or .xlsx. Raises InvalidFile when it contains macros or its relationships are broken."""
    found, _ = _run_decoder(stream, "check-package")
    return tuple(found["notes"])


def draw_picture(stream: BinaryIO, kind: FileKind, width: int) -> bytes:
    """Return an upright JPEG of the picture, at most `width` pixels wide. Raises InvalidFile or NoPreview."""
    details = (_PILLOW_NAMES[kind], MAX_PIXELS, width, MAX_PREVIEW_AREA)
    return _run_decoder(stream, "show-picture", *details, slots=_drawing_slots)[1]


def draw_page(stream: BinaryIO, page: int, width: int) -> bytes:
    """Return a JPEG of a PDF's page, `width` pixels wide; `page` counts from 1. Raises InvalidFile or NoPreview."""
    details = (MAX_PAGES, page, width, MAX_PREVIEW_AREA)
    return _run_decoder(stream, "show-document", *details, slots=_drawing_slots)[1]


def read_codes(stream: BinaryIO, kind: FileKind) -> list[str]:
    """Return the texts of the QR codes in a picture or PDF; none for other kinds, and none when the search fails.

    Anybody may have written them: the caller checks them (common/paper_codes.py).
    """
    try:
        if kind is PDF:
            found, _ = _run_decoder(stream, "read-document-codes", MAX_PAGES, MAX_PREVIEW_AREA)
        elif kind in _PILLOW_NAMES:
            found, _ = _run_decoder(stream, "read-picture-codes", _PILLOW_NAMES[kind], MAX_PIXELS)
        else:
            return []
    except InvalidFile:  # slow to draw, which is no reason to refuse a file that has been checked
        return []
    return [str(text) for text in found["codes"]]


def read_sheets(stream: BinaryIO, most_rows: int, most_columns: int) -> list[dict[str, Any]]:
    """Return the cells of an Excel file, sheet by sheet. Raises InvalidFile."""
    sheets: list[dict[str, Any]] = json.loads(_run_decoder(stream, "read-sheets", most_rows, most_columns)[1])
    return sheets


def prepare() -> None:
    """Start the program for the file that has begun to come, which then need not wait for it (server/long_body.py)."""
    _decoder().prepare("check-picture")


def is_available() -> bool:
    """Say whether files can be checked, by having an empty one refused."""
    try:
        _run_decoder(io.BytesIO(), "check-package", slots=_drawing_slots)
    except InvalidFile:
        return True
    except CheckUnavailable:
        return False
    return True


def _decoder() -> DecoderProcess:
    return _decoders[os.getpriority(os.PRIO_PROCESS, threading.get_native_id())]


def _run_decoder(
    stream: BinaryIO, task: str, *details: object, slots: threading.BoundedSemaphore = _check_slots
) -> tuple[dict[str, Any], bytes]:
    stream.seek(0)
    stream.flush()
    try:
        with slots, with_descriptor(stream) as region:
            answer = _decoder().run(region, TIMEOUT_SECONDS, task, *details)
    finally:
        stream.seek(0)
    header, _, content = answer.partition(b"\n")
    if not header:  # killed by its limits, or crashed
        raise InvalidFile(Fault.TOO_SLOW)
    found: dict[str, Any] = json.loads(header)
    fault = found.pop("fault", None)
    if fault == "no_such_page":
        raise NoPreview
    if fault:
        raise InvalidFile(Fault(fault), **found)
    return found, content
