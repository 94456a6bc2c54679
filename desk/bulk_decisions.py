"""The worker's part in a bulk decision (W6): one worker at a time claims a job and decides its rows in small transactions.

Each row goes through workflow.review with the version that was seen when it was chosen. A row and what became of it are one
transaction, so that none is decided twice and none is lost, whenever the worker dies. Knows no queue.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select, update

from accounts.access import active_account
from common import jobs
from common.errors import ActionRefused, ChangedMeanwhile, NotPermitted, NotVisible, TakenByColleague
from common.wording import N_, Sentence
from desk import assignments, marks
from desk.bulk import CHANGED, MARKED, NOT_HERE, TAKEN
from desk.desks import Desk, desk_of
from desk.marks import DeskDecision
from models import Account, Action, Application, BulkJob, BulkRow, BulkState, Review, db, exclusive, now
from models.statements import table_of
from models.transactions import UNAVAILABLE
from workflow import review, scope
from workflow.decision import Decision

BATCH_SIZE = 40
"""Rows of one transaction: meanwhile nobody else can decide them, and on SQLite nobody can write at all."""

DECIDED_BY = N_("%(desk)s %(name)s已办理，没有重复办理。")
FAULTY = Sentence(N_("处理时出错，没有办理；请单独打开办理。"))
ACTOR_GONE = Sentence(N_("提出的账号已停用，其余的没有办理。"))
ACTOR_MOVED = Sentence(N_("提出的账号已换岗，其余的没有办理。"))
INTERRUPTED = Sentence(N_("多次中断，其余的没有办理。"))
log = logging.getLogger(__name__)


class ClaimedJob(NamedTuple):
    """A job as it was when a worker claimed it."""

    id: int
    state: BulkState
    attempts: int
    actor_id: int
    desk: Desk
    role: Any
    action: Action
    decision: Decision


class _Stopped(Exception):
    """The rest of the job is not done."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.text)
        self.sentence = sentence


def claim() -> ClaimedJob | None:
    """Claim the job that has waited longest; None when there is none."""
    job = jobs.claim_oldest(BulkJob, (BulkState.WORKING,), error=None)
    if job is None:
        return None
    desk = Desk(job.enterprise_id, job.office_id)
    return ClaimedJob(
        job.id,
        job.state,
        job.attempts,
        job.actor_id,
        desk,
        job.actor_role,
        job.asked_action,
        DeskDecision(job.reason),
    )


def decide_chosen(job: ClaimedJob) -> None:
    """Decide the rows that are left, in the order of their ids, as every other lock of several applications is taken.

    Raises ClaimLost; then another worker has the job, or it was cancelled.
    """
    try:
        if jobs.is_beyond_last_attempt(job):
            raise _Stopped(INTERRUPTED)
        while rows := _next_rows(job):
            try:
                _decide(job, rows)
            except (jobs.ClaimLost, _Stopped, *UNAVAILABLE):
                raise
            except Exception as error:
                log.error("bulk job %s: %s", job.id, type(error).__name__)
                _decide_one_by_one(job, rows)
    except _Stopped as stopped:
        _end(job, BulkState.STOPPED, stopped.sentence)
    else:
        _end(job, BulkState.DONE, None)


def postpone(job: ClaimedJob) -> None:
    """End an attempt that failed for a reason that may pass; the last attempt stops the job. Raises ClaimLost."""
    if jobs.is_last_attempt(job):
        _end(job, BulkState.STOPPED, INTERRUPTED)
        return
    jobs.try_again(BulkJob, job)


def _end(job: ClaimedJob, state: BulkState, why: Sentence | None) -> None:
    with exclusive():
        jobs.report(BulkJob, job, state=state, error=why.as_json() if why else None, finished_at=now())
    log.info("bulk job %s: %s", job.id, state.value)


