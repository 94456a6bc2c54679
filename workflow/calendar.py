"""Days as the offices of Ordos count them: local dates, and working days with the published holidays."""

from dataclasses import dataclass
from datetime import date, datetime
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


def waited(since: datetime, until: datetime | None = None) -> Waiting:
    """Return the working days after the day of `since` up to and including that of `until` (default: today)."""
    start, end = local_date(since), local_date(until or now())
    try:
        days = len(chinese_calendar.get_workdays(start, end)) - chinese_calendar.is_workday(start)
    except NotImplementedError:
        return Waiting((end - start).days, working=False)
    return Waiting(max(days, 0), working=True)
