"""The tasks of the queue: they run when woken, every POLL_SECONDS for abandoned jobs, and every minute for everything.

Two workers may run the same task at once: every row is claimed before it is processed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from types import MappingProxyType

from flask import Flask
from huey import Huey, crontab

from administration import imports
from common import heartbeats, jobs
from desk import bulk
from documents import jobs as files
from figures import counting
from models import db
from models.transactions import UNAVAILABLE
from operation.state import WORKED_ON
from payments import answers
from worker import (
    bank_answers,
    bulk_decisions,
    continuing,
    drawing,
    file_jobs,
    importing,
    outbox,
    publicity,
    queue,
    reminding,
    sweeping,
)

ONE_DAY = timedelta(days=1)

SWEEP_PAUSE = timedelta(hours=1)
"""Until a sweep that failed, or whose worker died, is tried again. Each part of it takes less."""

POLL_SECONDS = 2.0
"""Together with the lease: a job whose worker died continues within fifteen seconds."""

MOST_COUNTED = 20
"""Batches of the statistics at a time: after an upgrade there are thousands, and codes for a login must not wait for them."""


@dataclass(frozen=True)
class Tasks:
    """The tasks of the worker, and their queue."""

    queue: Huey
    wake: Mapping[str, Callable[[], object]]
    """Queues the task of this name in `WOKEN`."""
    every_minute: Callable[[], object]
    """Queues what each worker queues by itself once a minute."""
    look: Callable[[], object]
    """Queues the task for each kind of job that is due because its worker died or its wake-up was lost."""


def run_all(*parts: Callable[[], object]) -> None:
    """Run each part, also after one that failed; then raise the first failure, which huey logs.

    A database that is away fails all of them: then the others are not tried.
    """
    first: Exception | None = None
    for part in parts:
        try:
            part()
        except UNAVAILABLE:
            raise
        except Exception as error:
            db.session.rollback()
            first = first or error
    if first is not None:
        raise first


def sweep_daily() -> None:
    """Delete what has expired, once a day in one worker. The day is counted from the newest sweep that succeeded."""
    due = heartbeats.is_due(heartbeats.SWEEP, ONE_DAY)
    if not due or not heartbeats.run_if_due(heartbeats.SWEEP_STARTED, SWEEP_PAUSE):
        return
    parts = (
        imports.delete_expired,
        bulk.delete_expired,
        answers.delete_expired,
        files.delete_expired,
        sweeping.delete_expired,
        sweeping.sweep,
    )
    run_all(*(partial(_run_in_sweep, part) for part in parts))
    heartbeats.beat(heartbeats.SWEEP)


def _run_in_sweep(part: Callable[[], object]) -> None:
    heartbeats.beat(heartbeats.SWEEP_STARTED)  # no other worker begins a sweep while a long one runs
    part()


WOKEN: Mapping[str, Callable[[], object]] = MappingProxyType(
    {
        "deliver": outbox.process_due,
        "import": importing.process_due,
        "bulk": bulk_decisions.process_due,
        "files": file_jobs.process_due,
        "bank answers": bank_answers.process_due,
        "count": partial(counting.process_due, most=MOST_COUNTED),
    }
)
"""What each task does, by its name in the queue, which another version of the site may still have queued."""

POLLED = MappingProxyType(
    {"imports": "import", "bulk": "bulk", "files": "files", "bank_answers": "bank answers"}
)
"""The kinds of jobs that are looked for every POLL_SECONDS, each with its task."""

EVERY_MINUTE: tuple[Callable[[], object], ...] = (
    reminding.process_due,
    continuing.process_due,
    publicity.process_due,
    outbox.process_due,
    bulk_decisions.process_due,
    importing.process_due,
    bank_answers.process_due,
    file_jobs.delete_files_over,
    file_jobs.sweep,  # the folder of this machine, whichever worker has the turn in sweep_daily
    file_jobs.process_due,
    partial(counting.process_due, most=MOST_COUNTED),
    sweep_daily,
)


def for_app(app: Flask) -> Tasks:
    """Return the application's tasks; each runs within its context."""
    huey = queue.for_config(app.config)

    def task(name: str, run: Callable[[], object]) -> Callable[[], object]:
        @huey.task(name=name)  # type: ignore[untyped-decorator]
        def queued() -> None:
            with app.app_context():
                run()

        return queued  # type: ignore[no-any-return]

    @huey.periodic_task(crontab(), name="every_minute", expires=50)  # type: ignore[untyped-decorator]
    def every_minute() -> None:
        with app.app_context():
            heartbeats.beat(heartbeats.WORKER)
            run_all(*EVERY_MINUTE)

    wake = {name: task(name, run) for name, run in WOKEN.items()}

    def look() -> None:
        with app.app_context():
            _wake_due(huey, wake)

    return Tasks(huey, wake, every_minute, look)


def _wake_due(huey: Huey, wake: Mapping[str, Callable[[], object]]) -> None:
    if jobs.any_due(*WORKED_ON["pictures"]):
        drawing.wake()
    # A task that is already in the queue will find every due job.
    if huey.pending_count():
        return
    for kind, name in POLLED.items():
        if jobs.any_due(*WORKED_ON[kind]):
            wake[name]()
    if counting.has_uncounted():
        wake["count"]()
