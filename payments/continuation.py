"""Continued payment (P6): before each later year of a grant the person says and the enterprise confirms who still works there.

The payments of a later year are created suspended (payments/schedule.py). Only a confirmation opens them, so that no run pays
an unconfirmed year. payments/continuation_terms.py asks the questions and notes the terms that pass.
The city confirms in the place of an enterprise only where that cannot (payments/employers.py).
"""

from datetime import date
from typing import NamedTuple

from sqlalchemy import false, or_, select, true

from accounts.access import active_account
from accounts.actor_shape import Actor
from common.calendar import today
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible, Unacceptable
from common.wording import N_, Sentence
from common.working_days import ONE_DAY
from models import (
    Account,
    Continuation,
    ContinuationAction,
    EmploymentEnd,
    Grant,
    GrantAction,
    GrantState,
    Message,
    Payment,
    PaymentAction,
    PaymentState,
    Role,
    db,
    exclusive,
    now,
)
from models.statements import constant
from payments import employers, grant_moves, grant_scope, payment_moves, stopping
from payments.continuation_transitions import (
    APPLICANT,
    BY_STATE_ACTION_AND_ROLE,
    CONFIRM,
    CONTINUATION_TRANSITIONS,
    END,
    END_WORDS,
    EXPIRE,
    SYSTEM,
)
from workflow.decision import Decision
from workflow.scope import Criterion


class Ended(NamedTuple):
    """The employment has ended: its last day, and why."""

    last_day: date
    why: EmploymentEnd


def continuations(actor: Actor) -> Criterion:
    """Return the questions that this account may see: an applicant's own, those to an enterprise, all for the city."""
    if actor.role is Role.APPLICANT:
        return Continuation.grant_id.in_(select(Grant.id).where(grant_scope.grants(actor)))
    if actor.role is Role.ENTERPRISE:
        return Continuation.enterprise_id == actor.enterprise_id
    return true() if actor.role is Role.CITY else false()


def confirmable_by(actor: Account, grant: Grant) -> Continuation | None:
    """Return the year of a grant that waits for a confirmation; None if there is none which this account's role may give.

    The city may give it only while `employers.can_confirm` says no.
    """
    states = [
        state for state, action, by in BY_STATE_ACTION_AND_ROLE if action is CONFIRM and by is actor.role
    ]
    if grant.state is not GrantState.GRANTED:
        return None
    return db.session.scalars(
        select(Continuation)
        .where(Continuation.grant_id == grant.id, Continuation.state.in_(states), continuations(actor))
        .order_by(Continuation.year)
        .limit(1)
    ).first()


def unanswered_by(role: Role) -> Criterion:
    """Return the questions that this role has to answer. A grant that was stopped has none."""
    states = dict.fromkeys(each.state for each in CONTINUATION_TRANSITIONS if each.by is role)
    granted = select(Grant.id).where(
        Grant.id == Continuation.grant_id, Grant.state == constant(GrantState.GRANTED)
    )
    in_state = or_(false(), *(Continuation.state == constant(state) for state in states))
    return in_state & granted.correlate(Continuation).exists()


def open_question(person: Account) -> Continuation | None:
    """Return a question that this applicant has to answer, the one due first; None if there is none."""
    return db.session.scalars(
        select(Continuation)
        .where(continuations(person), unanswered_by(Role.APPLICANT))
        .order_by(Continuation.due_by, Continuation.id)
        .limit(1)
    ).first()


def perform(
    key: int,
    action: ContinuationAction,
    actor: Account,
    *,
    seen_version: int,
    ended: Ended | None = None,
    reason: str = "",
) -> Continuation:
    """Answer one question as the person or for the enterprise. `ended` belongs to END alone.

    Raises NotVisible, ChangedMeanwhile, NotPermitted, ReasonMissing, ReasonTooLong, Unacceptable with the field that is wrong.
    """
    with exclusive():
        person = active_account(actor)
        in_sight = continuations(person)
        grant_id = db.session.scalar(select(Continuation.grant_id).where(Continuation.id == key, in_sight))
        if grant_id is None:
            raise NotVisible
        return perform_within(
            key, grant_id, action, person, seen_version=seen_version, ended=ended, reason=reason
        )


