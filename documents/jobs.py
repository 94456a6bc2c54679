"""Files that the worker makes for one person: asked for, made, kept for a day, deleted.

What a kind of file is (an export, a dossier, an archive of papers) stands in documents/kinds.py. This module knows no queue and
no thread. A file is made from the beginning in each attempt; it is stored and the job finished in
one step, so that nobody ever sees half a file and none is made twice.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, exists, func, select, update

from accounts.access import active_account
from accounts.logins import lock_account
from common import jobs
from common.errors import ActionRefused, ChangedMeanwhile, NotPermitted, NotVisible
from common.locked_rows import locked_row
from common.settings import FILES_AT_ONCE, setting
from common.wording import N_, Sentence
from desk.desks import Desk, desk_of
from documents.kinds import KINDS, FileNotMade, MadeFile, Making, RightLost, surroundings
from models import Account, FileJob, FileState, Role, db, exclusive, now
from models.transactions import optional_write

LIFETIME = timedelta(days=1)
"""How long a file can be downloaded."""

REPORT_LIFETIME = timedelta(days=90)
"""How long the list of one's files says that there was one."""

MOST_KEPT_BYTES = 4 * 1024**3
"""Of one person. The oldest files beyond it end before their day is over: papers could be asked for until the disk is full."""

MOST_ASKED, ASKED_WITHIN = 300, timedelta(hours=1)
"""Files that one person can ask for, cancelled ones too: each keeps its row for REPORT_LIFETIME."""

MOST_EXPIRED = 200
"""Files that one call of `expire` deletes."""

ACTOR_GONE = Sentence(N_("提出的账号已停用，文件没有生成。"))
ACTOR_MOVED = Sentence(N_("提出之后账号已换岗，文件没有生成。请在现在的岗位重新提出。"))
UNKNOWN_KIND = Sentence(N_("系统已不再生成这种文件。"))
RIGHT_LOST = Sentence(N_("提出之后账号的权限已改变，文件没有生成。"))
INTERRUPTED = Sentence(N_("多次中断，文件没有生成。请稍后重新提出；仍不成功请联系维护人员。"))
DISK_FULL = Sentence(
    N_("服务器存储空间不足，文件没有生成，也没有留下任何部分。请联系维护人员，之后重新提出。")
)

STORAGE_DOWN = Sentence(
    N_("文件存储多次没有响应，文件没有生成，也没有留下任何部分。请过一会儿重新提出；仍不成功请联系维护人员。")
)

FILE_STATE_WORDS = {
    FileState.MAKING: N_("正在生成"),
    FileState.READY: N_("可以下载"),
    FileState.FAILED: N_("没有生成"),
    FileState.CANCELLED: N_("已取消"),
    FileState.EXPIRED: N_("已过期"),
}
log = logging.getLogger(__name__)


class TooManyDocuments(ActionRefused):
    """As many files as the setting allows are being made for this person; `most` is that number."""

    def __init__(self, most: int) -> None:
        super().__init__("too many files at once")
        self.most = most


class TooManyAskedFor(TooManyDocuments):
    """The person has asked for as many files as anybody may within ASKED_WITHIN."""


def own_files(actor: Account) -> ColumnElement[bool]:
    """Return the criterion for the files that this account asked for at its present desk."""
    desk = desk_of(actor)
    return (
        (FileJob.asked_by_id == actor.id)
        & (FileJob.role == actor.role)
        & FileJob.office_id.is_not_distinct_from(desk.office_id)
        & FileJob.enterprise_id.is_not_distinct_from(desk.enterprise_id)
    )


# --- what people do


def ask(
    actor: Account, kind: str, parameters: Mapping[str, Any], title: Sentence, language: str = "zh"
) -> FileJob:
    """Ask for a file. Raises NotPermitted, NotVisible, and TooManyDocuments beyond what the setting allows at once."""
    with exclusive():
        person = active_account(actor)
        lock_account(person)
        KINDS[kind].check(person, parameters)
        most = int(setting(FILES_AT_ONCE))
        making, lately = FileJob.state == FileState.MAKING, FileJob.created_at > now() - ASKED_WITHIN
        counts = select(func.count().filter(making), func.count().filter(lately))
        under_way, asked = db.session.execute(counts.where(FileJob.asked_by_id == person.id)).one()
        if under_way >= most:
            raise TooManyDocuments(most)
        if asked >= MOST_ASKED:
            raise TooManyAskedFor(MOST_ASKED)
        job = FileJob(
            kind=kind,
            title=title.as_json(),
            parameters=dict(parameters),
            asked_by_id=person.id,
            role=person.role,
            language=language,
            **desk_of(person).columns,
        )
        db.session.add(job)
    return job


def cancel_file(actor: Account, job_id: int) -> FileJob:
    """Stop a file that is being made. Raises NotVisible, and ChangedMeanwhile when it is made already."""
    with exclusive():
        job = _lock_own(actor, job_id)
        if job.state is not FileState.MAKING:
            raise ChangedMeanwhile(None)
        job.state, job.finished_at = FileState.CANCELLED, now()
    return job


def note_download(actor: Account, job_id: int) -> FileJob:
    """Note that the file is downloaded, if the database takes writes, and return its job.

    Raises NotVisible, NotPermitted where a right is lost, and ChangedMeanwhile when there is no such file any more.
    """
    person = active_account(actor)
    query = select(FileJob).where(FileJob.id == job_id, own_files(person))
    job = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if job is None:
        raise NotVisible
    if job.state is not FileState.READY or job.expires_at is None or job.expires_at <= now():
        raise ChangedMeanwhile(None)
    if job.kind not in KINDS:
        raise NotPermitted
    KINDS[job.kind].check(person, job.parameters)
    with optional_write(), exclusive():
        db.session.execute(update(FileJob).where(FileJob.id == job_id).values(downloaded_at=now()))
    db.session.refresh(job)
    return job


