"""One decision on many applications at once (W6): chosen, shown as a summary, confirmed, and then done by the worker.

Each row goes through workflow.review with the version that was seen when it was chosen: what has changed since is left
alone and reported. A row and what became of it are one transaction, so that none is decided twice and none is lost,
whenever the worker dies. Knows no queue.
"""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, exists, insert, select, update
from sqlalchemy.exc import DBAPIError

from accounts.access import active_account
from common import jobs
from common.errors import (
    ActionRefused,
    ChangedMeanwhile,
    NotPermitted,
    NotVisible,
    TakenByColleague,
)
from common.jobs import JobStatus
from common.wording import N_, Sentence
from desk import assignments
from desk.desks import Desk, desk_of
from desk.marks import DeskDecision
from models import Account, Action, Application, BulkJob, BulkRow, BulkState, Review, db, exclusive, now
from models.statements import table_of
from workflow import review, scope
from workflow.decision import Decision
from workflow.transitions import TRANSITIONS, find_transition

MOST_ROWS = 1000
"""Applications of one job."""

BATCH_SIZE = 20
"""Rows of one transaction: meanwhile nobody else can decide them, and on SQLite nobody can write at all."""

PAUSES = (timedelta(seconds=15), timedelta(minutes=2))
MOST_ATTEMPTS = 3
UNCONFIRMED_LIFETIME, REPORT_LIFETIME = timedelta(days=1), timedelta(days=90)

NOT_HERE = Sentence(N_("现在不在您处等待审核。"))
CHANGED = Sentence(N_("选定之后已有变化，没有办理。"))
DECIDED_BY = N_("%(desk)s %(name)s已办理，没有重复办理。")
MARKED = Sentence(N_("有标记，请单独打开办理。"))
TAKEN = N_("%(name)s已领取。")
FAULTY = Sentence(N_("处理时出错，没有办理；请单独打开办理。"))
ACTOR_GONE = Sentence(N_("提出的账号已停用，其余的没有办理。"))
ACTOR_MOVED = Sentence(N_("提出的账号已换岗，其余的没有办理。"))
INTERRUPTED = Sentence(N_("多次中断，其余的没有办理。"))

STATE_WORDS = {
    BulkState.CHOSEN: N_("待确认"),
    BulkState.WORKING: N_("正在办理"),
    BulkState.DONE: N_("已办完"),
    BulkState.CANCELLED: N_("已取消"),
    BulkState.STOPPED: N_("已停止"),
}
log = logging.getLogger(__name__)


def own(actor: Account) -> ColumnElement[bool]:
    """Return the criterion for the jobs that this account asked for at its present desk."""
    desk = desk_of(actor)
    return (
        (BulkJob.actor_id == actor.id)
        & (BulkJob.actor_role == actor.role)
        & BulkJob.office_id.is_not_distinct_from(desk.office_id)
        & BulkJob.enterprise_id.is_not_distinct_from(desk.enterprise_id)
    )


# --- what people do


def choose(
    actor: Account, action: Action, ids: Collection[int], listed_at: datetime | None = None
) -> BulkJob:
    """Store which applications were chosen, with their present versions. Nothing is decided yet.

    `listed_at`: when the list was shown in which they were ticked. What has arrived since is not what was ticked there.
    Raises NotPermitted for an action that this role has nowhere, for no row and for more than MOST_ROWS, NotVisible when
    one of them is outside the account's scope.
    """
    with exclusive():
        person = active_account(actor)
        if not 0 < len(ids) <= MOST_ROWS or action not in scope.DECISIONS or not _may(person, action):
            raise NotPermitted
        found = db.session.execute(
            select(
                Application.id,
                Application.version,
                Application.state,
                Application.marked,
                Application.arrived_at,
            )
            .where(Application.id.in_(ids), scope.visible(person))
            .order_by(Application.id)
        ).all()
        if len(found) != len(set(ids)):
            raise NotVisible
        job = BulkJob(
            actor_id=person.id,
            actor_role=person.role,
            action=action.value,
            total=len(found),
            **desk_of(person).columns,
        )
        db.session.add(job)
        db.session.flush()
        taken = _taken(person, [row.id for row in found])
        rows = []
        for row in found:
            fault = _standing_fault(row, person, action, taken)
            if fault is None and listed_at is not None and row.arrived_at > listed_at:
                fault = CHANGED
            rows.append(
                {
                    "job_id": job.id,
                    "application_id": row.id,
                    "seen_version": row.version,
                    "fault": _stored(fault),
                    "decided": False if fault else None,
                }
            )
        db.session.execute(insert(BulkRow), rows)
    return job


def _may(person: Account, action: Action) -> bool:
    return any(row.by is person.role and row.action is action for row in TRANSITIONS)


def _taken(person: Account, ids: Sequence[int]) -> Mapping[int, str]:
    """Return who of the desk, but the person, has taken which of these applications."""
    query = select(Application.id, assignments.holder_name(person)).where(
        Application.id.in_(ids), assignments.with_colleague(person)
    )
    return {key: name for key, name in db.session.execute(query) if name is not None}


def _standing_fault(row: Any, person: Account, action: Action, taken: Mapping[int, str]) -> Sentence | None:
    """Return why an application cannot be decided in this way as it stands; None when it can."""
    if find_transition(row.state, action, person.role) is None:
        return NOT_HERE
    if row.id in taken:
        return Sentence(TAKEN, {"name": taken[row.id]})
    return MARKED if row.marked and action is Action.PASS else None


