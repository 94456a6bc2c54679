"""Deletes, once a day, stored files that no row refers to, and expired rows.

Every column that names a file stands in NAMING.
"""

import logging
from collections.abc import Sequence

from sqlalchemy import select

from accounts import attempts, recovery, sessions
from desk import assignments, open_now
from drafts import saving
from models import Attachment, Enterprise, Import, db
from uploads import partial, sweeping

NAMING = (Attachment.storage_name, Enterprise.licence_file, Import.storage_name)
log = logging.getLogger(__name__)


def sweep() -> int:
    """Remove what no row names; return how many files."""
    removed = sweeping.sweep(named_by_rows)
    log.info("swept: %s files that no row named", removed)
    return removed


def forget() -> None:
    """Remove ended sessions, attempts of days ago, codes that open nothing, abandoned uploads, and what a desk or a form no longer needs."""
    for part in (sessions, attempts, recovery, partial, assignments, open_now, saving):
        part.delete_expired()


def named_by_rows(names: Sequence[str]) -> set[str]:
    """Return the names that rows refer to."""
    found: set[str] = set()
    for column in NAMING:
        found |= {name for name in db.session.scalars(select(column).where(column.in_(names))) if name}
    db.session.rollback()
    return found
