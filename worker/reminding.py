"""Writes the daily reminders once a working day, whichever worker comes first; what is missing after a crash is written later."""

from common import heartbeats
from common.calendar import local_date
from desk import digests
from models import now


def process_due() -> None:
    """Write the reminders of today, unless that was done or it is too early or no working day."""
    at = now()
    last = heartbeats.last(heartbeats.DIGEST)
    if last is not None and local_date(last) == local_date(at):
        return
    if digests.is_reminder_due(at) and digests.write(local_date(at)):
        heartbeats.beat(heartbeats.DIGEST)
