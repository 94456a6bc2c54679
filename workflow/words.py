"""Wording that stands in data, marked for the translators' catalogue; and what people type, made ordinary."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from models.spelling import HAN, with_one_dot


def N_(text: str) -> str:
    """Return the text unchanged."""
    return text


def NP_(context: str, text: str) -> str:
    """Return the text unchanged: a word that other languages say otherwise here ("button": what it does, not what it did)."""
    return text


class Bilingual(str):
    """Wording that an administrator typed, with its English beside it; "" where none was typed."""

    __slots__ = ("english",)
    english: str

    def __new__(cls, chinese: str, english: str = "") -> "Bilingual":
        made = super().__new__(cls, chinese)
        made.english = english
        return made


def legible(text: str) -> str:
    """Return what somebody typed without the space around it; "" when nobody could read anything of it."""
    return text.strip() if any(letter.isprintable() and not letter.isspace() for letter in text) else ""


def one_line(text: str) -> str:
    """Return the text without what cannot be seen, single spaces between its words."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


BETWEEN_HAN = re.compile(rf"(?<=[{HAN}]) (?=[{HAN}])")


def as_name(text: str) -> str:
    """Return a name as it is stored: forms on paper leave a space in a name of two characters, and people type it; any of the
    dots that separate the parts of a minority name is U+00B7."""
    return BETWEEN_HAN.sub("", with_one_dot(one_line(text)))


@dataclass(frozen=True)
class Sentence:
    """Wording with gaps, and the words that fill them."""

    text: str
    words: Mapping[str, str] = field(default_factory=dict)


def same_text(one: str, other: str) -> bool:
    """Say whether two texts differ at most in what is made uniform when it is stored: widths, dots, spaces."""
    return one == other or uniform(one) == uniform(other)


def uniform(text: str) -> str:
    """Return a text as `same_text` compares it."""
    return unicodedata.normalize("NFKC", BETWEEN_HAN.sub("", with_one_dot(" ".join(text.split()))))
