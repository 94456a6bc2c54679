"""Once a day the storage is swept: of two workers by one, and never of what a row names."""

import io
import os
import time
from datetime import timedelta

import pytest
from flask import Flask
from huey.signals import SIGNAL_ERROR
from sqlalchemy import select

from common import heartbeats
from common.calendar import today
from common.settings import DIGEST_TIME
from models import (
    Attempts,
    Channel,
    Delivery,
    Digest,
    Heartbeat,
    LoginSession,
    Message,
    MessageReading,
    ResetCode,
    Setting,
    db,
    exclusive,
    now,
)
from models.secrets import vault
from tests import factories
from uploads.sets import storage
from worker import queue, sweeping, tasks


def store_file(age_in_hours: int) -> str:
    name = storage().store(io.BytesIO(b"scan")).name
    at = time.time() - age_in_hours * 3600
    os.utime(storage().path(name), (at, at))  # type: ignore[attr-defined]
    return name


def test_a_part_of_the_minute_that_fails_holds_up_no_other(app_context: Flask) -> None:
    factories.saved(Setting(key=DIGEST_TIME, value="half past eight"))
    long_ago = now() - timedelta(days=100)
    db.session.add(LoginSession(token="old", account_id=factories.applicant().id, seen_at=long_ago))
    db.session.commit()
    of_site = app_context.extensions["tasks"]()
    queue.prepare(app_context.config, of_site.queue)
    of_site.queue.flush()
    of_site.every_minute()
    failures: list[str] = []
    of_site.queue.signal(SIGNAL_ERROR)(lambda _signal, _task, error: failures.append(str(error)))
    of_site.queue.execute(of_site.queue.dequeue())
    assert len(failures) == 1
    assert "half past eight" in failures[0]
    assert db.session.scalars(select(LoginSession.token)).all() == [], "the daily sweep comes last"


def test_only_old_files_without_a_row_are_removed(app_context: Flask) -> None:
    young, lost, licence, paper = store_file(1), store_file(30), store_file(30), store_file(30)
    factories.enterprise(licence_file=licence)
    application = factories.complete_application()
    factories.upload(application, factories.materials()[0], storage_name=paper)
    assert sweeping.sweep() == 1
    assert list(storage().missing([young, lost, licence, paper])) == [lost]


def test_expired_rows_are_deleted_and_valid_ones_stay(app_context: Flask) -> None:
    account = factories.applicant()
    old, young = now() - timedelta(days=100), now()
    for at in (old, young):
        digest = vault.digest(str(at))
        db.session.add_all(
            [
                LoginSession(token=digest[:32], account_id=account.id, seen_at=at),
                Attempts(purpose="login", subject=digest, address="", last_at=at),
                ResetCode(token=digest[:32], login_digest=digest, code_digest=digest, asked_at=at),
            ]
        )
    db.session.commit()
    sweeping.delete_expired()
    for table, column in ((LoginSession, "seen_at"), (Attempts, "last_at"), (ResetCode, "asked_at")):
        assert [getattr(row, column) for row in db.session.scalars(select(table))] == [young]


def test_old_reminders_are_deleted_with_their_messages(app_context: Flask) -> None:
    reader = factories.city_clerk()
    numbers = {"waiting": 1, "due_today": 0, "overdue": 0, "longest": 2}
    for age in (91, 90):
        message = Message(kind="digest", account_id=reader.id)
        day = today() - timedelta(days=age)
        db.session.add(Digest(account_id=reader.id, day=day, message=message, **numbers))
        db.session.flush()
        db.session.add(MessageReading(message_id=message.id, account_id=reader.id))
        db.session.add(Delivery(message_id=message.id, account_id=reader.id, channel=Channel.MAIL))
    other = Message(kind="reviewers_changed", account_id=reader.id)
    db.session.add(other)
    db.session.commit()
    sweeping.delete_expired()
    assert db.session.scalars(select(Digest.day)).all() == [today() - timedelta(days=90)]
    assert len(db.session.scalars(select(Message.id)).all()) == 2
    assert len(db.session.scalars(select(MessageReading.message_id)).all()) == 1
    assert len(db.session.scalars(select(Delivery.id)).all()) == 1


def set_back(name: str, by: timedelta) -> None:
    with exclusive():
        db.session.get_one(Heartbeat, name).at -= by


def test_the_sweep_runs_once_a_day_in_one_worker(app_context: Flask) -> None:
    def sweep() -> bool:
        lost = store_file(30)
        tasks.sweep_daily()
        return bool(list(storage().missing([lost])))

    assert [sweep(), sweep()] == [True, False]
    set_back(heartbeats.SWEEP_STARTED, timedelta(hours=23))
    set_back(heartbeats.SWEEP, timedelta(hours=23))
    assert not sweep()
    set_back(heartbeats.SWEEP, timedelta(hours=1))
    assert [sweep(), sweep()] == [True, False]


def test_a_sweep_that_failed_is_tried_again_after_a_pause(
    app_context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[str] = []

    def fail() -> None:
        attempts.append("tried")
        tasks.sweep_daily()  # as another worker would, at the same time
        raise OSError("no storage")

    with monkeypatch.context() as broken:
        broken.setattr(sweeping, "sweep", fail)
        with pytest.raises(OSError, match="no storage"):
            tasks.sweep_daily()
        tasks.sweep_daily()
        assert attempts == ["tried"], "neither at the same time nor in the next minute"
    assert heartbeats.last(heartbeats.SWEEP) is None
    set_back(heartbeats.SWEEP_STARTED, tasks.SWEEP_PAUSE)
    lost = store_file(30)
    tasks.sweep_daily()
    assert list(storage().missing([lost])) == [lost]
    assert heartbeats.last(heartbeats.SWEEP) is not None
