"""Servers that tests start: they end with the test run, also when that is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PATIENCE = 60  # seconds until a server answers
FAREWELL = 15  # seconds until it has ended


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A running process with a log of its own. Raises RuntimeError, with the log, when it does not come up."""

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
        end = time.monotonic() + PATIENCE
        while not answers():
            if self.process.poll() is not None:
                raise RuntimeError(f"it ended with {self.process.returncode}")
            if time.monotonic() > end:
                raise RuntimeError(f"no answer within {PATIENCE} s")
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self._end_by)
            try:
                self.process.wait(FAREWELL)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def log_text(self, characters: int = 8000) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-characters:]
