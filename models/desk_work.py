"""What the colleagues of a desk keep around an application: who took it, who has it open, internal notes.

None of it changes an application. The applicant sees none of it.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model, now
from models.desks import OfDesk
from models.secrets import Encrypted

NOTE_LIMIT = 1000
"""Characters of a note."""


class Assignment(OfDesk, Model):
    """Who of a desk has taken an application. At most one row per application and desk.

    The row stays when the application moves on: when it comes back after a return, the same person has it again.
    """

    __tablename__ = "assignments"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(Instant, default=now)

    __table_args__ = (
        UniqueConstraint("application_id", "enterprise_id"),
        UniqueConstraint("application_id", "office_id"),
        Index(None, "account_id", "application_id"),
    )


class OpenPage(Model):
    """When an account last had the page of an application open (desk/open_now.py)."""

    __tablename__ = "open_pages"

    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index(None, "seen_at"),)


class InternalNote(OfDesk, Model):
    """An internal note on an application. workflow.scope.notes says who reads it. Rows are never changed."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    author_name: Mapped[str] = mapped_column(String(60))
    desk_name: Mapped[str] = mapped_column(String(100))
    """Name of the enterprise or office when the note was written."""
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    text: Mapped[str] = mapped_column(Encrypted("notes.text"))

    __table_args__ = (Index(None, "application_id", "id"),)
