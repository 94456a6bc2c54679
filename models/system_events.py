"""What the operation of the site did: backups, restores, moves of the storage. Never about a person."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model, enum_text, now
from models.vocabulary import EventOutcome


class SystemEvent(Model):
    """One finished run of something that an operator waits for, by its name in common/system_events.py.

    `detail` holds what the page about the operation shows: sizes, counts, the reason of a failure. Only
    common/system_events.py writes it.
    """

    __tablename__ = "system_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    outcome: Mapped[EventOutcome] = mapped_column(enum_text(EventOutcome))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    __table_args__ = (Index(None, "name", "at"),)
