"""Batches of passed applications that are made public, the grants that come of them, and objections (P1, P2).

Only payments/grant_moves.py sets a grant's state. The money and the rule of a grant are frozen when its batch is made.
Amounts are integers in fen.
"""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import Account
from models.applications import Application
from models.database import Instant, Model, enum_text, now, partial
from models.periods import Period
from models.secrets import Encrypted
from models.vocabulary import BatchState, GrantAction, GrantState, ObjectionDecision

NOT_DENIED = text("state <> 'denied'")
UNDECIDED = text("decision IS NULL")


class Batch(Model):
    """One publicity (公示). `opens` and `closes` are days in Ordos, both included; `number` is such as 2026-01."""

    __tablename__ = "batches"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("periods.id"))
    state: Mapped[BatchState] = mapped_column(enum_text(BatchState), default=BatchState.PUBLIC)
    opens: Mapped[date]
    closes: Mapped[date]
    count: Mapped[int]
    """How many grants it has. It never changes."""
    made_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    made_by_name: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime] = mapped_column(Instant, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    period: Mapped[Period] = relationship()

    __table_args__ = (Index(None, "state", "closes"), Index(None, "period_id"))

    def __str__(self) -> str:
        return self.number


class Grant(Model):
    """What one person gets for one application. `position` is its number on the batch's page.

    `name`, `enterprise_name`, `rule_text` and the amount are as published. `amount_fen` is the sum of one year, for `years`
    years.
    """

    __tablename__ = "grants"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"))
    position: Mapped[int]
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), unique=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("periods.id"))
    applicant_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    identity_digest: Mapped[str] = mapped_column(String(64))
    submitted_enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"))
    region_id: Mapped[int] = mapped_column(ForeignKey("regions.id"))
    name: Mapped[str] = mapped_column(String(60))
    enterprise_name: Mapped[str] = mapped_column(String(100))
    state: Mapped[GrantState] = mapped_column(enum_text(GrantState), default=GrantState.PUBLICIZED)
    version: Mapped[int] = mapped_column(default=1)
    standard_id: Mapped[int] = mapped_column(ForeignKey("standards.id"))
    rule_text: Mapped[str] = mapped_column(Text)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    years: Mapped[int] = mapped_column(default=1)
    granted_at: Mapped[datetime | None] = mapped_column(Instant)
    stopped_on: Mapped[date | None]
    stop_reason: Mapped[str | None] = mapped_column(Text)

    batch: Mapped[Batch] = relationship()
    application: Mapped[Application] = relationship()
    period: Mapped[Period] = relationship()
    applicant: Mapped[Account] = relationship()

    __table_args__ = (
        # P3: once per person and period. An objection that is upheld frees the place.
        Index(
            "uq_grants_once_per_person_and_period",
            "period_id",
            "identity_digest",
            unique=True,
            **partial(NOT_DENIED),
        ),
        UniqueConstraint("batch_id", "position"),
        Index(None, "batch_id", "state", "position"),
        Index(None, "applicant_id"),
        Index(None, "submitted_enterprise_id", "state"),
    )


class GrantEvent(Model):
    """One row of a grant's history, never changed. `from_state` is NULL for the first; `actor_id` for what the system did."""

    __tablename__ = "grant_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    grant_id: Mapped[int] = mapped_column(ForeignKey("grants.id"))
    action: Mapped[GrantAction] = mapped_column(enum_text(GrantAction))
    from_state: Mapped[GrantState | None] = mapped_column(enum_text(GrantState, "from_state"))
    to_state: Mapped[GrantState] = mapped_column(enum_text(GrantState, "to_state"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(60), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant, default=now)

    __table_args__ = (Index(None, "grant_id", "id"),)


class Objection(Model):
    """One objection against one grant, entered by the city. Who objects, and what it says, is never shown to the applicant."""

    __tablename__ = "objections"

    id: Mapped[int] = mapped_column(primary_key=True)
    grant_id: Mapped[int] = mapped_column(ForeignKey("grants.id"))
    name: Mapped[str] = mapped_column(Encrypted("objections.name"))
    contact: Mapped[str] = mapped_column(Encrypted("objections.contact"))
    text: Mapped[str] = mapped_column(Encrypted("objections.text"))
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    entered_by_name: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    decision: Mapped[ObjectionDecision | None] = mapped_column(enum_text(ObjectionDecision))
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_by_name: Mapped[str] = mapped_column(String(60), default="")
    decided_at: Mapped[datetime | None] = mapped_column(Instant)

    grant: Mapped[Grant] = relationship()
    files: Mapped[list["ObjectionFile"]] = relationship(
        order_by="ObjectionFile.id", back_populates="objection"
    )

    __table_args__ = (
        Index(None, "grant_id", "id"),
        Index("ix_objections_undecided", "id", **partial(UNDECIDED)),
    )


class ObjectionFile(Model):
    """One paper of an objection, in the same storage as attachments. Never deleted."""

    __tablename__ = "objection_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    objection_id: Mapped[int] = mapped_column(ForeignKey("objections.id"))
    display_name: Mapped[str] = mapped_column(String(160))
    extension: Mapped[str] = mapped_column(String(8))
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    pages: Mapped[int | None]
    notes: Mapped[list[str]] = mapped_column(JSON, default=list)
    sha256: Mapped[str] = mapped_column(String(64))
    storage_name: Mapped[str] = mapped_column(String(80), unique=True)
    uploaded_at: Mapped[datetime] = mapped_column(Instant, default=now)

    objection: Mapped[Objection] = relationship(back_populates="files")

    __table_args__ = (Index(None, "objection_id"),)
