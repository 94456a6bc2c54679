"""Once a day the storage is swept: of two workers by one, and never of what a row names."""

import io
import os
import time
from datetime import timedelta

from flask import Flask

from models import Heartbeat, db, exclusive, now
from tests import factories
from uploads.sets import storage
from worker import sweeping
from workflow import heartbeats


def kept(age_in_hours: int) -> str:
    name = storage().store(io.BytesIO(b"scan")).name
    at = time.time() - age_in_hours * 3600
    os.utime(storage().path(name), (at, at))  # type: ignore[attr-defined]
    return name


def test_only_old_files_without_a_row_are_removed(app_context: Flask) -> None:
    young, lost, licence, paper = kept(1), kept(30), kept(30), kept(30)
    factories.enterprise(licence_file=licence)
    application = factories.complete_application()
    factories.upload(application, factories.materials()[0], storage_name=paper)
    assert sweeping.sweep() == 1
    assert list(storage().missing([young, lost, licence, paper])) == [lost]


def test_its_turn_comes_once_a_day_and_to_one(app_context: Flask) -> None:
    day = timedelta(days=1)
    turns = [heartbeats.take_turn(heartbeats.SWEEP, day) for _ in range(3)]
    assert turns == [True, False, False]
    with exclusive():
        db.session.get_one(Heartbeat, heartbeats.SWEEP).at = now() - day
    assert [heartbeats.take_turn(heartbeats.SWEEP, day) for _ in range(2)] == [True, False]
