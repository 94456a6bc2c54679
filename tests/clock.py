"""Sets the clock of models.database.now(), which every module asks, to an instant of the test's choice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

from common.calendar import ORDOS
from models import database


def in_ordos(text: str) -> datetime:
    """Return the instant that a clock in Ordos shows as this, such as 2026-12-31 23:59."""
    return datetime.fromisoformat(text).replace(tzinfo=ORDOS)


@contextmanager
def at(text: str) -> Iterator[None]:
    """Let it be this time in Ordos."""
    with patch.object(database, "datetime") as clock:
        clock.now.return_value = in_ordos(text)
        yield


@contextmanager
def moving() -> Iterator[Callable[[datetime], None]]:
    """Provide a function that sets the clock, until the end."""
    with patch.object(database, "datetime") as clock:
        yield lambda instant: setattr(clock.now, "return_value", instant)
