"""Loads the account of the person who acts, and says which console it may open."""

from accounts import sessions
from common.errors import NotPermitted
from models import (
    Account,
    Role,
)


def active_administrator(actor: Account) -> Account:
    """Return the administrator's account, reloaded. Raises NotPermitted for any other role or an inactive account."""
    person = active_account(actor)
    if not may_open_console(person, "administration"):
        raise NotPermitted
    return person


def active_account(actor: Account) -> Account:
    """Return the account, reloaded from the database. Raises NotPermitted when it has been deactivated."""
    person = sessions.reload(actor)
    if person is None or not person.is_active:
        raise NotPermitted
    return person


def acts_for(person: Account) -> set[int]:
    """Return the accounts for which somebody acts today: the own one, and those of the colleagues they stand in for."""
    return {person.id, *(key for key, _name in person.membership.absent)}


CONSOLES = {
    Role.APPLICANT: "personal",
    Role.ENTERPRISE: "enterprise",
    Role.OFFICE: "office",
    Role.CITY: "city",
    Role.ADMINISTRATOR: "administration",
}
"""The one console of each role."""


def may_open_console(actor: Account, console: str) -> bool:
    """Say whether the account is active and its role has this console."""
    return actor.is_active and CONSOLES[actor.role] == console
