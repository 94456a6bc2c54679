"""Moves the bytes of a body from its socket into a file through a pipe: the system copies them once, and Python never."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os

PIPE_BYTES = 1024 * 1024
"""As much as Linux lets a process without rights ask for."""


class BodyPipe:
    """A pipe of the event loop, which is empty between two steps. It is made at the first step: after the fork of the process."""

    def __init__(self) -> None:
        self._reader = self._writer = -1

    def fill(self, socket: int, most: int) -> int:
        """Take what has arrived, up to `most` bytes; return how many, 0 at the end. Raises BlockingIOError while nothing has."""
        if self._reader < 0:
            self._reader, self._writer = os.pipe()
            with contextlib.suppress(OSError):  # the user has too many large pipes
                fcntl.fcntl(self._writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        return os.splice(socket, self._writer, min(most, PIPE_BYTES))

    def empty(self, file: int, count: int) -> None:
        """Write so many bytes into the file, at its position. Raises OSError when the disk is full; the rest is dropped."""
        try:
            while count:
                count -= self._write(file, count)
        except OSError:
            os.close(self._reader)
            os.close(self._writer)
            self._reader = -1
            raise

    def _write(self, file: int, most: int) -> int:
        try:
            return os.splice(self._reader, file, most)
        except OSError as fault:
            if fault.errno != errno.EINVAL:
                raise
        piece = memoryview(os.read(self._reader, most))  # a file system that does not know how to
        left = piece
        while left:  # when the disk is nearly full, it takes a part
            left = left[os.write(file, left) :]
        return len(piece)