def _next_rows(job: ClaimedJob) -> Sequence[tuple[int, int]]:
    """Return the next rows that nobody has been at: application and version."""
    rows = db.session.execute(
        select(BulkRow.application_id, BulkRow.seen_version)
        .where(BulkRow.job_id == job.id, BulkRow.decided.is_(None))
        .order_by(BulkRow.application_id)
        .limit(BATCH_SIZE)
    )
    return [(row.application_id, row.seen_version) for row in rows]


def _decide(job: ClaimedJob, rows: Iterable[tuple[int, int]]) -> None:
    """Decide some rows in one transaction. A refusal is raised before anything of its row is written."""
    try:
        with exclusive():
            person = _actor(job)
            outcomes = [(row, _decide_row(job, person, row, seen)) for row, seen in rows]
            _report(job, outcomes)
    except BaseException:
        for undone in [one for one in db.session if isinstance(one, Review)]:
            db.session.expunge(undone)  # SQLite gives the id of a row that was not stored to the next one
        raise


def _decide_one_by_one(job: ClaimedJob, rows: Iterable[tuple[int, int]]) -> None:
    """Decide rows of a transaction that failed each in one of its own, so that one faulty row does not hold up others."""
    for row in rows:
        try:
            _decide(job, [row])
        except (jobs.ClaimLost, _Stopped, *UNAVAILABLE):
            raise
        except Exception as error:
            log.error("bulk job %s, application %s: %s", job.id, row[0], type(error).__name__)
            with exclusive():
                _report(job, [(row[0], FAULTY)])


def _actor(job: ClaimedJob) -> Account:
    """Return the account that asked. Raises _Stopped when it may no longer decide for the desk."""
    try:
        person = active_account(db.session.get_one(Account, job.actor_id))
    except NotPermitted as gone:
        raise _Stopped(ACTOR_GONE) from gone
    if person.role is not job.role or desk_of(person) != job.desk:
        raise _Stopped(ACTOR_MOVED)
    return person


def _decide_row(job: ClaimedJob, person: Account, application_id: int, seen: int) -> Sentence | None:
    """Decide one application; return why it was not decided."""
    try:
        review.perform_within(
            application_id,
            job.action,
            person,
            seen_version=seen,
            decision=job.decision,
            check=_refuse_marked if job.action is Action.PASS else assignments.refuse_taken,
        )
    except _MarkedByDesk:
        return MARKED
    except ChangedMeanwhile as changed:
        return _changed(changed.last)
    except TakenByColleague as taken:
        return Sentence(TAKEN, {"name": taken.holder})
    except (NotVisible, NotPermitted):
        return NOT_HERE
    except ActionRefused:
        return CHANGED
    return None


class _MarkedByDesk(ActionRefused):
    """What has a mark of this desk is not passed unread."""


def _refuse_marked(application: Application, person: Account) -> None:
    assignments.refuse_taken(application, person)
    if marks.with_drafts(person, [application]):
        raise _MarkedByDesk


def _changed(last: Review | None) -> Sentence:
    if last is None or last.action not in scope.DECISIONS:
        return CHANGED
    return Sentence(DECIDED_BY, {"desk": last.desk, "name": last.actor_name})


def _report(job: ClaimedJob, outcomes: Sequence[tuple[int, Sentence | None]]) -> None:
    """Write what became of the rows, last the job itself: that write fails when the claim is lost."""
    done = [application_id for application_id, fault in outcomes if fault is None]
    rows = table_of(BulkRow)
    if done:
        db.session.execute(
            update(rows).where(rows.c.job_id == job.id, rows.c.application_id.in_(done)).values(decided=True)
        )
    for application_id, fault in outcomes:
        if fault is not None:
            db.session.execute(
                update(rows)
                .where(rows.c.job_id == job.id, rows.c.application_id == application_id)
                .values(decided=False, fault=fault.as_json())
            )
    jobs.report(
        BulkJob, job, done=BulkJob.done + len(outcomes), decided=BulkJob.decided + len(done), error=None
    )
