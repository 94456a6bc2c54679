"""What an applicant has typed and not saved yet, one row for each browser. Only its owner ever reads it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model, now
from models.secrets import EncryptedJSON


class ApplicationDraft(Model):
    """The unsaved fields of one person's form at one browser, encrypted as a whole (A20).

    `application_id` is empty while the application has not been begun. `device` is a keyed digest of the browser's cookie, ""
    where it sent none. `fields` holds {key: {"value", "base", "tab", "sequence", "at", "beside"}}, see drafts/saving.py.
    """

    __tablename__ = "drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    application_id: Mapped[int | None] = mapped_column(ForeignKey("applications.id"))
    device: Mapped[str] = mapped_column(String(64), default="")
    fields: Mapped[dict[str, Any]] = mapped_column(EncryptedJSON("drafts.fields"))
    updated_at: Mapped[datetime] = mapped_column(Instant, default=now)

    __table_args__ = (
        Index(None, "account_id", "application_id", "device"),
        Index(None, "application_id"),
        Index(None, "updated_at"),
    )
