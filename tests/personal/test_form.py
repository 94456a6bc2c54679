"""What people type, paste and have filled in by a browser is understood in the form, or refused beside its field."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm.attributes import flag_modified
from werkzeug.test import TestResponse

from admin_views.site.login_session import own_path
from common import calendar
from models import Application, Experience, ExperienceKind, Period, State, db
from tests import factories
from tests.machine.site import Client
from tests.site.forms import forms
from workflow import completeness
from workflow.form import answers


@pytest.fixture
def address(app: Flask, client: Client) -> str:
    """The main page of somebody who is logged in."""
    with app.app_context():
        application = factories.draft(factories.world().city.enterprise)
        factories.log_in(client, application.applicant)
        return f"/personal/application/{application.number}/"


def save(client: Client, address: str, **typed: str) -> TestResponse:
    [sheet] = [one for one in forms(client.get(address).text) if "birth_date" in one.names]
    data: dict[str, Any] = {**sheet.fields, "do": "save", **typed}
    return client.post(address, data=data)


def beside(page: TestResponse, key: str) -> str:
    """What is said to be wrong with a field."""
    found = re.search(rf'id="{key}-error">.*?<span>(.*?)</span>', page.text, re.DOTALL)
    return unescape(found[1]) if found else ""


def shown(page: TestResponse, key: str) -> tuple[str, str]:
    """The type of a field's control and what stands in it."""
    [control] = re.findall(rf'<input[^>]* name="{key}"[^>]*>', page.text)
    attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', control))
    return attributes["type"], unescape(attributes.get("value", ""))


def kept(app: Flask, key: str) -> Any:
    with app.app_context():
        return answers.value(db.session.query(Application).one(), key)


@pytest.mark.parametrize("typed", ["+86 138 0013 8000", "0086-13800138000", "１３８　００１３　８０００"])
def test_a_telephone_is_taken_as_a_browser_fills_it_in(
    app: Flask, client: Client, address: str, typed: str
) -> None:
    assert save(client, address, phone=typed).status_code == 302
    assert kept(app, "phone") == "13800138000"


def test_days_and_months_are_understood_in_any_writing(app: Flask, client: Client, address: str) -> None:
    typed = {
        "birth_date": "１９９０年１月１日",
        "arrived_on": "2021.3.5",
        "graduated_on": "2012年7月",
        "insurance_start": "２０２１．４",
        "experiences-0-kind": "work",
        "experiences-0-start": "2018年9月5日",
        "experiences-0-end": "2020/6",
    }
    assert save(client, address, **typed).status_code == 302
    assert kept(app, "birth_date") == date(1990, 1, 1)
    assert kept(app, "arrived_on") == date(2021, 3, 5)
    assert kept(app, "graduated_on") == date(2012, 7, 1)
    assert kept(app, "insurance_start") == date(2021, 4, 1)
    with app.app_context():
        row = db.session.query(Application).one().experiences[0]
        assert (row.start, row.end) == (date(2018, 9, 1), date(2020, 6, 1))


@pytest.mark.parametrize(
    ("key", "typed", "sentence"),
    [
        ("birth_date", "0202-05-01", "出生日期的年份“0202”不对，请填写四位数字，不早于 1900 年。"),
        ("birth_date", "1899-12-31", "出生日期的年份“1899”不对，请填写四位数字，不早于 1900 年。"),
        ("contract_start", "202-5-1", "劳动合同起始时间的年份“202”不对，请填写四位数字，不早于 1900 年。"),
        ("contract_end", "2099-02-30", "劳动合同终止时间：2099-02-30 不存在，请核对月份和日期。"),
        ("arrived_on", "2021.3", "来鄂(引进)时间要写到日，例如：2018-09-05。"),
        ("insurance_start", "三月", "社保缴纳起始时间：请按“年-月”填写，例如：2018-09。"),
        ("experiences-0-start", "0018-09", "起始年月的年份“0018”不对，请填写四位数字，不早于 1900 年。"),
    ],
)
def test_a_wrong_day_is_refused_beside_its_field_and_stays_as_typed(
    app: Flask, client: Client, address: str, key: str, typed: str, sentence: str
) -> None:
    page = save(client, address, **{key: typed, "position": "高级工程师"})
    assert page.status_code == 422
    assert beside(page, key) == sentence
    kind, value = shown(page, key)
    assert value == typed
    if not re.fullmatch(r"\d{4}-\d\d(-\d\d)?", typed):
        assert kind == "text", "the browser's own control would show nothing"
    assert kept(app, "position") == "高级工程师"


def test_a_day_that_was_stored_before_is_shown_by_its_field_and_named_as_wrong(
    app: Flask, client: Client, address: str
) -> None:
    with app.app_context():
        application = db.session.query(Application).one()
        application.contract_start = date(202, 5, 1)
        answers.set_value(application, "insurance_start", date(21, 4, 1))
        row = Experience(position=0, kind=ExperienceKind.WORK, start=date(218, 9, 1), place="某厂")
        application.experiences = [row]
        db.session.commit()
        said = {problem.anchor: problem.words.get("year") for problem in completeness.problems(application)}
    assert said["contract_start"] == "0202"
    assert said["insurance_start"] == "0021"
    assert said["experiences-0-start"] == "0218"
    page = client.get(address)
    assert shown(page, "contract_start") == ("date", "0202-05-01")
    assert shown(page, "insurance_start") == ("month", "0021-04")
    assert shown(page, "experiences-0-start") == ("month", "0218-09")


