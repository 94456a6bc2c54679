"""The worker's part in 企业导入: it reads the file and brings the cells to workflow/imports.py. Woken like the outbox."""

import logging

from flask import current_app
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from models import Import, ImportState, db
from uploads import sheets
from uploads.errors import Unfit
from uploads.receive import discard
from worker import waking
from workflow import imports
from workflow.imports import IN_WORK, Claimed, Unreadable
from workflow.words import Sentence

log = logging.getLogger(__name__)


def work_off() -> None:
    """Do everything that waits. One that has gone to another worker, or is no longer wanted, is left."""
    while (job := imports.claim()) is not None:
        try:
            _work(job)
        except imports.Lost:
            db.session.rollback()
        except (
            Exception
        ) as trouble:  # it is tried again when its lease ends; the others need not wait for that
            db.session.rollback()
            log.error("import %s: %s", job.id, type(trouble).__name__)


def _work(job: Claimed) -> None:
    if job.too_often:
        imports.fail(job, imports.INTERRUPTED)
    elif job.state is ImportState.IMPORTING:
        imports.carry_out(job)
    else:
        _read(job)


def _read(job: Claimed) -> None:
    name = job.storage_name or ""
    try:
        found = sheets.read(name, imports.MOST_ROWS + imports.LOOKED_FOR_HEADER)
        imports.read(job, imports.table_of((sheet.rows, sheet.more) for sheet in found))
    except Unfit as unfit:
        imports.fail(job, Sentence(sheets.wording(unfit.fault), {"name": job.file_name}))
    except Unreadable as unreadable:
        imports.fail(job, unreadable.sentence)
    except FileNotFoundError:
        imports.fail(job, imports.GONE)
    discard(name)


def _waits(session: Session) -> bool:
    begun = any(isinstance(row, Import) for row in session.new)
    return begun or any(isinstance(row, Import) and _waits_anew(row) for row in session.dirty)


def _waits_anew(job: Import) -> bool:
    return job.state in IN_WORK and inspect(job).attrs.state.history.has_changes()


waking.once_stored("imported", _waits, lambda: current_app.extensions["wake_importing"]())
