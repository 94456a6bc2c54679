"""The outbox: what the system has to tell whom. Written in the transaction of the event that caused it.

A message goes to one account, or to a desk: everybody of an enterprise or of an office.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.applications import Application
from models.database import Instant, Model, now
from models.enterprises import Enterprise, RegistrationEvent
from models.reviews import Review


class Message(Model):
    """One thing told to one account or one desk. `kind` names its wording in workflow/messages.py."""

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
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)

    review: Mapped[Review | None] = relationship()
    registration_event: Mapped[RegistrationEvent | None] = relationship()
    application: Mapped[Application | None] = relationship()
    subject_enterprise: Mapped[Enterprise | None] = relationship(foreign_keys=[subject_enterprise_id])

    __table_args__ = (
        CheckConstraint(
            "CASE WHEN account_id IS NULL THEN 0 ELSE 1 END + CASE WHEN enterprise_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN office_id IS NULL THEN 0 ELSE 1 END = 1",
            name="one_recipient",
        ),
        Index(None, "account_id", "id"),
        Index(None, "enterprise_id", "id"),
        Index(None, "office_id", "id"),
    )


class MessageReading(Model):
    """That an account has read a message; a desk's message is unread for each of its people."""

    __tablename__ = "message_readings"

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, default=now)
