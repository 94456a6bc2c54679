"""The numbers of a statistics page, for what an account may see: the sums, and the changes that are not in the sums yet."""

import json
from calendar import monthrange
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, zip_longest
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, CompoundSelect, Select, String, and_, cast, false, literal, select, true

from accounts.actor_shape import region_ids
from common.working_days import Calendar
from figures.counting import SumChange, is_noted, uncounted
from figures.facts import DAY, DAYS, EVERY_STEP, MONTH, STATUS, TOTAL_BITS, EnterprisePlace, Place
from figures.packing import LISTED, packed
from models import (
    REACHED_BITS,
    Account,
    Enterprise,
    Region,
    Role,
    State,
)
from models.statements import constant, execute
from models.statistics import EVERY_MONTH, EVERY_PERIOD, NO_PLACE, enterprise_totals, statistic_counts
from workflow.routing import KINDS_WITH_PRELIMINARY_REVIEW

MOST_UNCOUNTED = 200
"""Changes that a page adds by itself. More wait only while the worker is behind; then the page says so."""

MOST_READINGS = 3
MOST_ENTERPRISES = 20
MOST_KEYS = 20_000
MOST_KNOWN = 8


class Sight(NamedTuple):
    """The part of the sums that an account sees: those of the applications in its list (workflow.scope.visible).

    `bits`: the steps of which an application must have reached one. `regions`: None for all.
    """

    bits: int
    regions: tuple[int, ...] | None = None
    enterprise_id: int = NO_PLACE


def sight_of(actor: Account) -> Sight:
    """Return what this account sees of the sums; nothing for an applicant."""
    if actor.role is Role.ENTERPRISE:
        return Sight(EVERY_STEP, enterprise_id=actor.enterprise_id or NO_PLACE)
    if actor.role is Role.OFFICE:
        return Sight(
            REACHED_BITS[State.PRELIMINARY_REVIEW], tuple(region_ids(actor, KINDS_WITH_PRELIMINARY_REVIEW))
        )
    if actor.role is Role.CITY:
        return Sight(REACHED_BITS[State.CITY_REVIEW])
    return Sight(EVERY_STEP, None if actor.role is Role.ADMINISTRATOR else ())


class Narrowing(NamedTuple):
    """The filters of a statistics page. Months as 2026-11; "" for no limit."""

    period_id: int | None = None
    region_id: int | None = None
    first: str = ""
    last: str = ""

    @property
    def has_months(self) -> bool:
        return bool(self.first or self.last)

    @property
    def month(self) -> str:
        """Return the month if the filter leaves exactly one, else ""."""
        return self.first if self.first == self.last else ""


def last_day_of(month: str) -> str:
    """Return the last day of a month."""
    return f"{month}-{monthrange(int(month[:4]), int(month[5:]))[1]:02d}"


class EnterpriseFigure(NamedTuple):
    """How many applications name an enterprise in one region."""

    enterprise_id: int
    name: str
    region_id: int
    number: int


class StoredFigures(NamedTuple):
    """What was read of the sums: the rows with their region and their numbers as text. Equal as long as nothing is counted."""

    bits: int
    rows: tuple[tuple[int, str], ...]
    enterprises: tuple[EnterpriseFigure, ...]


@dataclass(eq=False)
class Figures:
    """The numbers by region, dimension and value (figures/facts.py), those by day and month in `lists`.

    Pages share the same object as long as nothing is counted: do not change it.
    """

    by_region: dict[int, dict[str, Counter[str]]] = field(default_factory=dict)
    lists: dict[int, dict[tuple[str, str], list[list[int]]]] = field(default_factory=dict)
    """For each region, dimension and value the lists of the rows (figures/packing.py), to be added up."""
    enterprises: Sequence[EnterpriseFigure] = ()
    elsewhere: int = 0
    """Submitted applications that have not reached the account's desk yet."""
    is_behind: bool = False
    """Whether more has changed than a page adds by itself."""

    def of(self, dimension: str, region_id: int | None = None) -> Counter[str]:
        """Return the numbers of a dimension by value, of one region or altogether."""
        found: Counter[str] = Counter()
        places: Iterable[Mapping[str, Counter[str]]] = self.by_region.values()
        if region_id is not None:
            places = [self.by_region.get(region_id, {})]
        for place in places:
            found.update(place.get(dimension, {}))
        return found

    def days(self, region_id: int | None = None) -> dict[State, list[int]]:
        """Return for each desk how many decisions took how many working days: at place N those that took N."""
        return {step: self._added(DAYS, step.value, region_id) for step in REACHED_BITS}

    def submitted(self, month: str = "") -> dict[str, int]:
        """Return how many were submitted on each day of a month, or in each month."""
        dimension, values = (DAY, [month]) if month else (MONTH, self._values(MONTH))
        return {
            f"{value}-{place:02d}": number
            for value in values
            for place, number in enumerate(self._added(dimension, value))
            if number
        }

    def _values(self, dimension: str) -> list[str]:
        return sorted({value for each in self.lists.values() for kind, value in each if kind == dimension})

    def _added(self, dimension: str, value: str, region_id: int | None = None) -> list[int]:
        places = self.lists.values() if region_id is None else [self.lists.get(region_id, {})]
        rows = (each for place in places for each in place.get((dimension, value), ()))
        return [sum(numbers) for numbers in zip_longest(*rows, fillvalue=0)]


