"""The worker's part in pictures: a thread of its own draws one uploaded file after the other, at a low priority.

Mails and other jobs never wait for it: they have the threads of the queue. The worker finds new files by itself every two seconds
(Tasks.look): waking it would load the queue into every process of the site, some 15 MiB, for each of which an upload is enough.
"""

import logging
import os
import threading
from contextlib import suppress

from flask import Flask

from common import jobs
from models import db
from uploads import first_look

NICENESS = 10
"""Of the thread, and so of the processes that it starts: on a busy machine pages and mails come first."""

log = logging.getLogger(__name__)
_due = threading.Event()


def wake() -> None:
    """Let the thread of this process look for files to draw."""
    _due.set()


def start(app: Flask) -> None:
    """Start the thread. A file that it has begun when the process ends is drawn after its lease."""
    threading.Thread(target=_run, args=(app,), name="drawing", daemon=True).start()


def _run(app: Flask) -> None:
    with suppress(OSError):  # elsewhere than on Linux a thread may have no priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    while True:
        _due.wait()
        _due.clear()
        with app.app_context():
            try:
                process_due()
            except Exception as error:  # the database is not available at the moment
                log.info("pictures: %s", type(error).__name__)


def process_due() -> None:
    """Draw every file that waits and that no other worker has."""
    while (job := first_look.claim()) is not None:
        try:
            first_look.draw_first_look(job)
        except Exception as error:
            db.session.rollback()
            log.error("picture %s: %s", job.id, type(error).__name__)
            with suppress(jobs.ClaimLost):
                first_look.postpone(job)
        db.session.rollback()
