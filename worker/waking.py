"""Wakes the worker without letting anybody wait for the queue: whoever decides an application has gone on by then."""

import logging
import os
import threading
from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy.orm import Session

from models import db

log = logging.getLogger(__name__)


class Waker:
    """Calls `enqueue` in a thread of its own, once for all that was told while the last call was under way."""

    def __init__(self, enqueue: Callable[[], object]) -> None:
        self._enqueue = enqueue
        self._lock = threading.Lock()
        self._told = False
        self._busy_in: int | None = None  # the process, because a thread does not live on after a fork

    def __call__(self) -> None:
        with self._lock:
            self._told = True
            if self._busy_in == os.getpid():
                return
            self._busy_in = os.getpid()
        threading.Thread(target=self._wake, name="waking").start()

    def _wake(self) -> None:
        while self._is_told():
            try:
                self._enqueue()
            except Exception as trouble:
                log.info("the queue is away (%s); the worker looks by itself", type(trouble).__name__)

    def _is_told(self) -> bool:
        with self._lock:
            told, self._told = self._told, False
            if not told:
                self._busy_in = None
            return told


def once_stored(mark: str, waits: Callable[[Session], bool], wake: Callable[[], object]) -> None:
    """From now on call `wake` after each commit that has stored something for it.

    `waits` sees the objects on their way to the database; whoever writes plain rows puts the mark into the session's info.
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
