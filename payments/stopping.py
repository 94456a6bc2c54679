"""Stops a grant and what is still to be paid of it (P6), with the day and the reason.

A payment that is with the bank stays where it is: once the bank answers, payments/payment_moves.py stops what came back.
A wrong stop is taken back by payments/reinstating.py.
"""

from datetime import date

from sqlalchemy import or_, select

from accounts.access import active_account
from common.calendar import local_date
from common.errors import Unacceptable
from common.wording import N_, Sentence
from models import Account, Grant, GrantAction, Payment, PaymentAction, db, exclusive
from payments import grant_moves, payment_moves
from payments.run_transitions import STOPPABLE


def stop_grant(grant_id: int, actor: Account, *, seen_version: int, first_day: date, reason: str) -> Grant:
    """Stop a grant from a day on, as the city does after an objection that comes late.

    Raises NotVisible, NotPermitted, ChangedMeanwhile, ReasonMissing, ReasonTooLong, Unacceptable for a day before the grant.
    """
    with exclusive():
        person = active_account(actor)
        granted_at = grant_moves.lock_grant(grant_id, person).granted_at
        if granted_at is not None and first_day < (earliest := local_date(granted_at)):
            words = {"earliest": earliest.isoformat()}
            raise Unacceptable("first_day", Sentence(N_("不能早于予以发放的那一天：%(earliest)s。"), words))
        return stop_within(
            grant_id, GrantAction.STOP, person, first_day=first_day, reason=reason, seen_version=seen_version
        )


def stop_within(
    grant_id: int,
    action: GrantAction,
    person: Account | None,
    *,
    first_day: date,
    reason: str,
    seen_version: int | None = None,
    unconfirmed_year: int | None = None,
) -> Grant:
    """Stop a grant within `exclusive()`; `action` is STOP or LEAVE, `person` None for the system.

    Payments due on `first_day` or later are stopped, and those of `unconfirmed_year` whenever they are due: a year is only paid
    after it was confirmed. What was due before stays payable.
    """

    def note(grant: Grant) -> None:
        grant.stopped_on, grant.stop_reason = first_day, reason.strip()

    grant_moves.perform_within(
        grant_id, action, person, seen_version=seen_version, reason=reason, change=note
    )
    due = Payment.due_on >= first_day
    if unconfirmed_year is not None:
        due = or_(due, Payment.year >= unconfirmed_year)
    ids = db.session.scalars(
        select(Payment.id).where(Payment.grant_id == grant_id, Payment.state.in_(STOPPABLE), due)
    ).all()
    if ids:
        payment_moves.perform_within(ids, PaymentAction.STOP, person, reason=reason)
    return db.session.get_one(Grant, grant_id)
