"""Files that arrive in parts, so that an upload that broke off can be resumed (A21)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model, now


class PartialUpload(Model):
    """One file on its way to a material of an application; its owner is the applicant.

    The bytes are not here: uploads/parts.py keeps them under `token`. `received` of `size` bytes are there. `sha256` is what
    the browser announced, "" when it could not compute it; by it the same file is recognised after a reload. With
    `finished_at` the file has become an attachment, and the row only answers a request that is repeated.
    """

    __tablename__ = "partial_uploads"

    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    material_id: Mapped[int] = mapped_column(ForeignKey("materials.id"))
    display_name: Mapped[str] = mapped_column(String(160))
    size: Mapped[int]
    received: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    updated_at: Mapped[datetime] = mapped_column(Instant, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index(None, "application_id"), Index(None, "updated_at"))
