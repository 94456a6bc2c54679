"""Shows on real cases what a draft of a standard would change (P3). Reads only, and never more than MOST_OF_KIND applications of a state."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select, union_all

from common.calendar import today
from models import Application, Result, Standard, State, db
from models.statements import constant
from payments import standards
from workflow import routing

MOST_OF_KIND = 300
"""Applications of one state that are looked at: a page must not become slower with the number of all applications."""
MOST_SHOWN = 20
UNDER_WAY = (*routing.REVIEW_STEPS, State.RETURNED)
NEWEST_FIRST = (Application.submitted_at.desc(), Application.id.desc())

COLUMNS = (
    Application.submitted_at,
    Application.number,
    Application.name,
    Application.state,
    Application.result,
    Application.period_id,
    Application.education,
    Application.answers,
)


class Case(NamedTuple):
    """One application: the standard that applies without the draft and the one that applies with it."""

    application: Any
    now: Standard | None
    then: Standard | None

    @property
    def difference_fen(self) -> int:
        return _fen(self.then) - _fen(self.now)

    @property
    def differs(self) -> bool:
        """Say whether amount, payments or years differ."""
        return _paid(self.now) != _paid(self.then)


@dataclass
class CaseCounts:
    """How many cases there are, and how many of them get something else. Sums are those of the first year."""

    cases: int = 0
    passed: int = 0
    with_draft: int = 0
    differ: int = 0
    newly: int = 0
    without: int = 0
    more_fen: int = 0
    less_fen: int = 0


class CasesCompared(NamedTuple):
    """`complete`: whether every case was looked at. `sample`: some of those that differ, then of the others."""

    day: date
    numbers: CaseCounts
    sample: Sequence[Case]
    complete: bool


def compare(draft: Standard) -> CasesCompared:
    """Compare the draft with the standards in force, on its first day or today, whichever is later.

    Cases are the applications under way and the passed ones that are in no batch yet: what is in a batch never changes.
    """
    day = max(today(), draft.valid_from)
    in_force = [each for each in standards.standards_of(day) if each.id != draft.id]
    with_draft = [each for each in in_force if each.id != draft.replaces_id]
    if draft.valid_until is None or draft.valid_until >= day:
        with_draft = sorted([*with_draft, draft], key=lambda each: (each.priority, each.id))
    numbers = CaseCounts()
    differing: list[Case] = []
    same: list[Case] = []
    rows = _newest(draft)
    of_kind = Counter(row.state for row in rows)
    complete = all(number < MOST_OF_KIND for number in of_kind.values())
    for row in rows:
        case = Case(row, standards.first_match(in_force, row), standards.first_match(with_draft, row))
        _count(case, draft, numbers)
        kept = differing if case.differs else same
        if len(kept) < MOST_SHOWN:
            kept.append(case)
    return CasesCompared(day, numbers, [*differing, *same][:MOST_SHOWN], complete)


def _newest(draft: Standard) -> Sequence[Any]:
    """Return the newest cases of each kind. Every kind has an index in this order, so that none of them reads a long table."""
    kinds = [Application.state == constant(state) for state in UNDER_WAY]
    kinds.append((Application.result == constant(Result.PASSED)) & ~Application.in_batch)
    query = select(*COLUMNS)
    if draft.period_id is not None:
        query = query.where(Application.period_id == draft.period_id)
    parts = [
        query.where(kind).order_by(*NEWEST_FIRST).limit(constant(MOST_OF_KIND)).subquery() for kind in kinds
    ]
    rows = db.session.execute(union_all(*(select(part) for part in parts))).all()
    return sorted(rows, key=lambda row: (row.submitted_at, row.number), reverse=True)


def _count(case: Case, draft: Standard, numbers: CaseCounts) -> None:
    numbers.cases += 1
    numbers.passed += case.application.state is State.FINISHED
    numbers.with_draft += case.then is draft
    numbers.differ += case.differs
    numbers.newly += case.now is None and case.then is not None
    numbers.without += case.then is None
    numbers.more_fen += max(case.difference_fen, 0)
    numbers.less_fen += max(-case.difference_fen, 0)


def _fen(standard: Standard | None) -> int:
    return 0 if standard is None else standard.amount_fen


def _paid(standard: Standard | None) -> Sequence[int]:
    if standard is None:
        return ()
    return standard.amount_fen, standard.instalments, standard.interval_months, standard.years
