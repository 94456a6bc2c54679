"""The worker process: runs tasks until a signal, then finishes the running ones."""

import logging
import os
import signal
import sys
import threading
import time
from typing import Any

from flask import Flask
from huey.consumer import Consumer

from worker import queue
from worker.tasks import LOOK_EVERY, Tasks

THREADS = 2
"""While one waits for a slow mail server, the other sends what is urgent."""

SECONDS_TO_END = 25
"""Longer than a sender's timeout: what is being sent is noted as sent."""

SECONDS_BETWEEN_LOOKS = 1.0

log = logging.getLogger(__name__)


class GracefulConsumer(Consumer):  # type: ignore[misc]
    """Ends as gracefully at SIGTERM, which systemd sends, as at Ctrl-C."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._signal_actions = {signal.SIGINT: (False, True), signal.SIGTERM: (False, True)}


def run(app: Flask, threads: int = THREADS, *, beside: int | None = None) -> None:
    """Work until SIGINT or SIGTERM; no longer than the process `beside` lives, which has started this one."""
    _log()
    tasks = app.extensions["tasks"]()
    queue.prepare(app.config, tasks.queue)
    if beside is not None:
        _end_with(beside)
    _look_for_jobs(tasks)
    GracefulConsumer(
        tasks.queue,
        workers=threads,
        max_delay=SECONDS_BETWEEN_LOOKS,
        shutdown_timeout=SECONDS_TO_END,
    ).run()


def _log() -> None:
    """Say on the error output what is sent and what fails: numbers of rows, never words or addresses."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s"
    )
    for name in ("worker.delivery", "administration.imports", "worker"):
        logging.getLogger(name).setLevel(logging.INFO)


def _look_for_jobs(tasks: Tasks) -> None:
    def look() -> None:
        while True:
            try:
                tasks.look()
            except Exception as error:  # the database or the queue is away for now
                log.info("looking for jobs: %s", type(error).__name__)
            time.sleep(LOOK_EVERY)

    threading.Thread(target=look, name="jobs", daemon=True).start()


def _end_with(parent: int) -> None:
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()
