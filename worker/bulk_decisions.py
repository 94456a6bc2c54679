"""The worker's part in bulk decisions: claims a job and keeps its lease while desk/bulk_decisions.py decides the rows."""

from flask import current_app
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from desk import bulk_decisions
from models import BulkJob, BulkState
from worker import leases, waking


def process_due() -> None:
    """Process every due job. Stops one that another worker has claimed or somebody has cancelled."""
    leases.process_each(
        BulkJob, "bulk job", bulk_decisions.claim, bulk_decisions.decide_chosen, bulk_decisions.postpone
    )


def _waits(session: Session) -> bool:
    return any(isinstance(row, BulkJob) and _confirmed(row) for row in session.dirty)


def _confirmed(job: BulkJob) -> bool:
    return job.state is BulkState.WORKING and inspect(job).attrs.state.history.has_changes()


waking.wake_after_commit("bulk jobs", _waits, lambda: current_app.extensions["wake_bulk_decisions"]())
