"""The worker's part in messages by mail and SMS: it works off what stands in the outbox."""

from flask import current_app
from sqlalchemy.orm import Session

from models import Channel, Message
from worker import delivery, waking
from workflow import notifications


def process_due() -> None:
    """Send everything that is due. A channel that is out of order is left alone until the next time."""
    senders: dict[Channel, delivery.Sender] = current_app.extensions["senders"]
    while delivery.expand(senders.keys()) == delivery.EXPANDED_AT_ONCE:
        pass
    working = set(senders)
    while working and (claimed := delivery.claim(working)) is not None:
        try:
            delivery.deliver(claimed, senders[claimed.channel])
        except delivery.Unreachable:
            working.discard(claimed.channel)


def _has_message(session: Session) -> bool:
    return any(isinstance(row, Message) for row in session.new)


def _wake() -> None:
    """Wake the worker where it has a channel to send a message."""
    if current_app.extensions.get("channels"):
        current_app.extensions["wake"]()


waking.once_stored(notifications.MESSAGES_WRITTEN, _has_message, _wake)
