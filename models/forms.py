"""The form that applicants fill in, as the city describes it from year to year."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model, now


class FormVersion(Model):
    """One version of the form: the draft of the next one until it is published, never changed after that.

    `content` is written and understood by workflow/form/versions.py alone. Its number is given by hand, so that two drafts cannot be.
    """

    __tablename__ = "form_versions"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    saved_at: Mapped[datetime] = mapped_column(Instant, default=now, onupdate=now)
    saved_by: Mapped[str] = mapped_column(String(60), default="")
    """Who changed the draft last; once it is published, who published it."""
    published_at: Mapped[datetime | None] = mapped_column(Instant)

    def __str__(self) -> str:
        return str(self.number)
