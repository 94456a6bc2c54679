"""Marks texts in data for translation, and pairs a text with its values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def N_(text: str) -> str:
    """Mark a text for translation. Returns it unchanged."""
    return text


def NP_(context: str, text: str) -> str:
    """Mark a text for translation in a context. Returns it unchanged.

    `context` separates equal words with different translations ("button": an action, not a result).
    """
    return text


class Bilingual(str):
    """A text that an administrator typed, with its English translation; "" when none was typed."""

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

    def as_json(self) -> list[Any]:
        """Return it as a JSON column stores it: text and values."""
        return [self.text, dict(self.words)]