def test_what_nobody_can_see_leaves_every_text_and_nothing_else_does(
    app: Flask, client: Client, address: str
) -> None:
    typed = {
        "school": "\u200b内蒙古\u000b大学\ufeff（呼和浩特）",
        "position": "高级\u00ad工程师①，Ａ级",
        "household": "内蒙古\x00自治区\u2060包头市",
        "bank": "鄂尔多斯银行\u200e东胜支行",
        "bank_account": "\u202d6217\u00a00000　1234 5678\u202c",
        "experiences-0-place": "某\u200b厂（东区）",
    }
    assert save(client, address, **typed).status_code == 302
    assert kept(app, "school") == "内蒙古大学（呼和浩特）"
    assert kept(app, "position") == "高级工程师①，Ａ级"
    assert kept(app, "household") == "内蒙古自治区包头市"
    assert kept(app, "bank") == "鄂尔多斯银行东胜支行"
    assert kept(app, "bank_account") == "6217000012345678"
    with app.app_context():
        assert db.session.query(Application).one().experiences[0].place == "某厂（东区）"


def test_a_search_for_a_rare_name_is_led_back_to_after_the_login() -> None:
    assert own_path("/office/?q=王\U0002ebf0") == "/office/?q=王\U0002ebf0"
    for trick in ("/\t/evil.example", "/office/\r\nX: y", "/\u200b/x", "//evil.example", "/\\evil.example"):
        assert own_path(trick) is None


@pytest.mark.guide("A14")
def test_the_last_look_shows_the_persons_own_numbers_in_full_and_only_that(
    app: Flask, client: Client, address: str
) -> None:
    save(client, address, bank_account="6217 0000 1234 5678 901")
    with app.app_context():
        application = db.session.query(Application).one()
        factories.upload_everything(application)
        numbers = [application.identity_number, "6217000012345678901"]
    page = client.get(f"{address}submit/").text
    assert [number in page for number in numbers] == [True, True]
    with app.app_context():
        factories.submit(db.session.query(Application).one())
    page = client.get(address).text
    assert "6217*************01" in page
    assert [number in page for number in numbers] == [False, False]


@pytest.mark.guide("A14")
def test_the_form_submits_only_through_a_page_that_warns_first(app: Flask, client: Client) -> None:
    with app.app_context():
        application = factories.complete_application(factories.world().city.enterprise)
        address = f"/personal/application/{application.number}/"
        factories.log_in(client, application.applicant)

    def state() -> State:
        with app.app_context():
            return db.session.scalars(select(Application.state)).one()

    saved = save(client, address, do="submit")
    assert (saved.status_code, saved.location) == (302, f"{address}submit/")
    page = client.get(saved.location).text
    assert "提交后的信息不可修改" in page
    assert state() is State.DRAFT, "neither the form nor the warning submits"
    [confirmation] = [one for one in forms(page) if one.action == f"{address}submit/"]
    assert client.post(confirmation.action, data=confirmation.fields).status_code == 302
    assert state() is State.ENTERPRISE_REVIEW
    changed = confirmation.fields | {"do": ["save"], "position": ["偷改"]}
    assert client.post(address, data=changed).status_code == 409


@pytest.mark.guide("A15")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_missing_thing_is_named_with_a_link_to_its_place(
    app: Flask, client: Client, address: str
) -> None:
    with app.app_context():
        number = address.split("/")[3]
        application = db.session.scalars(select(Application).where(Application.number == number)).one()
        application.bank_account = application.answers["position"] = None
        flag_modified(application, "answers")
        db.session.commit()
        expected = len(completeness.problems(application))
    refused = client.get(f"{address}?check=1").text
    summary = refused.partition('aria-labelledby="summary-title"')[2].partition("</ul>")[0]
    links = re.findall(r'<li><a href="([^"]*)">', summary)
    assert len(links) == expected > 3
    pages = {"": refused}
    for path, _, place in (unescape(link).partition("#") for link in links):
        page = pages.setdefault(path, client.get(path).text if path else refused)
        assert f'id="{place}"' in page, place


@pytest.mark.guide("D2")
def test_the_form_says_from_when_it_can_be_submitted(app: Flask, client: Client, address: str) -> None:
    assert "现在不在申报期内" not in client.get(address).text
    with app.app_context():
        today = calendar.today()
        db.session.execute(
            update(Period).values(opens=today + timedelta(days=9), closes=today + timedelta(days=20))
        )
        db.session.commit()
    assert (
        f"{calendar.today() + timedelta(days=9)} 起可以提交。现在可以先填写并保存。"
        in client.get(address).text
    )
    with app.app_context():
        db.session.execute(
            update(Period).values(opens=today - timedelta(days=9), closes=today - timedelta(days=1))
        )
        db.session.commit()
    assert "可以先填写并保存，开放后再提交。" in client.get(address).text
