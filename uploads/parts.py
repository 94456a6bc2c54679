"""Files that are still arriving, in a folder of this machine: each is appended to until it is complete (A21).

Never shows or inspects them: a complete one goes through receive.py like any other file.
"""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from uploads.errors import StorageFull
from uploads.local_disk import is_full, make_directory
from uploads.storage import TOKEN, checked_token, is_older


class LocalParts:
    """One file a token, directly below a root. The caller holds the lock of the row that the token belongs to."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, token: str) -> Path:
        """Return where the file of this token lies. Raises ValueError for anything but a token."""
        return self.root / checked_token(token)

    def size(self, token: str) -> int:
        """Return how many bytes are there; 0 when nothing is."""
        try:
            return self.path(token).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, token: str, offset: int, content: bytes) -> None:
        """Write the content durably at the offset; what lay behind it, of a write that was not recorded, is dropped.

        Raises StorageFull when the disk has no room; then the file ends at the offset.
        """
        make_directory(self.root)
        descriptor = os.open(self.path(token), os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            try:
                file.truncate(offset)
                file.seek(offset)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            except OSError as error:
                os.ftruncate(file.fileno(), offset)
                if is_full(error):
                    raise StorageFull from error
                raise

    def open(self, token: str) -> BinaryIO:
        """Return what is there for reading. Raises FileNotFoundError."""
        return self.path(token).open("rb")

    def remove(self, token: str) -> None:
        """Remove it; it may be gone already."""
        self.path(token).unlink(missing_ok=True)

    def listing(self) -> Iterator[tuple[str, int]]:
        """Yield the token and size of each upload."""
        for path in self.root.glob("*"):
            if TOKEN.fullmatch(path.name):
                yield path.name, self.size(path.name)

    def sweep(self, older_than: timedelta) -> int:
        """Remove what nothing was appended to for so long; return how many files."""
        latest = time.time() - older_than.total_seconds()
        old = [path for path in self.root.glob("*") if TOKEN.fullmatch(path.name) and is_older(path, latest)]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)
