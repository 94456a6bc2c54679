"""The body of a long request: its beginning in memory, the rest in a file without a name.

Where the first file of a form begins, the file begins, too. So the application can keep it as it lies, by giving it a name, and
need not copy it. Only this place is searched for here: what the form says is for the application to read.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Callable
from typing import IO, Any

LONGEST_BEGINNING = 16 * 1024
"""Where a form's first file begins later than this, the body is a file from its first byte on."""

HEAD_END = b"\r\n\r\n"
NAMES_FILE = re.compile(rb'\r\ncontent-disposition:[^\r\n]*[; \t]filename="[^"\r\n]', re.IGNORECASE)
"""In the head of a part with a file. The part of a field without a chosen file has an empty name."""

WHEN_ONE_BEGINS: list[Callable[[], None]] = []
"""Called in a thread when a long body begins to come: the application gets ready meanwhile."""


def place_of_first_file(received: bytes | bytearray, start: int, end: int) -> int:
    """Return where the content of the first file begins; `start` when that is not seen between both."""
    head = start
    while (head_end := received.find(HEAD_END, head, end)) >= 0:
        content = head_end + len(HEAD_END)
        if NAMES_FILE.search(received, head, head_end):
            return content
        head = content
    return start


class LongBody(io.RawIOBase):
    """A body of `length` bytes, of which less may have come. Reading it moves no position but its own."""

    def __init__(self, beginning: bytes, length: int) -> None:
        super().__init__()
        self.beginning = beginning
        self.length = length
        self.file = _file_without_name()
        self._position = length

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position. It is the end until somebody seeks."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the position."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.length}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read into the buffer."""
        piece = self.beginning[self._position : self._position + len(buffer)]
        if piece:
            buffer[: len(piece)] = piece
            count = len(piece)
        else:
            count = os.preadv(self.file.fileno(), [buffer], max(0, self._position - len(self.beginning)))
        self._position += count
        return count

    def close(self) -> None:
        """Close the file. Without a name it is gone then."""
        self.file.close()
        super().close()


def _file_without_name() -> IO[bytes]:
    """Open an empty file that a name can be given to later, which those of `tempfile` refuse; raise OSError when that fails."""
    with contextlib.suppress(
        OSError, AttributeError
    ):  # the file system knows no such files, or the system does not
        return os.fdopen(os.open(tempfile.gettempdir(), os.O_RDWR | os.O_TMPFILE, 0o600), "r+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)


def write_all(file: IO[bytes], data: Any) -> None:
    """Write everything: a file without a buffer may take a part, when the disk is nearly full. Raises OSError."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]
