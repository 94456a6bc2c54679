"""The interface of the storage for files (local_disk.py, s3_storage.py). Names are random and reveal nothing about the person or the file.

Never stores half a file, never accepts a path from outside, and deletes only files that no row refers to. Every method of a
storage on another machine may raise StorageUnavailable (errors.py).
"""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

GRACE_PERIOD = timedelta(hours=24)
"""Younger files stay: their row may not be committed yet."""

UNUSED_LIFETIME = timedelta(days=30)
"""A preview that nobody opens for this time is deleted; it can be drawn again."""

NAMES_PER_QUERY = 500
"""How many names one query of the database looks up."""

CHUNK_BYTES = 1024 * 1024
"""How much is copied at a time."""

NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{28}")
TOKEN = re.compile(r"[0-9a-f]{32}")


class StoredFile(NamedTuple):
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
        """Return the file for reading in pieces; it can be sought. Raises FileNotFoundError."""

    def open_local(self, name: str) -> BinaryIO:
        """Return the file with a descriptor of this machine, which a decoder needs. Raises FileNotFoundError."""

    def remove(self, name: str) -> None:
        """Delete the file, if it still exists."""

    def sweep(
        self, referenced: Callable[[Sequence[str]], set[str]], older_than: timedelta = GRACE_PERIOD
    ) -> list[str]:
        """Delete old files that no row refers to, and the rest of broken uploads; return their names."""

    def missing(self, names: Iterable[str]) -> Iterator[str]:
        """Yield those of the names that have no file."""

    def listing(self) -> Iterator[tuple[str, int]]:
        """Yield the name and size of each file, in the order of the names."""


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

    def listing(self) -> Iterator[tuple[str, int]]:
        """Yield the token of each upload, and how many bytes of it have arrived."""

    def sweep(self, older_than: timedelta) -> int:
        """Delete uploads to which nothing was appended for so long; return how many."""


class Previews(Protocol):
    """The pictures drawn of stored files, for each file, page and width. They can be drawn again, and are deleted with the file."""

    def get(self, name: str, page: int, width: int) -> bytes | None:
        """Return the picture, or None."""

    def put(self, name: str, page: int, width: int, content: bytes) -> None:
        """Store the picture; does nothing when that fails."""

    def forget(self, name: str) -> None:
        """Delete all pictures of a file."""

    def sweep(self, older_than: timedelta = UNUSED_LIFETIME) -> int:
        """Delete the pictures that nobody needed for this time; return their number."""


def fresh_name() -> str:
    """Return a new random name."""
    token = secrets.token_hex(16)
    return f"{token[:2]}/{token[2:4]}/{token[4:]}"


def checked_name(name: str) -> str:
    """Return the name of a stored file. Raises ValueError for anything else."""
    if not NAME.fullmatch(name):
        raise ValueError(f"not the name of a stored file: {name!r}")
    return name


def checked_token(token: str) -> str:
    """Return the token of an upload. Raises ValueError for anything else."""
    if not TOKEN.fullmatch(token):
        raise ValueError(f"not the token of an upload: {token!r}")
    return token


def preview_name(name: str, page: int, width: int) -> str:
    """Return the name of a preview below the folder of previews."""
    return f"{checked_name(name)}-{page:d}-{width:d}.jpg"


def unreferenced(names: Iterable[str], referenced: Callable[[Sequence[str]], set[str]]) -> list[str]:
    """Return the names that no row refers to. `referenced` gets at most NAMES_PER_QUERY of them at a time."""
    pending, found = iter(names), []
    while some := list(islice(pending, NAMES_PER_QUERY)):
        known = referenced(some)
        found += [name for name in some if name not in known]
    return found


def is_older(path: Path, latest: float) -> bool:
    """Say whether a file was written before this time; False for one that was deleted meanwhile."""
    try:
        return path.stat().st_mtime < latest
    except FileNotFoundError:
        return False
