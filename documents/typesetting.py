"""Makes PDF files with Chinese type from a template of ours and a person's data (A22, W10, A25).

The data reach the template as JSON and are never parsed as markup. The compiler runs in a process of its own
(documents/typst_process.py): in a server process it would keep 60 MiB (docs/performance.md).
"""

import json
import os
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from common.characters import code_point
from documents import font_coverage

TEMPLATES = Path(__file__).with_name("templates")

TIMEOUT_SECONDS = 30
"""After this time the process is killed. One page takes a tenth of a second; its own limit is 20 seconds of CPU time."""

MAX_PROCESSES = 2
"""Compiler processes of one server process at a time. Each uses about 65 MB."""

_process_slots = threading.BoundedSemaphore(MAX_PROCESSES)
_PROGRAM = Path(__file__).with_name("typst_process.py")
_ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ} | {
    "RAYON_NUM_THREADS": "1"  # a thread for each of 32 cores reserves more than the process may have
}


class TypesettingError(RuntimeError):
    """The compiler refused the template or exceeded its limits: a mistake of ours, never of a person's text."""


class MadeDocument(NamedTuple):
    """A finished PDF. `missing` are the characters that the font lacks, printed as code points, each once."""

    pdf: bytes
    missing: tuple[str, ...] = ()


def typeset(template: str, data: Mapping[str, Any], *, title: str, language: str = "zh") -> MadeDocument:
    """Return the PDF of templates/`template`.typ. The same arguments give the same bytes.

    `data` is JSON: texts, numbers, lists, objects; the template reads it as `data` of page.typ. Keys that begin with `svg` hold
    drawings of ours and are left as they are. `title` and `language` become properties of the PDF. Raises TypesettingError.
    """
    missing: dict[str, None] = {}
    inputs = {
        "data": json.dumps(_printable(data, missing), ensure_ascii=False),
        "title": title,
        "language": language,
    }
    return MadeDocument(_compile(template, inputs), tuple(missing))


def missing_characters(text: str) -> list[str]:
    """Return the characters of a text that the font cannot print, each once, in order."""
    return list(dict.fromkeys(_missing(text)))


def missing_in(data: Any) -> list[str]:
    """Return the characters in data for a template that the font cannot print, each once."""
    missing: dict[str, None] = {}
    _printable(data, missing)
    return list(missing)


def _printable(value: Any, missing: dict[str, None]) -> Any:
    """Return the data with every character that the font lacks as 〔U+2B81C〕, and add these to `missing`."""
    if isinstance(value, str):
        lacking = missing_characters(value)
        missing.update(dict.fromkeys(lacking))
        for character in lacking:
            value = value.replace(character, f"〔{code_point(character)}〕")
        return value
    if isinstance(value, Mapping):
        return {
            key: each if key.startswith("svg") else _printable(each, missing) for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_printable(each, missing) for each in value]
    return value


INVISIBLE = ("Cc", "Cf", "Zs", "Zl", "Zp")
"""Categories that need no glyph: line breaks, spaces, joiners."""


def _missing(text: str) -> Iterable[str]:
    before = ""
    for character in text:
        if not (font_coverage.has(character) or _needs_no_glyph(character) or _composes(before, character)):
            yield character
        before = character


def _needs_no_glyph(character: str) -> bool:
    return unicodedata.category(character) in INVISIBLE or _is_variation_selector(character)


def _is_variation_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _composes(before: str, mark: str) -> bool:
    """Say whether the font has a letter and its combining mark as one character, which the compiler then uses."""
    if not (before and unicodedata.combining(mark)):
        return False
    composed = unicodedata.normalize("NFC", before + mark)
    return len(composed) == 1 and font_coverage.has(composed)


def _compile(template: str, inputs: Mapping[str, str]) -> bytes:
    command = [sys.executable, "-I", str(_PROGRAM), str(TEMPLATES), template, str(font_coverage.FONT.parent)]
    try:
        with _process_slots:
            done = subprocess.run(  # noqa: S603 - our own program; the words are constants of ours
                command,
                input=json.dumps(inputs).encode(),
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                env=_ENVIRONMENT,
            )
    except subprocess.TimeoutExpired:
        raise TypesettingError(f"{template}: no PDF after {TIMEOUT_SECONDS} seconds") from None
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        raise TypesettingError(f"{template}: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout
