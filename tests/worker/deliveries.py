"""Messages on their channel: to whom, what became of them, and waiting for it."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import inspect

from common import heartbeats, messages
from models import Account, Channel, Delivery, Message, db, exclusive
from tests import factories
from worker import outbox

PHONE, EMAIL = "13847710000", "wang@example.com"


def last_heartbeat() -> datetime | None:
    """When a worker has last begun to look by itself for what a lost wake-up has left, as each does every minute."""
    beat = heartbeats.last(heartbeats.WORKER)
    db.session.rollback()  # SQLite lets nobody write who has read what a worker has changed since
    return beat


def person(**further: Any) -> Account:
    account = factories.applicant()
    for name, value in ({"phone": PHONE, "email": EMAIL, "wants_mail": True} | further).items():
        setattr(account, name, value)
    return factories.saved(account)


def write_message(account: Account, code: str = "204518", urgent: bool = False) -> Message:
    """A message to one person, as the event would write it."""
    with exclusive():
        return messages.write_message(account, "password_reset", {"code": code}, urgent)


def state_of(message: Message) -> dict[Channel, tuple[str, int, str]]:
    """What became of a message: by channel its state, attempts and error."""
    db.session.rollback()
    rows = db.session.query(Delivery).filter_by(message_id=inspect(message).identity[0]).populate_existing()
    return {row.channel: (row.state.value, row.attempts, row.error) for row in rows}


def send_all() -> None:
    outbox.process_due()


def wait_until(question: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait for it. Raises AssertionError when it does not come."""
    end = time.monotonic() + seconds
    while not (found := question()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)
    return found
