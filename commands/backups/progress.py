"""Prints how far a backup or restore is, at most once in two seconds; checks that a disk has room; says what went wrong."""

import shutil
import time
from pathlib import Path

import click

from commands.backups.manifest import BackupError
from uploads.errors import StorageFull, StorageUnavailable
from uploads.local_disk import is_full

PAUSE_SECONDS = 2.0
SPARE_BYTES = 64 * 1024**2
"""Stays free: a full disk would stop others too."""


class Progress:
    """Counts files and bytes of one part of the work."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._count = self._bytes = 0
        self._next = time.monotonic() + PAUSE_SECONDS

    def step(self, size: int) -> None:
        """Count one file of this size."""
        self._count += 1
        self._bytes += size
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PAUSE_SECONDS
            click.echo(f"  {self._label}: {self._count}, {megabytes(self._bytes)}")


def megabytes(size: int) -> str:
    """Return the size in MB, to be read."""
    return f"{size / 1024**2:,.1f} MB"


def require_free_bytes(place: Path, needed: int) -> None:
    """Raise BackupError when the disk of the place has not this many bytes to spare."""
    existing = next(path for path in (place, *place.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < needed + SPARE_BYTES:
        raise BackupError(
            f"{place} 所在磁盘只剩 {megabytes(free)}，需要 {megabytes(needed + SPARE_BYTES)}"
            f" / the disk has {megabytes(free)}, {megabytes(needed + SPARE_BYTES)} are needed; nothing was changed"
        )


def described(error: Exception) -> str:
    """Return what went wrong, in words that say what to do."""
    if isinstance(error, BackupError):
        return error.message
    if isinstance(error, StorageFull) or is_full(error):
        return "磁盘已满，没有留下半个文件 / the disk is full; nothing half written was left"
    if isinstance(error, StorageUnavailable):
        return "文件存储没有响应（TALENT_STORAGE_URL） / the storage of the files does not answer"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return f"{type(error).__name__}: {error}"
