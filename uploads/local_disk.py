"""Stores attachments in a folder of this machine, under random names. Files are synced to disk before a row refers to them."""

import errno
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from uploads.errors import StorageFull
from uploads.file_regions import FileRegion, rest_of
from uploads.storage import (
    GRACE_PERIOD,
    NAME,
    StoredFile,
    checked_name,
    fresh_name,
    is_older,
    unreferenced,
)

DIRECTORY = re.compile(r"[0-9a-f]{2}")


COPIED_BYTES = 256 * 1024
"""Bytes that are copied at a time: they stay in the processor's cache from reading to hashing."""


class LocalDisk:
    """Files in two levels of 256 directories below a root, so that none grows long."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._arriving = root / "arriving"

    def path(self, name: str) -> Path:
        """Return the path of a stored file. Raises ValueError for anything but a storage name."""
        return self.root / checked_name(name)

    def store(self, stream: BinaryIO, name: str = "") -> StoredFile:
        """Store everything from the stream's position on, synced to disk, or nothing at all; under this name, or a new one.

        Raises StorageFull when the disk has no room. Whatever else the stream raises comes through.
        """
        fresh = fresh_name()
        target = self.path(name or fresh)
        replaces = bool(name) and target.exists()
        arriving = (
            self._arriving / self.path(fresh).name
        )  # of a broken restore there may be one with its own name
        folders = (target.parent, target.parent.parent, self.root)
        try:
            make_directory(self.root)
            for folder in (target.parent.parent, target.parent):
                folder.mkdir(mode=0o700, exist_ok=True)
            region = rest_of(stream)
            if region and not name and region.link_to(target):
                size, digest = _sync_and_hash(region, folders)
            else:
                make_directory(self._arriving)
                size, digest = _copy(stream, arriving)
                arriving.rename(target)
                _sync_directories(folders)
        except BaseException as error:
            arriving.unlink(missing_ok=True)
            if not replaces:
                target.unlink(missing_ok=True)
            if is_full(error):
                raise StorageFull from error
            raise
        return StoredFile(name or fresh, size, digest)

    def open(self, name: str) -> BinaryIO:
        """Return the file for reading. Raises FileNotFoundError."""
        return self.path(name).open("rb")

    open_local = open

    def remove(self, name: str) -> None:
        """Delete the file, if it still exists."""
        self.path(name).unlink(missing_ok=True)

    def sweep(
        self, referenced: Callable[[Sequence[str]], set[str]], older_than: timedelta = GRACE_PERIOD
    ) -> list[str]:
        """Delete files older than `older_than` that no row refers to, and the rest of broken uploads; return their names.

        `referenced` gets at most NAMES_PER_QUERY names and returns those that rows refer to.
        """
        latest = time.time() - older_than.total_seconds()
        for leftover in self._arriving.glob("*"):
            if is_older(leftover, latest):
                leftover.unlink(missing_ok=True)
        old = (name for name in self._names() if is_older(self.path(name), latest))
        removed = unreferenced(old, referenced)
        for name in removed:
            self.remove(name)
        return removed

    def missing(self, names: Iterable[str]) -> Iterator[str]:
        """Yield the names that have no file."""
        return (name for name in names if not self.path(name).is_file())

    def listing(self) -> Iterator[tuple[str, int]]:
        """Yield the name and size of each file, in the order of the names; of those that are removed meanwhile some."""
        for name in self._names():
            with suppress(FileNotFoundError):
                yield name, self.path(name).stat().st_size

    def _names(self) -> Iterator[str]:
        for first in _sorted_names(self.root):
            for second in _sorted_names(self.root / first) if DIRECTORY.fullmatch(first) else ():
                for last in _sorted_names(self.root / first / second) if DIRECTORY.fullmatch(second) else ():
                    name = f"{first}/{second}/{last}"
                    if NAME.fullmatch(name):  # other files in the folder are not ours to delete
                        yield name


def _sorted_names(directory: Path) -> list[str]:
    """Return the names in a directory; none when it is no directory or is gone."""
    try:
        return sorted(path.name for path in directory.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _sync_and_hash(region: FileRegion, folders: Iterable[Path]) -> tuple[int, str]:
    """Sync a file that has its name already, and the folders; return the number of bytes and their SHA-256.

    All of them at once: a file system with a journal writes name, new folders and file down together, and the disk empties its
    own cache fewer times. One after the other took a fifth longer.
    """
    with ThreadPoolExecutor(2) as beside:
        hashing = beside.submit(_sha256, region)
        syncing = beside.submit(_sync_directories, folders)
        os.fsync(region.descriptor)
        syncing.result()
        digest = hashing.result()
    _check_unchanged(region, region.descriptor)
    return region.size, digest


def _copy(stream: BinaryIO, target: Path) -> tuple[int, str]:
    """Make a new file of the rest of the stream, synced; return the number of bytes and their SHA-256."""
    region = rest_of(stream)
    if region is None:
        return _copy_stream(stream, target)
    with ThreadPoolExecutor(1) as beside, _create(target) as out:
        hashing = beside.submit(_sha256, region)
        region.copy_to(out.fileno())
        os.fsync(out.fileno())
        digest = hashing.result()
        _check_unchanged(region, out.fileno())
    return region.size, digest


def _check_unchanged(region: FileRegion, stored: int) -> None:
    """Raise OSError unless the stored file has all bytes of the region, and all of them were hashed."""
    if not region.position == region.size == os.fstat(stored).st_size:
        raise OSError("the file has changed while it was stored")


def _sha256(region: FileRegion) -> str:
    """Return the digest of the file, and leave the position where reading has ended."""
    if not region.is_alone:
        return hashlib.file_digest(region, "sha256").hexdigest()
    # Nobody shortens the file meanwhile, which would end this process. Reading it in pieces takes a seventh more CPU.
    region.seek(0, os.SEEK_END)
    return hashlib.sha256(region.mapped()).hexdigest()


def _copy_stream(stream: BinaryIO, target: Path) -> tuple[int, str]:
    digest = hashlib.sha256()
    size = 0
    with _create(target) as out:
        while piece := stream.read(COPIED_BYTES):
            out.write(piece)
            digest.update(piece)
            size += len(piece)
        out.flush()
        os.fsync(out.fileno())
    return size, digest.hexdigest()


def _create(target: Path) -> BinaryIO:
    return os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def is_full(error: BaseException) -> bool:
    """Say whether an error means that the disk has no room."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def make_directory(path: Path) -> None:
    """Create the directory and its parents, synced, so that a power cut cannot lose it with the file inside."""
    if path.is_dir():
        return
    make_directory(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    _sync_directory(path.parent)


def _sync_directories(paths: Iterable[Path]) -> None:
    for path in paths:
        _sync_directory(path)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
