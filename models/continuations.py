"""The yearly question whether somebody whose grant is paid for several years still works there (P6)."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.batches import Grant
from models.database import Instant, Model, enum_text, now, partial
from models.vocabulary import ContinuationState, EmploymentEnd

WITHIN_TERM = text("overdue_on IS NULL AND state IN ('asked', 'answered')")


class Continuation(Model):
    """One year of one grant: what the person answered and the enterprise confirmed. The unique key allows one question a year.

    Only payments/continuation.py and payments/continuation_terms.py write it. `due_by` is the last day of the term in Ordos;
    `overdue_on` is the day on which the worker found it passed without a confirmation. It does not end anything: a later answer is
    still accepted.
    """

    __tablename__ = "continuations"

    id: Mapped[int] = mapped_column(primary_key=True)
    grant_id: Mapped[int] = mapped_column(ForeignKey("grants.id"))
    year: Mapped[int]
    """The year of the grant, counted from 1; never the first."""
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"))
    state: Mapped[ContinuationState] = mapped_column(
        enum_text(ContinuationState), default=ContinuationState.ASKED
    )
    version: Mapped[int] = mapped_column(default=1)
    asked_at: Mapped[datetime] = mapped_column(Instant, default=now)
    due_by: Mapped[date]
    overdue_on: Mapped[date | None]
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the person answered."""
    last_day: Mapped[date | None]
    """The last day of employment, where it has ended."""
    end: Mapped[EmploymentEnd | None] = mapped_column(enum_text(EmploymentEnd))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """Who answered for the enterprise."""
    decided_at: Mapped[datetime | None] = mapped_column(Instant)

    grant: Mapped[Grant] = relationship()

    __table_args__ = (
        UniqueConstraint("grant_id", "year"),
        Index(None, "enterprise_id", "state", "id"),
        Index(
            "ix_continuations_within_term",
            "due_by",
            **partial(WITHIN_TERM),
        ),
    )
