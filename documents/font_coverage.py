"""Says which characters the font of our PDF files has.

typst warns of nothing: it prints what the font lacks as a box, and to whoever searches or copies the character is gone
(findings/typst_drops_missing_characters.sh). So the character map of the font is read here (OpenType 1.9, `cmap`, format 12).
"""

import struct
from bisect import bisect_right
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def _font() -> Path:
    package = find_spec("noto_cjk_sans_otc")
    if package is None or package.origin is None:
        raise LookupError("the font package noto-cjk-sans-otc is not installed")
    return Path(package.origin).with_name("NotoSansCJK-Regular.ttc")


FONT = _font()
"""A collection. documents/templates/page.typ names the family; all families of it cover the same characters."""


def has(character: str) -> bool:
    """Say whether the font has a glyph for one character."""
    starts, ends = _ranges()
    found = bisect_right(starts, ord(character)) - 1
    return found >= 0 and ord(character) <= ends[found]


@cache
def _ranges() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the first and the last code points of the ranges that the first font of the collection covers."""
    with FONT.open("rb") as file:

        def read(form: str, at: int) -> tuple[Any, ...]:
            file.seek(at)
            return struct.unpack(form, file.read(struct.calcsize(form)))

        font = read(">L", 12)[0]
        tables = read(">H", font + 4)[0]
        records = (read(">4sLLL", font + 12 + 16 * number) for number in range(tables))
        table = next(offset for tag, _checksum, offset, _length in records if tag == b"cmap")
        subtables = (
            table + read(">HHL", table + 4 + 8 * number)[2] for number in range(read(">H", table + 2)[0])
        )
        map12 = next(at for at in subtables if read(">H", at)[0] == 12)
        count = read(">L", map12 + 12)[0]
        file.seek(map12 + 16)
        starts: list[int] = []
        ends: list[int] = []
        for start, end, _glyph in struct.iter_unpack(">LLL", file.read(12 * count)):
            if ends and start == ends[-1] + 1:
                ends[-1] = end
            else:
                starts.append(start)
                ends.append(end)
    return tuple(starts), tuple(ends)
