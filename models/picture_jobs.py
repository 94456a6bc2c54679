"""Uploaded files of which the worker has to draw the first pictures, before anybody looks at them."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Model, enum_text
from models.jobs import Leased
from models.vocabulary import DrawingState


class PictureJob(Leased, Model):
    """One stored file that was uploaded and not drawn yet. Only uploads/first_look.py writes it, and deletes it afterwards.

    Not a reference: the file may be deleted before its turn comes.
    """

    __tablename__ = "picture_jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    stored_file: Mapped[str] = mapped_column(String(80))
    """The name of the file in the storage."""
    extension: Mapped[str] = mapped_column(String(8))
    state: Mapped[DrawingState] = mapped_column(enum_text(DrawingState), default=DrawingState.WAITING)

    __table_args__ = (Index(None, "next_try", "id"),)
