"""One decision on many applications at once (W6): chosen, shown as a summary, confirmed, and then done by the worker.

What people do stands here, what the worker does in desk/bulk_decisions.py. Each row keeps the version that was seen when it
was chosen: what has changed since is left alone and reported.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, insert, select

from accounts.access import active_account
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible
from common.locked_rows import locked_row
from common.wording import N_, Sentence
from desk import assignments, marks
from desk.desks import desk_of
from models import Account, Action, Application, BulkJob, BulkRow, BulkState, Role, db, exclusive, now
from workflow import scope
from workflow.decision import Decision
from workflow.transitions import TRANSITIONS, find_transition

MOST_ROWS = 1000
"""Applications of one job."""


UNCONFIRMED_LIFETIME, REPORT_LIFETIME = timedelta(days=1), timedelta(days=90)

NOT_HERE = Sentence(N_("现在不在您处等待审核。"))
MARKED = Sentence(N_("有标记，请单独打开办理。"))
CHANGED = Sentence(N_("选定之后已有变化，没有办理。"))
TAKEN = N_("%(name)s已领取。")

STATE_WORDS = {
    BulkState.CHOSEN: N_("待确认"),
    BulkState.WORKING: N_("正在办理"),
    BulkState.DONE: N_("已办完"),
    BulkState.CANCELLED: N_("已取消"),
    BulkState.STOPPED: N_("已停止"),
}


def own(actor: Account) -> ColumnElement[bool]:
    """Return the criterion for the jobs that this account asked for at its present desk."""
    desk = desk_of(actor)
    return (
        (BulkJob.actor_id == actor.id)
        & (BulkJob.actor_role == actor.role)
        & BulkJob.office_id.is_not_distinct_from(desk.office_id)
        & BulkJob.enterprise_id.is_not_distinct_from(desk.enterprise_id)
    )


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
        if not 0 < len(ids) <= MOST_ROWS or action not in actions_of(person.role):
            raise NotPermitted
        found = db.session.execute(
            select(
                Application.id,
                Application.version,
                Application.state,
                Application.region_id,
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
        marked = marks.with_drafts(person, found) if action is Action.PASS else ()
        rows = []
        for row in found:
            fault = _standing_fault(row, person, action, taken)
            if fault is None and row.id in marked:
                fault = MARKED
            if fault is None and listed_at is not None and row.arrived_at > listed_at:
                fault = CHANGED
            rows.append(_bulk_row(job, row, fault))
        db.session.execute(insert(BulkRow), rows)
    return job


def actions_of(role: Role) -> tuple[Action, ...]:
    """Return the decisions that this role can make, in the order of the table."""
    actions = (row.action for row in TRANSITIONS if row.by is role and row.action in scope.DECISIONS)
    return tuple(dict.fromkeys(actions))


def needs_reason(role: Role, action: Action) -> bool:
    """Say whether a decision needs a reason in one of the states in which this role makes it."""
    return any(row.needs_reason for row in TRANSITIONS if row.by is role and row.action is action)


def _bulk_row(job: BulkJob, row: Any, fault: Sentence | None) -> dict[str, Any]:
    """Return the columns of `BulkRow` for a chosen application. One with a fault is left out from the beginning."""
    return {
        "job_id": job.id,
        "application_id": row.id,
        "seen_version": row.version,
        "fault": fault.as_json() if fault else None,
        "decided": False if fault else None,
    }


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
    return None


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
        decision = decision.checked(needs_reason=needs_reason(person.role, job.asked_action))
        possible = _count_left(job.id)
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
    return person, locked_row(BulkJob, BulkJob.id == job_id, own(person))


def _count_left(job_id: int) -> int:
    rows = select(BulkRow.application_id).where(BulkRow.job_id == job_id, BulkRow.decided.is_(None))
    return len(db.session.scalars(rows).all())
