"""Which payments and runs an account may see, as SQL criteria on top of payments/grant_scope.py. Every query of a console uses them."""

from sqlalchemy import false, select, true

from accounts.actor_shape import Actor
from models import AccountCorrection, Grant, Payment, Role
from payments import grant_scope
from workflow.scope import Criterion


def payments(actor: Actor) -> Criterion:
    """Return the payments of the grants that this account may see."""
    if actor.role in (Role.CITY, Role.ADMINISTRATOR):
        return true()
    return (
        select(Grant.id)
        .where(Grant.id == Payment.grant_id, grant_scope.grants(actor))
        .correlate(Payment)
        .exists()
    )


def runs(actor: Actor) -> Criterion:
    """Say whether this account may see payment runs: the city's clerks, who make them."""
    return true() if actor.role is Role.CITY else false()


def corrections(actor: Actor) -> Criterion:
    """Return the corrected accounts that this account may see: an applicant's own, and those of an enterprise's people."""
    if actor.role is Role.ENTERPRISE:
        return AccountCorrection.enterprise_id == actor.enterprise_id
    if actor.role is Role.APPLICANT:
        own = select(Grant.id).where(Grant.id == AccountCorrection.grant_id, grant_scope.grants(actor))
        return own.correlate(AccountCorrection).exists()
    return true() if actor.role is Role.CITY else false()