def percentile(histogram: Sequence[int], share: float) -> int | None:
    """Return the smallest number of days that at least this share of the decisions did not exceed; None for no decision."""
    total = sum(histogram)
    for days, so_far in enumerate(accumulate(histogram)):
        if so_far >= share * total and so_far:
            return days
    return None


def figures(sight: Sight, narrowed: Narrowing, calendar: Calendar | None = None) -> Figures:
    """Return the figures of what an account sees.

    Reads again when the worker has counted in between: the same change could be in the sums and among the uncounted ones.
    """
    for _ in range(MOST_READINGS):
        pending = uncounted(MOST_UNCOUNTED, calendar)
        read, consistent = _read_sums(sight, narrowed, pending)
        if consistent:
            break
    if not pending.changes:
        return _known_figures(read)
    found = _figures_of(read)
    found.is_behind = len(pending.changes) >= MOST_UNCOUNTED
    for place, numbers in pending.sums.numbers.items():
        if _is_in(place, sight, narrowed):
            _add(found, place.region_id, packed(numbers), sight.bits)
    return found


def _read_sums(sight: Sight, narrowed: Narrowing, pending: SumChange) -> tuple[StoredFigures, bool]:
    """Return the stored sums, and whether the pending changes were still uncounted when each statement read them."""
    still_pending = is_noted(pending.changes[0]) if pending.changes else true()
    numbers = cast(statistic_counts.c.numbers, String).label("numbers")
    query = select(statistic_counts.c.region_id, numbers, still_pending.label("still_pending")).where(
        _places(sight, narrowed)
    )
    rows = execute(query, {}).all()
    consistent = all(row.still_pending for row in rows)
    most: list[EnterpriseFigure] = []
    if not (sight.enterprise_id or narrowed.has_months or sight.regions == ()):
        most, most_consistent = _enterprises(sight, narrowed, pending, still_pending)
        consistent = consistent and most_consistent
    return StoredFigures(
        sight.bits, tuple(sorted((row.region_id, row.numbers) for row in rows)), tuple(most)
    ), consistent


def _figures_of(read: StoredFigures) -> Figures:
    found = Figures(enterprises=read.enterprises)
    for region_id, numbers in read.rows:
        _add(found, region_id, json.loads(numbers), read.bits)
    return found


_known_figures = lru_cache(maxsize=MOST_KNOWN)(_figures_of)
"""Cached for the charts of a page and for the pages of others, who get equal sums until something is counted."""


def _places(sight: Sight, narrowed: Narrowing) -> ColumnElement[bool]:
    columns = statistic_counts.c
    criteria = [columns.enterprise_id == sight.enterprise_id]
    if narrowed.has_months:
        criteria.append(columns.month.between(narrowed.first or "0", narrowed.last or "9"))
    elif sight.enterprise_id:
        criteria.append(columns.month > EVERY_MONTH)
    else:
        criteria.append(columns.month == EVERY_MONTH)
    if (period := _period(sight, narrowed)) is not None:
        criteria.append(columns.period_id == period)
    if not sight.enterprise_id:
        criteria.append(regions_criterion(columns.region_id, sight, narrowed))
    return and_(*criteria)


def _period(sight: Sight, narrowed: Narrowing) -> int | None:
    """Return the period of the sums to read; None where each period has its own and all of them are read."""
    if narrowed.period_id is None and not (narrowed.has_months or sight.enterprise_id):
        return EVERY_PERIOD
    return narrowed.period_id


def regions_criterion(column: ColumnElement[int], sight: Sight, narrowed: Narrowing) -> ColumnElement[bool]:
    if narrowed.region_id is not None:
        seen = sight.regions is None or narrowed.region_id in sight.regions
        return column == narrowed.region_id if seen else false()
    return true() if sight.regions is None else column.in_(sight.regions)


