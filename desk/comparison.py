"""Compares two submissions of an application. Reads snapshots (workflow.form.answers.snapshot) and history rows; the database only
for the office of who decided, where the employer has changed.

A snapshot stores the employer's texts of that time. Names and regions change, so employers are compared by credit code.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import Enum
from itertools import product
from typing import Any, NamedTuple

from common.text import comparable, same_text
from common.wording import N_
from desk.desks import desk_of_decision
from models import Account, Review, Role
from workflow import progress
from workflow.scope import DECISIONS

Snapshot = Mapping[str, Any]

EMPLOYER_TEXT = re.compile("（([0-9A-Z]{18})，")
"""The credit code within the text of 工作单位. Snapshots written before December 2026 store it only there."""

SEES_EVERY_SUBMISSION = (Role.APPLICANT, Role.ADMINISTRATOR)


# --- the employer


def credit_code(snapshot: Snapshot) -> str | None:
    """Return the credit code of a snapshot's employer, or None."""
    employer = snapshot.get("employer")
    if employer:
        return str(employer["credit_code"])
    found = EMPLOYER_TEXT.findall(str(snapshot["fields"].get("enterprise_id") or ""))
    return found[-1] if found else None


def same_employer(one: Snapshot, other: Snapshot) -> bool:
    """Say whether two snapshots have the same employer; its name and region may differ."""
    code = credit_code(one)
    if code is not None and code == credit_code(other):
        return True
    first, second = one.get("employer"), other.get("employer")
    # The same row can have two codes: the enterprise may have corrected its code in the registration.
    return bool(first and second and first["id"] == second["id"])


# --- the baseline of a comparison


class Submission(NamedTuple):
    """One submission of an application. `round` counts from 1, `sequence` is the number of its history row."""

    round: int
    sequence: int
    snapshot: Snapshot


def baseline(
    submissions: Sequence[Submission], history: Sequence[Review], actor: Account
) -> Submission | None:
    """Return the submission that the newest one is compared with for this account; None when there is none.

    `submissions` and `history` are the application's, newest first. The baseline is the last submission
    that the account's own desk decided, so the changes of the submissions in between are shown as well. A decision that was
    taken back does not count. If the desk has decided none, it is the last submission to the same employer. An enterprise
    never sees submissions to another employer.
    """
    if len(submissions) < 2:
        return None
    newest, *earlier = submissions
    if actor.role in SEES_EVERY_SUBMISSION:
        return earlier[0]
    valid = list(progress.in_force(history))
    same_employer_only = [each for each in earlier if same_employer(newest.snapshot, each.snapshot)]
    end = newest.sequence
    for each in earlier:
        decisions = [row for row in valid if each.sequence < row.sequence < end and _by_desk(row, actor)]
        if decisions and (each in same_employer_only or any(_by_office(row, actor) for row in decisions)):
            return each
        end = each.sequence
    return same_employer_only[0] if same_employer_only else None


def _by_desk(row: Review, actor: Account) -> bool:
    return row.action in DECISIONS and row.actor_role is actor.role


def _by_office(row: Review, actor: Account) -> bool:
    """Say whether the account's own office decided. It may then see the submission, whatever its employer."""
    if actor.role not in (Role.OFFICE, Role.CITY):
        return False
    return desk_of_decision(row).office_id == actor.office_id


# --- 学习工作经历


class RowDifference(Enum):
    SAME = "same"
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


Row = Mapping[str, str]


class ComparedRow(NamedTuple):
    """One row of 学习工作经历: the new content, or the old content of a removed row. `before` is the old content of a changed row."""

    row: Row
    difference: RowDifference
    before: Row | None = None

    @property
    def changed(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return the parts of a changed row that differ, each as label and keys."""
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
"""The weight of an equal part when two rows are matched: school and start date weigh more than a witness."""
MIN_SIMILARITY = 4
"""From this weight on, two rows count as one changed row: the same place or start date, and one more equal part."""


def compare_rows(now: Sequence[Row], before: Sequence[Row]) -> list[ComparedRow]:
    """Return the new rows in their order, each with its mark, then the removed rows in their order.

    Symmetric: with the arguments exchanged, added rows are removed rows and the same pairs are changed. The order of
    rows does not count.
    """
    same = Counter(map(_key, now)) & Counter(map(_key, before))
    new, old = _without(now, same), _without(before, same)
    pairs = _pairs(now, before, new, old)
    compared = [
        ComparedRow(row, RowDifference.CHANGED, before[pairs[index]])
        if index in pairs
        else ComparedRow(row, RowDifference.ADDED if index in new else RowDifference.SAME)
        for index, row in enumerate(now)
    ]
    taken = set(pairs.values())
    return compared + [
        ComparedRow(before[index], RowDifference.REMOVED) for index in old if index not in taken
    ]


def _key(row: Row) -> tuple[str, ...]:
    return tuple(comparable(row.get(key) or "") for key in WEIGHTS)


def _without(rows: Sequence[Row], same: Counter[Any]) -> list[int]:
    """Return the indexes of the rows that remain after each row of `same` has been removed once, from the front."""
    to_skip, found = Counter(same), []
    for index, row in enumerate(rows):
        if to_skip[_key(row)]:
            to_skip[_key(row)] -= 1
        else:
            found.append(index)
    return found


def _pairs(now: Sequence[Row], before: Sequence[Row], new: list[int], old: list[int]) -> dict[int, int]:
    """Pair remaining new rows with old ones: the most similar first; of equally similar ones, the nearest indexes."""
    candidates = sorted(
        (-similarity, abs(i - j), i + j, i, j)
        for i, j in product(new, old)
        if (similarity := _similarity(now[i], before[j])) >= MIN_SIMILARITY
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for *_, i, j in candidates:
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs


def _similarity(one: Row, other: Row) -> int:
    return sum(weight for key, weight in WEIGHTS.items() if one.get(key) and _same_part(one, other, key))


def _same_part(one: Row, other: Row, key: str) -> bool:
    return same_text(one.get(key) or "", other.get(key) or "")
