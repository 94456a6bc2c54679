"""The interface of the storage for attachments. Names are random and reveal nothing about the person or the file.

Never stores half a file, never accepts a path from outside, and deletes only files that no row refers to.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

GRACE_PERIOD = timedelta(hours=24)
"""Younger files stay: their row may not be committed yet."""

NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{28}")


@dataclass(frozen=True)
class StoredFile:
    """A stored file, synced. `size` is in bytes, `sha256` of the content in hexadecimal."""

    name: str
    size: int
    sha256: str


class Storage(Protocol):
    """The operations that the site needs of a storage for attachments."""

    def store(self, stream: BinaryIO, name: str = "") -> StoredFile:
        """Store the rest of the stream. The returned file is durable; a broken one leaves nothing.

        `name` is given when a file keeps its name: in a restore, or on its way from one storage to another. A file that
        has the name already is replaced.
        """

    def open(self, name: str) -> BinaryIO:
        """Return the file for reading. Raises FileNotFoundError."""

    def remove(self, name: str) -> None:
        """Delete the file, if it still exists."""

    def sweep(
        self, referenced: Callable[[Sequence[str]], set[str]], older_than: timedelta = GRACE_PERIOD
    ) -> list[str]:
        """Delete old files that no row refers to, and the rest of broken uploads; return their names."""

    def missing(self, names: Iterable[str]) -> Iterator[str]:
        """Yield those of the names that have no file."""


class PartStore(Protocol):
    """The operations on uploads that have not arrived completely, each under its token."""

    def size(self, token: str) -> int:
        """Return how many bytes have arrived; 0 for an unknown token."""

    def append(self, token: str, offset: int, content: bytes) -> None:
        """Write the content at the offset (at most `size`) and sync it. Bytes after it are cut off."""

    def open(self, token: str) -> BinaryIO:
        """Return the bytes that have arrived, for reading. Raises FileNotFoundError."""

    def remove(self, token: str) -> None:
        """Delete the upload, if it still exists."""

    def sweep(self, older_than: timedelta) -> int:
        """Delete uploads to which nothing was appended for so long; return how many."""


def is_older(path: Path, latest: float) -> bool:
    """Say whether a file was written before this time; False for one that was deleted meanwhile."""
    try:
        return path.stat().st_mtime < latest
    except FileNotFoundError:
        return False