def _is_in(place: Place, sight: Sight, narrowed: Narrowing) -> bool:
    """Say whether a sum is among those of `_places`."""
    if place.enterprise_id != sight.enterprise_id:
        return False
    if narrowed.has_months:
        months = bool(place.month) and (narrowed.first or "0") <= place.month <= (narrowed.last or "9")
    else:
        months = bool(place.month) == bool(sight.enterprise_id)
    if not months or _period(sight, narrowed) not in (None, place.period_id):
        return False
    return bool(sight.enterprise_id) or _sees_region(place.region_id, sight, narrowed)


def _sees_region(region_id: int, sight: Sight, narrowed: Narrowing) -> bool:
    return narrowed.region_id in (None, region_id) and (sight.regions is None or region_id in sight.regions)


@lru_cache(maxsize=MOST_KEYS)
def _key(text: str) -> tuple[str, str, int]:
    dimension, _, rest = text.partition(":")
    value, _, reached = rest.rpartition(":")
    return dimension, value, int(reached)


def _add(found: Figures, region_id: int, numbers: Mapping[str, Any], bits: int) -> None:
    """Add the stored numbers of a row."""
    place = found.by_region.setdefault(region_id, {})
    lists = found.lists.setdefault(region_id, {})
    for text, number in numbers.items():
        dimension, value, reached = _key(text)
        if not reached & bits:
            found.elsewhere += number if dimension == STATUS else 0
        elif dimension in LISTED:
            lists.setdefault((dimension, value), []).append(number)
        else:
            counter = place.setdefault(dimension, Counter())
            counter[value] += number


def _enterprises(
    sight: Sight, narrowed: Narrowing, pending: SumChange, still_pending: ColumnElement[bool]
) -> tuple[list[EnterpriseFigure], bool]:
    """Return the enterprises with the most applications, and whether the pending changes were still uncounted."""
    place = TOTAL_BITS.index(sight.bits)
    period = EVERY_PERIOD if narrowed.period_id is None else narrowed.period_id
    added = {
        key: total[place]
        for key, total in pending.sums.totals.items()
        if key.period_id == period and total[place] and _sees_region(key.region_id, sight, narrowed)
    }
    among = and_(
        enterprise_totals.c.period_id == period,
        regions_criterion(enterprise_totals.c.region_id, sight, narrowed),
    )
    found = execute(_totals_query(place, among, added, still_pending.label("still_pending")), {}).all()
    names = {row.enterprise_id: row.name for row in found}
    numbers = {EnterprisePlace(period, row.region_id, row.enterprise_id): row.number for row in found}
    for key, number in added.items():
        numbers[key] = numbers.get(key, 0) + number
    most = sorted(((n, key) for key, n in numbers.items() if n > 0), key=lambda one: (-one[0], one[1]))
    figures_of_most = [
        EnterpriseFigure(key.enterprise_id, names[key.enterprise_id], key.region_id, n)
        for n, key in most[:MOST_ENTERPRISES]
    ]
    return figures_of_most, all(row.still_pending for row in found)


def _totals_query(
    place: int, among: ColumnElement[bool], added: Collection[EnterprisePlace], still_pending: Any
) -> Select[Any] | CompoundSelect[Any]:
    """Return the query for the largest totals, and for those to which something is added.

    Each of the latter enterprises has a further row with 0, for its name: it may have no total yet.
    """
    column = (
        enterprise_totals.c.submitted,
        enterprise_totals.c.reached_office,
        enterprise_totals.c.reached_city,
    )[place]
    rows = (
        select(
            enterprise_totals.c.region_id,
            enterprise_totals.c.enterprise_id,
            column.label("number"),
            Enterprise.name,
            still_pending,
        )
        .join(Enterprise, Enterprise.id == enterprise_totals.c.enterprise_id)
        .where(among)
    )
    largest = rows.order_by(column.desc()).limit(constant(MOST_ENTERPRISES + len(added))).subquery().select()
    if not added:
        return largest
    ids = {key.enterprise_id for key in added}
    named = select(literal(NO_PLACE), Enterprise.id, literal(0), Enterprise.name, still_pending)
    return largest.union_all(
        rows.where(enterprise_totals.c.enterprise_id.in_(ids)), named.where(Enterprise.id.in_(ids))
    )


def region_names(sight: Sight) -> dict[int, str]:
    """Return the regions of what an account sees, in the order of the regions' list."""
    seen = true() if sight.regions is None else Region.id.in_(sight.regions)
    rows = execute(select(Region.id, Region.name).where(seen).order_by(Region.position, Region.id), {})
    return {row.id: row.name for row in rows}
