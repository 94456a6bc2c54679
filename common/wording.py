"""Wording that stands in data, marked for the translators' catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass, field


def N_(text: str) -> str:
    """Return the text unchanged."""
    return text


def NP_(context: str, text: str) -> str:
    """Return the text unchanged. `context` separates equal words with different translations ("button": an action, not a result)."""
    return text


class Bilingual(str):
    """Wording that an administrator typed, with its English beside it; "" where none was typed."""

    __slots__ = ("english",)
    english: str

    def __new__(cls, chinese: str, english: str = "") -> "Bilingual":
        made = super().__new__(cls, chinese)
        made.english = english
        return made


@dataclass(frozen=True)
class Sentence:
    """A text with placeholders, and the values that fill them."""

    text: str
    words: Mapping[str, str] = field(default_factory=dict)
