"""The code on a paper that the system has printed for an application: its number, eight characters of a keyed digest, a check character.

For people to type and for a QR code: no character looks like another (no 0, 1, I, L, O), and one wrong character or two exchanged
neighbours never give another valid code.
"""

import re
import unicodedata
from typing import NamedTuple

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""31 characters. A prime number of them, so that the weighted sum below finds every single mistake and every exchange."""

LENGTH = 8
_SEPARATORS = re.compile(r"[\s‐‑‒–—―−_-]+")
_CODE = re.compile(rf"([0-9]{{4}})([0-9]{{6,10}})([{ALPHABET}]{{{LENGTH}}})([{ALPHABET}])")


class PaperCode(NamedTuple):
    """A code that was read or typed. `text` is how it is printed: 2026-000341-7KQM-X4TR-9."""

    number: str
    text: str


def code_for(number: str, digest: str) -> str:
    """Return the code for an application's number and a keyed digest in hexadecimal digits."""
    rest, characters = int(digest, 16), ""
    for _ in range(LENGTH):
        rest, digit = divmod(rest, len(ALPHABET))
        characters += ALPHABET[digit]
    return _written(number, characters, _check(number, characters))


def parse(text: str) -> PaperCode | None:
    """Return the code in a text, whatever its spaces, hyphens and cases are; None when it is no valid code."""
    if len(text) > 80:
        return None
    typed = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()
    found = _CODE.fullmatch(typed)
    if found is None:
        return None
    year, place, characters, check = found.groups()
    number = f"{year}-{place}"
    if check != _check(number, characters):
        return None
    return PaperCode(number, _written(number, characters, check))


def _written(number: str, characters: str, check: str) -> str:
    return f"{number}-{characters[:4]}-{characters[4:]}-{check}"


def _check(number: str, characters: str) -> str:
    values = [int(digit) for digit in number.replace("-", "")] + [ALPHABET.index(each) for each in characters]
    total = sum(weight * value for weight, value in enumerate(values, 1))
    return ALPHABET[total % len(ALPHABET)]
