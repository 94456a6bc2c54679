"""Sets back the workflow's clock, so that invented applications have waited for some days. Only for pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from unittest.mock import patch

import chinese_calendar

from models import database
from workflow.calendar import ORDOS, today


def moment(days: int, clock: str) -> datetime:
    """Return the instant so many working days ago at an hour of Ordos."""
    day = today()
    while days:
        day -= timedelta(days=1)
        days -= _is_workday(day)
    return datetime.combine(day, time.fromisoformat(clock), ORDOS)


def _is_workday(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # the holidays of that year are not published yet
        return day.weekday() < 5


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Let the workflow's clock stand at this instant."""
    with patch.object(database, "datetime") as clock:
        clock.now.return_value = instant
        yield
