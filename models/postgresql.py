"""What is said to psycopg alone."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import psycopg


class Cursor(psycopg.Cursor[Any]):
    """A cursor that describes its columns when somebody reads that.

    SQLAlchemy does so the first time that it meets a statement; afterwards it asks only whether there are any, and making
    thirty descriptions for that took as long as fetching the rows.
    """

    @property
    def description(self) -> Any:
        if self.pgresult is None and self.connection.pgconn.pipeline_status:
            self._wait_for_the_answer()
        described = self.pgresult is not None and self.pgresult.nfields > 0
        return Description(self) if described else self.described()

    def _wait_for_the_answer(self) -> None:
        """Fetch what a pipeline holds back: `scroll` does so first, and by nothing it moves nothing."""
        with suppress(IndexError, psycopg.ProgrammingError):
            self.scroll(0)

    def described(self) -> list[psycopg.Column] | None:
        """Return the descriptions; None where the statement has no rows to give."""
        return super().description


class Description(Sequence[psycopg.Column]):
    """The columns of a cursor's result, described when they are read."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def __len__(self) -> int:
        result = self._cursor.pgresult
        return result.nfields if result is not None else 0

    def __getitem__(self, place: Any) -> Any:
        return (self._cursor.described() or [])[place]
