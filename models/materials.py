"""The papers that an application needs, and the files that were uploaded for them (A11)."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.applications import Application
from models.database import Instant, Model, now


class Material(Model):
    """One kind of paper, in the order in which it is asked for. Edited by the administrator (D2)."""

    __tablename__ = "materials"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    shows: Mapped[str] = mapped_column(Text, default="")
    """What the paper must show."""
    required: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    former_names: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list, server_default="[]")
    """Each earlier name with the instant `until` which it was in use, oldest first. Kept here and not with each file: a
    renaming then changes one row, however many files there are."""

    def name_at(self, at: datetime) -> str:
        """Return what the material was called at this time."""
        for former in self.former_names:
            if at < datetime.fromisoformat(former["until"]):
                return former["name"]
        return self.name

    def __str__(self) -> str:
        return self.name


class Attachment(Model):
    """One uploaded file. A file that was ever submitted stays, also after the applicant replaced it."""

    __tablename__ = "attachments"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    material_id: Mapped[int] = mapped_column(ForeignKey("materials.id"))
    display_name: Mapped[str] = mapped_column(String(160))
    extension: Mapped[str] = mapped_column(String(8))
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    pages: Mapped[int | None]
    notes: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    """What its owner and its reviewers are told about the file: values of uploads/notes.py."""
    sha256: Mapped[str] = mapped_column(String(64))
    storage_name: Mapped[str] = mapped_column(String(80), unique=True)
    uploaded_at: Mapped[datetime] = mapped_column(Instant, default=now)
    submitted_round: Mapped[int | None]
    """The submission that it first went out with; none yet while only the applicant has seen it."""
    removed_after: Mapped[int | None]
    """The last submission that it was part of, once the applicant has removed it."""

    application: Mapped[Application] = relationship()
    material: Mapped[Material] = relationship(lazy="joined", innerjoin=True)

    @property
    def material_name(self) -> str:
        """Return what the material was called when the file was uploaded."""
        return self.material.name_at(self.uploaded_at)

    __table_args__ = (Index(None, "application_id"), Index(None, "material_id"))