def _lock_own(actor: Account, job_id: int) -> FileJob:
    return locked_row(FileJob, FileJob.id == job_id, own_files(active_account(actor)))


# --- one worker at a time


class ClaimedFile(NamedTuple):
    """A job as it was when a worker claimed it."""

    id: int
    state: FileState
    attempts: int
    kind: str
    parameters: Mapping[str, Any]
    actor_id: int
    role: Role
    desk: Desk
    language: str


def claim() -> ClaimedFile | None:
    """Claim the job that has waited longest; None when there is none."""
    job = jobs.claim_oldest(FileJob, (FileState.MAKING,), error=None)
    if job is None:
        return None
    return ClaimedFile(
        job.id,
        job.state,
        job.attempts,
        job.kind,
        job.parameters,
        job.asked_by_id,
        job.role,
        Desk(job.enterprise_id, job.office_id),
        job.language,
    )


def make_file(job: ClaimedFile, path: Path, progress: Callable[[int, int], None]) -> MadeFile:
    """Write the file to `path`. Raises FileNotMade, and ClaimLost from `progress`."""
    if jobs.is_beyond_last_attempt(job):
        raise FileNotMade(INTERRUPTED)
    kind = KINDS.get(job.kind)
    if kind is None:
        raise FileNotMade(UNKNOWN_KIND)
    person = _present_actor(job)
    _check_again(person, job)
    with surroundings(person, job.language):
        return kind.make(Making(person, job.parameters, job.language, path, progress))


def _present_actor(job: ClaimedFile) -> Account:
    try:
        person = active_account(db.session.get_one(Account, job.actor_id))
    except NotPermitted as gone:
        raise FileNotMade(ACTOR_GONE) from gone
    if person.role is not job.role or desk_of(person) != job.desk:
        raise FileNotMade(ACTOR_MOVED)
    return person


def _check_again(person: Account, job: ClaimedFile) -> None:
    try:
        KINDS[job.kind].check(person, job.parameters)
    except RightLost as lost:
        raise FileNotMade(lost.sentence) from lost
    except (NotPermitted, NotVisible) as lost:
        raise FileNotMade(RIGHT_LOST) from lost


def report_progress(job: ClaimedFile, done: int, total: int) -> None:
    """Write how far it is. Raises ClaimLost."""
    with exclusive():
        jobs.report(FileJob, job, done=done, total=total)


def finish_file(job: ClaimedFile, made: MadeFile, storage_name: str, size: int, sha256: str) -> None:
    """Make the stored file available. Raises ClaimLost; then the caller discards the stored file.

    Reads the account again: who has lost the right while the file was made does not get it (FileNotMade).
    """
    with exclusive():
        _check_again(_present_actor(job), job)
        if made.record is not None:
            made.record()
        jobs.report(
            FileJob,
            job,
            state=FileState.READY,
            done=made.count,
            total=made.count,
            error=None,
            notes=[note.as_json() for note in made.notes],
            storage_name=storage_name,
            file_name=made.file_name,
            content_type=made.content_type,
            size=size,
            sha256=sha256,
            finished_at=now(),
            expires_at=now() + LIFETIME,
        )
        _end_oldest(job)
    log.info("file job %s: ready", job.id)


def _end_oldest(newest: ClaimedFile) -> None:
    """End the time of a person's oldest files when all together are too large; the newest stays in any case."""
    ready = (FileJob.asked_by_id == newest.actor_id) & (FileJob.state == FileState.READY)
    total, over = 0, []
    for key, size in db.session.execute(
        select(FileJob.id, FileJob.size).where(ready).order_by(FileJob.finished_at.desc(), FileJob.id.desc())
    ):
        total += size or 0
        if total > MOST_KEPT_BYTES and key != newest.id:
            over.append(key)
    if over:
        ended = update(FileJob).where(FileJob.id.in_(over)).values(expires_at=now())
        db.session.execute(ended.execution_options(synchronize_session=False))


def fail_file(job: ClaimedFile, why: Sentence) -> None:
    """End the job without a file. Raises ClaimLost."""
    with exclusive():
        jobs.report(FileJob, job, state=FileState.FAILED, error=why.as_json(), finished_at=now())
    log.info("file job %s: failed", job.id)


def postpone(job: ClaimedFile) -> None:
    """End an attempt that failed for a reason that may pass; the last attempt ends the job. Raises ClaimLost."""
    if jobs.is_last_attempt(job):
        fail_file(job, INTERRUPTED)
        return
    jobs.try_again(FileJob, job)


# --- afterwards


def expire() -> list[str]:
    """End the time of files that were available long enough; return the names of the stored files, which the caller deletes.

    A file whose deletion fails is deleted by the daily sweep, because no row names it any more.
    """
    over = (FileJob.state == FileState.READY) & (FileJob.expires_at <= now())
    if not db.session.scalar(select(exists().where(over))):
        return []
    with exclusive():
        rows = db.session.scalars(select(FileJob).where(over).limit(MOST_EXPIRED).with_for_update()).all()
        names = [row.storage_name for row in rows if row.storage_name]
        for row in rows:
            row.state, row.storage_name = FileState.EXPIRED, None
    return names


def delete_expired() -> None:
    """Delete the rows of files that ended long ago."""
    ended = FileJob.state.not_in([FileState.MAKING, FileState.READY])
    with exclusive():
        db.session.execute(
            delete(FileJob)
            .where(ended, FileJob.finished_at < now() - REPORT_LIFETIME)
            .execution_options(synchronize_session=False)
        )
