"""How two submissions of one application differ. Reads snapshots (workflow.form.answers.snapshot) and history lines only; never the database.

A snapshot keeps the employer's texts as they were. Two snapshots name the same employer when the credit code is the same:
names and regions change.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import product
from typing import Any

from common.text import comparable, same_text
from common.wording import N_
from models import Account, Review, Role
from workflow.scope import DECISIONS

Snapshot = Mapping[str, Any]

EMPLOYER_TEXT = re.compile("（([0-9A-Z]{18})，")
"""The credit code within the text of 工作单位; snapshots written before December 2026 hold no other."""

SEES_EVERY_SUBMISSION = (Role.APPLICANT, Role.ADMINISTRATOR)


# --- the employer


def credit_code(snapshot: Snapshot) -> str | None:
    """Return the credit code of the employer that a snapshot names; None when it names none."""
    employer = snapshot.get("employer")
    if employer:
        return str(employer["credit_code"])
    found = EMPLOYER_TEXT.findall(str(snapshot["fields"].get("enterprise_id") or ""))
    return found[-1] if found else None


def same_employer(one: Snapshot, other: Snapshot) -> bool:
    """Say whether two snapshots name the same employer, whatever it was called and wherever it belonged at the time."""
    code = credit_code(one)
    if code is not None and code == credit_code(other):
        return True
    first, second = one.get("employer"), other.get("employer")
    # The enterprise may have corrected a mistyped code in its registration.
    return bool(first and second and first["id"] == second["id"])


# --- which submission somebody compares with


@dataclass(frozen=True)
class Submission:
    """One submission of an application. `round` counts from 1, `sequence` is its line in the history."""

    round: int
    sequence: int
    snapshot: Snapshot


def baseline(
    submissions: Sequence[Submission], history: Collection[Review], actor: Account
) -> Submission | None:
    """Return the submission that the newest one is compared with for this account; None when there is none.

    `submissions` and `history` are the application's, newest first. It is the last one that the account's own desk
    decided: a desk that has not seen the submissions in between is told of their changes as well. Where the desk has
    decided none, it is the last one to the same employer. An enterprise never sees what went to another employer.
    """
    if len(submissions) < 2:
        return None
    newest, *earlier = submissions
    if actor.role in SEES_EVERY_SUBMISSION:
        return earlier[0]
    to_the_same = [each for each in earlier if same_employer(newest.snapshot, each.snapshot)]
    end = newest.sequence
    for each in earlier:
        decisions = [
            line for line in history if each.sequence < line.sequence < end and _by_desk(line, actor)
        ]
        if decisions and (each in to_the_same or any(_by_office(line, actor) for line in decisions)):
            return each
        end = each.sequence
    return to_the_same[0] if to_the_same else None


def _by_desk(line: Review, actor: Account) -> bool:
    return line.action in DECISIONS and line.actor_role is actor.role


def _by_office(line: Review, actor: Account) -> bool:
    """Say whether the account's own office decided: it may see that submission whomever it went to."""
    return actor.role in (Role.OFFICE, Role.CITY) and line.actor.office_id == actor.office_id


# --- 学习工作经历


class Mark(Enum):
    SAME = "same"
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


Row = Mapping[str, str]


@dataclass(frozen=True)
class ComparedRow:
    """One row of 学习工作经历: as it is now, or as it was when it has been removed. `before` is a changed row's former content."""

    row: Row
    mark: Mark
    before: Row | None = None

    @property
    def changed(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return the parts in which a changed row differs: the label of each, and its keys."""
        before = self.before
        if before is None:
            return []
        return [part for part in PARTS if not all(_same_part(before, self.row, key) for key in part[1])]


PARTS = (
    (N_("类别"), ("kind",)),
    (N_("起止年月"), ("start", "end")),
    (N_("学校或单位"), ("place",)),
    (N_("专业或职务"), ("subject",)),
    (N_("证明人"), ("witness",)),
)
WEIGHTS = {"place": 3, "start": 3, "end": 2, "subject": 2, "witness": 1, "kind": 1}
"""How much an equal part says that two rows are about the same thing: school and beginning more than a witness."""
ALIKE = 4
"""Two rows count as one that was changed from here on: a place and one thing more, or a beginning and one thing more."""


def compare_rows(now: Sequence[Row], before: Sequence[Row]) -> list[ComparedRow]:
    """Return the rows of now in their order, each with its mark, then the removed ones in theirs.

    Symmetric: what is added in one direction is removed in the other, and the same pairs are changed. The order of
    rows is no change.
    """
    same = Counter(map(_key, now)) & Counter(map(_key, before))
    new, old = _without(now, same), _without(before, same)
    pairs = _pairs(now, before, new, old)
    compared = [
        ComparedRow(row, Mark.CHANGED, before[pairs[index]])
        if index in pairs
        else ComparedRow(row, Mark.ADDED if index in new else Mark.SAME)
        for index, row in enumerate(now)
    ]
    taken = set(pairs.values())
    return compared + [ComparedRow(before[index], Mark.REMOVED) for index in old if index not in taken]


def _key(row: Row) -> tuple[str, ...]:
    return tuple(comparable(row.get(key) or "") for key in WEIGHTS)


def _without(rows: Sequence[Row], same: Counter[Any]) -> list[int]:
    """Return the places of the rows that are left once each row of `same` has been taken out, from the front."""
    left, found = Counter(same), []
    for index, row in enumerate(rows):
        if left[_key(row)]:
            left[_key(row)] -= 1
        else:
            found.append(index)
    return found


def _pairs(now: Sequence[Row], before: Sequence[Row], new: list[int], old: list[int]) -> dict[int, int]:
    """Return which left row was which: the most alike first, and of equally alike ones those in the nearest places."""
    candidates = sorted(
        (-likeness, abs(i - j), i + j, i, j)
        for i, j in product(new, old)
        if (likeness := _likeness(now[i], before[j])) >= ALIKE
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for *_, i, j in candidates:
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs


def _likeness(one: Row, other: Row) -> int:
    return sum(weight for key, weight in WEIGHTS.items() if one.get(key) and _same_part(one, other, key))


def _same_part(one: Row, other: Row, key: str) -> bool:
    return same_text(one.get(key) or "", other.get(key) or "")
