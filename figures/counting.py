"""Counts each change: noted in the transaction that makes it, added to the sums a moment later by the worker.

Why not in the same transaction: every decision of the city would wait for the one row that holds its sum
(docs/statistics.md has the measurement). A note is a row of its own, and no two transactions meet there. What is noted and
not added yet, a page adds by itself (figures/report.py), so that it is never behind.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, insert, select, text, tuple_

from common.calendar import local_date
from common.working_days import Calendar, current_calendar
from figures.facts import PRESENT, DecisionFacts, EnterprisePlace, Facts, Place, Sums, facts_of
from figures.packing import packed, unpacked
from figures.reasons import reasons_of
from models import (
    Action,
    Application,
    Review,
    db,
    exclusive,
)
from models.database import insert_unless_there
from models.statements import CompiledStatement, execute
from models.statistics import (
    NO_PLACE,
    counted_applications,
    counted_decisions,
    counted_reasons,
    enterprise_totals,
    statistic_changes,
    statistic_counts,
)
from workflow import history
from workflow.scope import DECISIONS

BATCH_SIZE = 500
"""Changes of one transaction. On SQLite nobody else can write meanwhile."""

AT_ONCE = 200
"""Values of one IN."""

COUNTING_LOCK = 0x57A7
"""PostgreSQL's advisory lock that lets one process change the sums at a time."""


NOTE_CHANGE = CompiledStatement(
    lambda: insert(statistic_changes), ("review_id", "application_id", "region_id", "enterprise_id")
)

# --- in the transaction of the change


def register() -> None:
    """Note every history row from now on. app.py calls it in every process."""
    if note_change not in history.FOLLOWERS:
        history.FOLLOWERS.append(note_change)


def note_change(application: Application, review: Review) -> None:
    """Note that a submitted application has changed. Waits for nobody."""
    if application.submitted_enterprise_id is not None:
        NOTE_CHANGE.execute(
            {
                "review_id": review.id,
                "application_id": application.id,
                "region_id": application.region_id or NO_PLACE,
                "enterprise_id": application.submitted_enterprise_id,
            }
        )


# --- what a change does to the sums


class SumChange:
    """What some changes do to the sums and to what is counted. Reads only; `apply` writes it."""

    def __init__(self) -> None:
        self.sums = Sums()
        self.changes: list[int] = []
        self.applications: list[Facts] = []
        self.decisions: dict[int, DecisionFacts] = {}
        self.void: list[int] = []

    def count_applications(self, ids: Iterable[int]) -> None:
        """Replace what is counted of these applications by what they are now."""
        for part in _parts(sorted(set(ids))):
            present = {
                one.application_id: one
                for one in facts_of(execute(PRESENT.where(Application.id.in_(part)), {}))
            }
            counted = {
                row.application_id: Facts._make(row)
                for row in execute(
                    select(*counted_applications.c).where(counted_applications.c.application_id.in_(part)), {}
                )
            }
            for key, facts in present.items():
                former = counted.get(key)
                if facts != former:
                    if former is not None:
                        self.sums.add(former, -1)
                    self.sums.add(facts)
                    self.applications.append(facts)

    def count_reviews(self, rows: Sequence[Any], calendar: Calendar) -> None:
        """Add decisions, and take away those that were taken back. `rows`: of `WRITTEN`, in their order."""
        for row in rows:
            if row.action in DECISIONS:
                facts = decision_facts(row, calendar)
                self.decisions[row.id] = facts
                self.sums.add_decision(facts)
            elif row.action is Action.TAKE_BACK:
                self._take_back(row)

    def _take_back(self, row: Any) -> None:
        own = [key for key, one in self.decisions.items() if one.application_id == row.application_id]
        if own:
            self.sums.add_decision(self.decisions.pop(max(own)), -1)
            return
        for found in execute(
            select(*counted_decisions.c)
            .where(
                counted_decisions.c.application_id == row.application_id,
                counted_decisions.c.review_id < row.id,
            )
            .order_by(counted_decisions.c.review_id.desc())
            .limit(1),
            {},
        ):
            self.sums.add_decision(DecisionFacts._make(found), -1)
            self.void.append(found.review_id)


WRITTEN = (
    select(
        Review.id,
        Review.application_id,
        Review.action,
        Review.from_state,
        Review.at,
        Review.waited_since,
        Review.reason,
        Review.marks,
        func.coalesce(Application.period_id, 0).label("period_id"),
        statistic_changes.c.region_id,
        statistic_changes.c.enterprise_id,
    )
    .join(Review, Review.id == statistic_changes.c.review_id)
    .join(Application, Application.id == statistic_changes.c.application_id)
    .order_by(statistic_changes.c.review_id)
)
"""The history rows that are noted, in their order."""


def decision_facts(row: Any, calendar: Calendar) -> DecisionFacts:
    """Return what is counted of a decision. `row`: of `WRITTEN`."""
    decided_on, days = local_date(row.at), None
    if row.waited_since is not None:
        days = calendar.waited(local_date(row.waited_since), decided_on).days
    reasons = reasons_of(row.reason, row.marks) if row.action is Action.RETURN else None
    return DecisionFacts(
        row.id,
        row.application_id,
        row.period_id,
        row.region_id,
        row.enterprise_id,
        row.from_state,
        decided_on,
        days,
        reasons,
    )


