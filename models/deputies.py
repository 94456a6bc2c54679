"""Deputies (W5): who decides for somebody, or for a whole office, during a period."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, and_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import Account
from models.database import Instant, Model, now
from models.regions import Office


class Deputy(Model):
    """One period in which a colleague stands in for an account, or an office for another office.

    The days are Ordos' and included. Rows are never deleted; `cancelled_at` ends one early. desk/deputies.py refuses periods
    that overlap.
    """

    __tablename__ = "deputies"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))
    deputy_office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)

    account: Mapped[Account | None] = relationship(foreign_keys=[account_id])
    deputy: Mapped[Account | None] = relationship(foreign_keys=[deputy_id])
    office: Mapped[Office | None] = relationship(foreign_keys=[office_id])
    deputy_office: Mapped[Office | None] = relationship(foreign_keys=[deputy_office_id])

    __table_args__ = (
        CheckConstraint(
            "(account_id IS NULL) = (deputy_id IS NULL) AND (office_id IS NULL) = (deputy_office_id IS NULL)"
            " AND (account_id IS NULL) <> (office_id IS NULL)",
            name="one_kind",
        ),
        Index(None, "account_id"),
        Index(None, "deputy_id"),
        Index(None, "office_id"),
        Index(None, "deputy_office_id"),
    )

    @classmethod
    def in_force(cls, day: Any) -> ColumnElement[bool]:
        """Return the criterion for the periods that hold on this day, a date or a bind parameter."""
        return and_(cls.cancelled_at.is_(None), cls.first_day <= day, cls.last_day >= day)
