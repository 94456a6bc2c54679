"""The columns that every table of jobs has: the number of attempts and the time of the next one."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, now


class Leased:
    """A row that one worker at a time works on. Only common/jobs.py writes these columns, and operation/redelivery.py begins them anew.

    `attempts` counts the claims in the current state. `next_try` is when a worker may claim the row; while a worker has it,
    it is when the lease ends.
    """

    if TYPE_CHECKING:
        id: Mapped[int]
        state: Mapped[Any]

    attempts: Mapped[int] = mapped_column(default=0)
    next_try: Mapped[datetime] = mapped_column(Instant, default=now)
