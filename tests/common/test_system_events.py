"""common/system_events.py: the page about the operation reads the last backup from here."""

from datetime import timedelta

import pytest
from flask import Flask

from common.system_events import BACKUP, LIFETIME, RESTORE, last_event, record_event
from models import EventOutcome, SystemEvent, db, exclusive, now


@pytest.mark.guide("S3")
def test_the_last_event_of_a_name_is_found_and_old_ones_are_deleted(app_context: Flask) -> None:
    assert last_event(BACKUP) is None
    record_event(BACKUP, EventOutcome.SUCCEEDED, bytes=7)
    with exclusive():
        last_event(BACKUP).at = now() - LIFETIME - timedelta(days=1)
    record_event(BACKUP, EventOutcome.SUCCEEDED, bytes=8)
    record_event(BACKUP, EventOutcome.FAILED, error="disk full")
    record_event(RESTORE, EventOutcome.SUCCEEDED)
    assert last_event(BACKUP).detail == {"error": "disk full"}
    assert last_event(BACKUP, EventOutcome.SUCCEEDED).detail == {"bytes": 8}
    assert db.session.query(SystemEvent).filter_by(name=BACKUP).count() == 2
