"""The pages on which names and numbers are corrected, for the person, the office and the administrator."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from common.identity import masked
from models import Account, Action, Application, State, db
from tests import factories
from tests.factories import PASSWORD
from tests.machine.site import Client
from tests.review.test_submitted_content import text_of

RIGHT, WRONG = "王晓敏", "王小敏"
REASON = "登记时输错一个字。"


@dataclass
class Scene:
    """An application of somebody with a wrong name, and the sessions of whoever may look at it."""

    app: Flask
    application_id: int
    number: str
    identity_number: str
    office: str
    sessions: dict[str, dict[str, Any]]

    def log_in(self, client: Client, who: str) -> None:
        with client.session_transaction() as session:
            session.clear()
            session.update(self.sessions[who])

    def name(self) -> str:
        with self.app.app_context():
            return db.session.get_one(Application, self.application_id).name

    def act(self, action: Action, who: str) -> None:
        with self.app.app_context():
            actor = db.session.get_one(Account, int(self.sessions[who]["_user_id"].partition(".")[0]))
            factories.act(db.session.get_one(Application, self.application_id), action, actor)


Staged = Callable[[State], Scene]


@pytest.fixture
def staged(app: Flask) -> Staged:
    def stage(state: State) -> Scene:
        with app.app_context():
            made = factories.world()
            owner, at = factories.applicant(WRONG), made.banner
            if state is State.DRAFT:
                application = factories.complete_application(at.enterprise, owner)
            else:
                application = factories.application_at(state, at, made, owner)
            people = {
                "applicant": owner,
                "enterprise": at.reviewer,
                "office": at.clerk,
                "city": made.centre,
                "administrator": made.administrator,
            }
            return Scene(
                app,
                application.id,
                application.number,
                application.identity_number,
                at.office.name,
                {who: factories.session_of(account) for who, account in people.items()},
            )

    return stage


def fill(client: Client, address: str, **typed: str) -> dict[str, str]:
    """What somebody sends who opened the page now."""
    version = re.search(r'name="version"[^>]*value="(\d+)"', client.get(address).text)
    assert version is not None
    return {"version": version[1], "reason": REASON} | typed


def test_an_office_corrects_a_name_and_everybody_reads_who_it_was_before(
    client: Client, staged: Staged
) -> None:
    scene = staged(State.PRELIMINARY_REVIEW)
    scene.log_in(client, "office")
    number = scene.number
    page, address = f"/office/{number}/", f"/office/{number}/correct-name/"
    assert address in client.get(page).text
    answer = client.send(address, fill(client, address, name=f" {RIGHT} "))
    assert answer.location == page
    shown = text_of(client.get(page).text)
    assert "更正姓名，已通知申请人。" in shown
    assert f"姓名 {RIGHT} 已更正，提交时为“{WRONG}”" in shown
    assert f"“{WRONG}”更正为“{RIGHT}”。原因：{REASON}" in shown
    assert number in client.get("/office/", query_string={"tab": "all", "q": RIGHT}).text
    assert number not in client.get("/office/", query_string={"tab": "all", "q": WRONG}).text

    scene.log_in(client, "applicant")
    own = text_of(client.get(f"/personal/application/{number}/").text)
    assert f"“{WRONG}”更正为“{RIGHT}”。原因：{REASON}" in own
    assert REASON in text_of(client.get("/messages/").text)
    scene.log_in(client, "administrator")
    trail = text_of(client.get("/administration/changes/", query_string={"table": "applicants"}).text)
    assert WRONG in trail
    assert REASON in trail


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    client: Client, staged: Staged
) -> None:
    scene = staged(State.PRELIMINARY_REVIEW)
    scene.log_in(client, "office")
    address = f"/office/{scene.number}/correct-name/"
    for typed, sentence in (
        ({"name": ""}, "请填写姓名。"),
        ({"name": WRONG}, "与现在的姓名相同，没有更正。"),
        ({"name": RIGHT, "reason": ""}, "请填写更正原因。"),
    ):
        answer = client.send(address, fill(client, address, **typed))
        assert answer.status_code == 422
        assert sentence in text_of(answer.text)
        assert f'value="{typed["name"]}"' in answer.text
    assert scene.name() == WRONG


def test_whom_somebody_overtook_reads_what_happened_and_sends_again(client: Client, staged: Staged) -> None:
    scene = staged(State.PRELIMINARY_REVIEW)
    scene.log_in(client, "office")
    address = f"/office/{scene.number}/correct-name/"
    typed = fill(client, address, name=RIGHT)
    scene.act(Action.PASS, "office")
    answer = client.send(address, typed)
    assert answer.status_code == 409
    assert "初审通过" in text_of(answer.text)
    assert RIGHT in answer.text
    assert REASON in answer.text
    again = re.search(r'name="version"[^>]*value="(\d+)"', answer.text)
    assert again is not None
    assert client.send(address, typed | {"version": again[1]}).status_code == 303
    assert scene.name() == RIGHT


def test_an_administrator_corrects_a_number_once_and_no_page_says_it(client: Client, staged: Staged) -> None:
    scene = staged(State.CITY_REVIEW)
    wrong, right, number = scene.identity_number, factories.identity_number(), scene.number
    scene.log_in(client, "administrator")
    page = f"/administration/applications/{number}/"
    address = f"{page}correct-number/"
    assert address in client.get(page).text
    assert "以后用它登录" not in client.get(address).text, (
        "that is said to the person, not to the administrator"
    )
    refused = client.send(address, fill(client, address, paper="citizen", number="911124198108030024"))
    assert refused.status_code == 422
    assert "这是外国人永久居留身份证的号码" in text_of(refused.text)
    sent = fill(client, address, paper="citizen", number=right)
    assert client.send(address, sent).location == page
    shown = client.get(page).text
    assert f"“{masked(wrong)}”更正为“{masked(right)}”" in text_of(shown)
    assert wrong not in shown
    assert right not in shown
    assert address not in shown, "once"
    assert client.get(address).location == page
    assert client.send(address, sent | {"number": factories.identity_number()}).location == page
    assert f"“{masked(wrong)}”更正为“{masked(right)}”" in text_of(client.get(page).text)

    scene.log_in(client, "city")
    disclosed = client.send(f"/city/{number}/disclose/", {"field": "identity_number"})
    assert right in disclosed.text, "who checks the papers reads the corrected number"


@pytest.mark.parametrize("desk", ["enterprise", "city"])
def test_who_corrects_nothing_is_offered_nothing(client: Client, staged: Staged, desk: str) -> None:
    scene = staged(State.CITY_REVIEW)
    scene.log_in(client, desk)
    number = scene.number
    assert "correct-name" not in client.get(f"/{desk}/{number}/").text
    answer = client.send(f"/{desk}/{number}/correct-name/", {"name": RIGHT, "reason": REASON, "version": "9"})
    assert answer.status_code in (303, 404)
    assert scene.name() == WRONG


def test_a_person_corrects_the_own_name_and_is_told_whom_to_ask_later(client: Client, staged: Staged) -> None:
    scene = staged(State.DRAFT)
    scene.log_in(client, "applicant")
    assert "/account/#name-card" in client.get(f"/personal/application/{scene.number}/").text
    for typed, sentence in (
        ({"present_password": "Falsch2026"}, "现在的密码不正确。"),
        ({"name": WRONG}, "与现在的姓名相同"),
    ):
        answer = client.send("/account/name", {"name": RIGHT, "present_password": PASSWORD} | typed)
        assert answer.status_code == 422
        assert sentence in text_of(answer.text)
    answer = client.send("/account/name", {"name": RIGHT, "present_password": PASSWORD})
    assert answer.location == "/account/"
    assert "姓名已更正。" in text_of(client.get("/account/").text)
    assert scene.name() == RIGHT

    scene.act(Action.SUBMIT, "applicant")
    scene.act(Action.PASS, "enterprise")
    shown = text_of(client.get("/account/").text)
    assert f"姓名由{scene.office}更正" in shown
    assert client.send("/account/name", {"name": WRONG, "present_password": PASSWORD}).location == "/account/"
    assert scene.name() == RIGHT
