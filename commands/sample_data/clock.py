"""Sets the site's clock back while invented things happen, so that each has its day. Only for samples and pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from types import SimpleNamespace

from common.calendar import ORDOS, today
from models import database


def days_ago(days: int, clock: str = "10:00") -> datetime:
    """Return the instant so many days ago at an hour of Ordos."""
    return datetime.combine(today() - timedelta(days=days), time.fromisoformat(clock), ORDOS)


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Set the clock to this instant."""
    real = vars(database)["datetime"]
    vars(database)["datetime"] = SimpleNamespace(now=instant.astimezone)
    try:
        yield
    finally:
        vars(database)["datetime"] = real
