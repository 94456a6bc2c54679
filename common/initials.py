"""Pinyin initials, by which clerks search names quickly: 王晓敏 is found by wxm, 单晓明 by sxm and by dxm."""

import os
from typing import NamedTuple

from common.surnames import LONGEST_GIVEN_NAME, SURNAMES, TRANSLITERATED
from models.spelling import DOT, search_key

os.environ.setdefault(
    "PYPINYIN_NO_PHRASES", "true"
)  # the table of phrases costs 30 MB a process, and names are not in it

MOST_CHARACTERS = 60
"""The maximum length of stored initials."""


class Initials(NamedTuple):
    """`initials`: by which a list of people is sorted. `other_initials`: of a name whose first character has another reading."""

    initials: str
    other_initials: str | None


def initials(name: str) -> str:
    """Return the initials of a text's characters; Latin letters, small and without accents, and digits stand for themselves."""
    return _joined(name)[:MOST_CHARACTERS]


def of_person(name: str) -> Initials:
    """Return the initials of a person's name, whose surname is read as a surname (common/surnames.py).

    Raises nothing: a name that begins with no surname of the table has the usual initials and no others.
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
    following = _joined(rest)
    return Initials(
        *(
            ("".join(each[0] for each in spelled.split()) + following)[:MOST_CHARACTERS]
            for spelled in (first, other)
        )
    )


def _joined(text: str) -> str:
    from pypinyin import Style, lazy_pinyin

    letters = lazy_pinyin(text, style=Style.FIRST_LETTER, errors=_not_chinese)
    return "".join(letters).lower()


def _not_chinese(text: str) -> str:
    """Return what is not Chinese without its dots and accents; its spaces stay, by which parts of a name are told apart."""
    return " ".join(search_key(part) for part in text.split(" "))