def perform_within(
    key: int,
    grant_id: int,
    action: ContinuationAction,
    person: Account | None,
    *,
    seen_version: int | None = None,
    ended: Ended | None = None,
    reason: str = "",
) -> Continuation:
    """Do one action within `exclusive()`, with grant and question locked, in this order as everybody does."""
    grant = grant_moves.lock_grant(grant_id, None)
    row = db.session.get_one(Continuation, key, with_for_update={"of": Continuation}, populate_existing=True)
    if seen_version is not None and row.version != seen_version:
        raise ChangedMeanwhile(None)
    role = person.role if person is not None else SYSTEM
    transition = BY_STATE_ACTION_AND_ROLE.get((row.state, action, role))
    if transition is None or grant.state is not GrantState.GRANTED:
        raise NotPermitted
    if transition.in_place and employers.can_confirm(row.enterprise_id):
        raise NotPermitted
    said = Decision(reason).checked(needs_reason=True).reason if transition.needs_reason else ""
    if (action is END) != (ended is not None):
        raise NotPermitted
    if ended is not None and ended.last_day > today():
        raise Unacceptable(
            "last_day", Sentence(N_("最后工作日不能晚于今天。现在仍在本单位工作的，请选“是”。"))
        )
    row.state = transition.to
    row.version += 1
    _sign(row, person)
    if action is EXPIRE:
        _hold(row)
    elif ended is not None:
        _end(row, ended, role)
    elif action is CONFIRM:
        _resume(row, grant, person, said)
    else:
        words = message_values(row, grant) | {"name": grant.name}
        db.session.add(Message(kind="continuation_to_confirm", words=words, enterprise_id=row.enterprise_id))
    db.session.flush()
    return row


def _sign(row: Continuation, person: Account | None) -> None:
    if person is None:
        row.overdue_on = today()
    elif person.role is APPLICANT:
        row.answered_at = now()
    else:
        row.decided_at, row.decided_by_id = now(), person.id


def _hold(row: Continuation) -> None:
    """Note on the grant that the term has passed. Its payments are suspended as they were."""
    reason = f"第 {row.year} 年的在岗确认到 {row.due_by} 没有完成。"  # stays Chinese
    grant_moves.perform_within(row.grant_id, GrantAction.HOLD, SYSTEM, reason=reason)


def _end(row: Continuation, ended: Ended, role: Role | None) -> None:
    row.last_day, row.end = ended.last_day, ended.why
    said = "本人" if role is APPLICANT else "单位"  # stays Chinese
    reason = f"{said}答复：{END_WORDS[ended.why]}，最后工作日 {ended.last_day}。"  # stays Chinese
    stopping.stop_within(
        row.grant_id,
        GrantAction.LEAVE,
        SYSTEM,
        first_day=ended.last_day + ONE_DAY,
        reason=reason,
        unconfirmed_year=row.year,
    )


def _resume(row: Continuation, grant: Grant, person: Account | None, reason: str) -> None:
    suspended = select(Payment.id).where(
        Payment.grant_id == grant.id, Payment.year == row.year, Payment.state == PaymentState.SUSPENDED
    )
    if ids := db.session.scalars(suspended).all():
        payment_moves.perform_within(ids, PaymentAction.RESUME, person, reason=reason)
    words = message_values(row, grant)
    db.session.add(Message(kind="continuation_confirmed", words=words, account_id=grant.applicant_id))


def message_values(row: Continuation, grant: Grant) -> dict[str, str]:
    """Return the values of every message about a question."""
    return {
        "number": grant.application.number,
        "enterprise": grant.enterprise_name,
        "year": str(row.year),
        "by": row.due_by.isoformat(),
    }
