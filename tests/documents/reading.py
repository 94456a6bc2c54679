"""Reads exported files as another program would: with calamine."""

from datetime import date, datetime
from typing import Any, BinaryIO

from python_calamine import CalamineWorkbook

from documents import jobs
from documents.exports import Asked, ask_for_export
from models import Account, FileJob, FileState, db
from uploads.sets import storage
from worker import file_jobs

Value = str | float | date | datetime


def tables(content: BinaryIO | str) -> dict[str, list[list[Value]]]:
    """The rows of each sheet with their headings."""
    book = (
        CalamineWorkbook.from_path(content)
        if isinstance(content, str)
        else CalamineWorkbook.from_filelike(content)
    )
    return {
        name: [list(row) for row in book.get_sheet_by_name(name).to_python()] for name in book.sheet_names
    }


def made(job_id: int) -> FileJob:
    """The job after the worker has been there."""
    file_jobs.process_due()
    db.session.rollback()
    return db.session.get_one(FileJob, job_id, populate_existing=True)


def exported(actor: Account, asked: Asked, language: str = "zh") -> dict[str, list[list[Any]]]:
    """What the file says that this account gets."""
    job = made(ask_for_export(actor, asked, language).id)
    assert job.state is FileState.READY, job.error
    ready = jobs.note_download(actor, job.id)
    with storage().open(ready.storage_name or "") as content:
        return tables(content)
