"""Standards of the allowance (P3): who gets how much, in how many payments, for how many years, and from when until when."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.database import Instant, Model, enum_text, now, partial
from models.periods import Period
from models.vocabulary import StandardState

NAME_LENGTH = 60
NOT_DISCARDED = text("state <> 'discarded'")


class Standard(Model):
    """One version of a standard. Once in force only `valid_until` changes; anything else is a new version.

    `conditions` maps the key of a field to the accepted answers; every field must match, and no condition matches everybody.
    The days `valid_from` and `valid_until` are included. A version that was replaced before its first day ends before it begins.
    """

    __tablename__ = "standards"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    period_id: Mapped[int | None] = mapped_column(ForeignKey("periods.id"))
    """The period whose applications it is for; NULL for every period."""
    conditions: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    priority: Mapped[int] = mapped_column(default=1)
    """The smallest number is looked at first."""
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    """What is paid in each year."""
    instalments: Mapped[int] = mapped_column(default=1)
    """How many payments a year's amount is split into."""
    interval_months: Mapped[int] = mapped_column(default=0)
    years: Mapped[int] = mapped_column(default=1)
    """For how many years it is paid. More than one: the second and each later year needs a confirmation (P6)."""
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    """NULL: open."""
    version: Mapped[int] = mapped_column(default=1)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("standards.id"))
    state: Mapped[StandardState] = mapped_column(enum_text(StandardState), default=StandardState.DRAFT)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)

    period: Mapped[Period | None] = relationship()
    replaces: Mapped["Standard | None"] = relationship(remote_side="Standard.id")

    __table_args__ = (
        CheckConstraint("amount_fen >= instalments", name="amount"),
        CheckConstraint(
            "instalments >= 1 AND interval_months >= 0 AND (instalments - 1) * interval_months < 12",
            name="instalments",
        ),
        CheckConstraint("years >= 1", name="years"),
        Index(None, "state", "priority", "id"),
        Index(None, "period_id"),
        # A version has one successor, so that the versions of a standard form one line.
        Index(
            "uq_standards_one_successor",
            "replaces_id",
            unique=True,
            **partial(NOT_DISCARDED),
        ),
    )

    def __str__(self) -> str:
        return self.name