def uncounted(limit: int, calendar: Calendar | None = None) -> SumChange:
    """Return what the oldest noted changes do to the sums, at most `limit` of them. `calendar`: the present one, if it is known."""
    found = SumChange()
    rows = execute(WRITTEN.limit(limit), {}).all()
    if rows:
        found.changes = [row.id for row in rows]
        found.count_reviews(rows, calendar or current_calendar())
        found.count_applications(row.application_id for row in rows)
    return found


def is_noted(review_id: int) -> ColumnElement[bool]:
    """Return the criterion that a change still waits to be counted. Of several the oldest is counted first."""
    return exists().where(statistic_changes.c.review_id == review_id)


# --- the worker


def has_uncounted() -> bool:
    """Say whether a change waits to be counted."""
    return bool(db.session.scalar(select(exists().where(statistic_changes.c.review_id.is_not(None)))))


def process_due(limit: int = BATCH_SIZE, most: int | None = None) -> int:
    """Count what is noted, in at most `most` batches; None for everything. Returns how many changes that were."""
    total = batches = 0
    while (most is None or batches < most) and (done := count_batch(limit)):
        total, batches = total + done, batches + 1
    return total


def count_batch(limit: int = BATCH_SIZE) -> int:
    """Count the oldest changes in one transaction. Returns how many."""
    if not has_uncounted():
        return 0
    with exclusive():
        lock_sums()
        found = uncounted(limit)
        apply(found)
    return len(found.changes)


def lock_sums() -> None:
    """Wait until no other process changes the sums, and let none until the transaction ends."""
    if db.engine.dialect.name == "postgresql":  # on SQLite `exclusive` does it
        execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": COUNTING_LOCK})


def apply(found: SumChange) -> None:
    """Write a difference. The caller holds `lock_sums`."""
    _upsert(counted_applications, [one._asdict() for one in found.applications])
    for keys in _parts(found.void):
        for table in (counted_reasons, counted_decisions):
            execute(delete(table).where(table.c.review_id.in_(keys)), {})
    _upsert(counted_decisions, [one._asdict() for one in found.decisions.values()])
    list_reasons(found.decisions.values())
    add_to_sums(found.sums)
    for keys in _parts(found.changes):
        execute(delete(statistic_changes).where(statistic_changes.c.review_id.in_(keys)), {})


def list_reasons(decisions: Iterable[DecisionFacts]) -> None:
    """Write why these decisions returned applications, for lists. The decisions are stored already."""
    _upsert(counted_reasons, [row for one in decisions for row in one.listed_reasons()])


def add_to_sums(sums: Sums) -> None:
    """Add numbers to the sums. The caller holds `lock_sums`."""
    numbers = {place: {key: n for key, n in counter.items() if n} for place, counter in sums.numbers.items()}
    changed = {place: counter for place, counter in numbers.items() if counter}
    stored: dict[Place, Mapping[str, int]] = {}
    for part in _parts(sorted(changed)):
        stored.update(read_counts(tuple_(*statistic_counts.primary_key.columns).in_(part)))
    _upsert(
        statistic_counts,
        [
            {**place._asdict(), "numbers": packed(_added(stored.get(place, {}), counter))}
            for place, counter in sorted(changed.items())
        ],
    )
    _add_totals({key: total for key, total in sums.totals.items() if any(total)})


def read_counts(criterion: Any) -> dict[Place, Mapping[str, int]]:
    """Return the sums of these places."""
    query = select(*statistic_counts.primary_key.columns, statistic_counts.c.numbers).where(criterion)
    return {Place._make(row[:-1]): unpacked(row[-1]) for row in execute(query, {})}


def _added(stored: Mapping[str, int], counter: Mapping[str, int]) -> dict[str, int]:
    return {key: stored.get(key, 0) + counter.get(key, 0) for key in sorted({*stored, *counter})}


def _add_totals(totals: Mapping[EnterprisePlace, Sequence[int]]) -> None:
    if not totals:
        return
    names = [column.name for column in enterprise_totals.c if not column.primary_key]
    made = insert_unless_there(enterprise_totals)
    added = {name: enterprise_totals.c[name] + made.excluded[name] for name in names}
    statement = made.on_conflict_do_update(
        index_elements=list(enterprise_totals.primary_key.columns), set_=added
    )
    rows = [
        {**key._asdict(), **dict(zip(names, total, strict=True))} for key, total in sorted(totals.items())
    ]
    db.session.connection().execute(statement, rows)


def _upsert(table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or replace those that are there."""
    if not rows:
        return
    made = insert_unless_there(table)
    values = {column.name: made.excluded[column.name] for column in table.c if not column.primary_key}
    statement = made.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=values)
    db.session.connection().execute(statement, rows)


def _parts(keys: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))
