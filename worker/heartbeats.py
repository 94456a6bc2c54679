"""When recurring work was last done. Read by the worker and by `doctor`."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from models import Heartbeat, db, exclusive, now

WORKER, SWEEP = "worker", "sweep"
ALIVE = timedelta(minutes=3)
"""A worker beats every minute; after three missed beats it counts as dead."""


def last(name: str) -> datetime | None:
    """Return when it was last done."""
    beat = db.session.get(Heartbeat, name, populate_existing=True)
    return beat.at if beat else None


def beat(name: str) -> None:
    """Note that it has been done."""
    run_if_due(name, timedelta())


def run_if_due(name: str, every: timedelta) -> bool:
    """Mark the work as begun unless it was done less than `every` ago. Returns True for one of two concurrent callers."""
    at = now()
    with exclusive():
        turn = update(Heartbeat).where(Heartbeat.name == name, Heartbeat.at <= at - every).values(at=at)
        if db.session.execute(turn.returning(Heartbeat.name)).first() is not None:
            return True
    if last(name) is not None:
        return False
    try:
        with exclusive():
            db.session.add(Heartbeat(name=name, at=at))
    except IntegrityError:
        return False
    return True
