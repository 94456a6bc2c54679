"""Draws what a reviewer sees first of an uploaded file, before anybody looks: the worker does, one file after the other.

A page that is asked for earlier is drawn by that request instead, as is every other page and width. A job that fails leaves
nothing to repair: the next look draws the picture, or answers that there is none.
"""

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Delete, bindparam, delete, insert, select

from common import jobs
from models import DrawingState, PictureJob, db, exclusive, now
from models.statements import CompiledStatement
from models.transactions import optional_write
from uploads.decoding import TIMEOUT_SECONDS
from uploads.errors import NoPreview
from uploads.preview import draw_cached, has_preview
from uploads.sets import previews, storage

FIRST_LOOK = ((1, 900),)
"""Page and width of each picture that the viewer of a reviewer opens a file with (templates/review/viewer.html)."""

LEASE = timedelta(seconds=2 * TIMEOUT_SECONDS)
"""Longer than a job can take, so that nothing renews it. After it another worker draws what a killed one had begun."""

PAUSE = timedelta(minutes=1)
"""Between two attempts, when the database or the storage was away."""

LIFETIME = timedelta(days=1)
"""A file that waited longer is left to whoever looks at it."""

MOST_DROPPED = 50
"""Jobs that one upload drops. More than it adds, so that the table shrinks."""


class ClaimedPicture(NamedTuple):
    """A job that this worker has."""

    id: int
    state: DrawingState
    attempts: int
    stored_file: str
    extension: str


def draw_later(storage_name: str, extension: str) -> None:
    """Ask the worker to draw a stored file, in the transaction that stores its row. Does nothing for a kind without pictures.

    Where no worker runs nobody would take the jobs away: each new one takes some of those away that have waited too long.
    """
    if has_preview(extension):
        _DROP_EXPIRED.execute({"latest": now() - LIFETIME})
        _ADD.execute(
            {
                "stored_file": storage_name,
                "extension": extension,
                "state": DrawingState.WAITING,
                "attempts": 0,
                "next_try": now(),
            }
        )


def _drop_expired() -> Delete:
    expired = (
        select(PictureJob.id)
        .where(PictureJob.next_try < bindparam("latest", type_=PictureJob.next_try.type))
        .order_by(PictureJob.next_try, PictureJob.id)
        .limit(MOST_DROPPED)
        .with_for_update(skip_locked=True)
    )
    return delete(PictureJob).where(PictureJob.id.in_(expired))


_DROP_EXPIRED = CompiledStatement(_drop_expired)
_ADD = CompiledStatement(
    lambda: insert(PictureJob), columns=("stored_file", "extension", "state", "attempts", "next_try")
)


def take_from_worker(storage_name: str, page: int, width: int) -> None:
    """Let the worker not draw a picture that a request is about to draw; it does if it has begun already.

    The worker skips what is drawn, but it comes to the files of an application together with their first reader: without this
    write of a GET two of six pictures were drawn twice, 70 ms of CPU for each application (measured, deadline day).
    """
    if (page, width) in FIRST_LOOK:
        with optional_write(), exclusive():
            db.session.execute(
                delete(PictureJob)
                .where(PictureJob.stored_file == storage_name, jobs.due(PictureJob))
                .execution_options(synchronize_session=False)
            )


def claim() -> ClaimedPicture | None:
    """Claim the file that has waited longest; None when there is none."""
    job = jobs.claim_oldest(PictureJob, (DrawingState.WAITING,), lease=LEASE)
    if job is None:
        return None
    return ClaimedPicture(job.id, job.state, job.attempts, job.stored_file, job.extension)


def draw_first_look(job: ClaimedPicture) -> None:
    """Draw the pictures that are not there yet, and end the job.

    A file that ended its worker at every attempt is left to whoever looks at it.
    """
    for page, width in FIRST_LOOK if not jobs.is_beyond_last_attempt(job) else ():
        try:
            if previews().get(job.stored_file, page, width) is None:
                draw_cached(storage(), previews(), job.stored_file, job.extension, page, width)
        except (NoPreview, FileNotFoundError):  # cannot be drawn, or was removed meanwhile
            break
    with exclusive():
        db.session.execute(delete(PictureJob).where(jobs.claim_criterion(PictureJob, job)))


def postpone(job: ClaimedPicture) -> None:
    """End an attempt that failed for no fault of the file."""
    jobs.postpone(PictureJob, job, PAUSE)
