"""Deletes, once a day, stored files that no row refers to, and expired rows.

Every column that names a file stands in FILE_COLUMNS.
"""

import logging
from collections.abc import Sequence

from sqlalchemy import select

from accounts import attempts, recovery, sessions
from desk import assignments, digests, open_now
from drafts import saving
from models import (
    Attachment,
    BankAnswer,
    Enterprise,
    FileJob,
    Import,
    ObjectionFile,
    RunFile,
    db,
)
from uploads import partial, sweeping

FILE_COLUMNS = (
    Attachment.storage_name,
    Enterprise.licence_file,
    Import.storage_name,
    FileJob.storage_name,
    ObjectionFile.storage_name,
    BankAnswer.storage_name,
    RunFile.storage_name,
)
log = logging.getLogger(__name__)


def sweep() -> int:
    """Delete files that no row refers to; return how many."""
    removed = sweeping.sweep(referenced_names)
    log.info("swept: %s files without a row", removed)
    return removed


def delete_expired() -> None:
    """Remove what has expired: sessions, attempts, codes, uploads, drafts, reminders, and what desks no longer need."""
    for part in (sessions, attempts, recovery, partial, assignments, open_now, saving, digests):
        part.delete_expired()


def referenced_names(names: Sequence[str]) -> set[str]:
    """Return those of the names that rows refer to."""
    found: set[str] = set()
    for column in FILE_COLUMNS:
        found |= {name for name in db.session.scalars(select(column).where(column.in_(names))) if name}
    db.session.rollback()
    return found
