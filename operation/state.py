"""The state of the operation, from the database and the disk: for 「运行情况」 and for `/metrics` (S4)."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, false, func, select

from common import heartbeats
from common.system_events import BACKUP, last_event
from models import (
    BankAnswer,
    BulkJob,
    BulkState,
    Delivery,
    DeliveryState,
    DrawingState,
    EventOutcome,
    FileJob,
    FileState,
    Import,
    ImportState,
    Message,
    PictureJob,
    SystemEvent,
    db,
    now,
)
from models.jobs import Leased

MOST_COUNTED = 10_000
"""Counts stop here: the page must answer when something has piled up."""

WORKED_ON: dict[str, tuple[type[Leased], tuple[Enum, ...]]] = {
    "deliveries": (Delivery, (DeliveryState.WAITING, DeliveryState.SENDING)),
    "imports": (Import, (ImportState.READING, ImportState.IMPORTING)),
    "bulk": (BulkJob, (BulkState.WORKING,)),
    "files": (FileJob, (FileState.MAKING,)),
    "bank_answers": (BankAnswer, (ImportState.READING, ImportState.IMPORTING)),
    "pictures": (PictureJob, (DrawingState.WAITING,)),
}
"""Each kind of job with the states in which a worker is to work on it."""


@dataclass(frozen=True)
class Queue:
    """The unfinished jobs of one kind. `oldest_due`: since when the one that is due longest has waited; None when none is due."""

    kind: str
    count: int
    oldest_due: datetime | None


class Disk(NamedTuple):
    """The disk of the instance folder, in bytes."""

    total: int
    free: int


class OperationState(NamedTuple):
    """What an operator looks at. Times are None for what never happened."""

    worker_seen: datetime | None
    worker_silent: bool
    database_read_only: bool
    unsent_messages: int
    """Messages that the worker has not yet given to the channels."""
    failed_deliveries: int
    queues: tuple[Queue, ...]
    disk: Disk | None
    last_sweep: datetime | None
    """The newest one that succeeded."""
    unfinished_sweep: datetime | None
    """When a newer one began, which runs or has failed."""
    last_backup: SystemEvent | None
    last_good_backup: SystemEvent | None


def current(config: Mapping[str, Any]) -> OperationState:
    """Return the present state. `config` is the application's."""
    beats = heartbeats.all_last()
    worker_seen = beats.get(heartbeats.WORKER)
    swept, sweep_started = beats.get(heartbeats.SWEEP), beats.get(heartbeats.SWEEP_STARTED)
    is_unfinished = sweep_started is not None and (swept is None or swept < sweep_started)
    counts = _counts()
    return OperationState(
        worker_seen=worker_seen,
        worker_silent=worker_seen is None or now() - worker_seen > heartbeats.MAX_SILENCE,
        database_read_only=counts["read only"],
        unsent_messages=counts["unsent"],
        failed_deliveries=counts["failed"],
        queues=tuple(_queue(kind, counts) for kind in WORKED_ON),
        disk=_disk(config["INSTANCE"]),
        last_sweep=swept,
        unfinished_sweep=sweep_started if is_unfinished else None,
        last_backup=last_event(BACKUP),
        last_good_backup=last_event(BACKUP, EventOutcome.SUCCEEDED),
    )


def _counts() -> Mapping[str, Any]:
    """Read all counts in one statement: `KIND` the unfinished jobs of a kind, `KIND since` when its first one is due.

    `read only`: whether PostgreSQL takes no writes, being a standby or locked by its host.
    """
    postgresql = db.engine.dialect.name == "postgresql"
    read_only = func.current_setting("transaction_read_only") == "on" if postgresql else false()
    columns: list[ColumnElement[Any]] = [
        read_only.label("read only"),
        _count(select(Message.id).where(Message.expanded_at.is_(None))).label("unsent"),
        _count(select(Delivery.id).where(Delivery.state == DeliveryState.FAILED)).label("failed"),
    ]
    for kind, (model, states) in WORKED_ON.items():
        unfinished = model.state.in_(states)
        first_due = select(func.min(model.next_try)).where(unfinished).scalar_subquery()
        columns += [_count(select(model.id).where(unfinished)).label(kind), first_due.label(f"{kind} since")]
    return dict(db.session.execute(select(*columns)).mappings().one())


def _count(rows: Select[Any]) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows.limit(MOST_COUNTED).subquery()).scalar_subquery()


def _queue(kind: str, counts: Mapping[str, Any]) -> Queue:
    since = counts[f"{kind} since"]
    return Queue(kind, counts[kind], since if since is not None and since <= now() else None)


def _disk(folder: str) -> Disk | None:
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return Disk(usage.total, usage.free)
