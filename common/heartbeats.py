"""Records when recurring tasks last ran. The worker and `doctor` read it."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from models import Heartbeat, db, exclusive, now

WORKER, SWEEP, DIGEST = "worker", "sweep", "digest"
SWEEP_STARTED = "sweep started"
"""The newest attempt. SWEEP is the newest one that has succeeded."""
CONTINUATION = "continuation"
MAX_SILENCE = timedelta(minutes=3)
"""The worker records a heartbeat every minute. After three missed ones it counts as dead."""


def last(name: str) -> datetime | None:
    """Return when the task last ran; None if never."""
    beat = db.session.get(Heartbeat, name, populate_existing=True)
    return beat.at if beat else None


def all_last() -> dict[str, datetime]:
    """Return when each task last ran, by its name."""
    return {beat.name: beat.at for beat in db.session.scalars(select(Heartbeat))}


def beat(name: str) -> None:
    """Record that the task ran now."""
    run_if_due(name, timedelta())


def is_due(name: str, every: timedelta) -> bool:
    """Say whether the task has not run for `every`. Claims nothing."""
    at = last(name)
    return at is None or at <= now() - every


def run_if_due(name: str, every: timedelta) -> bool:
    """Record that the task runs now, unless it ran less than `every` ago. Of concurrent callers, one gets True."""
    at = now()
    with exclusive():
        claimed = update(Heartbeat).where(Heartbeat.name == name, Heartbeat.at <= at - every).values(at=at)
        if db.session.execute(claimed.returning(Heartbeat.name)).first() is not None:
            return True
    if last(name) is not None:
        return False
    try:
        with exclusive():
            db.session.add(Heartbeat(name=name, at=at))
    except IntegrityError:
        return False
    return True
