"""Employers, the registration of their accounts, and its history (E1-E3)."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.database import Instant, Model, enum_text, now
from models.regions import Region
from models.search import digits_of, searchable
from models.spelling import key_unless_same
from models.vocabulary import Registration, RegistrationAction


class Enterprise(Model):
    """An employer. `licence_*` describe the scan of its business licence, which is in the same storage as attachments."""

    __tablename__ = "enterprises"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str | None] = mapped_column(String(100))
    initials: Mapped[str] = mapped_column(String(100), default="")
    credit_code: Mapped[str] = mapped_column(String(18), unique=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("regions.id"))
    contact_name: Mapped[str] = mapped_column(String(60))
    contact_phone: Mapped[str] = mapped_column(String(30))
    licence_file: Mapped[str | None] = mapped_column(String(80))
    licence_name: Mapped[str | None] = mapped_column(String(160))
    licence_extension: Mapped[str | None] = mapped_column(String(8))
    licence_type: Mapped[str | None] = mapped_column(String(100))
    licence_pages: Mapped[int | None]
    licence_notes: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    licence_sha256: Mapped[str | None] = mapped_column(String(64))
    registration: Mapped[Registration] = mapped_column(enum_text(Registration), default=Registration.PENDING)
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    """False for a closed enterprise: applicants cannot choose it, and its reviewers cannot log in."""
    version: Mapped[int] = mapped_column(default=1)
    waiting_since: Mapped[datetime] = mapped_column(Instant, default=now)

    # "unnested": nested in the outer join of an account, SQLite would read all enterprises on every page.
    region: Mapped[Region] = relationship(lazy="joined", innerjoin="unnested")  # type: ignore[arg-type]
    events: Mapped[list["RegistrationEvent"]] = relationship(
        order_by="RegistrationEvent.id", back_populates="enterprise"
    )

    __table_args__ = (
        Index(None, "region_id", "registration", "waiting_since", "id"),
        Index(None, "region_id", "waiting_since", "id"),
        Index(None, "name"),
        Index("ix_enterprises_telephone", digits_of(contact_phone)),
    )

    @validates("name")
    def _key_with_it(self, _column: str, name: str) -> str:
        """Update the search key with the name."""
        self.name_key = key_unless_same(name, 100)
        return name

    def __str__(self) -> str:
        return self.name


searchable(Enterprise, "name", "initials")


class RegistrationEvent(Model):
    """One row of a registration's history: who did what, when and why. Rows are never changed or deleted."""

    __tablename__ = "registration_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"))
    action: Mapped[RegistrationAction] = mapped_column(enum_text(RegistrationAction))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(60))
    desk: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant, default=now)

    enterprise: Mapped[Enterprise] = relationship(back_populates="events")

    __table_args__ = (Index(None, "enterprise_id"),)
