"""The states of application forms that were printed as PDF, to be signed and sealed (A22). Only documents/printed_forms.py adds rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model, now
from models.secrets import EncryptedJSON

LONGEST_CODE = 40


class PrintedForm(Model):
    """One state of one application as it was printed. Printed again unchanged it is the same row and the same code.

    `digest` is the keyed digest of `snapshot` (workflow.form.answers.snapshot); it is part of the code (common/paper_codes.py).
    """

    __tablename__ = "printed_forms"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    version: Mapped[int]
    """`Application.version` when it was first printed."""
    code: Mapped[str] = mapped_column(String(LONGEST_CODE), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    snapshot: Mapped[dict[str, Any]] = mapped_column(EncryptedJSON("printed_forms.snapshot"))
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    """When it was last printed."""

    __table_args__ = (UniqueConstraint("application_id", "digest"),)
