"""An account's telephone and mailbox, and the channels it has chosen. A changed address gets a warning message."""

from collections.abc import Collection

from accounts import passwords
from common import messages, telephones
from models import Account, Channel, db, exclusive


def address(account: Account, channel: Channel) -> str:
    """Return the account's address on this channel; "" when it has none."""
    return account.email or "" if channel is Channel.MAIL else mobile(account.phone)


def mobile(phone: str) -> str:
    """Return a telephone number as the SMS gateway expects it; "" when it is not a mobile number."""
    number = telephones.normalised_telephone(phone)
    return number if telephones.is_mobile(number) else ""


def reachable_channels(account: Account, open_channels: Collection[Channel]) -> list[Channel]:
    """Return the open channels on which the account has an address, whatever it has chosen."""
    return [channel for channel in Channel if channel in open_channels and address(account, channel)]


def chosen_channels(account: Account, open_channels: Collection[Channel]) -> list[Channel]:
    """Return the channels on which the account wants messages and can get them."""
    wanted = {Channel.MAIL: account.wants_mail, Channel.SMS: account.wants_sms}
    return [channel for channel in reachable_channels(account, open_channels) if wanted[channel]]


def change_contact(account: Account, phone: str, email: str | None) -> None:
    """Change telephone and mailbox in a transaction of its own. The former addresses get a warning message, and codes that were
    sent to them reset no password."""
    with exclusive():
        person = db.session.get_one(Account, account.id, populate_existing=True)
        former = {Channel.SMS: mobile(person.phone), Channel.MAIL: person.email or ""}
        person.phone, person.email = phone, email
        person.wants_mail = person.wants_mail and email is not None
        passwords.void_reset_codes(person)  # sent to where it was before
        for channel, former_address in former.items():
            if former_address and address(person, channel) != former_address:
                messages.warn_of_change(person, channel, former_address)


def change_channels(account: Account, wants_mail: bool, wants_sms: bool, wants_digest: bool) -> None:
    """Choose the channels of the account's messages, beside its own page, and whether it gets the daily reminder (W8)."""
    with exclusive():
        person = db.session.get_one(Account, account.id, populate_existing=True)
        person.wants_mail, person.wants_sms, person.wants_digest = wants_mail, wants_sms, wants_digest
