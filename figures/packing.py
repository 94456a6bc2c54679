"""How a sum stores its numbers. Those by working days and by time of submission are lists: with a key for each number of days
or each month, the keys that a page reads would become more as applications do."""

from collections.abc import Mapping
from typing import Any

from figures.facts import DAY, DAYS, MONTH

LISTED = (DAYS, MONTH, DAY)
"""Dimensions whose keys end in "=N" before what was reached. The number of N stands at place N of the list."""


def packed(numbers: Mapping[str, int]) -> dict[str, Any]:
    """Return numbers by their keys (figures/facts.py) as `statistic_counts.numbers` stores them, without zeros."""
    found: dict[str, Any] = {}
    for key, number in numbers.items():
        if not number:
            continue
        dimension, _, rest = key.partition(":")
        if dimension not in LISTED:
            found[key] = number
            continue
        value, _, reached = rest.rpartition(":")
        stem, _, place = value.partition("=")
        listed = found.setdefault(f"{dimension}:{stem}:{reached}", [])
        listed += [0] * (int(place) + 1 - len(listed))
        listed[int(place)] = number
    return found


def unpacked(stored: Mapping[str, Any]) -> dict[str, int]:
    """Return stored numbers by their keys."""
    found: dict[str, int] = {}
    for key, number in stored.items():
        if isinstance(number, list):
            stem, _, reached = key.rpartition(":")
            found.update({f"{stem}={place}:{reached}": n for place, n in enumerate(number) if n})
        else:
            found[key] = number
    return found
