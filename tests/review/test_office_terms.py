"""What the pages say of an application that was returned after its period had closed, to its applicant and to the office."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from models import Account, Action, Application, Period, State, db
from tests import clock, factories
from tests.factories import REASON
from tests.machine.site import Client

TERM = "2026-11-06"


class Town:
    """A returned application, and the browser of whoever looks."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context():
            town = factories.world()
            period = db.session.scalars(select(Period)).one()
            period.opens, period.closes = date(2026, 7, 1), date(2026, 9, 30)
            db.session.commit()
            with clock.at("2026-09-28 10:00"):
                application = factories.application_at(State.ENTERPRISE_REVIEW, town.banner, town)
            with clock.at("2026-10-16 15:00"):
                factories.act(application, Action.RETURN, town.banner.reviewer, REASON)
            self.number = application.number
            self.applicant, self.clerk = application.applicant_id, town.banner.clerk.id
            self.reviewer = town.banner.reviewer.id
            self.office = town.banner.office.name
            db.session.expunge_all()

    def browser(self, of: int) -> Client:
        client = self.app.test_client()
        assert isinstance(client, Client)
        with self.app.app_context():
            given = factories.session_of(db.session.get_one(Account, of))
        with client.session_transaction() as session:
            session.update(given)
        return client


def text(answer: TestResponse) -> str:
    return unescape(answer.get_data(as_text=True))


@pytest.fixture
def town(app: Flask) -> Town:
    return Town(app)


@pytest.fixture
def pages(town: Town) -> Callable[[Client], list[str]]:
    """The applicant's main pages and lists."""
    own = f"/personal/application/{town.number}/"
    return lambda client: [
        text(client.get(path))
        for path in ("/personal/", own, f"{own}submit/", "/personal/application/history/")
    ]


@pytest.mark.guide("A19")
def test_the_applicant_reads_the_last_day_and_how_many_are_left(
    town: Town, pages: Callable[[Client], list[str]]
) -> None:
    with clock.at("2026-11-02 09:00"):
        client = town.browser(town.applicant)
        for page in pages(client):
            assert f"请在 {TERM}（含当日）前重新提交" in page
        assert "还剩 4 个工作日。" in pages(client)[1]
        assert f"请在 {TERM}（含当日）前修改后重新提交" in text(client.get("/messages/"))


@pytest.mark.guide("A19")
def test_once_the_term_has_passed_the_applicant_reads_whom_to_ask(
    town: Town, pages: Callable[[Client], list[str]]
) -> None:
    with clock.at("2026-11-07 00:00"):
        client = town.browser(town.applicant)
        for page in pages(client):
            assert "重新提交的期限已过" in page
        assert f"请联系{town.office}说明原因" in pages(client)[1]
        sent = client.send(f"/personal/application/{town.number}/submit/", {"version": "3"})
        assert sent.status_code in {409, 422}
    with clock.at("2026-11-06 23:59"):
        page = text(town.browser(town.applicant).get(f"/personal/application/{town.number}/"))
        assert "今天是最后一天。" in page


@pytest.mark.guide("A19")
def test_the_office_finds_the_application_extends_it_and_reads_that_in_its_history(
    town: Town, pages: Callable[[Client], list[str]]
) -> None:
    with clock.at("2026-11-20 09:00"):
        office = town.browser(town.clerk)
        page = text(office.get("/office/terms/"))
        assert town.number in page
        assert f"{TERM} 已过" in page
        assert town.number in text(office.get(f"/office/terms/?q={town.number}"))
        assert town.number not in text(office.get("/office/terms/?q=没有这个人"))
        path = f"/office/terms/{town.number}/"
        assert TERM in text(office.get(path))
        for wrong, said in (
            ({"until": "2026-11-30", "reason": ""}, "请填写原因"),
            ({"until": "2026-11-19", "reason": "住院。"}, "不能早于今天"),
            ({"until": "下周", "reason": "住院。"}, "请按“年-月-日”填写"),
        ):
            answer = office.send(path, {**wrong, "seen": TERM})
            assert answer.status_code == 422
            assert said in text(answer)
            assert wrong["reason"] in text(answer)
            assert wrong["until"] in text(answer)
        given = {"until": "2026-11-30", "reason": "本人住院，有证明。", "seen": TERM}
        assert office.send(path, given).status_code == 302
        again = office.send(path, given)
        assert again.status_code == 409
        assert "本人住院" in text(again)
        assert "延长重新提交期限至 2026-11-30" in text(office.get(path))
        client = town.browser(town.applicant)
        for page in pages(client):
            assert "请在 2026-11-30（含当日）前重新提交" in page
        assert "延长至 2026-11-30（含当日）。原因：本人住院，有证明。" in text(client.get("/messages/"))


def test_the_office_reads_nothing_else_of_an_application_that_was_never_before_it(town: Town) -> None:
    with town.app.app_context():
        application = db.session.scalars(select(Application).where(Application.number == town.number)).one()
        phone, identity_number = application.phone or "", application.identity_number
    with clock.at("2026-11-02 09:00"):
        office = town.browser(town.clerk)
        path = f"/office/terms/{town.number}/"
        for answer in (office.get("/office/terms/"), office.get(path), office.send(path, {"seen": TERM})):
            for word in (REASON, "企业回退", phone, identity_number, identity_number[-4:]):
                assert word not in text(answer)
        for words in (phone, identity_number, identity_number[-4:]):
            assert town.number not in text(office.get("/office/terms/", query_string={"q": words}))
        for words in ("王晓敏", "wxm", town.number.rpartition("-")[2].lstrip("0")):
            assert town.number in text(office.get("/office/terms/", query_string={"q": words}))


def test_the_enterprise_reads_the_term_in_its_list(town: Town) -> None:
    with clock.at("2026-11-02 09:00"):
        assert f"回退到申请，至 {TERM}" in text(town.browser(town.reviewer).get("/enterprise/?tab=all"))
    with clock.at("2026-11-09 09:00"):
        assert f"回退到申请，{TERM} 已过" in text(town.browser(town.reviewer).get("/enterprise/?tab=all"))
