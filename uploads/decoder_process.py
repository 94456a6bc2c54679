"""Starts decoder.py, the program that opens strangers' files, and passes it one file at a time.

Passes no secret of the environment. The program ends by itself when this process does.
"""

import json
import logging
import os
import select
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from uploads.errors import CheckUnavailable
from uploads.file_regions import FileRegion

PROGRAM = Path(__file__).with_name("decoder.py")
ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}

BEGUN = b"\n"
"""What the program writes before the task begins."""

ATTEMPTS = 2
PIPE_BYTES = 64 * 1024
MOST_BYTES = 64 * 1024 * 1024
"""Of an answer. The largest preview has 24 million pixels, one or two bytes each."""

GRACE_SECONDS = 2.0
"""How much later than the program this process gives up waiting."""

log = logging.getLogger(__name__)


class DecoderProcess:
    """The program, started when the first file comes and again whenever it has ended. Threads share it."""

    def __init__(self, program: Path = PROGRAM) -> None:
        self._program = program
        self._lock = threading.Lock()
        self._requests: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, region: FileRegion, seconds: float, task: str, *details: object) -> bytes:
        """Return what the task has written about the file; b"" when it crashed or took more than `seconds`.

        After that the next file gets a new program: in this one the libraries have the same addresses for all files, and whoever
        crashes it to find them out must begin again. Raises CheckUnavailable when no program could begin.
        """
        message = json.dumps([seconds, task, region.start, region.size, *details]).encode()
        error: OSError | None = None
        for _ in range(ATTEMPTS):
            try:
                answer, has_ended = self._answer(message, region.descriptor, seconds + GRACE_SECONDS)
            except OSError as failed:  # the program cannot be started, or no more files can be opened
                error = failed
                self._forget()
                continue
            content = _complete(answer)
            if not has_ended:
                self._kill()
            elif not content:  # the task crashed, or the program is ending and would lose the next message
                self._forget()
            if answer:
                return content
        reason = error or f"exit status {self._exit_status()}"
        log.error("the program that opens uploaded files does not run: %s", reason)
        raise CheckUnavailable

    def prepare(self, task: str) -> None:
        """Start the program unless it runs, and let it load what the task needs. Does not wait for it."""
        with self._lock:
            if self._requests is not None:
                if self._process is not None and self._process.poll() is None:
                    return
                self._requests.close()
            with suppress(OSError):  # the file that comes will show it, too
                self._requests = self._started()
                self._requests.send(json.dumps([0, task]).encode())

    def _answer(self, message: bytes, file: int, seconds: float) -> tuple[bytes, bool]:
        """Return BEGUN and what the task has written, and whether that is all; b"" when the program did not begin."""
        reader, writer = os.pipe()
        try:
            try:
                self._send(message, [file, writer])
            finally:
                os.close(writer)
            return _read_all(reader, seconds)
        finally:
            os.close(reader)

    def _send(self, message: bytes, descriptors: list[int]) -> None:
        with self._lock:
            if self._requests is not None:
                try:
                    socket.send_fds(self._requests, [message], descriptors)
                except OSError:  # it has ended
                    self._requests.close()
                else:
                    return
            self._requests = self._started()
            socket.send_fds(self._requests, [message], descriptors)

    def _forget(self) -> None:
        """Let the program end when it has finished with the files that it has."""
        with self._lock:
            if self._requests is not None:
                self._requests.close()
                self._requests = None

    def _kill(self) -> None:
        """End a program that answers no more. The files that others have begun with it go on in their own processes."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
        self._forget()

    def _exit_status(self) -> int | None:
        """Return the exit status of the program that has ended; negative for a signal, None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(1) if self._process else None
        return None

    def _started(self) -> socket.socket:
        """Start the program and return the socket for its messages."""
        if self._process is not None:
            self._process.poll()  # collects the one that has ended
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - our own program
                    [sys.executable, "-I", str(self._program)],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    env=ENVIRONMENT,
                )
        except OSError:
            ours.close()
            raise
        return ours


def _read_all(reader: int, seconds: float) -> tuple[bytes, bool]:
    """Return what comes through a pipe, and whether its other end was closed in this time, within MOST_BYTES."""
    until = time.monotonic() + seconds
    waiting = select.poll()
    waiting.register(reader, select.POLLIN)
    content = bytearray()
    while len(content) <= MOST_BYTES and waiting.poll(max(0.0, until - time.monotonic()) * 1000):
        piece = os.read(reader, PIPE_BYTES)
        if not piece:
            return bytes(content), True
        content += piece
    return bytes(content), False


def _complete(answer: bytes) -> bytes:
    """Return an answer without BEGUN and its length; b"" when its process was killed before it had written everything."""
    length, _, content = answer.removeprefix(BEGUN).partition(b"\n")
    return content if length == b"%d" % len(content) else b""
