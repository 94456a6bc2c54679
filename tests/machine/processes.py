"""Servers that tests start. They end with the test run, even when it is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import cycle, islice
from pathlib import Path

START_SECONDS = 60  # seconds until a server answers
SHUTDOWN_SECONDS = 15  # seconds until it has ended


FIRST_PORT, LAST_PORT = 11_000, 60_000  # below them lies 10080, to which no browser goes
PORTS = 400  # a port that was used rests for a minute; no process of tests uses up so many in that time


def free_port() -> int:
    """Return a free port: the next one of the range that is reserved for this process."""
    _, ports = _own_ports()
    return next(port for port in islice(ports, PORTS) if _is_free(port))


@cache
def _own_ports() -> tuple[socket.socket, Iterator[int]]:
    """The ports that this process has for itself, and the socket on the one before them by which others know it.

    The first that are found lie below 32768, from where on the system gives one to each connection of a client.
    """
    for first in range(FIRST_PORT, LAST_PORT, PORTS):
        if sign := _held(first):
            return sign, cycle(range(first + 1, first + PORTS))
    raise RuntimeError(f"no {PORTS} ports are free between {FIRST_PORT} and {LAST_PORT}")


def _held(port: int) -> socket.socket | None:
    """Return an open socket that reserves the port; None when another process has it."""
    held = socket.socket()
    try:
        held.bind(("127.0.0.1", port))
    except OSError:
        held.close()
        return None
    return held


def _is_free(port: int) -> bool:
    if held := _held(port):
        held.close()
    return held is not None


class Server:
    """A running process with its own log file. Raises RuntimeError, with the log, when it does not start."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        answers: Callable[[], bool],
        *,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
        end_by: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.log = log
        self._end_by = end_by
        rights = [f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                ["setpriv", *rights, "--pdeathsig", end_by.name.removeprefix("SIG"), *command],
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait_for(answers)
        except Exception as trouble:
            self.stop()
            raise RuntimeError(
                f"{' '.join(command)} did not come up: {trouble}\n{self.log_text()}"
            ) from trouble

    def _wait_for(self, answers: Callable[[], bool]) -> None:
        end = time.monotonic() + START_SECONDS
        while not answers():
            if self.process.poll() is not None:
                raise RuntimeError(f"it ended with {self.process.returncode}")
            if time.monotonic() > end:
                raise RuntimeError(f"no answer within {START_SECONDS} s")
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self._end_by)
            try:
                self.process.wait(SHUTDOWN_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def log_text(self, characters: int = 8000) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-characters:]
