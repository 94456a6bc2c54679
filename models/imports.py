"""Imports of enterprises from Excel files: the file, the progress, and each of its rows with its faults.

An import is a job of the worker (common/jobs.py). Only administration/imports.py and administration/import_rows.py write it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model, enum_text, now
from models.jobs import Leased
from models.vocabulary import ImportState


class Import(Leased, Model):
    """One uploaded file. `storage_name` is set until the file has been read. `done` counts the rows that the current step has processed.

    `error` is the fault of the last attempt, as wording and words. `rejected_at_import` counts the rows that were accepted in the
    preview and could not be imported after its confirmation. `notes` are shown above the preview, each as wording and words:
    hidden rows, sheets that were not read.
    """

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(60))
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    file_name: Mapped[str] = mapped_column(String(160))
    storage_name: Mapped[str | None] = mapped_column(String(80))
    state: Mapped[ImportState] = mapped_column(enum_text(ImportState), default=ImportState.READING)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    rejected_at_import: Mapped[int] = mapped_column("fell_out", default=0)
    error: Mapped[list[Any] | None] = mapped_column("trouble", JSON(none_as_null=True))
    notes: Mapped[list[Any]] = mapped_column(JSON, default=list, server_default="[]")
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index(None, "state", "next_try"), Index(None, "storage_name"))

    def __str__(self) -> str:
        return self.file_name


class ImportRow(Model):
    """One row of the file, as it was read, with its row number in the file. `faults` is a list of [column, wording, words].

    `hidden`: the row is hidden in the file, by hand or by a filter.
    """

    __tablename__ = "import_rows"

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)
    credit_code: Mapped[str] = mapped_column(Text)
    region: Mapped[str] = mapped_column(Text)
    region_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"))
    contact_name: Mapped[str] = mapped_column(Text)
    contact_phone: Mapped[str] = mapped_column(Text)
    hidden: Mapped[bool] = mapped_column(default=False, server_default=false())
    refused: Mapped[bool] = mapped_column(default=False)
    faults: Mapped[list[Any]] = mapped_column(JSON, default=list)

    __table_args__ = (Index(None, "import_id", "refused", "number"),)
