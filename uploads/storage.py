"""Where attachments lie: under random names that say nothing of the person or the file.

Never keeps half a file, never takes a path from outside, and removes only what no row names.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

YOUNG = timedelta(hours=24)
"""A file that no row names yet may belong to a request that is still running."""

NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{28}")


@dataclass(frozen=True)
class StoredFile:
    """A file that is on the disk for good. `size` in bytes, `sha256` of the content in hexadecimal."""

    name: str
    size: int
    sha256: str


class Storage(Protocol):
    """What the site asks of the place where attachments lie."""

    def store(self, stream: BinaryIO) -> StoredFile:
        """Keep everything from the stream's position on; only what is kept for good has a name."""

    def open(self, name: str) -> BinaryIO:
        """Return the file for reading. Raises FileNotFoundError."""

    def remove(self, name: str) -> None:
        """Remove the file; it may be gone already."""

    def sweep(self, named: Callable[[Sequence[str]], set[str]], older_than: timedelta = YOUNG) -> list[str]:
        """Remove old files that `named` does not return, and what broken uploads left; return the names."""

    def missing(self, names: Iterable[str]) -> Iterator[str]:
        """Yield those of the names that have no file."""


def is_older(path: Path, latest: float) -> bool:
    """Say whether a file was written before; one that somebody removes meanwhile was not."""
    try:
        return path.stat().st_mtime < latest
    except FileNotFoundError:
        return False
