"""The worker's part in bulk decisions: claims a job and keeps its lease while desk/bulk_decisions.py decides the rows."""

import logging
from contextlib import suppress

from flask import current_app
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from common import jobs
from desk import bulk_decisions
from models import BulkJob, BulkState, db
from worker import leases, waking

log = logging.getLogger(__name__)


def process_due() -> None:
    """Process every due job. Stops one that another worker has claimed or somebody has cancelled."""
    while (job := bulk_decisions.claim()) is not None:
        with suppress(jobs.ClaimLost):
            try:
                with leases.renewed(BulkJob, job):
                    bulk_decisions.decide_chosen(job)
            except jobs.ClaimLost:
                raise
            except Exception as error:
                db.session.rollback()
                log.error("bulk job %s: %s", job.id, type(error).__name__)
                bulk_decisions.postpone(job)
        db.session.rollback()


def _waits(session: Session) -> bool:
    return any(isinstance(row, BulkJob) and _confirmed(row) for row in session.dirty)


def _confirmed(job: BulkJob) -> bool:
    return job.state is BulkState.WORKING and inspect(job).attrs.state.history.has_changes()


waking.wake_after_commit("bulk jobs", _waits, lambda: current_app.extensions["wake_bulk_decisions"]())
