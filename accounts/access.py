"""Who an account is at this moment, and which console it may open."""

from accounts import sessions
from common.errors import NotPermitted
from models import (
    Account,
    Role,
)


def active_administrator(actor: Account) -> Account:
    """Return the account as it is now. Raises NotPermitted for everybody who keeps no administration."""
    person = active_account(actor)
    if not may_open_console(person, "administration"):
        raise NotPermitted
    return person


def active_account(actor: Account) -> Account:
    """Return the account as it is now. Raises NotPermitted when it no longer comes in."""
    person = sessions.reload(actor)
    if person is None or not person.is_active:
        raise NotPermitted
    return person


CONSOLES = {
    Role.APPLICANT: "personal",
    Role.ENTERPRISE: "enterprise",
    Role.OFFICE: "office",
    Role.CITY: "city",
    Role.ADMINISTRATOR: "administration",
}
"""The one console that belongs to each role; nobody enters another's."""


def may_open_console(actor: Account, console: str) -> bool:
    """Say whether this account belongs in this console."""
    return actor.is_active and CONSOLES[actor.role] == console
