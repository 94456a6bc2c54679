"""Pinyin initials, for quick search of names: wxm finds 王晓敏; sxm and dxm both find 单晓明."""

import os
import unicodedata
from typing import NamedTuple

from common.readings import READINGS, split_words
from common.surnames import LONGEST_GIVEN_NAME, SURNAMES, TRANSLITERATED
from models.spelling import DOT, search_key

os.environ.setdefault(
    "PYPINYIN_NO_PHRASES", "true"
)  # the table of phrases costs 30 MB per process and contains no names

MAX_LENGTH = 60
"""The maximum length of stored initials."""


class Initials(NamedTuple):
    """`initials` sort a list of people. `other_initials` are those by the other reading of the first character, if it has one."""

    initials: str
    other_initials: str | None


def initials(name: str) -> str:
    """Return the initials of a text's characters. Digits stay, and Latin letters too, in lower case without accents."""
    return _initials_of_all(name)[:MAX_LENGTH]


def of_person(name: str) -> Initials:
    """Return the initials of a person's name, with the surname's own reading (common/surnames.py).

    A name that begins with none of these surnames has the usual initials, and no other ones.
    """
    for length in (2, 1):
        beginning, rest = name[:length], name[length:]
        if reading := TRANSLITERATED.get(beginning) or SURNAMES.get(beginning):
            break
    else:
        return Initials(initials(name), None)
    first, other = reading
    if beginning in SURNAMES and (len(rest) > LONGEST_GIVEN_NAME or DOT in name):
        first, other = other, first
    following = _initials_of_all(rest)
    return Initials(
        *(
            ("".join(each[0] for each in spelled.split()) + following)[:MAX_LENGTH]
            for spelled in (first, other)
        )
    )


def _initials_of_all(text: str) -> str:
    from pypinyin import Style, lazy_pinyin

    letters: list[str] = []
    # pypinyin 0.55.0 has no reading for compatibility ideographs. Their canonical equivalents are common characters.
    for piece in split_words(unicodedata.normalize("NFC", text)):
        if reading := READINGS.get(piece):
            letters += (syllable[0] for syllable in reading.split())
        else:
            letters += lazy_pinyin(piece, style=Style.FIRST_LETTER, errors=_not_chinese)
    return "".join(letters).lower()


def _not_chinese(text: str) -> str:
    """Return text that is not Chinese without dots and accents. Spaces stay: they separate the parts of a name."""
    return " ".join(search_key(part) for part in text.split(" "))
