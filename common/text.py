"""Normalises typed text before it is stored or compared, checks names, and says how large a file is."""

import re
import unicodedata

from common.characters import (
    PRIVATE_USE,
    REPLACEMENTS,
    cleaned,
    code_point,
    first_forbidden_in_name,
    without_duplicates,
)
from common.wording import N_, Sentence
from models.spelling import HAN, with_one_dot


def one_line(text: str) -> str:
    """Return the text without invisible characters, with single spaces between its words."""
    return " ".join(cleaned(text).split())


SCIENTIFIC_NOTATION = re.compile(r"[0-9]\.?[0-9]*E\+?[0-9]{1,3}", re.IGNORECASE)
"""A long number as a spreadsheet shows it: 6.21700E+18. Most of its digits are lost."""

KIBIBYTE = 1024


def size_text(size: int) -> str:
    """Return a number of bytes as people read it: 820 B, 14 KB, 2.1 MB."""
    if size < KIBIBYTE:
        return f"{size} B"
    return f"{size / KIBIBYTE:.0f} KB" if size < KIBIBYTE**2 else f"{size / KIBIBYTE**2:.1f} MB"


SPACE_BETWEEN_HAN = rf"(?<=[{HAN}]) (?=[{HAN}])"


def as_name(text: str) -> str:
    """Return a name as it is stored: without spaces between Chinese characters, and with U+00B7 for every separating dot.

    Printed forms put a space into a name of two characters, and people type it."""
    return re.sub(SPACE_BETWEEN_HAN, "", with_one_dot(one_line(without_duplicates(text))))


PRIVATE_CHARACTER = N_(
    "“%(character)s”（%(code)s）是自造字，在别的电脑和手机上显示不出来。请用生僻字键盘或手写输入重新输入这个字。"
)
LOST_CHARACTER = N_(
    "“%(character)s”（%(code)s）往往代表没有输入成功的字。请重新输入这个字，打不出时用生僻字键盘或手写输入。"
)
NOT_ALLOWED = N_("“%(character)s”（%(code)s）不能用在姓名或名称里，请删去或改正。")
NO_LETTER_AT_ALL = N_("不能只有数字或符号，请按证件填写。")
DOT_AT_AN_END = N_("间隔号“·”写在两部分之间，不能在开头或结尾。")
FIRST_OF_PLANE_2 = "\U00020000"
"""Planes 2 and 3 contain Chinese characters only. To Python's older Unicode tables the newest are not letters."""


def same_text(one: str, other: str) -> bool:
    """Say whether two texts are equal after normalisation of widths, dots and spaces."""
    return one == other or comparable(one) == comparable(other)


_already_comparable = re.compile("[0-9A-Za-z\u4e00-\u9fff-]*").fullmatch  # stays Chinese


def comparable(text: str) -> str:
    """Return a text as `same_text` compares it."""
    if _already_comparable(text):  # nothing in it has another width or spelling
        return text
    return unicodedata.normalize("NFKC", re.sub(SPACE_BETWEEN_HAN, "", with_one_dot(" ".join(text.split()))))


def name_fault(name: str) -> Sentence | None:
    """Return what is wrong with a name, quoting the first character that is not allowed; None when nothing is."""
    character = first_forbidden_in_name(name)
    if not character:
        return _shape_fault(name)
    wording = LOST_CHARACTER if character in REPLACEMENTS else NOT_ALLOWED
    if re.match(f"[{PRIVATE_USE}]", character):
        wording = PRIVATE_CHARACTER
    return Sentence(wording, {"character": character, "code": code_point(character)})


def _shape_fault(name: str) -> Sentence | None:
    if name and not any(character.isalpha() or character >= FIRST_OF_PLANE_2 for character in name):
        return Sentence(NO_LETTER_AT_ALL)
    return Sentence(DOT_AT_AN_END) if name.startswith("·") or name.endswith("·") else None
