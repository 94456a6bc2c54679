"""Local dates in Ordos. Working days are in common/working_days.py."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from models import now

ORDOS = ZoneInfo("Asia/Shanghai")


def local_date(instant: datetime) -> date:
    """Return the date of an instant in Ordos."""
    return instant.astimezone(ORDOS).date()


def start_of(day: date) -> datetime:
    """Return the instant at which a day begins in Ordos."""
    return datetime.combine(day, time(), ORDOS)


def months_of(day: date) -> int:
    """Return the number of a day's month since the year 0, so that a difference of two is in months."""
    return day.year * 12 + day.month


def today() -> date:
    """Return today's date in Ordos."""
    return local_date(now())
