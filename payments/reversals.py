"""冲回: a paid payment comes back from the bank. It stays in the books as reversed, and a new payment takes its place.

A payment that the bank refused for a reason of its own, not of the account, is paid to the same account again (`resend`).
"""

from sqlalchemy import exists, select

from accounts.access import active_account
from common.errors import NotPermitted
from models import Account, Grant, GrantAction, GrantState, Payment, PaymentAction, Role, db, exclusive
from payments import grant_moves, payment_moves
from payments.payment_scope import payments
from payments.run_transitions import UNSETTLED


def reverse(payment_id: int, actor: Account, *, seen_version: int, reason: str) -> Payment:
    """Reverse one paid payment; returns the new one, which is open again.

    Raises NotVisible, NotPermitted, ChangedMeanwhile, ReasonMissing, ReasonTooLong.
    """
    with exclusive():
        person = active_account(actor)
        grant_id = db.session.scalar(
            select(Payment.grant_id).where(Payment.id == payment_id, payments(person))
        )
        payment_moves.lock_grants([grant_id] if grant_id else [])
        payment_moves.perform_within(
            [payment_id], PaymentAction.REVERSE, person, seen_version=seen_version, reason=reason
        )
        reversed_one = db.session.get_one(Payment, payment_id, populate_existing=True)
        anew = Payment(
            grant_id=reversed_one.grant_id,
            period_id=reversed_one.period_id,
            year=reversed_one.year,
            ordinal=reversed_one.ordinal,
            due_on=reversed_one.due_on,
            amount_fen=reversed_one.amount_fen,
            replaces_id=reversed_one.id,
        )
        db.session.add(anew)
        db.session.flush()
        grant = db.session.get_one(Grant, anew.grant_id, populate_existing=True)
        if grant.state is GrantState.COMPLETED:
            grant_moves.perform_within(grant.id, GrantAction.REOPEN, None, reason=reason)
        payment_moves.stop_those_of_stopped_grants([anew.id])
    return anew


def resend(payment_id: int, actor: Account, *, seen_version: int, reason: str) -> Payment:
    """Let the next run take a refused payment to the account that it had. Only the city does it.

    Raises NotVisible, NotPermitted, ChangedMeanwhile, ReasonMissing, ReasonTooLong.
    """
    with exclusive():
        person = active_account(actor)
        if person.role is not Role.CITY:
            raise NotPermitted
        in_sight = select(Payment.id).where(Payment.id == payment_id, payments(person))
        payment_moves.lock_grants_of(db.session.scalars(in_sight).all())
        payment_moves.perform_within(
            [payment_id],
            PaymentAction.REOPEN,
            person,
            seen_version=seen_version,
            reason=reason,
            bank_reason="",
        )
    return db.session.get_one(Payment, payment_id)


def complete_paid_grants(ids: list[int]) -> None:
    """Complete those of the grants whose last payment was made, within `exclusive()`: nothing of them is to be paid any more."""
    for chunk in payment_moves.chunks(ids):
        payment_moves.lock_grants(chunk)
        unpaid = exists().where(Payment.grant_id == Grant.id, Payment.state.in_(UNSETTLED))
        done = select(Grant.id).where(Grant.id.in_(chunk), Grant.state == GrantState.GRANTED, ~unpaid)
        if paid := db.session.scalars(done.order_by(Grant.id)).all():
            grant_moves.perform_all_within(paid, GrantState.GRANTED, GrantAction.COMPLETE)
