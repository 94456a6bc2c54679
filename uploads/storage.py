"""The interface of the storage for attachments. Names are random and reveal nothing about the person or the file.

Never stores half a file, never accepts a path from outside, and deletes only files that no row refers to.
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
    """A file that is safely on the disk. `size` is in bytes, `sha256` of the content in hexadecimal."""

    name: str
    size: int
    sha256: str


class Storage(Protocol):
    """The operations that the site needs of a storage for attachments."""

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


class PartStore(Protocol):
    """What the site asks of the place where files lie that are still arriving, each under its token."""

    def size(self, token: str) -> int:
        """Return how many bytes are there; 0 when nothing is."""

    def append(self, token: str, offset: int, content: bytes) -> None:
        """Write the content durably at the offset, which is at most `size`; what lay behind it is dropped."""

    def open(self, token: str) -> BinaryIO:
        """Return what is there for reading. Raises FileNotFoundError."""

    def remove(self, token: str) -> None:
        """Remove it; it may be gone already."""

    def sweep(self, older_than: timedelta) -> int:
        """Remove what nothing was appended to for so long; return how many files."""


def is_older(path: Path, latest: float) -> bool:
    """Say whether a file was written before this time; False for one that was deleted meanwhile."""
    try:
        return path.stat().st_mtime < latest
    except FileNotFoundError:
        return False
