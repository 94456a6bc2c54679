"""Wakes the worker from a separate thread, so that no request waits for the queue."""

import logging
import os
import threading
from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy.orm import Session

from models import db

log = logging.getLogger(__name__)


class Waker:
    """Calls `enqueue` in a thread. Calls that arrive while it runs are combined into one further call."""

    def __init__(self, enqueue: Callable[[], object]) -> None:
        self._enqueue = enqueue
        self._lock = threading.Lock()
        self._requested = False
        self._busy_in: int | None = None  # the process id: after a fork the thread does not exist any more

    def __call__(self) -> None:
        with self._lock:
            self._requested = True
            if self._busy_in == os.getpid():
                return
            self._busy_in = os.getpid()
        threading.Thread(target=self._wake, name="waking").start()

    def _wake(self) -> None:
        while self._take_request():
            try:
                self._enqueue()
            except Exception as error:
                log.info("the queue is away (%s); the worker looks by itself", type(error).__name__)

    def _take_request(self) -> bool:
        with self._lock:
            requested, self._requested = self._requested, False
            if not requested:
                self._busy_in = None
            return requested


def wake_after_commit(mark: str, waits: Callable[[Session], bool], wake: Callable[[], object]) -> None:
    """Call `wake` after each commit that stored something for the worker.

    `waits` inspects the flushed objects. Code that inserts rows without objects sets `mark` in `session.info` itself.
    """

    @event.listens_for(db.session, "after_flush")
    def notice(session: Session, _context: object) -> None:
        if waits(session):
            session.info[mark] = True

    @event.listens_for(db.session, "after_rollback")
    def forget(session: Session) -> None:
        session.info.pop(mark, None)

    @event.listens_for(db.session, "after_commit")
    def woken(session: Session) -> None:
        if session.info.pop(mark, False):
            wake()
