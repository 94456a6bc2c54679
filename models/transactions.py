"""How to write: `exclusive()`, a transaction that holds the write lock from its first statement."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    event,
)
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.orm import Session, lazyload
from sqlalchemy.util import ScopedRegistry

from models.database import db
from models.pipelines import pipeline
from models.statements import CONNECTION, current_connection, release_connection

log = logging.getLogger(__name__)

WRITE_OPTIONS: dict[str, dict[str, Any]] = {
    "sqlite": {"immediate": True},
    "postgresql": {"isolation_level": "READ COMMITTED"},
}
"""Execution options of a connection that writes: they begin one transaction."""

UNAVAILABLE = (InterfaceError, InternalError, OperationalError)
"""What the database raises while it is away, busy, full or read-only: the same may succeed later, and every row fails meanwhile.

IntegrityError and DataError are not among them: they are about one row, and nothing changes by waiting.
"""

WITHOUT_JOINS = lazyload("*")
"""Option of a query that locks a row: what belongs to it is read afterwards.

After a wait PostgreSQL (READ COMMITTED) reads the locked row anew, but the tables joined to it as they were before. An enterprise
that was moved meanwhile meets no region: an inner join does not find it (findings/lock_with_a_join_loses_the_row.sh).
"""


_writes_forbidden: ScopedRegistry[bool] = ScopedRegistry(lambda: True, db.session.registry.scopefunc)
"""Set for the life of a session: a request, a command, a job."""


def end(_fault: BaseException | None = None) -> None:
    """Release the connection and allow writes again. Every request ends with this call."""
    try:
        release_connection()
    finally:
        _writes_forbidden.clear()


IN_EXCLUSIVE = "writes"


@contextmanager
def exclusive() -> Iterator[None]:
    """Open a transaction that holds the write lock from its first statement. Commits at the end; an exception rolls it back.

    Objects that were read before are expired and read again inside. Raises RuntimeError when the session has unsaved
    changes, which would be committed too.
    """
    session = db.session()  # once: the scoped session looks for it at each use
    if IN_EXCLUSIVE in session.info:
        raise RuntimeError("an exclusive transaction inside another would commit half of it")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("unsaved changes before an exclusive transaction")
    session.commit()
    session.expire_all()
    session.info[IN_EXCLUSIVE] = True
    try:
        session.info[CONNECTION] = session.connection(execution_options=WRITE_OPTIONS[db.engine.dialect.name])
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.info[IN_EXCLUSIVE]
        session.info.pop(CONNECTION, None)


@contextmanager
def optional_write() -> Iterator[None]:
    """Go on without a write that belongs to a read, while the database takes none: it is read-only, full or busy.

    Use around `exclusive()`. A lost connection is raised: the page is read again.
    """
    try:
        yield
    except (InternalError, OperationalError) as error:
        if error.connection_invalidated:
            raise
        log.warning("an optional write failed: %s", type(error.orig).__name__)


@contextmanager
def pipelined() -> Iterator[None]:
    """Send the writes in this block without waiting for each result, if the database can. A query waits for its own result.

    Errors are raised by the next query or at the end, as SQLAlchemy's. Use within `exclusive()` only."""
    db.session.flush()  # in a pipeline a flush of many objects cannot check its row counts
    with pipeline(current_connection()):
        yield


def forbid_writes_outside_transaction() -> None:
    """Allow writes within `exclusive()` only. Every request begins with this call.

    A write elsewhere raises RuntimeError. Otherwise half of the changes could be saved when the rest fails.
    """
    _writes_forbidden()


@event.listens_for(db.session, "before_flush")
def _refuse_write(session: Session, _context: Any, _instances: Any) -> None:
    if _writes_forbidden.has() and IN_EXCLUSIVE not in session.info:
        raise RuntimeError("written to outside of exclusive()")
