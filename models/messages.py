"""The outbox: messages to people. A message is written in the transaction of the event that causes it.

It goes to one account, or to everybody in an enterprise or an office. The worker expands it into deliveries, one for each person
and channel; a unique constraint prevents a second one.
"""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import Account
from models.applications import Application
from models.database import Instant, Model, enum_text, now, partial
from models.enterprises import Enterprise, RegistrationEvent
from models.jobs import Leased
from models.reviews import Review
from models.secrets import Encrypted, EncryptedJSON
from models.vocabulary import Channel, DeliveryState


class Message(Model):
    """One message to one account, enterprise or office. `kind` is the key of its wording in common/messages.py.

    `words` fill placeholders of the wording, on pages too. `secret_words` fill placeholders that only the receiver may read,
    such as a code. No page shows them, and they are deleted when everything has been delivered. `expanded_at` is when the worker
    created the deliveries.
    """

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprises.id"))
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))
    review_id: Mapped[int | None] = mapped_column(ForeignKey("reviews.id"))
    registration_event_id: Mapped[int | None] = mapped_column(ForeignKey("registration_events.id"))
    application_id: Mapped[int | None] = mapped_column(ForeignKey("applications.id"))
    subject_enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprises.id"))
    words: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    secret_words: Mapped[dict[str, str] | None] = mapped_column(EncryptedJSON("messages.secret_words"))
    urgent: Mapped[bool] = mapped_column(default=False, server_default=false())
    expanded_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)

    review: Mapped[Review | None] = relationship()
    registration_event: Mapped[RegistrationEvent | None] = relationship()
    application: Mapped[Application | None] = relationship()
    subject_enterprise: Mapped[Enterprise | None] = relationship(foreign_keys=[subject_enterprise_id])
    digest: Mapped["Digest | None"] = relationship(back_populates="message")

    __table_args__ = (
        CheckConstraint(
            "CASE WHEN account_id IS NULL THEN 0 ELSE 1 END + CASE WHEN enterprise_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN office_id IS NULL THEN 0 ELSE 1 END = 1",
            name="one_recipient",
        ),
        Index(None, "account_id", "id"),
        Index(None, "enterprise_id", "id"),
        Index(None, "office_id", "id"),
        Index(None, "application_id"),
        Index(
            "ix_messages_unexpanded",
            "id",
            **partial(text("expanded_at IS NULL")),
        ),
    )


class Digest(Model):
    """The numbers of one account's daily reminder (desk/digests.py), written together with its message.

    The unique constraint allows an account one a day, however many workers run. `longest` is in working days.
    """

    __tablename__ = "digests"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    day: Mapped[date]
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), unique=True)
    waiting: Mapped[int]
    due_today: Mapped[int]
    overdue: Mapped[int]
    longest: Mapped[int]

    message: Mapped[Message] = relationship(back_populates="digest")

    __table_args__ = (UniqueConstraint("account_id", "day"),)


class MessageReading(Model):
    """Records that an account has read a message. A message to an enterprise or office is read by each person separately."""

    __tablename__ = "message_readings"

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, default=now)


OPEN_DELIVERIES = text("state IN ('waiting', 'sending')")
FAILED = text("state = 'failed'")


class Delivery(Leased, Model):
    """One message to one person by one channel.

    `error` is the fault of the last attempt; it never contains the text or the address. `address`, if set, is used in place of the
    account's own address, and deleted once the message is sent.
    """

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    channel: Mapped[Channel] = mapped_column("way", enum_text(Channel, "way"))
    state: Mapped[DeliveryState] = mapped_column(enum_text(DeliveryState), default=DeliveryState.WAITING)
    urgent: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str] = mapped_column(String(120), default="")
    address: Mapped[str | None] = mapped_column(Encrypted("deliveries.address"), deferred=True)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)

    message: Mapped[Message] = relationship()
    account: Mapped[Account] = relationship()

    __table_args__ = (
        UniqueConstraint("message_id", "account_id", "way"),
        Index(None, "account_id"),
        Index(
            "ix_deliveries_unsettled",
            "next_try",
            **partial(OPEN_DELIVERIES),
        ),
        Index("ix_deliveries_failed", "id", **partial(FAILED)),
    )
