"""Asks decoder.py, in a process of its own, what a picture, PDF or Office file is or looks like, and what Excel files hold.

Never decodes anything itself, and hands no secret of the environment to the process that does.
"""

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO

from uploads.errors import Fault, NotShown, Unfit
from uploads.kinds import BMP, GIF, JPEG, PNG, FileKind

MAX_PIXELS = 100_000_000
"""Of a picture. An A3 sheet scanned at 600 dpi has 70 million; the largest telephones' photographs 108, but
those are over 20 MB as a rule."""

MAX_PAGES = 500
"""Of a PDF. The longest contract has a tenth of it."""

MAX_PREVIEW_AREA = 24_000_000
"""Pixels of a picture that we make, so that a screenshot of a whole conversation can still be read."""

SECONDS = 30
"""Until the process is ended; its own limit is 10 of computing, which a machine under load stretches."""

AT_ONCE = 2
"""Processes that one server process keeps going; each may take 1.5 GB while it opens the largest picture."""

_places = threading.BoundedSemaphore(AT_ONCE)
_PROGRAM = Path(__file__).with_name("decoder.py")
_PILLOW_NAMES = {JPEG: "JPEG", PNG: "PNG", GIF: "GIF", BMP: "BMP"}


def check_picture(stream: BinaryIO, kind: FileKind) -> None:
    """Decode the picture to its last pixel. Raises Unfit when that fails or there are more than MAX_PIXELS."""
    _ask(stream, "check-picture", _PILLOW_NAMES[kind], MAX_PIXELS)


def check_document(stream: BinaryIO) -> tuple[int, tuple[str, ...]]:
    """Return how many pages the PDF has, 1 to MAX_PAGES, each of them found, and its notes. Raises Unfit otherwise."""
    found, _ = _ask(stream, "check-document", MAX_PAGES)
    return int(found["pages"]), tuple(found.get("notes", ()))


def check_relationships(stream: BinaryIO) -> tuple[str, ...]:
    """Return the notes of a .docx or .xlsx. Raises Unfit when its parts are macros or its lists are broken."""
    found, _ = _ask(stream, "check-package")
    return tuple(found["notes"])


def draw_picture(stream: BinaryIO, kind: FileKind, width: int) -> bytes:
    """Return a JPEG of the picture, upright, at most `width` pixels wide. Raises Unfit or NotShown."""
    return _ask(stream, "show-picture", _PILLOW_NAMES[kind], MAX_PIXELS, width, MAX_PREVIEW_AREA)[1]


def draw_page(stream: BinaryIO, page: int, width: int) -> bytes:
    """Return a JPEG of a PDF's page, the first being 1, `width` pixels wide. Raises Unfit or NotShown."""
    return _ask(stream, "show-document", MAX_PAGES, page, width, MAX_PREVIEW_AREA)[1]


def read_sheets(stream: BinaryIO, most_rows: int, most_columns: int) -> list[dict[str, Any]]:
    """Return the cells of an Excel file, sheet by sheet. Raises Unfit."""
    sheets: list[dict[str, Any]] = json.loads(_ask(stream, "read-sheets", most_rows, most_columns)[1])
    return sheets


def _ask(stream: BinaryIO, *question: object) -> tuple[dict[str, Any], bytes]:
    stream.seek(0)
    stream.flush()
    command = [sys.executable, "-I", str(_PROGRAM), *map(str, question)]
    try:
        with _places:
            done = subprocess.run(  # noqa: S603 - our own program; the words are numbers and constants
                command, **_standard_input(stream), capture_output=True, timeout=SECONDS, env=_ENVIRONMENT
            )
    except subprocess.TimeoutExpired:
        raise Unfit(Fault.TOO_SLOW) from None
    finally:
        stream.seek(0)
    line, _, picture = done.stdout.partition(b"\n")
    if not line:  # ended by its limits or by the file
        raise Unfit(Fault.TOO_SLOW)
    found: dict[str, Any] = json.loads(line)
    fault = found.pop("fault", None)
    if fault == "no_such_page":
        raise NotShown
    if fault:
        raise Unfit(Fault(fault), **found)
    return found, picture


_ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}


def _standard_input(stream: BinaryIO) -> dict[str, Any]:
    try:
        return {"stdin": stream.fileno()}  # a file on disk is read there and never copied
    except (AttributeError, io.UnsupportedOperation):
        return {"input": stream.read()}
