"""Every change of a grant's state: it locks the grant, checks the table, writes state, history and messages, or nothing.

Money follows in the same transaction: payments begin when a grant becomes 待发放.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import exists, insert, select, true, update

from accounts.access import active_account, acts_for
from common.errors import ChangedMeanwhile, NotPermitted, Unacceptable
from common.locked_rows import locked_row
from common.wording import N_, Sentence
from models import (
    Account,
    Batch,
    BatchState,
    Grant,
    GrantAction,
    GrantEvent,
    GrantState,
    Message,
    Objection,
    db,
    exclusive,
    now,
)
from models.statements import table_of
from payments import grant_scope, publicity, schedule
from payments.grant_transitions import (
    GRANTED,
    PUBLICIZED,
    SUSPENDED,
    GrantTransition,
    find_grant_transition,
)
from workflow.decision import Decision

ANOTHER_PERSON = N_("由另一位同事办理：%(name)s和今天代其办理的人不能自己撤销。")
ApplyToGrant = Callable[[Grant], None]
"""Writes what belongs to the change into the locked grant, before its new state: an objection, the day of a stop."""


def perform(
    grant_id: int,
    action: GrantAction,
    actor: Account,
    *,
    seen_version: int,
    reason: str = "",
    change: ApplyToGrant | None = None,
) -> GrantEvent:
    """Do one action of a person to one grant. Returns the new row of its history.

    Raises NotVisible, ChangedMeanwhile, NotPermitted, ReasonMissing, ReasonTooLong, Unacceptable when another person has to do
    it, and what `change` raises.
    """
    with exclusive():
        person = active_account(actor)
        return perform_within(
            grant_id, action, person, seen_version=seen_version, reason=reason, change=change
        )


def perform_within(
    grant_id: int,
    action: GrantAction,
    person: Account | None,
    *,
    seen_version: int | None = None,
    reason: str = "",
    change: ApplyToGrant | None = None,
) -> GrantEvent:
    """Do what `perform` does for an active account, or for the system (None), within `exclusive()`."""
    grant = lock_grant(grant_id, person)
    if seen_version is not None and grant.version != seen_version:
        raise ChangedMeanwhile(None)
    transition = find_grant_transition(grant.state, action, person.role if person is not None else None)
    if transition is None:
        raise NotPermitted
    if transition.second_person and person is not None and (why := second_person_refusal(grant, person)):
        raise Unacceptable("", why)
    reason = Decision(reason).checked(needs_reason=transition.needs_reason).reason
    if change is not None:
        change(grant)
        db.session.flush()
    return _move(grant, transition, person, reason)


def perform_all_within(ids: Sequence[int], state: GrantState, action: GrantAction) -> None:
    """Let the system do one action to grants that are locked and in this state, within `exclusive()`.

    For actions that lead to one state, need no reason and tell nobody. Raises NotPermitted for others, and ChangedMeanwhile
    when a grant is in another state.
    """
    transition = find_grant_transition(state, action, None)
    if transition is None or transition.needs_reason or transition.message:
        raise NotPermitted
    if not isinstance(transition.to, GrantState) or transition.to is GRANTED:
        raise NotPermitted
    moved = db.session.scalars(
        update(Grant)
        .where(Grant.id.in_(ids), Grant.state == state)
        .values(state=transition.to, version=Grant.version + 1)
        .returning(Grant.id)
        .execution_options(synchronize_session=False)
    ).all()
    if len(moved) != len(ids):
        raise ChangedMeanwhile(None)
    event = {"action": action, "from_state": state, "to_state": transition.to, "at": now()}
    unsigned = {"actor_id": None, "actor_name": "", "reason": ""}
    db.session.execute(insert(table_of(GrantEvent)), [{"grant_id": key, **event, **unsigned} for key in ids])
    for known in [one for one in db.session if isinstance(one, Grant)]:
        db.session.expire(known)


def lock_grant(grant_id: int, person: Account | None) -> Grant:
    """Return the grant, read anew and held until the transaction ends. Raises NotVisible. `person`: None for the system."""
    in_sight = true() if person is None else grant_scope.grants(person)
    return locked_row(Grant, Grant.id == grant_id, in_sight)


def second_person_refusal(grant: Grant, person: Account) -> Sentence | None:
    """Return why this person cannot take back the last action on a grant; None when somebody else, or the system, did it."""
    newest = select(GrantEvent.actor_id, GrantEvent.actor_name).where(GrantEvent.grant_id == grant.id)
    last = db.session.execute(newest.order_by(GrantEvent.id.desc()).limit(1)).first()
    if last is None or last.actor_id is None or last.actor_id not in acts_for(person):
        return None
    return Sentence(ANOTHER_PERSON, {"name": last.actor_name})


def tell_applicant(grant: Grant, kind: str, **words: str) -> None:
    """Write a message about a grant to its applicant. Call within `exclusive()`."""
    db.session.add(
        Message(
            kind=kind,
            account_id=grant.applicant_id,
            application_id=grant.application_id,
            words=message_words(grant.application.number, grant.batch) | words,
        )
    )


def message_words(application_number: str, batch: Batch) -> dict[str, str]:
    """Return the words that every message about a grant has."""
    return {
        "number": application_number,
        "batch": batch.number,
        "opens": batch.opens.isoformat(),
        "closes": batch.closes.isoformat(),
    }


def _move(grant: Grant, transition: GrantTransition, person: Account | None, reason: str) -> GrantEvent:
    before = grant.state
    grant.state = transition.to if isinstance(transition.to, GrantState) else _after_dismissal(grant)
    grant.version += 1
    event = GrantEvent(
        grant_id=grant.id,
        action=transition.action,
        from_state=before,
        to_state=grant.state,
        reason=reason,
        at=now(),
        **_signature(person),
    )
    db.session.add(event)
    if transition.message:
        tell_applicant(grant, transition.message, reason=reason)
    if grant.state is GRANTED and grant.granted_at is None:
        grant.granted_at = event.at
        _begin_payments(grant)
        tell_applicant(grant, "grant_granted")
    db.session.flush()
    return event


def _signature(person: Account | None) -> dict[str, Any]:
    return {} if person is None else {"actor_id": person.id, "actor_name": person.name}


def _after_dismissal(grant: Grant) -> GrantState:
    """Return the state after an objection was dismissed: held up by another one, in publicity again, or granted at once."""
    other = exists().where(Objection.grant_id == grant.id, Objection.decision.is_(None))
    if db.session.scalar(select(other)):
        return SUSPENDED
    # Held until the commit: the worker does not end the batch between this look at the day and the commit.
    state = select(Batch.state).where(Batch.id == grant.batch_id).with_for_update(read=True)
    ended = db.session.scalar(state) is BatchState.ENDED or publicity.is_over(grant.batch)
    return GRANTED if ended else PUBLICIZED


def _begin_payments(grant: Grant) -> None:
    """Create the payments of a grant that was just granted."""
    schedule.create_payments(grant)
