"""The versions of the application form."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model, now


class FormVersion(Model):
    """One version of the form. It is a draft until it is published; after that it is never changed.

    Only workflow/form/versions.py reads and writes `content`. The number is assigned by the code, not by the database, so that
    two drafts cannot exist at once.
    """

    __tablename__ = "form_versions"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    saved_at: Mapped[datetime] = mapped_column(Instant, default=now, onupdate=now)
    saved_by: Mapped[str] = mapped_column(String(60), default="")
    """Who last changed the draft; after publication, who published it."""
    published_at: Mapped[datetime | None] = mapped_column(Instant)

    def __str__(self) -> str:
        return str(self.number)
