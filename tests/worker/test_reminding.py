"""The daily reminder: once a working day, to whom something waits for, and never of nothing (W8)."""

import multiprocessing
import os
import signal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from common.calendar import today
from desk import deputies, digests
from models import Account, Digest, Message, RegionKind, Setting, State, db
from tests import clock, factories
from tests.machine.at_once import at_once
from tests.machine.site import Client
from worker import reminding

pytestmark = pytest.mark.guide("W8")
DAY = "2026-10-14"
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def desks() -> factories.World:
    """Two applications at a banner's office, one of them long overdue, and one at its enterprise that arrived today."""
    town = factories.world()
    for state, day in (
        (State.PRELIMINARY_REVIEW, "2026-09-01"),
        (State.PRELIMINARY_REVIEW, "2026-09-23"),
        (State.ENTERPRISE_REVIEW, DAY),
    ):
        found = factories.application_at(state, town.banner, town)
        found.arrived_at = clock.in_ordos(f"{day} 08:00")
        factories.saved(found)
    return town


def told() -> dict[str, tuple[int, int, int, int]]:
    rows = db.session.execute(select(Digest, Account.name).join(Account, Account.id == Digest.account_id))
    return {name: (row.waiting, row.due_today, row.overdue, row.longest) for row, name in rows}


def test_each_desk_is_told_its_numbers_once_and_nobody_of_nothing(app: Flask, client: Client) -> None:
    with app.app_context():
        town = desks()
        quiet = factories.clerk(town.banner.office, "不要提醒")
        quiet.wants_digest = False
        factories.saved(quiet)
        factories.deactivate(factories.clerk(town.banner.office, "离职者"))
        for early in (f"{DAY} 08:29", "2026-10-11 09:00", "2026-10-05 09:00"):
            with clock.at(early):
                reminding.process_due()
        assert told() == {}, "too early, a Sunday, a holiday"
        with clock.at(f"{DAY} 08:30"):
            reminding.process_due()
            reminding.process_due()
        assert told() == {
            town.banner.clerk.name: (2, 1, 1, 27),
            town.banner.reviewer.name: (1, 0, 0, 0),
            town.administrator.name: (1, 0, 1, 27),
        }
        people = town.banner.clerk.id, town.administrator.id
        with clock.at("2026-10-15 10:00"):
            reminding.process_due()
        assert db.session.scalar(select(func.count(Digest.id))) == 6, "the next day again"
        factories.log_in(client, town.banner.clerk)
    page = client.get("/messages/").text
    assert "等待您审核的申请有 2 件，其中今天到期 1 件，已超期 1 件；最久的已等待 27 个工作日。" in page
    for account_id, place in zip(people, ("/office/", "/administration/applications/"), strict=True):
        with app.app_context():
            factories.log_in(client, db.session.get_one(Account, account_id))
            message = db.session.scalars(
                select(Message).where(Message.account_id == account_id, Message.kind.contains("digest"))
            ).first()
            assert message is not None
            number = message.id
        assert client.send(f"/messages/{number}/").location.startswith(place)


@ON_SQLITE
def test_who_switched_it_off_at_the_own_account_gets_none(app: Flask, client: Client) -> None:
    with app.app_context():
        clerk = desks().banner.clerk
        factories.log_in(client, clerk)
        clerk_id = clerk.id
    page = client.get("/account/").text
    assert "每个工作日提醒我一次" in page
    client.send("/account/ways", {"wants_sms": "y"})
    with app.app_context():
        assert not db.session.get_one(Account, clerk_id).wants_digest
        db.session.add(Setting(key="digest_time", value="16:00"))
        db.session.commit()
        with clock.at(f"{DAY} 09:00"):
            reminding.process_due()
        assert told() == {}
        with clock.at(f"{DAY} 16:01"):
            reminding.process_due()
        assert db.session.get_one(Account, clerk_id).name not in told()


@ON_SQLITE
def test_a_deputy_office_is_told_of_what_it_decides_and_its_own_deputy_is_not(app_context: Flask) -> None:
    town, third = desks(), factories.place(RegionKind.BANNER)
    first, second = town.banner, town.elsewhere
    with clock.at(f"{DAY} 08:30"):
        days = deputies.Days(today(), today())
        for absent, deputy in ((first, second), (second, third)):
            deputies.name_for_office(town.administrator, absent.office.id, deputy.office.id, days)
        digests.write(today())
    numbers = {digest.account_id: digest.waiting for digest in db.session.scalars(select(Digest))}
    assert [numbers.get(one.clerk.id) for one in (first, second, third)] == [2, 2, None]


def test_two_workers_and_one_that_is_killed_write_each_reminder_once(
    app_context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = desks()
    for number in range(4):
        factories.clerk(town.banner.office, f"同事{number}")
    monkeypatch.setattr(digests, "BATCH", 1)
    written = digests._write_one

    def dies(*given: Any) -> None:
        written(*given)
        db.session.flush()
        if db.session.scalar(select(func.count(Digest.id))) == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    def work() -> None:
        with clock.at(f"{DAY} 09:00"):
            reminding.process_due()

    monkeypatch.setattr(digests, "_write_one", dies)
    db.session.commit()
    db.engine.dispose()
    killed = multiprocessing.get_context("fork").Process(target=work)
    killed.start()
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    assert len(told()) == 2, "the third was not committed"
    monkeypatch.setattr(digests, "_write_one", written)
    db.session.commit()
    assert at_once(work, work) == [None, None]
    work()
    found = db.session.scalars(select(Digest.account_id)).all()
    assert len(found) == len(set(found)) == len(told()) == 7
    assert db.session.scalar(select(func.count(Message.id)).where(Message.kind.contains("digest"))) == 7
