"""The application period is shown on the pages of an application and filters the lists."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from models import Account, Application, Period, State, db
from tests import clock, factories
from tests.machine.site import Client

EARLIER, PRESENT = "2025 年度申报", "2026 年度申报"
LISTS = ("/enterprise/", "/office/", "/city/", "/administration/applications/")


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    """Ids of accounts: two people with an application in each of two periods, and whoever reviews, by their list."""
    with app.app_context():
        everywhere = factories.world()
        period = db.session.scalars(select(Period)).one()
        period.name, period.opens, period.closes = EARLIER, date(2025, 3, 1), date(2025, 9, 30)
        factories.saved(Period(name=PRESENT, opens=date(2026, 3, 1), closes=date(2026, 9, 30)))
        found = {}
        for name, at in (("包晓燕", "2025-09-30 23:59"), ("白云飞", "2026-03-01 00:00")):
            with clock.at(at):
                application = factories.application_at(
                    State.CITY_REVIEW, everywhere.banner, everywhere, factories.applicant(name)
                )
            found[name] = application.applicant_id
        return found | {
            "/enterprise/": everywhere.banner.reviewer.id,
            "/office/": everywhere.banner.clerk.id,
            "/city/": everywhere.centre.id,
            "/administration/applications/": everywhere.administrator.id,
        }


def log_in(client: Client, account_id: int) -> None:
    with client.application.app_context(), client.session_transaction() as session:
        session.update(factories.session_of(db.session.get_one(Account, account_id)))


def period_id(app: Flask, name: str) -> int:
    with app.app_context():
        return db.session.scalars(select(Period.id).where(Period.name == name)).one()


@pytest.mark.guide("P1")
@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_filtered_by_period(app: Flask, client: Client, people: dict[str, int], path: str) -> None:
    log_in(client, people[path])
    page = client.get(f"{path}?tab=all").text
    assert "包晓燕" in page
    assert "白云飞" in page
    assert page.index(f">{PRESENT}</option>") < page.index(f">{EARLIER}</option>")
    key = period_id(app, EARLIER)
    page = client.get(f"{path}?tab=all&period={key}").text
    assert "包晓燕" in page
    assert "白云飞" not in page
    assert f'<option value="{key}" selected>' in page
    page = client.get(f"{path}?tab=all&period={key}&sort=number&order=asc&q=云飞").text
    assert "没有符合条件的申请" in page
    assert PRESENT in page
    for unknown in ("999999999", "9" * 30, "一", "-1"):
        assert client.get(f"{path}?tab=all&period={unknown}").status_code == 200


@pytest.mark.guide("P1")
@pytest.mark.parametrize("path", LISTS)
def test_a_reviewer_reads_the_period_of_an_application(
    app: Flask, client: Client, people: dict[str, int], path: str
) -> None:
    log_in(client, people[path])
    with app.app_context():
        number = db.session.scalars(select(Application.number).where(Application.name == "包晓燕")).one()
    page = client.get(f"{path}{number}/").text
    assert EARLIER in page
    assert PRESENT not in page


@pytest.mark.guide("P1")
def test_applicants_read_the_period_of_their_application(
    app: Flask, client: Client, people: dict[str, int]
) -> None:
    log_in(client, people["包晓燕"])
    with app.app_context():
        number = db.session.scalars(select(Application.number).where(Application.name == "包晓燕")).one()
    assert EARLIER in client.get(f"/personal/application/{number}/").text
    assert EARLIER in client.get("/personal/application/history/").text
