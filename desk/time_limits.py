"""Time limits of the review steps, in working days (W8): the settings, what is left of a limit, and criteria for lists.

A limit counts from the day after an application arrived at its step. The criteria compare `arrived_at` with instants that
are worked out once for a page (`bounds`), so that no row needs the calendar.
"""

from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal_column, or_, select

from common.calendar import start_of
from common.settings import (
    CITY_DAYS,
    DAYS_OF_LIMITS,
    ENTERPRISE_DAYS,
    PRELIMINARY_DAYS,
    setting_value,
)
from common.working_days import ONE_DAY, Calendar
from models import Application, Role, Setting, State
from models.database import Instant

SOON = 3
"""Working days before its last day from which on an application is said to be due soon."""

OWN_STEP = {
    Role.ENTERPRISE: State.ENTERPRISE_REVIEW,
    Role.OFFICE: State.PRELIMINARY_REVIEW,
    Role.CITY: State.CITY_REVIEW,
}
"""The step at which a role reviews."""

_SETTING = {
    State.ENTERPRISE_REVIEW: ENTERPRISE_DAYS,
    State.PRELIMINARY_REVIEW: PRELIMINARY_DAYS,
    State.CITY_REVIEW: CITY_DAYS,
}
_SPACE: ColumnElement[str] = literal_column("' '")
_LINE_BREAK: Any = literal_column("'\n'")

LIMITS = select(func.aggregate_strings(Setting.key + _SPACE + Setting.value, _LINE_BREAK)).where(
    or_(*(Setting.key == literal_column(f"'{key}'") for key in DAYS_OF_LIMITS))
)
"""The query for all limits as one value, read with the other numbers of a page; `limits_of` reads its answer."""

MOST_ANSWERS = 20


class TimeLimits(NamedTuple):
    """The limit of each step in working days; 0 for none. `administrator`: so long after it administrators are told."""

    enterprise: int
    preliminary: int
    city: int
    administrator: int

    def of(self, step: State) -> int:
        """Return the limit of a step; 0 for none and for a state without review."""
        return self[DAYS_OF_LIMITS.index(_SETTING[step])] if step in _SETTING else 0


@lru_cache(maxsize=MOST_ANSWERS)
def limits_of(answer: str | None) -> TimeLimits:
    """Return the limits from the answer of `LIMITS`; the defaults for what is not set."""
    stored = dict(line.split(" ", 1) for line in (answer or "").split("\n") if line)
    return TimeLimits(*(int(setting_value(key, stored.get(key))) for key in DAYS_OF_LIMITS))


class Standing(Enum):
    """Where an application stands within its limit."""

    IN_TIME = "in_time"
    DUE_TODAY = "due_today"
    OVERDUE = "overdue"


class Left(NamedTuple):
    """`days`: working days that are left, or that have gone by since the last day; 0 on the last day.

    On a weekend after the last day it is OVERDUE by 0 working days.
    """

    standing: Standing
    days: int


def left(arrived: date, limit: int, today: date, calendar: Calendar) -> Left:
    """Return what is left of a limit (at least 1) for what arrived on this day in Ordos."""
    waited = calendar.waited(arrived, today).days
    if calendar.waited(arrived, today - ONE_DAY).days >= limit:
        return Left(Standing.OVERDUE, waited - limit)
    return Left(Standing.DUE_TODAY if waited == limit else Standing.IN_TIME, limit - waited)


class Bounds(NamedTuple):
    """What arrived before `overdue` is overdue; of the rest, before `today` is due today, before `soon` within SOON days."""

    overdue: datetime
    today: datetime
    soon: datetime


NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Before every arrival: the bound of a step without a limit."""


@lru_cache(maxsize=MOST_ANSWERS)
def bounds(limit: int, today: date, calendar: Calendar) -> Bounds:
    """Return the instants that divide what waits by what is left of this limit, in agreement with `left`."""
    if not limit:
        return Bounds(NEVER, NEVER, NEVER)
    return Bounds(
        start_of(calendar.back(today - ONE_DAY, limit)),
        start_of(calendar.back(today, limit)),
        start_of(calendar.back(today, limit - SOON)),
    )


# --- criteria over applications. Their bind parameters are those of `bound_values`.

_OVERDUE, _TODAY, _SOON = (bindparam(f"limit_{name}", type_=Instant()) for name in Bounds._fields)


def bound_values(found: Bounds) -> dict[str, datetime]:
    """Return the values of the bind parameters of the criteria."""
    return {f"limit_{name}": value for name, value in found._asdict().items()}


def is_overdue() -> ColumnElement[bool]:
    """Return the criterion for what is overdue."""
    return Application.arrived_at < _OVERDUE


def is_due_today() -> ColumnElement[bool]:
    """Return the criterion for what has its last day today."""
    return and_(Application.arrived_at >= _OVERDUE, Application.arrived_at < _TODAY)


def is_due_soon() -> ColumnElement[bool]:
    """Return the criterion for what is due within SOON working days, today's included."""
    return and_(Application.arrived_at >= _OVERDUE, Application.arrived_at < _SOON)


def count_of(rows: Select[Any], criterion: ColumnElement[bool]) -> Select[Any]:
    """Return the query for how many of these rows the criterion leaves. `rows` has a LIMIT."""
    return select(func.count()).select_from(rows.where(criterion).subquery())
