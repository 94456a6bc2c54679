"""Days as the offices of Ordos count them: local dates, and working days with the published holidays."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

import chinese_calendar

from models import now

ORDOS = ZoneInfo("Asia/Shanghai")


def local_date(instant: datetime) -> date:
    """Return the date of an instant on a calendar in Ordos."""
    return instant.astimezone(ORDOS).date()


def today() -> date:
    """Return today's date in Ordos."""
    return local_date(now())


@dataclass(frozen=True)
class Waiting:
    """How long something has waited. `working` is False where the holidays of a year are not published yet."""

    days: int
    working: bool


def waited(start: date, end: date) -> Waiting:
    """Return the working days after the day `start` up to and including the day `end`."""
    try:
        days = sum(_workdays_to(date(year, 12, 31)) for year in range(start.year, end.year))
        days += _workdays_to(end) - _workdays_to(start)
    except NotImplementedError:
        return Waiting((end - start).days, working=False)
    return Waiting(max(days, 0), working=True)


def _workdays_to(day: date) -> int:
    """Return how many working days its year has had up to and including this day."""
    return _workdays_of(day.year)[day.timetuple().tm_yday]


@cache
def _workdays_of(year: int) -> list[int]:
    """Return that for each day of a year, 0 for the day before its first. Raises NotImplementedError for an unpublished one."""
    first = date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
    return [0, *accumulate(int(chinese_calendar.is_workday(day)) for day in days)]
