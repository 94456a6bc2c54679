"""Which desk an account sits at. What a desk keeps (marks, notes, who took what) is shared by its clerks."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, and_, bindparam, select

from accounts.actor_shape import Actor
from models import Account, Application, Review, Role
from models.desks import OfDesk
from models.statements import CompiledStatement, constant

REVIEWING_ROLES = (Role.ENTERPRISE, Role.OFFICE, Role.CITY)
"""Who sits at a desk: the roles that decide applications."""


_DESK_OF_ACCOUNT = CompiledStatement(
    lambda: select(Account.enterprise_id, Account.office_id).where(
        Account.id == bindparam("actor_id", type_=Integer)
    )
)


class Desk(NamedTuple):
    """One enterprise or one office; both None for an applicant and an administrator, who sit at no desk."""

    enterprise_id: int | None
    office_id: int | None

    @property
    def columns(self) -> dict[str, Any]:
        """Return the columns of a row that belongs to this desk."""
        return self._asdict()


def desk_of(account: Actor) -> Desk:
    """Return the desk of a reviewer's account, or the bind parameters for it."""
    return Desk(account.enterprise_id, account.office_id)


def desk_of_decision(row: Review) -> Desk:
    """Return the present desk of who decided. The history of a page belongs to no session, so `row.actor` cannot be loaded."""
    [found] = _DESK_OF_ACCOUNT.execute({"actor_id": row.actor_id})
    return Desk(*found)


def desk_for(account: Account, application: Application) -> Desk:
    """Return the desk for which an account works on an application: its own, or that of the office it stands in for (W5).

    What belongs to the application stays with that desk when the deputy's period ends.
    """
    for absent in account.membership.stands_in:
        if absent.region_id == application.region_id:
            return Desk(None, absent.office_id)
    return desk_of(account)


def at_desk(kind: type[OfDesk] | type[Account], desk: Desk) -> ColumnElement[bool]:
    """Return the criterion for the rows of one desk."""
    if desk.office_id is not None:
        return kind.office_id == desk.office_id
    return kind.enterprise_id == desk.enterprise_id


def colleagues(actor: Actor) -> ColumnElement[bool]:
    """Return the criterion for the accounts that can decide at this account's desk now, itself included."""
    return and_(at_desk(Account, desk_of(actor)), Account.role == constant(actor.role), Account.active)
