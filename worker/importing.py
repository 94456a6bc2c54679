"""The worker's part of 企业导入: reads the file and passes its cells to administration/import_rows.py."""

from flask import current_app
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from administration import import_rows, import_table, imports
from administration.import_table import Unreadable
from administration.imports import IN_PROGRESS, ClaimedImport
from common import jobs
from common.wording import Sentence
from models import Import, ImportState
from uploads import sheets
from uploads.errors import InvalidFile
from uploads.receive import discard_file
from worker import leases, waking


def process_due() -> None:
    """Process every due import. Stops one that another worker has claimed or somebody has cancelled."""
    leases.process_each(Import, "import", imports.claim, _process, imports.postpone)


def _process(job: ClaimedImport) -> None:
    if jobs.is_beyond_last_attempt(job):
        imports.fail(job, imports.INTERRUPTED)
    elif job.state is ImportState.IMPORTING:
        import_rows.run_import(job)
    else:
        _read(job)


def _read(job: ClaimedImport) -> None:
    name = job.storage_name or ""
    try:
        found = sheets.read(name, import_table.MOST_ROWS + import_table.MOST_ROWS_ABOVE_HEADER)
        import_rows.read(job, import_table.find_table(found))
    except InvalidFile as unfit:
        imports.fail(job, Sentence(sheets.wording(unfit.fault), {"name": job.file_name}))
    except Unreadable as unreadable:
        imports.fail(job, unreadable.sentence)
    except FileNotFoundError:
        imports.fail(job, imports.FILE_MISSING)
    discard_file(name)


def _has_new_work(session: Session) -> bool:
    begun = any(isinstance(row, Import) for row in session.new)
    return begun or any(isinstance(row, Import) and _became_due(row) for row in session.dirty)


def _became_due(job: Import) -> bool:
    return job.state in IN_PROGRESS and inspect(job).attrs.state.history.has_changes()


waking.wake_after_commit("imported", _has_new_work, lambda: current_app.extensions["wake_importing"]())
