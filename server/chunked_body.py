"""A body in chunks whose mistakes are errors that an application expects."""

from typing import Protocol

from gunicorn.http.errors import ParseException


class Reader(Protocol):
    """Reads a body."""

    def read(self, size: int) -> bytes: ...


class ChunkedBody:
    """Raises OSError for a body that is not written in chunks, as for a client that has gone. gunicorn raises errors of its own,
    which the application would answer and log as its own fault.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def read(self, size: int) -> bytes:
        """Return the next bytes; none at the end."""
        try:
            return self._reader.read(size)
        except ParseException as error:
            raise OSError(str(error)) from error
