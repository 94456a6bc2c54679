"""The cursors of compiled statements (models/statements.py)."""

from functools import partial
from typing import Any

from sqlalchemy import Connection

CURSORS = "cursors"
"""Where the info of a driver's connection has its `Cursors`; SQLAlchemy empties it when the connection is lost."""


class Cursors:
    """The idle cursors of a connection, for statements whose rows are fetched at once.

    Making a cursor takes psycopg two thirds of the time of sending a statement and reading its rows.
    """

    def __init__(self, connection: Connection) -> None:
        driver_connection: Any = connection.connection
        if connection.dialect.name == "postgresql":
            from models.postgresql import RawCursor

            self._new = partial(RawCursor, driver_connection.dbapi_connection)
        else:
            self._new = driver_connection.dbapi_connection.cursor
        self._idle: list[Any] = []
        self._used: list[Any] = []
        self.pipelined = False
        """Whether results are outstanding: a cursor that waits for one cannot be used meanwhile."""
        driver_connection.info[CURSORS] = self

    def take(self) -> Any:
        """Return a cursor that nobody uses."""
        return self._idle.pop() if self._idle else self._new()

    def give_back(self, cursor: Any) -> None:
        """Keep a cursor for the next statement; in a pipeline, until its end."""
        (self._used if self.pipelined else self._idle).append(cursor)

    def end_pipeline(self) -> None:
        """Keep the cursors that a pipeline has used."""
        self.pipelined = False
        self._idle += self._used
        self._used = []
