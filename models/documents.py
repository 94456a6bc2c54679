"""Files that the site makes for one person in the background: exports of lists, dossiers, archives of papers.

A job of the worker (common/jobs.py). Only documents/jobs.py writes it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model, enum_text, now
from models.desks import OfDesk
from models.jobs import Leased
from models.secrets import EncryptedJSON
from models.vocabulary import FileState, Role


class FileJob(Leased, OfDesk, Model):
    """One file, made for the account that asked, at the desk at which it asked.

    `kind` is a key of documents.kinds.KINDS, which says what `parameters` hold. `title`, `error` and each of `notes` are stored
    as wording and words. `total` is 0 while nobody knows it. `language` is that of the page on which the file was asked for.

    `storage_name` is set while the file exists: from READY until EXPIRED.
    """

    __tablename__ = "file_jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[list[Any]] = mapped_column(JSON)
    parameters: Mapped[dict[str, Any]] = mapped_column(EncryptedJSON("file_jobs.parameters"))
    """Encrypted: the words of a search may be somebody's number."""
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    role: Mapped[Role] = mapped_column(enum_text(Role))
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[FileState] = mapped_column(enum_text(FileState), default=FileState.MAKING)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    error: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    notes: Mapped[list[Any]] = mapped_column(JSON, default=list)
    storage_name: Mapped[str | None] = mapped_column(String(80))
    file_name: Mapped[str | None] = mapped_column(String(160))
    content_type: Mapped[str | None] = mapped_column(String(100))
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    downloaded_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index(None, "state", "next_try"),
        Index(None, "state", "expires_at"),
        Index(None, "asked_by_id", "id"),
        Index(None, "storage_name"),
    )