class Summary(NamedTuple):
    """How many of the chosen applications can be decided, and how many cannot, by why."""

    possible: int
    impossible: Sequence[tuple[Sentence, int]]


def summary(job: BulkJob) -> Summary:
    """Return what would become of the rows of a job as they stood when they were chosen."""
    faults: Counter[tuple[Any, ...]] = Counter()
    for (fault,) in db.session.execute(
        select(BulkRow.fault).where(BulkRow.job_id == job.id, BulkRow.decided.is_(False))
    ):
        faults[fault[0], tuple(sorted(fault[1].items()))] += 1
    counted = [(Sentence(text, dict(words)), number) for (text, words), number in faults.most_common()]
    return Summary(job.total - sum(faults.values()), counted)


def confirm_chosen(actor: Account, job_id: int, *, decision: Decision) -> BulkJob:
    """Start the job. Raises NotVisible, NotPermitted, ChangedMeanwhile, ReasonMissing, ReasonTooLong."""
    with exclusive():
        person, job = _lock_job(actor, job_id)
        if job.state is not BulkState.CHOSEN:
            raise ChangedMeanwhile(None)
        needs_reason = any(
            row.needs_reason
            for row in TRANSITIONS
            if row.by is person.role and row.action is job.asked_action
        )
        decision = decision.checked(needs_reason=needs_reason)
        possible = _left(job.id)
        if not possible:
            raise NotPermitted
        job.reason, job.state = decision.reason, BulkState.WORKING
        job.attempts, job.next_try, job.done = 0, now(), job.total - possible
    return job


def cancel(actor: Account, job_id: int) -> BulkJob:
    """End a job before its end. What is done stays done: a worker gets ClaimLost at its next write."""
    with exclusive():
        _, job = _lock_job(actor, job_id)
        if job.state not in (BulkState.CHOSEN, BulkState.WORKING):
            raise ChangedMeanwhile(None)
        job.state, job.finished_at = BulkState.CANCELLED, now()
    return job


def delete_expired() -> None:
    """Delete what was chosen and never confirmed, and the reports of old jobs."""
    with exclusive():
        unconfirmed = (BulkJob.state == BulkState.CHOSEN) & (
            BulkJob.created_at < now() - UNCONFIRMED_LIFETIME
        )
        over = (BulkJob.finished_at < now() - REPORT_LIFETIME) | unconfirmed
        ids = select(BulkJob.id).where(over)
        db.session.execute(delete(BulkRow).where(BulkRow.job_id.in_(ids)))
        db.session.execute(delete(BulkJob).where(over).execution_options(synchronize_session=False))


def _lock_job(actor: Account, job_id: int) -> tuple[Account, BulkJob]:
    person = active_account(actor)
    job = db.session.scalars(
        select(BulkJob)
        .where(BulkJob.id == job_id, own(person))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if job is None:
        raise NotVisible
    return person, job


def _left(job_id: int) -> int:
    rows = select(BulkRow.application_id).where(BulkRow.job_id == job_id, BulkRow.decided.is_(None))
    return len(db.session.scalars(rows).all())


# --- one worker at a time


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


def _claimable() -> ColumnElement[bool]:
    """Return the criterion for jobs that a worker may claim now."""
    return (BulkJob.state == BulkState.WORKING) & jobs.due(BulkJob)


def any_due() -> bool:
    """Say whether a job waits for a worker; one whose worker died waits too."""
    return bool(db.session.scalar(select(exists().where(_claimable()))))


def claim() -> ClaimedJob | None:
    """Claim the job that has waited longest; None when there is none."""
    job = jobs.claim(BulkJob, _claimable(), BulkJob.next_try, BulkJob.id, error=None)
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
        if job.attempts > MOST_ATTEMPTS:
            raise _Stopped(INTERRUPTED)
        while rows := _next_rows(job):
            try:
                _decide(job, rows)
            except (jobs.ClaimLost, _Stopped, DBAPIError):
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
    if job.attempts >= MOST_ATTEMPTS:
        _end(job, BulkState.STOPPED, INTERRUPTED)
        return
    error = Sentence(
        N_("处理时出错（第 %(attempt)s 次，共 %(most)s 次）。"),
        {"attempt": str(job.attempts), "most": str(MOST_ATTEMPTS)},
    )
    jobs.postpone(BulkJob, job, PAUSES[job.attempts - 1], error=_stored(error))


def standing(job: BulkJob) -> tuple[JobStatus, timedelta]:
    """Return where a job at work stands, and for how long (common/jobs.py)."""
    return jobs.progress_of(job, paused=job.error is not None)


def _end(job: ClaimedJob, state: BulkState, why: Sentence | None) -> None:
    with exclusive():
        jobs.report(BulkJob, job, state=state, error=_stored(why), finished_at=now())
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
        except (jobs.ClaimLost, _Stopped, DBAPIError):
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
    """What has a mark is not passed unread."""


def _refuse_marked(application: Application, person: Account) -> None:
    assignments.refuse_taken(application, person)
    if application.marked:
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
                .values(decided=False, fault=_stored(fault))
            )
    jobs.report(
        BulkJob, job, done=BulkJob.done + len(outcomes), decided=BulkJob.decided + len(done), error=None
    )


def _stored(sentence: Sentence | None) -> list[Any] | None:
    return None if sentence is None else [sentence.text, dict(sentence.words)]
