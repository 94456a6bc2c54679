"""Compares three states of a form: what a page began with, what stands in it now, and what is saved now (A20).

A page knows what it began with by digests of its fields. Nothing here reads or writes a table.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Row = dict[str, str]
Typed = str | list[Row]
"""The content of a field as it is typed: a text, or the rows of 学习工作经历."""
Fields = Mapping[str, Typed]

ROWS = "experiences"
"""The key of 学习工作经历, which is compared as a whole."""

CHOICES = ("mine", "theirs", "both")
Choice = Literal["mine", "theirs", "both"]
DIGEST_BYTES = 6
DIGEST = re.compile(f"[0-9a-f]{{{2 * DIGEST_BYTES}}}")


class FieldChange(NamedTuple):
    """A field that has been saved elsewhere since the page was opened, and that differs from what the page has."""

    key: str
    mine: Typed
    theirs: Typed
    asked: bool
    """Whether both sides changed it, so that its owner has to choose; otherwise the saved value is taken."""


def digest(value: Typed) -> str:
    """Return a short digest by which a page's value is recognised. It protects nothing: its reader has the value."""
    return hashlib.blake2s(
        json.dumps(value, ensure_ascii=False).encode(), digest_size=DIGEST_BYTES
    ).hexdigest()


def is_digest(text: Any) -> bool:
    """Say whether this can be the answer of `digest`: what a page sends back is stored."""
    return isinstance(text, str) and DIGEST.fullmatch(text) is not None


def digests(fields: Fields) -> dict[str, str]:
    """Return the digest of each field, as a page carries them."""
    return {key: digest(value) for key, value in fields.items()}


def changes(base: Mapping[str, str], mine: Fields, theirs: Fields) -> list[FieldChange]:
    """Return the fields that were changed elsewhere, in the order of the form.

    `base` holds the digests that the page began with. A field that it does not hold counts as changed on both sides, so that
    nothing is overwritten unseen.
    """
    found = []
    for key, saved in theirs.items():
        typed = mine.get(key, saved)
        if typed == saved or base.get(key) == digest(saved):
            continue
        found.append(FieldChange(key, typed, saved, asked=base.get(key) != digest(typed)))
    return found


def merged(mine: Fields, found: list[FieldChange], chosen: Mapping[str, str]) -> dict[str, Typed]:
    """Return the page's fields with what is taken from the other side. What is asked and not yet chosen stays as typed."""
    result = dict(mine)
    for change in found:
        if not change.asked or chosen.get(change.key) == "theirs":
            result[change.key] = change.theirs
        elif chosen.get(change.key) == "both":
            result[change.key] = both(change.theirs, change.mine)
    return result


def both(first: Typed, second: Typed) -> Typed:
    """Return the rows of both sides, each once. A text cannot be both: the second is returned."""
    if isinstance(first, str) or isinstance(second, str):
        return second
    return [*first, *(row for row in second if row not in first)]
