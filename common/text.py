"""What people type, normalised before it is stored or compared."""

import re
import unicodedata

from common.characters import PRIVATE, REPLACEMENTS, cleaned, code_point, not_in_names, without_radicals
from common.wording import N_, Sentence
from models.spelling import HAN, with_one_dot


def one_line(text: str) -> str:
    """Return the text without what cannot be seen, single spaces between its words."""
    return " ".join(cleaned(text).split())


BETWEEN_HAN = re.compile(rf"(?<=[{HAN}]) (?=[{HAN}])")


def as_name(text: str) -> str:
    """Return a name as it is stored: forms on paper leave a space in a name of two characters, and people type it; any of the
    dots that separate the parts of a minority name is U+00B7."""
    return BETWEEN_HAN.sub("", with_one_dot(one_line(without_radicals(text))))


PRIVATE_CHARACTER = N_(
    "“%(character)s”（%(code)s）是自造字，在别的电脑和手机上显示不出来。请用生僻字键盘或手写输入重新输入这个字。"
)
LOST_CHARACTER = N_(
    "“%(character)s”（%(code)s）往往代表没有输入成功的字。请重新输入这个字，打不出时用生僻字键盘或手写输入。"
)
NO_LETTER = N_("“%(character)s”（%(code)s）不能用在姓名或名称里，请删去或改正。")
WITHOUT_LETTERS = N_("不能只有数字或符号，请按证件填写。")
DOT_AT_AN_END = N_("间隔号“·”写在两部分之间，不能在开头或结尾。")
FIRST_OF_PLANE_2 = "\U00020000"
"""Planes 2 and 3 hold Chinese characters alone; Python does not know the newest of them as letters."""


def same_text(one: str, other: str) -> bool:
    """Say whether two texts differ at most in what is made uniform when it is stored: widths, dots, spaces."""
    return one == other or comparable(one) == comparable(other)


def comparable(text: str) -> str:
    """Return a text as `same_text` compares it."""
    return unicodedata.normalize("NFKC", BETWEEN_HAN.sub("", with_one_dot(" ".join(text.split()))))


def name_fault(name: str) -> Sentence | None:
    """Return what is wrong with the characters of a name, naming the first that cannot be taken; None when nothing is."""
    character = not_in_names(name)
    if not character:
        return _shape_fault(name)
    wording = LOST_CHARACTER if character in REPLACEMENTS else NO_LETTER
    if re.match(f"[{PRIVATE}]", character):
        wording = PRIVATE_CHARACTER
    return Sentence(wording, {"character": character, "code": code_point(character)})


def _shape_fault(name: str) -> Sentence | None:
    if name and not any(character.isalpha() or character >= FIRST_OF_PLANE_2 for character in name):
        return Sentence(WITHOUT_LETTERS)
    return Sentence(DOT_AT_AN_END) if name.startswith("·") or name.endswith("·") else None
