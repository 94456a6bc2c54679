"""Asks once an hour who still works where a grant is paid for several years, and notes the terms that have passed (P6)."""

from datetime import timedelta

from common import heartbeats
from common.calendar import today
from payments import continuation_terms

EVERY = timedelta(hours=1)


def process_due() -> None:
    """Ask and note, unless some worker finished both within the hour. After a crash the next minute does the rest."""
    if heartbeats.is_due(heartbeats.CONTINUATION, EVERY):
        continuation_terms.ask_due(today())
        continuation_terms.expire_due(today())
        heartbeats.beat(heartbeats.CONTINUATION)
