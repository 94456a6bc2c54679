"""The worker's tasks: working off the outbox when woken, and each minute whatever a lost wake-up has left, imports too.

Two workers may do each of them at once: every row is claimed before anything is done with it.
"""

from datetime import timedelta

from flask import Flask, current_app
from huey import crontab
from sqlalchemy.orm import Session

from models import Message, Way
from worker import importing, sweeping, waking
from workflow import delivery, heartbeats, imports

A_DAY = timedelta(days=1)


def register(app: Flask) -> None:
    """Give the queue its tasks; each runs within the application's context."""
    queue = app.extensions["queue"]

    @queue.task(name="deliver")  # type: ignore[untyped-decorator]
    def deliver() -> None:
        with app.app_context():
            work_off()

    @queue.periodic_task(crontab(), name="tend", expires=50)  # type: ignore[untyped-decorator]
    def tend() -> None:
        with app.app_context():
            heartbeats.beat(heartbeats.WORKER)
            work_off()
            importing.work_off()
            if heartbeats.take_turn(heartbeats.SWEEP, A_DAY):
                imports.forget_old()
                sweeping.sweep()
                sweeping.forget()

    app.extensions["wake"] = waking.Waker(deliver)


def work_off() -> None:
    """Send everything that is due. A way that is out of order is left alone until the next time."""
    senders: dict[Way, delivery.Sender] = current_app.extensions["senders"]
    while delivery.expand(senders.keys()) == delivery.EXPANDED_AT_ONCE:
        pass
    working = set(senders)
    while working and (claimed := delivery.claim(working)) is not None:
        try:
            delivery.deliver(claimed, senders[claimed.way])
        except delivery.Unreachable:
            working.discard(claimed.way)


def _was_told(session: Session) -> bool:
    return any(isinstance(row, Message) for row in session.new)


def _wake() -> None:
    """Wake the worker where it has a way to send a message."""
    if current_app.extensions.get("ways"):
        current_app.extensions["wake"]()


waking.once_stored(_was_told, _wake)
