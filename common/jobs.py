"""Jobs: work that takes longer than a request, done by one worker at a time. Claim, lease, progress, retry and cancel.

Works for every table whose rows are `Leased`. Knows no kind of job, no queue and no thread.

- Claim: `claim` gives a due row to one worker for the time of a lease. The worker renews it while it works
  (worker/leases.py). When the worker dies the lease runs out, and any worker may claim the row again.
- Fencing: each write names the state and the attempt of the claim. A worker whose claim is over gets `ClaimLost` and has
  written nothing; the write that ends a step must be in the transaction of the step's result.
- Cancel: to cancel a job, change its state. The worker gets `ClaimLost` at its next write.
- Retry: `postpone` ends a failed attempt and sets the time of the next one. `try_again` does it for jobs that a page shows.

All times are the database's on PostgreSQL: the clocks of two hosts may differ by more than a lease.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Protocol, TypeVar

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Interval,
    and_,
    exists,
    func,
    literal,
    select,
    type_coerce,
    update,
)

from common.wording import N_, Sentence
from models import db, exclusive, now
from models.database import Instant
from models.jobs import Leased

LEASE = timedelta(seconds=10)
"""After this time another worker may claim the job of one that died; see also worker.leases.RENEW_EVERY and worker.tasks.POLL_SECONDS."""

CLAIM_EXPECTED_WITHIN = timedelta(seconds=15)
"""After this time a worker should have claimed the job: it is woken at once, and polls every two seconds."""

MOST_ATTEMPTS = 3
"""Attempts at one step of a job that a page shows; after the last one the job ends."""

PAUSES = (timedelta(seconds=15), timedelta(minutes=2))
"""After the first and the second failed attempt: a database or a disk may be available again by then."""

Row = TypeVar("Row", bound=Leased)


class ClaimLost(Exception):
    """Another worker has the job now, or the job was cancelled."""


class Claim(Protocol):
    """Identifies one claim of a row: `attempts` grows with each claim of a state."""

    @property
    def id(self) -> int: ...
    @property
    def state(self) -> Any: ...
    @property
    def attempts(self) -> int: ...


class ReportedJob(Protocol):
    """A row that also says what was wrong with its last attempt, while another one is to follow."""

    @property
    def attempts(self) -> int: ...
    @property
    def next_try(self) -> datetime: ...
    @property
    def error(self) -> list[Any] | None: ...


class JobStatus(Enum):
    """The status of an unfinished job, for the page that shows it."""

    QUEUED = "queued"
    """No worker has claimed it yet."""

    WORKING = "working"
    PAUSED = "paused"
    """An attempt failed; the next one is scheduled."""

    SILENT = "silent"
    """The worker has not renewed the lease: it died, or lost its connection to the database."""


JobProgress = tuple[JobStatus, timedelta]


def database_time(after: timedelta = timedelta()) -> ColumnElement[datetime]:
    """Return the database's current time plus `after`, as an expression that can use an index."""
    if db.engine.dialect.name == "postgresql":
        utc = func.timezone("utc", func.statement_timestamp(), type_=DateTime())
        return type_coerce(utc + literal(after, Interval()), Instant)
    return literal(now() + after, Instant)


def due(kind: type[Row]) -> ColumnElement[bool]:
    """Return the criterion for rows that may be claimed now. The caller adds a criterion for the states."""
    return kind.next_try <= database_time()


def any_due(kind: type[Row], states: Collection[Enum]) -> bool:
    """Say whether a row in one of these states waits for a worker; one whose worker died waits too."""
    return bool(db.session.scalar(select(exists().where(kind.state.in_(states), due(kind)))))


def claim_oldest(
    kind: type[Row], states: Collection[Enum], *, lease: timedelta = LEASE, **values: Any
) -> Row | None:
    """Claim the row in one of these states that has waited longest, and set `values` in it; None when none waits."""
    waiting = and_(kind.state.in_(states), due(kind))
    return claim(kind, waiting, kind.next_try, kind.id, lease=lease, **values)


def claim(
    kind: type[Row], waiting: ColumnElement[bool], *order: Any, lease: timedelta = LEASE, **values: Any
) -> Row | None:
    """Claim the first row in this order that matches `waiting`, and set `values` in it; None when there is none.

    Reads before it takes the write lock, so that an empty queue costs one read only.
    """
    if not db.session.scalar(select(exists().where(waiting))):
        return None
    with exclusive():
        row = db.session.scalars(
            select(kind)
            .where(waiting)
            .order_by(*order)
            .limit(1)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).first()
        if row is not None:
            for name, value in values.items():
                setattr(row, name, value)
            row.attempts += 1
            row.next_try = database_time(lease)
    return row


def claim_criterion(kind: type[Row], claimed: Claim) -> ColumnElement[bool]:
    """Return the criterion that this claim still holds the row."""
    return and_(kind.id == claimed.id, kind.state == claimed.state, kind.attempts == claimed.attempts)


def report(kind: type[Row], claimed: Claim, *, lease: timedelta = LEASE, **values: Any) -> None:
    """Write progress or the outcome, and renew the lease; call within `exclusive()`. Raises ClaimLost.

    Locks the row until the end of the transaction, so that the lease cannot be renewed. In a long transaction call it last.
    """
    written = (
        update(kind)
        .where(claim_criterion(kind, claimed))
        .values({"next_try": database_time(lease), **values})
        .returning(kind.id)
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(written).first() is None:
        raise ClaimLost


def renew(kind: type[Row], claimed: Claim) -> None:
    """Renew the lease. Raises ClaimLost."""
    with exclusive():
        report(kind, claimed)


def postpone(kind: type[Row], claimed: Claim, pause: timedelta, **values: Any) -> None:
    """End this attempt; any worker may begin the next one after `pause`. Raises ClaimLost."""
    with exclusive():
        report(kind, claimed, lease=pause, **values)


def is_last_attempt(claimed: Claim) -> bool:
    """Say whether the job ends when this attempt fails."""
    return claimed.attempts >= MOST_ATTEMPTS


def is_beyond_last_attempt(claimed: Claim) -> bool:
    """Say whether every permitted attempt ended its worker, so that none of them could report anything."""
    return claimed.attempts > MOST_ATTEMPTS


def try_again(kind: type[Row], claimed: Claim) -> None:
    """End an attempt, not the last one, that failed for a reason that may pass. Its page says so. Raises ClaimLost."""
    words = {"attempt": str(claimed.attempts), "most": str(MOST_ATTEMPTS)}
    failed = Sentence(N_("处理时出错（第 %(attempt)s 次，共 %(most)s 次）。"), words)
    postpone(kind, claimed, PAUSES[claimed.attempts - 1], error=failed.as_json())


def progress_of(row: ReportedJob) -> JobProgress:
    """Return the status of an unfinished job, and a time.

    The time is how long it has been QUEUED or SILENT; otherwise what is left of the lease or the pause.
    """
    paused = row.error is not None
    at = db.session.scalars(select(database_time())).one()
    if row.next_try > at:
        return (JobStatus.PAUSED if paused else JobStatus.WORKING), row.next_try - at
    if row.attempts and not paused:
        return JobStatus.SILENT, at - row.next_try + LEASE
    return JobStatus.QUEUED, at - row.next_try
