"""The worker's part in files that are made for people (documents/jobs.py): the folder, the lease, the storage.

Each attempt writes into a folder of its own, which is deleted in any case. A worker that was killed leaves its folder behind: the
next attempt at the same job and the daily sweep delete it.
"""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy.orm import Session

from common import jobs
from common.wording import Sentence
from documents import jobs as file_jobs
from documents.jobs import ClaimedFile
from documents.kinds import FileNotMade
from models import FileJob, db
from uploads.errors import StorageFull, StorageUnavailable
from uploads.local_disk import is_full, make_directory
from uploads.receive import discard_file
from uploads.sets import storage
from uploads.storage import is_older
from worker import leases, waking

REPORT_EVERY = 1.0
"""Seconds between two writes of the progress, which the page asks for each second."""

LEFTOVER_AGE = timedelta(days=1)
"""Folders that old belong to workers that were killed."""


_busy = threading.Lock()


def process_due() -> None:
    """Make every file that is due. Stops one that another worker has claimed or its owner has cancelled.

    One thread of a worker at a time makes files: mails with codes wait for none of them.
    """
    if not _busy.acquire(blocking=False):
        return
    try:
        leases.process_each(FileJob, "file job", file_jobs.claim, _process, file_jobs.postpone)
    finally:
        _busy.release()


def _process(job: ClaimedFile) -> None:
    try:
        with _folder(job) as folder:
            path = folder / "file"
            made = file_jobs.make_file(job, path, _progress(job))
            db.session.rollback()
            with path.open("rb") as content:
                stored = storage().store(content)
        try:
            file_jobs.finish_file(job, made, stored.name, stored.size, stored.sha256)
        except BaseException:
            discard_file(stored.name)
            raise
    except FileNotMade as fault:
        _fail(job, fault.sentence)
    except StorageFull:
        _fail(job, file_jobs.DISK_FULL)
    except StorageUnavailable:
        if not jobs.is_last_attempt(job):
            raise
        _fail(job, file_jobs.STORAGE_DOWN)
    except Exception as error:
        if not _disk_is_full(error):
            raise
        _fail(job, file_jobs.DISK_FULL)


def _fail(job: ClaimedFile, why: Sentence) -> None:
    db.session.rollback()
    file_jobs.fail_file(job, why)


def _disk_is_full(error: BaseException | None) -> bool:
    """Say whether an error, or one that caused it, means that the disk has no room."""
    while error is not None:
        if is_full(error) or any(isinstance(each, BaseException) and is_full(each) for each in error.args):
            return True
        error = error.__cause__ or error.__context__
    return False


def _progress(job: ClaimedFile) -> Callable[[int, int], None]:
    """Return what writes the progress of a job, at most once in REPORT_EVERY.

    It has an application context, and so a database session, of its own: the one that makes the file is reading.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    last = time.monotonic()

    def write(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last < REPORT_EVERY:
            return
        with app.app_context():
            file_jobs.report_progress(job, done, total)
        last = time.monotonic()

    return write


@contextmanager
def _folder(job: ClaimedFile) -> Iterator[Path]:
    """Provide an empty folder for one attempt, and delete it and those of earlier attempts."""
    root = _root()
    make_directory(root)
    for leftover in root.glob(f"{job.id}-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    folder = root / f"{job.id}-{job.attempts}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _root() -> Path:
    return Path(current_app.config["INSTANCE"]) / "making"


def delete_files_over() -> None:
    """Delete the files that were available long enough."""
    for name in file_jobs.expire():
        discard_file(name)


def sweep() -> None:
    """Delete the folders of workers that were killed long ago."""
    latest = time.time() - LEFTOVER_AGE.total_seconds()
    for leftover in _root().glob("*-*"):
        if is_older(leftover, latest):
            shutil.rmtree(leftover, ignore_errors=True)


def _asked(session: Session) -> bool:
    return any(isinstance(row, FileJob) for row in session.new)


waking.wake_after_commit("file jobs", _asked, lambda: current_app.extensions["wake_file_jobs"]())
