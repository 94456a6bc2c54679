"""The tasks of the queue: they run when woken, every POLL_SECONDS for abandoned jobs, and every minute for everything.

Two workers may run the same task at once: every row is claimed before it is processed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

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

POLL_SECONDS = 2.0
"""Together with the lease: a job whose worker died continues within fifteen seconds."""

MOST_COUNTED = 20
"""Batches of the statistics at a time: after an upgrade there are thousands, and codes for a login must not wait for them."""


@dataclass(frozen=True)
class Tasks:
    """The tasks of the worker, and their queue."""

    queue: Huey
    deliver: Callable[[], object]
    import_enterprises: Callable[[], object]
    decide_in_bulk: Callable[[], object]
    make_files: Callable[[], object]
    read_bank_answers: Callable[[], object]
    count: Callable[[], object]
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


def _every_day() -> None:
    if heartbeats.run_if_due(heartbeats.SWEEP, ONE_DAY):
        run_all(
            imports.delete_expired,
            bulk.delete_expired,
            answers.delete_expired,
            files.delete_expired,
            sweeping.delete_expired,
            sweeping.sweep,
        )


def for_app(app: Flask) -> Tasks:
    """Return the application's tasks; each runs within its context."""
    huey = queue.for_config(app.config)

    @huey.task(name="deliver")  # type: ignore[untyped-decorator]
    def deliver() -> None:
        with app.app_context():
            outbox.process_due()

    @huey.task(name="import")  # type: ignore[untyped-decorator]
    def import_enterprises() -> None:
        with app.app_context():
            importing.process_due()

    @huey.task(name="bulk")  # type: ignore[untyped-decorator]
    def decide_in_bulk() -> None:
        with app.app_context():
            bulk_decisions.process_due()

    @huey.task(name="files")  # type: ignore[untyped-decorator]
    def make_files() -> None:
        with app.app_context():
            file_jobs.process_due()

    @huey.task(name="bank answers")  # type: ignore[untyped-decorator]
    def read_bank_answers() -> None:
        with app.app_context():
            bank_answers.process_due()

    @huey.task(name="count")  # type: ignore[untyped-decorator]
    def count() -> None:
        with app.app_context():
            counting.process_due(most=MOST_COUNTED)

    woken = {
        "imports": import_enterprises,
        "bulk": decide_in_bulk,
        "files": make_files,
        "bank_answers": read_bank_answers,
    }

    def look() -> None:
        with app.app_context():
            if jobs.any_due(*WORKED_ON["pictures"]):
                drawing.wake()
            # A task that is already in the queue will find every due job.
            if huey.pending_count():
                return
            for kind, wake in woken.items():
                if jobs.any_due(*WORKED_ON[kind]):
                    wake()
            if counting.has_uncounted():
                count()

    @huey.periodic_task(crontab(), name="every_minute", expires=50)  # type: ignore[untyped-decorator]
    def every_minute() -> None:
        with app.app_context():
            heartbeats.beat(heartbeats.WORKER)
            run_all(
                reminding.process_due,
                continuing.process_due,
                publicity.process_due,
                outbox.process_due,
                bulk_decisions.process_due,
                importing.process_due,
                bank_answers.process_due,
                file_jobs.delete_files_over,
                file_jobs.sweep,  # the folder of this machine, whichever worker has the turn below
                file_jobs.process_due,
                partial(counting.process_due, most=MOST_COUNTED),
                _every_day,
            )

    return Tasks(
        huey,
        deliver,
        import_enterprises,
        decide_in_bulk,
        make_files,
        read_bank_answers,
        count,
        every_minute,
        look,
    )
