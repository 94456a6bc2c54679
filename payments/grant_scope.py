"""Which grants and batches an account may see, as SQL criteria on top of workflow/scope.py. Every query of a console uses them.

A row outside the scope does not exist for that account: 404, never 403.
"""

from collections.abc import Callable

from sqlalchemy import false, select, true

from accounts.actor_shape import Actor
from models import Application, Grant, Result, Role
from models.statements import constant
from workflow import scope
from workflow.scope import Criterion


def _own(actor: Actor) -> Criterion:
    return Grant.applicant_id == actor.id


def _of_visible_application(actor: Actor) -> Criterion:
    return (
        select(Application.id)
        .where(Application.id == Grant.application_id, scope.visible(actor))
        .correlate(Grant)
        .exists()
    )


def _every(_actor: Actor) -> Criterion:
    return true()


GRANTS: dict[Role, Callable[[Actor], Criterion]] = {
    Role.APPLICANT: _own,
    Role.ENTERPRISE: _of_visible_application,
    Role.OFFICE: _of_visible_application,
    Role.CITY: _every,
    Role.ADMINISTRATOR: _every,
}


def grants(actor: Actor) -> Criterion:
    """Return the grants that this account may see."""
    return GRANTS[actor.role](actor)


def batches(actor: Actor) -> Criterion:
    """Return the batches that this account may see in a console. The public page has its own rule (payments/publicity.py)."""
    return true() if actor.role in (Role.CITY, Role.ADMINISTRATOR) else false()


def without_batch(actor: Actor) -> Criterion:
    """Return the passed applications that this account can put into a batch: only the city's, and none of a batch already."""
    if actor.role is not Role.CITY:
        return false()
    # As the partial index `ix_applications_without_batch` has it.
    return scope.visible(actor) & (Application.result == constant(Result.PASSED)) & ~Application.in_batch
