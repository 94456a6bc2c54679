"""A file that lies within another file on disk, such as one that came in the body of a form. It is read where it lies."""

import io
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from uploads.positioned import PositionedContent


class FileRegion(PositionedContent):
    """The bytes of a file on disk from `start` on. Reading moves no position but its own, so several can be read at a time.

    `is_alone`: nobody needs what else is in the file, and nobody will write into it.
    """

    def __init__(self, descriptor: int, start: int, size: int, *, is_alone: bool = False) -> None:
        super().__init__(size)
        self.descriptor = descriptor
        self.start = start
        self.is_alone = is_alone

    def link_to(self, path: Path) -> bool:
        """Give the file itself this name, so that its bytes need no copy. Returns False when only a copy can have the name.

        That is so for a file with more in it, and for one on another file system than the name (EXDEV).
        """
        if not self.is_alone or self.start:
            return False
        # With a directory's descriptor Python calls linkat, which follows the link in /proc; without one it calls link, which does not.
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            if os.fstat(self.descriptor).st_size != self.size:
                os.truncate(self.descriptor, self.size)
            os.link(f"/proc/self/fd/{self.descriptor}", path.name, dst_dir_fd=directory, follow_symlinks=True)
        except OSError:
            return False
        finally:
            os.close(directory)
        return True

    def copy_to(self, descriptor: int) -> int:
        """Let the system copy all bytes into another file, at its position; return how many they are.

        XFS and Btrfs only note that both files have the same blocks, and separate them when one is written to.
        """
        done = 0
        with suppress(OSError):  # to another file system, or by one that cannot
            while count := os.copy_file_range(
                self.descriptor, descriptor, self.size - done, self.start + done
            ):
                done += count
        while count := os.sendfile(descriptor, self.descriptor, self.start + done, self.size - done):
            done += count
        return done

    def mapped(self) -> memoryview:
        """Return all bytes without copying them."""
        before = self.start % mmap.ALLOCATIONGRANULARITY
        content = mmap.mmap(
            self.descriptor, before + self.size, access=mmap.ACCESS_READ, offset=self.start - before
        )
        return memoryview(content)[before:]

    def readinto(self, buffer: Any) -> int:
        """Read into the buffer."""
        room = memoryview(buffer)[: max(0, self.size - self.position)]
        count = os.preadv(self.descriptor, [room], self.start + self.position) if room else 0
        self.position += count
        return count


def open_region(descriptor: int, start: int, size: int, *, is_alone: bool = False) -> io.BufferedReader:
    """Return a stream of a region. Its caller keeps the descriptor open."""
    return io.BufferedReader(FileRegion(descriptor, start, size, is_alone=is_alone))


def same_again(region: FileRegion) -> io.BufferedReader:
    """Return another stream of a region."""
    return open_region(region.descriptor, region.start, region.size, is_alone=region.is_alone)


def region_of(stream: BinaryIO) -> FileRegion | None:
    """Return where on disk a whole file lies, if it does."""
    raw = getattr(stream, "raw", None)
    if isinstance(raw, FileRegion):
        return raw
    try:
        descriptor = stream.fileno()
    except (AttributeError, io.UnsupportedOperation):
        return None
    return FileRegion(descriptor, 0, os.fstat(descriptor).st_size)


def rest_of(stream: BinaryIO) -> FileRegion | None:
    """Return where what a stream of a region has not read yet lies; None for any other stream."""
    raw = getattr(stream, "raw", None)
    if not isinstance(raw, FileRegion):
        return None
    done = stream.tell()
    return FileRegion(raw.descriptor, raw.start + done, raw.size - done, is_alone=raw.is_alone)


@contextmanager
def with_descriptor(stream: BinaryIO) -> Iterator[FileRegion]:
    """Provide the rest of a stream as a region, in a file in memory if it lies in none."""
    if region := region_of(stream):
        yield region
        return
    with open(os.memfd_create("upload"), "wb") as file:  # noqa: PTH123 - a descriptor
        file.write(stream.read())
        file.flush()
        yield FileRegion(file.fileno(), 0, file.tell())


def readable_twice(stream: BinaryIO) -> BinaryIO:
    """Return a stream of the same file that can be stored while it is inspected, if the file lies on disk."""
    region = region_of(stream)
    return open_region(region.descriptor, region.start, region.size) if region else stream
