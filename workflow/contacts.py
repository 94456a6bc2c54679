"""Where an account is reached and by which ways it wants to be; who is reached elsewhere from now on is told so there."""

from common import messages
from models import Account, Way, db, exclusive
from workflow import delivery


def change_contact(account: Account, phone: str, email: str | None) -> None:
    """Set where the account is reached, in a transaction of its own; where it was reached before is told."""
    with exclusive():
        person = db.session.get_one(Account, account.id, populate_existing=True)
        former = {Way.SMS: delivery.mobile(person.phone), Way.MAIL: person.email or ""}
        person.phone, person.email = phone, email
        person.wants_mail = person.wants_mail and email is not None
        for way, address in former.items():
            if address and delivery.address(person, way) != address:
                messages.warn_of_change(person, way, address)


def change_ways(account: Account, wants_mail: bool, wants_sms: bool) -> None:
    """Set by which ways messages reach the account beside its own page, in a transaction of its own."""
    with exclusive():
        person = db.session.get_one(Account, account.id, populate_existing=True)
        person.wants_mail, person.wants_sms = wants_mail, wants_sms
