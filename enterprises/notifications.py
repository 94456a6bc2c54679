"""Messages about registrations and about the reviewers of an enterprise."""

from sqlalchemy import (
    select,
)

from common.identity import masked
from common.messages import WARNING_INTERVAL
from models import (
    Account,
    Enterprise,
    Message,
    MessageReading,
    RegistrationAction,
    RegistrationEvent,
    db,
    now,
)

REGISTRATION_KINDS = {
    RegistrationAction.REGISTER: "registration_waiting",
    RegistrationAction.RESUBMIT: "registration_waiting",
    RegistrationAction.APPROVE: "registration_approved",
    RegistrationAction.REFUSE: "registration_refused",
}


def announce_registration(enterprise: Enterprise, event: RegistrationEvent) -> None:
    """Notify the office of a registration to review, or the enterprise of the decision (E2, E3)."""
    kind = REGISTRATION_KINDS[event.action]
    to_office = kind == "registration_waiting"
    db.session.add(
        Message(
            kind=kind,
            office_id=enterprise.region.office_id if to_office else None,
            enterprise_id=None if to_office else enterprise.id,
            subject_enterprise_id=enterprise.id,
            registration_event_id=event.id,
        )
    )


def remind_of_registration(enterprise: Enterprise) -> None:
    """Notify the current office of a registration that another office had before."""
    db.session.add(
        Message(
            kind="registration_waiting",
            office_id=enterprise.region.office_id,
            subject_enterprise_id=enterprise.id,
        )
    )


def announce_reviewers(person: Account) -> None:
    """Notify an enterprise that its reviewers have changed. For the person who changed them the message is already read."""
    message = Message(
        kind="reviewers_changed",
        enterprise_id=person.enterprise_id,
        subject_enterprise_id=person.enterprise_id,
    )
    db.session.add(message)
    db.session.flush()
    db.session.add(MessageReading(message_id=message.id, account_id=person.id))


def warn_of_repeated_registration(account: Account | None, enterprise: Enterprise | None) -> None:
    """Warn the owner of the number or code that somebody registered with it again; once a day, so that nobody is flooded.

    Call within `exclusive()`.
    """
    to = {"enterprise_id": enterprise.id} if enterprise else {"account_id": account.id} if account else None
    if to is None:
        return
    _warn_once_a_day(Message(kind="registration_tried", **to))


def warn_of_renewed_permit(account: Account) -> None:
    """Tell the owner of an account, who alone may know, by which number it is found: somebody registered with a renewed permit.

    Call within `exclusive()`.
    """
    number = masked(account.identity_number)
    _warn_once_a_day(Message(kind="renewed_permit_tried", account_id=account.id, words={"number": number}))


def _warn_once_a_day(message: Message) -> None:
    lately = select(Message.id).where(
        Message.kind == message.kind,
        Message.account_id == message.account_id
        if message.account_id is not None
        else Message.enterprise_id == message.enterprise_id,
        Message.created_at > now() - WARNING_INTERVAL,
    )
    if db.session.scalar(lately.limit(1)) is None:
        db.session.add(message)
