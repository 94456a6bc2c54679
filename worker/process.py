"""The worker process: runs tasks until it gets a signal, then finishes the running ones."""

import logging
import os
import signal
import sys
import threading
import time
from typing import Any

from flask import Flask
from huey.consumer import Consumer

from worker import drawing, queue
from worker.tasks import POLL_SECONDS, Tasks

THREADS = 2
"""While one thread waits for a slow mail server, the other sends urgent messages."""

SHUTDOWN_SECONDS = 25
"""Time to finish after a signal. Longer than a sender's timeout, so that the outcome of a running delivery is recorded."""

QUEUE_POLL_SECONDS = 1.0

ROOMS_OF_JOBS = ("administration", "desk", "documents", "payments", "worker")
"""Their modules log what became of each job at the level INFO."""

log = logging.getLogger(__name__)


class GracefulConsumer(Consumer):  # type: ignore[misc]
    """Ends gracefully at SIGTERM, which systemd sends, as at Ctrl-C."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._signal_actions = {signal.SIGINT: (False, True), signal.SIGTERM: (False, True)}


def run(app: Flask, threads: int = THREADS, *, beside: int | None = None) -> None:
    """Run until SIGINT or SIGTERM, or until the process `beside` ends, which has started this one."""
    _configure_logging()
    tasks = app.extensions["tasks"]()
    queue.prepare(app.config, tasks.queue)
    if beside is not None:
        _stop_with_parent(beside)
    _start_job_poll(tasks)
    drawing.start(app)
    GracefulConsumer(
        tasks.queue,
        workers=threads,
        max_delay=QUEUE_POLL_SECONDS,
        shutdown_timeout=SHUTDOWN_SECONDS,
    ).run()


def _configure_logging() -> None:
    """Log to standard error what is sent and what fails: ids of rows, never texts or addresses."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s"
    )
    for room in ROOMS_OF_JOBS:
        logging.getLogger(room).setLevel(logging.INFO)


def _start_job_poll(tasks: Tasks) -> None:
    def look() -> None:
        while True:
            try:
                tasks.look()
            except Exception as error:  # the database or the queue is not available at the moment
                log.info("looking for jobs: %s", type(error).__name__)
            time.sleep(POLL_SECONDS)

    threading.Thread(target=look, name="jobs", daemon=True).start()


def _stop_with_parent(parent: int) -> None:
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()
