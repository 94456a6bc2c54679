"""Working days in Ordos: Monday to Friday without public holidays, and the weekend days that are worked in exchange.

A year that an administrator entered (models/calendar.py) replaces that of chinesecalendar. A year that neither knows counts Monday
to Friday, and every answer names such years. Nothing here guesses a holiday.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import accumulate
from typing import NamedTuple
from weakref import WeakKeyDictionary

import chinese_calendar
from sqlalchemy import Engine, func, select

from common.calendar import today
from common.calendar_years import SATURDAY, days_of
from models import CalendarYear, db
from models.statements import constant, execute

PUBLISHED_FROM = 11
"""The State Council publishes the next year's holidays in November; from this month on a missing year is a task."""
ONE_DAY = timedelta(days=1)
MOST_DAYS = 2000
"""Days of the library that are remembered: of five years."""


class Span(NamedTuple):
    """A number of working days. `unknown` names the years in it that were counted Monday to Friday."""

    days: int
    unknown: tuple[int, ...] = ()


class Term(NamedTuple):
    """A last day. `unknown` names the years before it that were counted Monday to Friday."""

    last: date
    unknown: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Calendar:
    """The working days as one version of the entered years has them. Two calendars are equal when they are one object."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()
    """The years that an administrator entered. For these the library is not used."""
    stamp: int = 0
    _counts: dict[int, list[int]] = field(default_factory=dict, repr=False)

    def knows(self, year: int) -> bool:
        """Say whether the holidays of this year are known."""
        return year in self.years or is_built_in(year)

    def is_working_day(self, day: date) -> bool:
        """Say whether offices work on this day.

        An entered year may also set days of the December before it: New Year's arrangement reaches back into it.
        """
        if day in self.workdays:
            return True
        if day in self.holidays:
            return False
        if day.year not in self.years and is_built_in(day.year):
            return _is_built_in_workday(day)
        return day.weekday() < SATURDAY

    def waited(self, start: date, end: date) -> Span:
        """Return the working days after the day `start` up to and including the day `end`; none when it comes earlier."""
        if end < start:
            return Span(0)
        days = sum(self._until(date(year, 12, 31)) for year in range(start.year, end.year))
        days += self._until(end) - self._until(start)
        return Span(days, self._unknown(start, end))

    def after(self, start: date, number: int) -> Term:
        """Return the working day that comes `number` (at least 1) working days after the day `start`."""
        day = start
        for _ in range(number):
            day += ONE_DAY
            while not self.is_working_day(day):
                day += ONE_DAY
        return Term(day, self._unknown(start, day))

    def back(self, end: date, number: int) -> date:
        """Return the first day of which fewer than `number` working days have gone by at the end of the day `end`.

        `waited(start, end).days >= number` holds for exactly the days `start` before it. It is the day after `end` for a
        number below 1.
        """
        day = end + ONE_DAY
        for _ in range(number):
            day -= ONE_DAY
            while not self.is_working_day(day):
                day -= ONE_DAY
        return day

    def missing(self, day: date) -> list[int]:
        """Return the years whose holidays should be known on this day and are not: its own, from November on the next."""
        wanted = [day.year] + ([day.year + 1] if day.month >= PUBLISHED_FROM else [])
        return [year for year in wanted if not self.knows(year)]

    def _unknown(self, start: date, end: date) -> tuple[int, ...]:
        # The start itself is not counted: from a December 31 on only the new year is.
        first = (start + ONE_DAY).year
        return tuple(year for year in range(first, end.year + 1) if not self.knows(year))

    def _until(self, day: date) -> int:
        """Return the number of working days from January 1 up to and including the day."""
        if day.year not in self._counts:
            days = _days_of(day.year)
            self._counts[day.year] = [0, *accumulate(int(self.is_working_day(one)) for one in days)]
        return self._counts[day.year][day.timetuple().tm_yday]

    def working_days_of(self, year: int) -> int:
        """Return how many working days a year has."""
        return self._until(date(year, 12, 31))


def _days_of(year: int) -> Iterator[date]:
    first = date(year, 1, 1)
    return (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))


@lru_cache(maxsize=MOST_DAYS)
def _is_built_in_workday(day: date) -> bool:
    return bool(chinese_calendar.is_workday(day))


@cache
def is_built_in(year: int) -> bool:
    """Say whether the library has the holidays of a year."""
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


def built_in(year: int) -> tuple[list[date], list[date]]:
    """Return the holidays and the working weekends that the library has for a year; two empty lists where it has none."""
    if not is_built_in(year):
        return [], []
    first, last = date(year, 1, 1), date(year, 12, 31)
    holidays = chinese_calendar.get_holidays(first, last, include_weekends=False)
    workdays = chinese_calendar.get_workdays(first, last)
    return holidays, [day for day in workdays if day.weekday() >= SATURDAY]


STAMP = select(func.coalesce(func.sum(CalendarYear.version), constant(0)))
"""The query for a number that grows with every change of the entered years. A page reads it together with its other numbers."""

_calendars: WeakKeyDictionary[Engine, Calendar] = WeakKeyDictionary()
_NOTHING_ENTERED = Calendar()


def calendar_with_stamp(stamp: int) -> Calendar:
    """Return the calendar that has this stamp; the rows are read only when this process has an older one."""
    if not stamp:
        return _NOTHING_ENTERED
    cached = _calendars.get(db.engine)
    if cached is None or cached.stamp != stamp:
        cached = _calendars[db.engine] = _read()
    return cached


def current_calendar() -> Calendar:
    """Return the current calendar. Reads the rows once, and again only after a change."""
    return calendar_with_stamp(execute(STAMP, {}).scalar_one())


def _read() -> Calendar:
    columns = CalendarYear.year, CalendarYear.holidays, CalendarYear.workdays
    rows = execute(select(*columns, CalendarYear.active, CalendarYear.version), {}).all()
    active = [row for row in rows if row.active]
    return Calendar(
        frozenset(day for row in active for day in days_of(row.holidays, row.year)),
        frozenset(day for row in active for day in days_of(row.workdays, row.year)),
        frozenset(row.year for row in active),
        sum(row.version for row in rows),
    )


def missing_now() -> list[int]:
    """Return the years whose holidays should be known today and are not."""
    return current_calendar().missing(today())
