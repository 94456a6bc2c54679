"""企业导入: an Excel file becomes a preview. Once it is confirmed, all accepted rows become enterprises, or none (D1).

Reads no file and no queue: the worker passes the cells to administration/import_rows.py. When the worker dies, another
worker repeats the step within seconds (common/jobs.py).

An imported enterprise is only listed (`Registration.LISTED`): it has no account and cannot be chosen as employer. It
registers like any other (enterprises/registration.py), takes over the imported row, and its region's office approves it.
"""

import logging
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, exists, select

from accounts import access
from common import jobs
from common.errors import ChangedMeanwhile
from common.locked_rows import locked_row
from common.wording import N_, Sentence
from models import Account, Import, ImportRow, ImportState, db, exclusive, now
from workflow import scope

PREVIEW_LIFETIME, REFUSED_ROWS_LIFETIME = timedelta(days=7), timedelta(days=90)
"""How long a preview and the report of refused rows are stored: they contain names and telephone numbers."""


STATE_WORDS = {
    ImportState.READING: N_("正在读取"),
    ImportState.PREVIEW: N_("待确认"),
    ImportState.IMPORTING: N_("正在导入"),
    ImportState.DONE: N_("已导入"),
    ImportState.FAILED: N_("没有导入"),
    ImportState.DISCARDED: N_("已放弃"),
}
INTERRUPTED = Sentence(N_("多次中断，没有完成。请重新上传；仍不成功请联系维护人员。"))
FAILED_REPEATEDLY = Sentence(N_("多次出错，没有完成。请稍后重新上传；仍不成功请联系维护人员。"))
FILE_MISSING = Sentence(N_("文件已不在服务器上，请重新上传。"))
IN_PROGRESS = (ImportState.READING, ImportState.IMPORTING)
log = logging.getLogger(__name__)


# --- actions of people


def begin(actor: Account, file_name: str, storage_name: str) -> Import:
    """Create an import for an uploaded file; a worker will read it. Raises NotPermitted."""
    with exclusive():
        person = access.active_administrator(actor)
        job = Import(
            actor_id=person.id, actor_name=person.name, file_name=file_name, storage_name=storage_name
        )
        db.session.add(job)
    return job


def confirm(actor: Account, import_id: int, *, seen: int) -> Import:
    """Start the import of the accepted rows; `seen` is the number of them that the page showed.

    Raises NotVisible, NotPermitted, ChangedMeanwhile.
    """
    with exclusive():
        person, job = _lock_import(actor, import_id)
        if job.state is not ImportState.PREVIEW or job.accepted != seen or not seen:
            raise ChangedMeanwhile(None)
        job.state, job.confirmed_by_id = ImportState.IMPORTING, person.id
        job.done, job.total, job.rejected_at_import = 0, job.accepted, 0
        job.attempts, job.next_try, job.error = 0, now(), None
    return job


def discard(actor: Account, import_id: int) -> Import:
    """Cancel an import that has not written anything, and delete its rows. Raises what `confirm` raises.

    A worker that has claimed it gets ClaimLost at its next write, also at the commit that writes the enterprises.
    """
    with exclusive():
        _, job = _lock_import(actor, import_id)
        if job.state not in (ImportState.PREVIEW, *IN_PROGRESS):
            raise ChangedMeanwhile(None)
        _discard(job)
    return job


def delete_expired() -> int:
    """Discard old unconfirmed previews, and delete the refused rows of old imports. Returns how many were discarded."""
    with exclusive():
        over = select(Import.id).where(Import.finished_at < now() - REFUSED_ROWS_LIFETIME)
        db.session.execute(delete(ImportRow).where(ImportRow.import_id.in_(over)))
        old = db.session.scalars(
            select(Import)
            .where(Import.state == ImportState.PREVIEW, Import.created_at < now() - PREVIEW_LIFETIME)
            .with_for_update(skip_locked=True)
        ).all()
        for job in old:
            _discard(job)
        return len(old)


def _lock_import(actor: Account, import_id: int) -> tuple[Account, Import]:
    person = access.active_administrator(actor)
    return person, locked_row(Import, Import.id == import_id, scope.administered(person))


def _discard(job: Import) -> None:
    db.session.execute(delete(ImportRow).where(ImportRow.import_id == job.id))
    job.state, job.finished_at, job.storage_name = ImportState.DISCARDED, now(), None


# --- claims: one worker at a time


class ClaimedImport(NamedTuple):
    """An import as it was when a worker claimed it."""

    id: int
    state: ImportState
    attempts: int
    file_name: str
    storage_name: str | None
    accepted: int
    refused: int
    confirmed_by_id: int | None


def claim() -> ClaimedImport | None:
    """Claim the import that has waited longest; None when there is none."""
    job = jobs.claim_oldest(Import, IN_PROGRESS, error=None)
    if job is None:
        return None
    return ClaimedImport(
        job.id,
        job.state,
        job.attempts,
        job.file_name,
        job.storage_name,
        job.accepted,
        job.refused,
        job.confirmed_by_id,
    )


def fail(job: ClaimedImport, sentence: Sentence) -> None:
    """End the import; nothing has been imported. Raises ClaimLost."""
    with exclusive():
        jobs.report(
            Import,
            job,
            state=ImportState.FAILED,
            error=sentence.as_json(),
            storage_name=None,
            finished_at=now(),
        )
    log.warning("import %s: failed", job.id)


def postpone(job: ClaimedImport) -> None:
    """End an attempt that failed for a reason that may pass; the last attempt ends the import. Raises ClaimLost."""
    if jobs.is_last_attempt(job):
        fail(job, FAILED_REPEATEDLY)
        return
    jobs.try_again(Import, job)


def lease_expired() -> ColumnElement[bool]:
    """Return the criterion for imports whose worker does not renew its lease: it has died."""
    died = (Import.attempts > 0) & jobs.due(Import) & Import.error.is_(None)
    return Import.state.in_(IN_PROGRESS) & died


def worker_is_busy() -> bool:
    """Say whether a worker is working on an import. If so, the other imports only wait for their turn."""
    working = (
        Import.state.in_(IN_PROGRESS) & (Import.attempts > 0) & ~jobs.due(Import) & Import.error.is_(None)
    )
    return bool(db.session.scalar(select(exists().where(working))))
