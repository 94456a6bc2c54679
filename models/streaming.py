"""Reads the rows of a long query in constant memory, all as they were at one moment."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Select

from models.database import db

ROWS_AT_A_TIME = 500
READ_OPTIONS: dict[str, dict[str, Any]] = {
    "sqlite": {},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
"""Options of a connection of its own: a cursor of the server lives as long as its transaction."""


def streamed(statement: Select[Any], values: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    """Yield the rows in batches of at most ROWS_AT_A_TIME. The connection is held until the last, or until this is closed."""
    with db.engine.connect().execution_options(**READ_OPTIONS[db.engine.dialect.name]) as connection:
        result = connection.execution_options(stream_results=True, yield_per=ROWS_AT_A_TIME).execute(
            statement, dict(values)
        )
        yield from result.partitions()
