"""Sends all due messages, and wakes the worker after a commit that wrote some."""

from flask import current_app
from sqlalchemy.orm import Session

from models import Channel, Message
from worker import delivery, waking
from workflow import notifications


def process_due() -> None:
    """Send everything that is due. A channel that does not work is skipped until the next call."""
    senders: dict[Channel, delivery.Sender] = current_app.extensions["senders"]
    while delivery.expand(senders.keys()) == delivery.EXPAND_BATCH:
        pass
    working = set(senders)
    while working and (claimed := delivery.claim(working)) is not None:
        try:
            delivery.deliver(claimed, senders[claimed.channel])
        except delivery.ChannelDown:
            working.discard(claimed.channel)


def _has_message(session: Session) -> bool:
    return any(isinstance(row, Message) for row in session.new)


def _wake() -> None:
    """Wake the worker if any channel is open."""
    if current_app.extensions.get("channels"):
        current_app.extensions["wake"]()


waking.wake_after_commit(notifications.MESSAGES_WRITTEN, _has_message, _wake)
