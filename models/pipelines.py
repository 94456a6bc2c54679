"""Statements that are sent without waiting for the answer to each, by psycopg's pipeline. SQLite answers each at once.

`read_together` for what a page reads; models/transactions.py has `pipelined` for what a decision writes.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from sqlalchemy import Connection

from models.cursors import CURSORS, Cursors
from models.statements import current_connection, sqlalchemy_error


@contextmanager
def read_together() -> Iterator[None]:
    """Let PostgreSQL answer the statements that are sent in this block (`CompiledStatement.send`) while the block goes on.

    Their rows are there after the block. The error of one is raised within it or at its end.
    """
    with pipeline(current_connection()):
        yield


@contextmanager
def pipeline(connection: Connection) -> Iterator[None]:
    """Put the connection into pipeline mode, if its driver has one. Errors are raised as SQLAlchemy's."""
    cursors = connection.connection.info.get(CURSORS) or Cursors(connection)
    cursors.pipelined = True
    try:
        with getattr(connection.connection.driver_connection, "pipeline", nullcontext)():
            yield
    except connection.dialect.loaded_dbapi.Error as fault:
        raise sqlalchemy_error(connection, fault) from fault
    finally:
        cursors.end_pipeline()
