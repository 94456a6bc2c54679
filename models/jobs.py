"""Columns that every table of jobs has: they say how often a worker has taken a row, and until when it is that worker's."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, now


class Leased:
    """A row that one worker at a time works on. Written by common/jobs.py alone.

    `attempts` counts the claims of the present state. `next_try` is when a worker may claim the row; while a worker has
    it, when that worker's lease ends.
    """

    if TYPE_CHECKING:
        id: Mapped[int]
        state: Mapped[Any]

    attempts: Mapped[int] = mapped_column(default=0)
    next_try: Mapped[datetime] = mapped_column(Instant, default=now)
