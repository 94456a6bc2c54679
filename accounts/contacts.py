"""Where an account is reached and by which ways it wants to be; who is reached elsewhere from now on is told so there."""

from collections.abc import Collection

from common import messages, telephones
from models import Account, Way, db, exclusive


def address(account: Account, way: Way) -> str:
    """Return where this way leads for a person; "" where it does not."""
    return account.email or "" if way is Way.MAIL else mobile(account.phone)


def mobile(phone: str) -> str:
    """Return a telephone number as a gateway takes it; "" where no SMS arrives."""
    number = telephones.normalised(phone)
    return number if telephones.is_mobile(number) else ""


def reachable_channels(account: Account, open_ways: Collection[Way]) -> list[Way]:
    """Return the ways by which this person can be reached at all, whatever they chose."""
    return [way for way in Way if way in open_ways and address(account, way)]


def chosen_channels(account: Account, open_ways: Collection[Way]) -> list[Way]:
    """Return the ways by which this person wants to be told."""
    wanted = {Way.MAIL: account.wants_mail, Way.SMS: account.wants_sms}
    return [way for way in reachable_channels(account, open_ways) if wanted[way]]


def change_contact(account: Account, phone: str, email: str | None) -> None:
    """Set where the account is reached, in a transaction of its own; where it was reached before is told."""
    with exclusive():
        person = db.session.get_one(Account, account.id, populate_existing=True)
        former = {Way.SMS: mobile(person.phone), Way.MAIL: person.email or ""}
        person.phone, person.email = phone, email
        person.wants_mail = person.wants_mail and email is not None
        for way, former_address in former.items():
            if former_address and address(person, way) != former_address:
                messages.warn_of_change(person, way, former_address)


def change_channels(account: Account, wants_mail: bool, wants_sms: bool) -> None:
    """Set by which ways messages reach the account beside its own page, in a transaction of its own."""
    with exclusive():
        person = db.session.get_one(Account, account.id, populate_existing=True)
        person.wants_mail, person.wants_sms = wants_mail, wants_sms
