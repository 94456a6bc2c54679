"""The marks that a desk has put on an application while it reads: its draft, until it decides."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model, now
from models.desks import OfDesk
from models.secrets import Encrypted, EncryptedJSON

LONGEST_TARGET = 60


class Mark(Model, OfDesk):
    """One desk's note on one field, experience or material of one application (W1). Never shown to anybody else.

    A return takes the marks into its history row (`Review.marks`); every decision deletes the draft (desk/marks.py).
    """

    __tablename__ = "marks"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    target: Mapped[str] = mapped_column(String(LONGEST_TARGET))
    """What is marked: `field:<key>`, `row:<digest of its content>`, `paper:<material id>`."""
    note: Mapped[str] = mapped_column(Encrypted("marks.note"))
    content: Mapped[dict[str, Any]] = mapped_column(EncryptedJSON("marks.content"))
    """What the place is called and what stood there at that time (`desk.marks.Content`)."""
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    author_name: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(Instant, default=now)

    __table_args__ = (
        # NULL is equal to nothing, so each constraint holds for the desks of its kind alone.
        UniqueConstraint("application_id", "enterprise_id", "target"),
        UniqueConstraint("application_id", "office_id", "target"),
    )
