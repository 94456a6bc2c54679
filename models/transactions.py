"""How to write: `exclusive()`, a transaction that holds the write lock from its first statement."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import (
    event,
)
from sqlalchemy.orm import Session
from sqlalchemy.util import ScopedRegistry

from models.database import db
from models.statements import as_sqlalchemy, release_connection

TO_WRITE: dict[str, dict[str, Any]] = {
    "sqlite": {"immediate": True},
    "postgresql": {"isolation_level": "READ COMMITTED"},
}
"""What a connection is told that writes: all of it in one transaction."""


_only_reads: ScopedRegistry[bool] = ScopedRegistry(lambda: True, db.session.registry.scopefunc)
"""For as long as a session lasts: a request, a command, a job."""


def end(_fault: BaseException | None = None) -> None:
    """Give back what `connection` took and forget `only_read`: each request ends with it."""
    try:
        release_connection()
    finally:
        _only_reads.clear()


WRITES = "writes"


@contextmanager
def exclusive() -> Iterator[None]:
    """A transaction that owns the right to write from its first statement, and ends in a commit or leaves no trace.

    What was read before is read again inside: the reading transaction ends here. Raises RuntimeError when
    something unsaved would slip into the commit.
    """
    session = db.session
    if WRITES in session.info:
        raise RuntimeError("an exclusive transaction inside another would commit half of it")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("unsaved changes before an exclusive transaction")
    session.commit()
    session.expire_all()
    session.info[WRITES] = True
    try:
        session.connection(execution_options=TO_WRITE[db.engine.dialect.name])
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.info[WRITES]


@contextmanager
def pipelined() -> Iterator[None]:
    """What is written in here is sent without waiting for each answer, where the database can do that; a question waits
    for its own. What goes wrong is raised there or at the end, as SQLAlchemy would. For `exclusive()` alone."""
    db.session.flush()  # many objects at once tell nobody in there how many they were
    line = db.session.connection()
    try:
        with getattr(line.connection.driver_connection, "pipeline", nullcontext)():
            yield
    except line.dialect.loaded_dbapi.Error as fault:
        raise as_sqlalchemy(line, fault) from fault


def forbid_writes_outside_transaction() -> None:
    """From here on the database is read from, and written to in `exclusive` alone: each request begins with it.

    Whoever forgets gets a RuntimeError; without one, half of what they wrote would be kept when the rest fails.
    """
    _only_reads()


@event.listens_for(db.session, "before_flush")
def _no_write(session: Session, _context: Any, _instances: Any) -> None:
    if _only_reads.has() and WRITES not in session.info:
        raise RuntimeError("written to outside of exclusive()")
