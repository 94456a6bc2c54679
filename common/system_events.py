"""Records how backups and other parts of the operation ended, and finds the last of each. Never about a person."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from models import EventOutcome, SystemEvent, db, exclusive, now

BACKUP, RESTORE = "backup", "restore"

LIFETIME = timedelta(days=400)
"""Older events are deleted: one look back over a year is enough."""


def record_event(name: str, outcome: EventOutcome, **detail: Any) -> None:
    """Record that something ended now. `detail` must be what JSON can hold."""
    with exclusive():
        db.session.execute(
            delete(SystemEvent).where(SystemEvent.name == name, SystemEvent.at < now() - LIFETIME)
        )
        db.session.add(SystemEvent(name=name, outcome=outcome, detail=detail))


def last_event(name: str, outcome: EventOutcome | None = None) -> SystemEvent | None:
    """Return the last event of this name, with this outcome if one is given; None if there never was one."""
    events = select(SystemEvent).where(SystemEvent.name == name)
    if outcome is not None:
        events = events.where(SystemEvent.outcome == outcome)
    return db.session.scalars(events.order_by(SystemEvent.at.desc(), SystemEvent.id.desc()).limit(1)).first()
