"""Sets back the workflow's clock, so that invented applications have waited for some days. Only for pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from unittest.mock import patch

from common.calendar import ORDOS, today
from common.working_days import Calendar
from models import database


def moment(days: int, clock: str) -> datetime:
    """Return the instant so many working days ago at an hour of Ordos."""
    day, calendar = today(), Calendar()
    while days:
        day -= timedelta(days=1)
        days -= calendar.is_working_day(day)
    return datetime.combine(day, time.fromisoformat(clock), ORDOS)


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Set the workflow's clock to this instant."""
    with patch.object(database, "datetime") as clock:
        clock.now.return_value = instant
        yield
