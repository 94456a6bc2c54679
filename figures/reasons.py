"""Why an application was returned, as keys that can be counted: the phrases chosen, the places marked, and anything else.

A key is "phrase=TEXT", "field=KEY", "paper=ID", ROW or OTHER. A return counts once for each of its keys.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from desk.marks import parse_target
from desk.phrases import PHRASES
from models import Action

ROW, OTHER = "row", "other"
PHRASE, FIELD, PAPER = "phrase", "field", "paper"


def reasons_of(reason: str, marks: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """Return the keys of a return. `marks`: those that went out with it (`models.Review.marks`).

    Text beside the phrases is OTHER, and so is a phrase that was chosen in English or no longer exists.
    """
    found = {}
    for phrase in PHRASES[Action.RETURN]:
        if phrase in reason:
            reason = reason.replace(phrase, "")
            found[f"{PHRASE}={phrase}"] = True
    for mark in marks or ():
        place = parse_target(mark["target"])
        found[ROW if place.kind == ROW else f"{place.kind}={place.key}"] = True
    if reason.strip():
        found[OTHER] = True
    return list(found)
