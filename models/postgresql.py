"""Faster cursors for psycopg, used by models/engine.py and models/cursors.py."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import psycopg

RawCursor = psycopg.RawCursor
"""Takes PostgreSQL's own placeholders ($1). The other translates %s at each execution where a statement has more than 4,096 bytes
or 50 parameters (findings/one_more_parameter_costs_three_times.sh)."""


class LazyCursor(psycopg.Cursor[Any]):
    """A cursor that builds the descriptions of its columns only when they are read.

    SQLAlchemy reads them the first time it executes a statement. Afterwards it asks only whether there are columns; building
    thirty descriptions for that took as long as fetching the rows.
    """

    @property
    def description(self) -> Any:
        if self.pgresult is None and self.connection.pgconn.pipeline_status:
            self._fetch_pipeline_result()
        has_columns = self.pgresult is not None and self.pgresult.nfields > 0
        return LazyDescription(self) if has_columns else self.full_description()

    def _fetch_pipeline_result(self) -> None:
        """Fetch the result in pipeline mode. `scroll` fetches it first; scrolling by 0 rows has no other effect."""
        with suppress(IndexError, psycopg.ProgrammingError):
            self.scroll(0)

    def full_description(self) -> list[psycopg.Column] | None:
        """Return the descriptions; None for a statement that returns no rows."""
        return super().description


class LazyDescription(Sequence[psycopg.Column]):
    """The columns of a cursor's result. Their descriptions are built when one is read."""

    def __init__(self, cursor: LazyCursor) -> None:
        self._cursor = cursor

    def __len__(self) -> int:
        result = self._cursor.pgresult
        return result.nfields if result is not None else 0

    def __getitem__(self, place: Any) -> Any:
        return (self._cursor.full_description() or [])[place]
