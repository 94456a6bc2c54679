"""In-app messages: recipients, texts, links, and when they count as read."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from models import Account, Action, Message, State, db
from tests import factories
from tests.accounts.people import company, is_logged_in, log_in, log_in_again, place, waiting_reviewer, words
from tests.factories import REASON, World, act, application_at, submit, world
from tests.machine.site import Client
from tests.review.resubmitting import returns, waiting
from workflow import inbox

Made = Callable[..., Any]
Stored = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def ordos(made: Made) -> World:
    return made(world)


def mine(client: Client) -> list[str]:
    """Return the addresses by which the messages on the page are opened, the newest first."""
    page = client.get("/messages/").text
    return [
        part.split('"')[0]
        for part in page.split('action="')
        if part.startswith("/messages/") and part[10].isdigit()
    ]


@pytest.mark.guide("A16", "E6")
def test_the_responsible_desk_and_the_applicant_get_messages(app: Flask, made: Made, ordos: World) -> None:
    banner = ordos.banner
    person = made(factories.applicant)
    application = made(lambda: application_at(State.PRELIMINARY_REVIEW, banner, ordos, person))
    waiting = f"王晓敏的申请 {application.number} 待您审核。"
    for account, sentence, leads in (
        (banner.reviewer, waiting, f"/enterprise/{application.number}/"),
        (banner.clerk, waiting, f"/office/{application.number}/"),
        (
            person,
            f"您的申请 {application.number}：企业审核通过，现由{banner.office.name}办理。",
            f"/personal/application/{application.number}/",
        ),
    ):
        client = app.test_client()
        log_in(client, account)
        page = client.get("/messages/")
        assert sentence in words(page)
        decided = account is banner.reviewer  # who needs no reminder any more
        assert ("未读" in words(page)) is not decided
        answer = client.send(mine(client)[0])
        assert answer.location == leads
        assert client.get(leads).status_code == 200
        assert "未读" not in words(client.get("/messages/"))


@pytest.mark.guide("A19")
def test_the_message_of_a_return_contains_the_reason(client: Client, made: Made, ordos: World) -> None:
    person = made(factories.applicant)
    application = made(lambda: application_at(State.RETURNED, ordos.city, ordos, person))
    log_in(client, person)
    page = words(client.get("/messages/"))
    term = f"请在 {application.resubmit_by}（含当日）前修改后重新提交"
    assert f"您的申请 {application.number} 已回退，{term}。原因：{REASON}" in page


@pytest.mark.guide("A19", "W1")
def test_a_message_in_english_names_the_marked_places_in_english_and_quotes_the_notes(
    client: Client, made: Made
) -> None:
    def returned() -> Account:
        case = waiting()
        notes = {"field:phone": "少了一位。", case.row: "请写结束时间。", case.paper: "看不清。"}
        returns(case.application, case.at.reviewer, notes, "请逐项修改。")
        return case.application.applicant

    person = made(returned)
    log_in(client, person)
    told = "原因：请逐项修改。 手机号码：少了一位。 学习工作经历第 2 条：请写结束时间。 "
    assert told in words(client.get("/messages/"))
    for page in ("/messages/", "/personal/"):
        assert re.search(r'class="[^"]*pre-line[^"]*">[^<]*少了一位。\n', client.get(page).text), (
            "a line for each mark"
        )
    client.get("/language/en")
    page = words(client.get("/messages/"))
    told = "Reason: 请逐项修改。 Mobile number: 少了一位。 Education and work history, no. 2: 请写结束时间。 "
    assert told in page
    assert "：" not in page


@pytest.mark.guide("E2", "E3")
def test_a_registration_notifies_the_office_and_its_decision_the_enterprise(
    app: Flask, made: Made, stored: Stored
) -> None:
    region, _, clerk = made(place)
    enterprise = app.test_client()
    given = company(region)
    enterprise.send("/register/enterprise", given)
    log_in_again(enterprise, given["credit_code"], login_kind="enterprise")
    office = app.test_client()
    log_in(office, clerk)
    assert "注册了企业账号，待您审核。" in words(office.get("/messages/"))
    page = office.send(mine(office)[0]).location
    assert page.startswith("/office/enterprises/")
    office.send(f"{page}decide/", {"action": "refuse", "version": "1", "reason": "执照不清晰。"})
    assert "企业账号未通过审核，请修改后重新提交。原因：执照不清晰。" in words(enterprise.get("/messages/"))
    assert enterprise.send(mine(enterprise)[0]).location == "/enterprise/registration/"


def test_nobody_reads_or_marks_anothers_messages(
    app: Flask, client: Client, made: Made, ordos: World, stored: Stored
) -> None:
    application = made(lambda: application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos))
    numbers = stored(lambda: list(db.session.scalars(select(Message.id))))
    for stranger in (ordos.elsewhere.clerk, ordos.elsewhere.reviewer, made(factories.applicant)):
        other = app.test_client()
        log_in(other, stranger)
        assert application.number not in other.get("/messages/").text
        assert {other.send(f"/messages/{number}/").status_code for number in numbers} == {404}
    assert stored(lambda: inbox.unread(db.session.merge(ordos.banner.clerk))) == 1


def test_a_desks_message_is_unread_for_each_member(app: Flask, made: Made, ordos: World) -> None:
    made(lambda: application_at(State.ENTERPRISE_REVIEW, ordos.city, ordos))
    second = made(factories.reviewer, ordos.city.enterprise, "周婷")
    one, other = app.test_client(), app.test_client()
    log_in(one, ordos.city.reviewer)
    log_in(other, second)
    one.send(mine(one)[0])
    assert "未读" not in words(one.get("/messages/"))
    assert "未读" in words(other.get("/messages/"))


def test_marking_all_as_read_twice_is_harmless(client: Client, made: Made, ordos: World) -> None:
    for _ in range(3):
        made(lambda: application_at(State.ENTERPRISE_REVIEW, ordos.city, ordos))
    log_in(client, ordos.city.reviewer)
    assert "全部标为已读" in words(client.get("/messages/"))
    for _ in range(2):
        assert client.send("/messages/read/").location == "/messages/"
    page = words(client.get("/messages/"))
    assert "未读" not in page
    assert "全部标为已读" not in page


def test_a_message_about_a_row_out_of_scope_says_so(client: Client, made: Made, ordos: World) -> None:
    def sent_and_withdrawn() -> None:
        application = application_at(State.ENTERPRISE_REVIEW, ordos.city, ordos)
        act(application, Action.WITHDRAW, application.applicant)
        other = db.session.merge(ordos.park.enterprise)
        act(application, Action.SAVE, application.applicant, change=factories.filled(other))
        submit(application)

    made(sent_and_withdrawn)
    log_in(client, ordos.city.reviewer)
    answer = client.send(mine(client)[0])
    assert answer.location == "/messages/"
    assert "已不在您处办理" in words(client.get("/messages/"))


def test_older_messages_are_on_further_pages(client: Client, made: Made, ordos: World) -> None:
    def many() -> None:
        enterprise = db.session.merge(ordos.city.enterprise)
        for _ in range(45):
            db.session.add(
                Message(
                    kind="registration_approved",
                    enterprise_id=enterprise.id,
                    subject_enterprise_id=enterprise.id,
                )
            )
        db.session.commit()

    made(many)
    log_in(client, ordos.city.reviewer)
    seen: list[str] = []
    address: str | None = "/messages/"
    while address:
        page = client.get(address).text
        seen += [part.split('"')[0] for part in page.split('action="/messages/')[1:] if part[0].isdigit()]
        address = next(
            (f"/messages/?before={part.split(chr(34))[0]}" for part in page.split("/messages/?before=")[1:]),
            None,
        )
    assert len(seen) == len(set(seen)) == 45


def test_a_page_of_messages_costs_the_same_however_many_there_are(
    app: Flask, client: Client, made: Made, ordos: World
) -> None:
    counts = []
    for _ in range(2):
        made(lambda: [application_at(State.CITY_REVIEW, ordos.banner, ordos) for _ in range(3)])
        if not is_logged_in(client):
            log_in(client, ordos.centre)
        statements: list[str] = []
        with app.app_context():
            engine = db.engine

        def note(
            _connection: Any, _cursor: Any, statement: str, *_: Any, into: list[str] = statements
        ) -> None:
            into.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        client.get("/messages/")
        event.remove(engine, "before_cursor_execute", note)
        counts.append(len(statements))
    assert counts[0] == counts[1] < 12


def test_there_is_an_empty_state(client: Client, made: Made) -> None:
    log_in(client, made(waiting_reviewer))
    assert "还没有消息" in words(client.get("/messages/"))
