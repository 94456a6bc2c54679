"""Exclusive transactions: all or nothing, no unsaved changes, and objects are read again."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask
from sqlalchemy import text

from models import Notice, Office, Setting, db, exclusive, now

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""PostgreSQL locks rows, not the whole database: tests/workflow/test_review_at_once.py tests that."""


def stored_settings() -> list[str]:
    db.session.commit()
    return [row.key for row in db.session.query(Setting).order_by(Setting.key)]


def add(key: str) -> None:
    db.session.add(Setting(key=key, value="1"))


def test_a_transaction_commits_all_its_changes(app_context: Flask) -> None:
    with exclusive():
        add("a")
        add("b")
    db.session.rollback()
    assert stored_settings() == ["a", "b"]


@pytest.mark.parametrize("trouble", [ValueError, KeyboardInterrupt])
def test_a_failing_transaction_changes_nothing(app_context: Flask, trouble: type[BaseException]) -> None:
    def half_done() -> None:
        with exclusive():
            add("a")
            db.session.flush()
            raise trouble

    with pytest.raises(trouble):
        half_done()
    assert stored_settings() == []
    with exclusive():
        add("b")
    assert stored_settings() == ["b"]


def test_unsaved_changes_before_a_transaction_are_refused(app_context: Flask) -> None:
    add("forgotten")
    with pytest.raises(RuntimeError, match="unsaved"), exclusive():
        add("a")
    db.session.rollback()
    assert stored_settings() == []


def test_objects_read_before_a_transaction_are_read_again(app_context: Flask) -> None:
    with exclusive():
        add("a")
    kept = db.session.get_one(Setting, "a")
    assert kept.value == "1"
    with db.engine.begin() as elsewhere:
        elsewhere.exec_driver_sql("UPDATE settings SET value = '2'")
    with exclusive():
        assert kept.value == "2"


@ON_SQLITE
def test_sqlite_blocks_other_writers_during_a_transaction(app_context: Flask) -> None:
    with exclusive(), db.engine.connect() as elsewhere:
        elsewhere.exec_driver_sql("PRAGMA busy_timeout=50")
        with pytest.raises(Exception, match="locked"):
            elsewhere.exec_driver_sql("UPDATE settings SET value = '2'")


@ON_SQLITE
def test_the_session_still_works_after_a_lock_timeout(app_context: Flask) -> None:
    db.session.connection().exec_driver_sql("PRAGMA busy_timeout=50")
    blocker = db.engine.raw_connection()
    blocker.cursor().execute("BEGIN IMMEDIATE")
    with pytest.raises(Exception, match="locked"), exclusive():
        add("a")
    blocker.cursor().execute("ROLLBACK")
    blocker.close()
    with exclusive():
        add("b")
    assert stored_settings() == ["b"]


def test_an_instant_is_the_same_in_every_time_zone(app_context: Flask) -> None:
    ordos = datetime(2026, 5, 6, 8, 0, tzinfo=timezone(timedelta(hours=8)))
    notice = Notice(version="1", body="", published_at=ordos)
    db.session.add(notice)
    db.session.commit()
    db.session.refresh(notice)
    assert notice.published_at == ordos
    assert notice.published_at.tzinfo is UTC
    stored = db.session.execute(text("SELECT published_at FROM notices")).scalar_one()
    assert "2026-05-06 00:00:00" in str(stored)
    assert now().tzinfo is UTC


def test_a_row_that_others_refer_to_cannot_be_deleted(app_context: Flask) -> None:
    office = Office(name="人社局")
    db.session.add(office)
    db.session.flush()
    db.session.execute(
        text(
            "INSERT INTO regions (code, name, kind, office_id, position, active)"
            f" VALUES ('1', '地区', 'banner', {office.id}, 0, :yes)"
        ),
        {"yes": True},
    )
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        db.session.execute(text("DELETE FROM offices"))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_does_not_jit_compile_queries(app_context: Flask) -> None:
    assert db.session.scalar(text("SHOW jit")) == "off"
    with exclusive():
        assert db.session.scalar(text("SHOW jit")) == "off"
