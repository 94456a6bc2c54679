"""Takes back a wrong stop (停止发放) or a wrong denial (不予发放), with a reason (P2, P6).

Another person than who stopped or denied does it, as with the approval of a run: money becomes payable by it. What the system
stopped, because person or enterprise said that the employment had ended, any clerk of the city takes back.
No row of the accounts is changed: a deduction is taken back by one with the opposite amount.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, exists, func, select

from accounts.access import active_account
from common.errors import NotVisible, Unacceptable
from common.wording import N_, Sentence
from models import (
    Account,
    AccountCorrection,
    CorrectionState,
    Grant,
    GrantAction,
    Objection,
    ObjectionDecision,
    Payment,
    PaymentAction,
    PaymentEvent,
    PaymentState,
    Period,
    db,
    exclusive,
)
from payments import continuation_terms, grant_moves, grant_scope, payment_moves, reversals, same_person

GRANTED_MEANWHILE = N_("同一人本期另有补贴（第 %(batch)s 批第 %(position)s 号），不能撤销不予发放。")


def reinstate(grant_id: int, actor: Account, *, seen_version: int, reason: str) -> Grant:
    """Take back a stop: each stopped payment returns to the state in which it was stopped, and a question is asked again.

    Raises NotVisible, NotPermitted, ChangedMeanwhile, ReasonMissing, ReasonTooLong, Unacceptable for who has stopped it.
    """
    with exclusive():
        person = active_account(actor)

        def forget(grant: Grant) -> None:
            grant.stopped_on, grant.stop_reason = None, None

        grant_moves.perform_within(
            grant_id, GrantAction.REINSTATE, person, seen_version=seen_version, reason=reason, change=forget
        )
        for state, ids in _by_state_before(grant_id).items():
            payment_moves.perform_within(ids, PaymentAction.REINSTATE, person, reason=reason, back_to=state)
        grant = db.session.get_one(Grant, grant_id, populate_existing=True)
        continuation_terms.ask_again(grant, person)
        reversals.complete_paid_grants([grant_id])
    return grant


def _by_state_before(grant_id: int) -> dict[PaymentState, list[int]]:
    """Return the stopped payments of a grant by the state in which each was stopped.

    One that the bank had refused is open when another account was confirmed since: nothing else would open it.
    """
    last_stop = (
        select(func.max(PaymentEvent.id))
        .where(PaymentEvent.payment_id == Payment.id, PaymentEvent.action == PaymentAction.STOP)
        .correlate(Payment)
        .scalar_subquery()
    )
    corrected = exists().where(
        AccountCorrection.grant_id == Payment.grant_id,
        AccountCorrection.state == CorrectionState.CONFIRMED,
        AccountCorrection.decided_at >= PaymentEvent.at,
    )
    rows: Iterable[Row[Any]] = db.session.execute(
        select(Payment.id, PaymentEvent.from_state, corrected.label("corrected"))
        .join(PaymentEvent, PaymentEvent.id == last_stop)
        .where(Payment.grant_id == grant_id, Payment.state == PaymentState.STOPPED)
    )
    found: dict[PaymentState, list[int]] = {}
    for row in rows:
        open_again = row.from_state is PaymentState.REFUSED and row.corrected
        found.setdefault(PaymentState.OPEN if open_again else row.from_state, []).append(row.id)
    return found


def reconsider(grant_id: int, actor: Account, *, seen_version: int, reason: str) -> Grant:
    """Take back a denial: the objections that were upheld are to be decided again, and the grant is suspended until then.

    Raises NotVisible, NotPermitted, ChangedMeanwhile, ReasonMissing, ReasonTooLong, Unacceptable for who has denied it, and when
    the person has another grant in the period meanwhile.
    """
    with exclusive():
        person = active_account(actor)
        _lock_period(grant_id, person)

        def decide_again(grant: Grant) -> None:
            if why := granted_meanwhile(grant):
                raise Unacceptable("", why)
            upheld = select(Objection).where(
                Objection.grant_id == grant.id, Objection.decision == ObjectionDecision.UPHELD
            )
            for each in db.session.scalars(upheld):
                each.decision, each.reason = None, ""
                each.decided_by_id, each.decided_by_name, each.decided_at = None, "", None

        grant_moves.perform_within(
            grant_id,
            GrantAction.RECONSIDER,
            person,
            seen_version=seen_version,
            reason=reason,
            change=decide_again,
        )
    return db.session.get_one(Grant, grant_id)


def granted_meanwhile(grant: Grant) -> Sentence | None:
    """Return that the person of a denied grant has another one in its period; None while there is none."""
    keys = same_person.keys_of({grant.application_id: grant})[grant.application_id]
    found = same_person.known_grant(keys, same_person.granted_in(grant.period_id, [keys], but=grant.id))
    if found is None:
        return None
    return Sentence(GRANTED_MEANWHILE, {"batch": found.batch, "position": str(found.position)})


def _lock_period(grant_id: int, person: Account) -> None:
    """Wait for a batch of the period that is being made (payments/batch_making.py): it may grant the same person. Raises NotVisible."""
    in_sight = select(Grant.period_id).where(Grant.id == grant_id, grant_scope.grants(person))
    period_id = db.session.scalar(in_sight)
    if period_id is None:
        raise NotVisible
    db.session.execute(select(Period.id).where(Period.id == period_id).with_for_update(key_share=True))
