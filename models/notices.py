"""The versions of 「申请须知」, and who has read which one (D2, A5)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.database import Instant, Model, now


class Notice(Model):
    """One version of 「申请须知」. A published version is never changed; a new one is added."""

    __tablename__ = "notices"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(String(40), unique=True)
    body: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime] = mapped_column(Instant, default=now)

    def __str__(self) -> str:
        return self.version


class NoticeReading(Model):
    """Records that a person opened a notice for an application (`opened_at`), and that the 30 seconds passed (`read_at`) (A5).

    `application_id` is NULL until the application has been saved once.
    """

    __tablename__ = "notice_readings"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    application_id: Mapped[int | None] = mapped_column(ForeignKey("applications.id"))
    opened_at: Mapped[datetime] = mapped_column(Instant, default=now)
    read_at: Mapped[datetime | None] = mapped_column(Instant)

    notice: Mapped[Notice] = relationship()

    __table_args__ = (
        UniqueConstraint("account_id", "notice_id", "application_id"),
        Index(None, "application_id"),
    )
