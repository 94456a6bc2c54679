"""Days as the offices of Ordos count them: the local date of an instant. Working days are common/working_days.py's."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from models import now

ORDOS = ZoneInfo("Asia/Shanghai")


def local_date(instant: datetime) -> date:
    """Return the date of an instant on a calendar in Ordos."""
    return instant.astimezone(ORDOS).date()


def today() -> date:
    """Return today's date in Ordos."""
    return local_date(now())
