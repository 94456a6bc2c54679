"""An account's telephone and mailbox, and the channels it has chosen. A changed address gets a warning message."""

from collections.abc import Collection

from sqlalchemy import func, select

from accounts import logins, passwords
from common import messages, telephones
from common.errors import Unacceptable
from common.wording import N_, Sentence
from models import Account, Channel, Message, db, exclusive, now

MOST_WARNINGS = 6
"""Warnings of changed addresses for one account within messages.WARNING_INTERVAL. Anybody's number can be typed, and gets a
warning with the next change."""

CHANGED_TOO_OFTEN = Sentence(N_("一天内修改联系方式的次数太多，请过一天再修改。"))


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
    sent to them reset no password. Raises Unacceptable beyond MOST_WARNINGS."""
    with exclusive():
        logins.lock_account(account)
        person = db.session.get_one(Account, account.id, populate_existing=True)
        if _warnings_lately(person) >= MOST_WARNINGS:
            raise Unacceptable("phone", CHANGED_TOO_OFTEN)
        former = {Channel.SMS: mobile(person.phone), Channel.MAIL: person.email or ""}
        person.phone, person.email = phone, email
        person.wants_mail = person.wants_mail and email is not None
        passwords.void_reset_codes(person)  # sent to where it was before
        for channel, former_address in former.items():
            if former_address and address(person, channel) != former_address:
                messages.warn_of_change(person, channel, former_address)


def _warnings_lately(account: Account) -> int:
    lately = select(func.count(Message.id)).where(
        Message.account_id == account.id,
        Message.kind.in_(messages.CHANGE_KINDS.values()),
        Message.created_at > now() - messages.WARNING_INTERVAL,
    )
    return db.session.scalar(lately) or 0


def change_channels(account: Account, wants_mail: bool, wants_sms: bool, wants_digest: bool) -> None:
    """Choose the channels of the account's messages, beside its own page, and whether it gets the daily reminder (W8)."""
    with exclusive():
        person = db.session.get_one(Account, account.id, populate_existing=True)
        person.wants_mail, person.wants_sms, person.wants_digest = wants_mail, wants_sms, wants_digest
