"""Statements that are sent without waiting for the answer to each, by psycopg's pipeline. SQLite answers each at once.

`read_together` for what a page reads; models/transactions.py has `pipelined` for what a decision writes.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

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
    driver_connection: Any = connection.connection.driver_connection
    cursors.pipelined = True
    try:
        with getattr(driver_connection, "pipeline", nullcontext)():
            yield
    except connection.dialect.loaded_dbapi.Error as fault:
        first = _first_of(fault, connection.dialect.loaded_dbapi.Error)
        if hasattr(driver_connection, "info") and driver_connection.info.pipeline_status:
            # PostgreSQL has said that it ends the connection. psycopg cannot leave the pipeline, and does not call it broken.
            driver_connection.close()
        raise sqlalchemy_error(connection, first) from first
    finally:
        cursors.end_pipeline()


def _first_of(fault: BaseException, kind: type[BaseException]) -> BaseException:
    """Return the error that began it. PostgreSQL answers what was sent after it with errors of their own, and psycopg may raise one
    of these."""
    while isinstance(fault.__context__, kind):
        fault = fault.__context__
    return fault
