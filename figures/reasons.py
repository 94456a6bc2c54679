"""Why an application was returned, as keys that can be counted: the phrases chosen, the places marked, and anything else.

A key is "phrase=TEXT", "field=KEY", "paper=ID", ROW or OTHER. A return counts once for each of its keys.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from desk.marks import parse_target
from desk.phrases import PHRASES
from models import Action

ROW, OTHER = "row", "other"
PHRASE, FIELD, PAPER = "phrase", "field", "paper"

LETTERS = re.compile("[a-z]")
TRANSLATORS: list[Callable[[str], str]] = []
"""Each returns a phrase in another language of the pages. The pages register them: nothing here knows a catalogue."""


@cache
def _translations(phrase: str) -> tuple[str, ...]:
    return tuple(translate(phrase) for translate in TRANSLATORS)


def reasons_of(reason: str, marks: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """Return the keys of a return. `marks`: those that went out with it (`models.Review.marks`).

    A phrase chosen on an English page counts as the same phrase. Text beside the phrases is OTHER, and so is a phrase that no
    longer exists.
    """
    found = {}
    for phrase in PHRASES[Action.RETURN]:
        for wording in (phrase, *_translations(phrase)) if LETTERS.search(reason) else (phrase,):
            if wording in reason:
                reason = reason.replace(wording, "")
                found[f"{PHRASE}={phrase}"] = True
    for mark in marks or ():
        place = parse_target(mark["target"])
        found[ROW if place.kind == ROW else f"{place.kind}={place.key}"] = True
    if reason.strip():
        found[OTHER] = True
    return list(found)
