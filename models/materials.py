"""The materials that an application needs, and the attachments that were uploaded for them (A11)."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.database import Instant, Model, now
from models.printed_forms import LONGEST_CODE


class Material(Model):
    """One required or optional document. `position` is its place in the list. Edited by the administrator (D2)."""

    __tablename__ = "materials"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    shows: Mapped[str] = mapped_column(Text, default="")
    """What the document must show."""
    required: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    printed_form: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it is the form that the system prints (models/printed_forms.py), signed and sealed. Its files are searched for the code."""
    former_names: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list, server_default="[]")
    """Each earlier name with the instant `until` which it was in use, oldest first. Stored here and not with each attachment:
    so a rename changes one row."""

    def name_at(self, at: datetime) -> str:
        """Return the name that the material had at this time."""
        for former in self.former_names:
            if at < datetime.fromisoformat(former["until"]):
                return former["name"]
        return self.name

    def __str__(self) -> str:
        return self.name


class Attachment(Model):
    """One uploaded file. A file that was submitted once is never deleted, even when the applicant replaces it."""

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
    """Remarks on the file for its owner and its reviewers: values of uploads/notes.py."""
    form_code: Mapped[str | None] = mapped_column(String(LONGEST_CODE))
    """The code of the printed form: read from the file, or typed by the applicant. "" for none, NULL where none was looked for."""
    form_code_typed: Mapped[bool] = mapped_column(default=False, server_default=false())
    sha256: Mapped[str] = mapped_column(String(64))
    storage_name: Mapped[str] = mapped_column(String(80), unique=True)
    uploaded_at: Mapped[datetime] = mapped_column(Instant, default=now)
    submitted_round: Mapped[int | None]
    """The first submission that contains it; NULL while only the applicant has seen it."""
    removed_after: Mapped[int | None]
    """Set when the applicant removes a submitted file: the last submission that contains it."""

    material: Mapped[Material] = relationship(lazy="joined", innerjoin=True)

    @property
    def material_name(self) -> str:
        """Return the name that the material had when the file was uploaded."""
        return self.material.name_at(self.uploaded_at)

    __table_args__ = (Index(None, "application_id"), Index(None, "material_id"), Index(None, "sha256"))
