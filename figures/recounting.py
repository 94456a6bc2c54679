"""Counts everything anew, says where the sums differ, and mends them. `flask --app app recount` runs it while the site works.

Reads one snapshot of the database and takes no lock for that. What it finds wrong it mends by adding the difference: what the
worker counts meanwhile adds to the same numbers, so neither loses the other's. One recount at a time.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, delete, exists, func, insert, literal, or_, select
from sqlalchemy.orm import aliased

from figures.counting import add_to_sums, list_reasons, lock_sums, process_due
from figures.facts import PRESENT, DecisionFacts, EnterprisePlace, Facts, Place, Sums, facts_of
from figures.packing import unpacked
from models import (
    Action,
    Application,
    Review,
    db,
    exclusive,
)
from models.statements import execute
from models.statistics import (
    NO_PLACE,
    counted_applications,
    counted_decisions,
    counted_reasons,
    enterprise_totals,
    statistic_changes,
    statistic_counts,
)
from workflow.scope import DECISIONS

ENTERPRISES_AT_ONCE = 200
"""Enterprises that are compared at a time: the sums of all do not fit into memory."""

ROWS_AT_ONCE = 5_000

SNAPSHOT: dict[str, dict[str, Any]] = {
    "postgresql": {"isolation_level": "REPEATABLE READ"},
    "sqlite": {"immediate": False},
}

_LATER = aliased(Review)

NOTED = exists().where(statistic_changes.c.application_id == Application.id)
IN_FORCE = and_(
    Review.action.in_(DECISIONS),
    ~exists().where(
        _LATER.application_id == Review.application_id,
        _LATER.sequence == Review.sequence + 1,
        _LATER.action == Action.TAKE_BACK,
    ),
)
"""The decisions that were not taken back. The row of a taking back comes directly after its decision."""


@dataclass
class Findings:
    """What a recount found. `sums`: what is missing in the sums. `stale`, `missing`, `unlisted`: ids of rows that differ."""

    applications: int = 0
    decisions: int = 0
    sums: Sums = field(default_factory=Sums)
    stale: list[int] = field(default_factory=list)
    """Applications."""
    missing: list[int] = field(default_factory=list)
    """Decisions."""
    unlisted: list[int] = field(default_factory=list)
    """Decisions whose rows in `counted_reasons` differ."""

    @property
    def wrong_numbers(self) -> int:
        """Return how many numbers of the sums, and decisions in the lists of reasons, differ."""
        numbers = sum(len(counter) for counter in self.sums.numbers.values())
        totals = sum(n != 0 for total in self.sums.totals.values() for n in total)
        return numbers + totals + len(self.unlisted)

    @property
    def agreed(self) -> bool:
        return not (self.wrong_numbers or self.stale or self.missing)


def recount() -> Findings:
    """Compare the sums with a new count, and mend them. Returns what was found before it was mended."""
    found = compare_sums()
    if not found.agreed:
        _mend(found)
        process_due()
    return found


def compare_sums() -> Findings:
    """Count everything anew in one snapshot. Writes nothing."""
    found = Findings()
    db.session.rollback()
    with db.engine.connect() as connection:
        connection = connection.execution_options(**SNAPSHOT[connection.dialect.name])
        with connection.begin():
            _compare_sums(connection, found)
            _find_stale(connection, found)
            _find_missing(connection, found)
            _find_unlisted(connection, found)
    return found


# --- the sums beside what is counted


def _compare_sums(connection: Connection, found: Findings) -> None:
    regions = Sums()
    for first, last in _ranges(connection):
        counted = Sums()
        for row in connection.execute(_rows_of(counted_applications, first, last)):
            counted.add(Facts._make(row))
        for row in connection.execute(_rows_of(counted_decisions, first, last)):
            counted.add_decision(DecisionFacts._make(row))
        for place in list(counted.numbers):
            if place.enterprise_id == NO_PLACE:
                _add(regions, place, counted.numbers.pop(place))
        stored = _stored(connection, first, last)
        _note_differences(found.sums, counted, stored)
    _note_differences(found.sums, regions, _stored(connection, NO_PLACE, NO_PLACE))


def _rows_of(table: Table, first: int, last: int) -> Select[Any]:
    return select(*table.c).where(table.c.enterprise_id.between(first, last))


def _ranges(connection: Connection) -> Iterator[tuple[int, int]]:
    """Yield ranges of the ids of all enterprises that anything is counted for."""
    last = NO_PLACE
    columns = [
        table.c.enterprise_id
        for table in (counted_applications, counted_decisions, statistic_counts, enterprise_totals)
    ]
    while True:
        parts = [
            select(column)
            .where(column > last)
            .distinct()
            .order_by(column)
            .limit(ENTERPRISES_AT_ONCE)
            .subquery()
            .select()
            for column in columns
        ]
        ids = sorted({key for part in parts for key in connection.scalars(part)})[:ENTERPRISES_AT_ONCE]
        if not ids:
            return
        yield last + 1, ids[-1]
        last = ids[-1]


def _stored(connection: Connection, first: int, last: int) -> Sums:
    sums = Sums()
    keys = statistic_counts.primary_key.columns
    rows = select(*keys, statistic_counts.c.numbers).where(
        statistic_counts.c.enterprise_id.between(first, last)
    )
    for row in connection.execute(rows):
        sums.numbers[Place._make(row[:-1])] = Counter(unpacked(row[-1]))
    for row in connection.execute(
        select(*enterprise_totals.c).where(enterprise_totals.c.enterprise_id.between(first, last))
    ):
        sums.totals[EnterprisePlace._make(row[:3])] = list(row[3:])
    return sums


def _add(sums: Sums, place: Place, counter: Counter[str]) -> None:
    sums.numbers.setdefault(place, Counter()).update(counter)


def _note_differences(found: Sums, counted: Sums, stored: Sums) -> None:
    for place in {*counted.numbers, *stored.numbers}:
        right, present = counted.numbers.get(place, Counter()), stored.numbers.get(place, Counter())
        different = {key: right[key] - present[key] for key in {*right, *present}}
        if wrong := Counter({key: n for key, n in different.items() if n}):
            found.numbers[place] = wrong
    for key in {*counted.totals, *stored.totals}:
        nothing = [0, 0, 0]
        pairs = zip(counted.totals.get(key, nothing), stored.totals.get(key, nothing), strict=True)
        if any(wrong_total := [right - present for right, present in pairs]):
            found.totals[key] = wrong_total


# --- what is counted beside what there is


def _pieces(connection: Connection, key: Any) -> Iterator[Any]:
    """Yield criteria for all ids of a table, ROWS_AT_ONCE at a time."""
    last = connection.scalar(select(func.max(key))) or 0
    for after in range(0, last, ROWS_AT_ONCE):
        yield key.between(after + 1, after + ROWS_AT_ONCE)


def _find_stale(connection: Connection, found: Findings) -> None:
    """Find applications that are not counted as they are, although no change of them is noted."""
    counted_columns = counted_applications.c
    for piece in _pieces(connection, Application.id):
        present = connection.execute(PRESENT.where(piece, ~NOTED)).all()
        counted = {
            row.application_id: Facts._make(row)
            for row in connection.execute(
                select(*counted_columns).where(
                    counted_columns.application_id.in_(select(Application.id).where(piece))
                )
            )
        }
        for facts in facts_of(present):
            found.applications += 1
            if counted.get(facts.application_id) != facts:
                found.stale.append(facts.application_id)


def _find_missing(connection: Connection, found: Findings) -> None:
    """Find decisions in force that are not counted, and none that are counted and not in force: only sums can lose those."""
    counted = exists().where(counted_decisions.c.review_id == Review.id)
    noted = exists().where(statistic_changes.c.application_id == Review.application_id)
    for piece in _pieces(connection, Review.id):
        rows = select(Review.id, counted.label("counted")).where(piece, IN_FORCE, ~noted)
        for row in connection.execute(rows):
            found.decisions += 1
            if not row.counted:
                found.missing.append(row.id)


def _find_unlisted(connection: Connection, found: Findings) -> None:
    """Find decisions whose reasons are not listed as they are counted."""
    for piece in _pieces(connection, counted_decisions.c.review_id):
        counted = connection.execute(
            select(*counted_decisions.c).where(piece, counted_decisions.c.reasons.is_not(None))
        )
        right = {
            (row["review_id"], row["reason"]): row
            for one in counted
            for row in DecisionFacts._make(one).listed_reasons()
        }
        of_these = counted_reasons.c.review_id.in_(select(counted_decisions.c.review_id).where(piece))
        listed = {
            (row["review_id"], row["reason"]): dict(row)
            for row in connection.execute(select(*counted_reasons.c).where(of_these)).mappings()
        }
        found.unlisted += sorted({key[0] for key in {*right, *listed} if right.get(key) != listed.get(key)})


# --- mending


def _mend(found: Findings) -> None:
    with exclusive():
        lock_sums()
        add_to_sums(found.sums)
        for keys in _parts(found.unlisted):
            execute(delete(counted_reasons).where(counted_reasons.c.review_id.in_(keys)), {})
            rows = execute(select(*counted_decisions.c).where(counted_decisions.c.review_id.in_(keys)), {})
            list_reasons(map(DecisionFacts._make, rows))
    for keys in _parts(found.missing):
        _note(Review.id.in_(keys))
    for keys in _parts(found.stale):
        submissions = (
            select(func.max(Review.id))
            .where(Review.application_id.in_(keys), Review.action == Action.SUBMIT)
            .group_by(Review.application_id)
        )
        _note(Review.id.in_(submissions))


def note_everything() -> None:
    """Note all history rows that say something new, as the migration does: after rows were written past workflow/."""
    last = db.session.scalar(select(func.max(Review.id))) or 0
    counted = exists().where(counted_decisions.c.review_id == Review.id)
    unseen = ~exists().where(counted_applications.c.application_id == Review.application_id)
    for after in range(0, last, ROWS_AT_ONCE):
        _note(
            Review.id.between(after + 1, after + ROWS_AT_ONCE),
            or_(and_(IN_FORCE, ~counted), and_(Review.action == Action.SUBMIT, unseen)),
        )


def _note(*criteria: Any) -> None:
    """Note history rows as changes, at the place where their applications are now."""
    rows = (
        select(
            Review.id,
            Review.application_id,
            func.coalesce(Application.region_id, literal(NO_PLACE)),
            func.coalesce(Application.submitted_enterprise_id, literal(NO_PLACE)),
        )
        .join(Application, Application.id == Review.application_id)
        .where(Application.round > 0, *criteria, ~exists().where(statistic_changes.c.review_id == Review.id))
    )
    with exclusive():
        execute(
            insert(statistic_changes).from_select([column.name for column in statistic_changes.c], rows), {}
        )


def _parts(keys: Sequence[int]) -> Iterable[Sequence[int]]:
    return (keys[start : start + ROWS_AT_ONCE] for start in range(0, len(keys), ROWS_AT_ONCE))
