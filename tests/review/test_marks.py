"""Marks on a reviewer's page: written at once, seen by the desk alone, sent with 「回退」 and with nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask import Flask

from desk import marks
from models import Account, Action, Application, State, db
from tests import factories
from tests.machine.site import Client
from workflow.form import answers

NOTE = "少了一位，请对照手机卡核对。"


def log_in(client: Client, account: Account) -> None:
    with client.session_transaction() as session:
        session.clear()
        session.update(factories.session_of(account))


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@dataclass
class Desk:
    """An application that waits for its enterprise, and who is at the browser."""

    app: Flask
    client: Client
    number: str
    id: int
    people: dict[str, int]

    def sit(self, who: str) -> None:
        with self.app.app_context():
            log_in(self.client, db.session.get_one(Account, self.people[who]))

    def page(self, console: str = "enterprise", query: str = "") -> str:
        answer = self.client.get(f"/{console}/{self.number}/{query}")
        assert answer.status_code == 200
        return answer.text

    def mark(self, target: str, note: str = NOTE, **further: str):
        given = {"target": target, "note": note, **further}
        return self.client.send(f"/enterprise/{self.number}/marks/", given)

    def decide(self, action: str, reason: str = ""):
        with self.app.app_context():
            version = db.session.get_one(Application, self.id).version
        given = {"action": action, "reason": reason, "version": version}
        return self.client.send(f"/enterprise/{self.number}/decide/", given)

    def row(self) -> str:
        with self.app.app_context():
            application = db.session.get_one(Application, self.id)
            return marks.row_target(answers.snapshot(application)["experiences"][1])

    def paper(self, name: str = "劳动合同") -> str:
        with self.app.app_context():
            return marks.paper_target(next(one.id for one in factories.materials() if one.name == name))


@pytest.fixture
def desk(app: Flask, client: Client) -> Desk:
    with app.app_context():
        everywhere = factories.world()
        at = everywhere.banner
        application = factories.application_at(State.ENTERPRISE_REVIEW, at, everywhere)
        colleague = factories.reviewer(at.enterprise, "钱进")
        people = {
            "reviewer": at.reviewer.id,
            "colleague": colleague.id,
            "office": at.clerk.id,
            "administrator": everywhere.administrator.id,
            "applicant": application.applicant_id,
            "elsewhere": everywhere.elsewhere.reviewer.id,
        }
        found = Desk(app, client, application.number, application.id, people)
    found.sit("reviewer")
    return found


@pytest.mark.guide("W1")
def test_marks_stand_at_their_places_for_the_whole_desk_and_for_nobody_else(desk: Desk) -> None:
    targets = ["field:phone", desk.row(), desk.paper(), desk.paper("其他材料")]
    for target in targets:
        answer = desk.mark(target)
        assert answer.status_code == 303
        assert answer.location.endswith(f"#{target}")
    desk.sit("colleague")
    page = desk.page()
    for target in targets:
        assert f'id="{target}"' in page
        assert f'href="#{target}"' in page, "above the reason of 「回退」"
    assert page.count("data-mark-note") == len(targets)
    assert "有标记，可不填" in text_of(page)
    assert "4 处标记只随“回退”发出" in text_of(page)

    desk.mark("field:phone", "请改为本人的号码。")
    desk.mark(desk.row(), do="remove")
    assert desk.page().count("data-mark-note") == len(targets) - 1
    assert "请改为本人的号码。" in desk.page()
    with desk.app.app_context():  # the administrator sees all applications
        number = desk.number
    for who, path in (
        ("administrator", "/administration/applications/"),
        ("applicant", "/personal/application/"),
    ):
        desk.sit(who)
        shown = desk.client.get(f"{path}{number}/")
        assert shown.status_code == 200
        assert NOTE not in shown.text
    desk.sit("elsewhere")
    assert desk.mark("field:phone").status_code == 404


@pytest.mark.guide("W1")
def test_what_cannot_be_marked_says_so_and_keeps_what_was_typed(desk: Desk) -> None:
    for target, note, sentence in (
        ("field:x999", NOTE, "这份申请表没有这一项，不能标记。"),
        ("row:0123456789abcdef", NOTE, "这份申请表没有这一项，不能标记。"),
        ("paper:999999", NOTE, "这份申请表没有这一项，不能标记。"),
        ("field:phone", "　 ", "请写明这里有什么问题。"),
        ("field:phone", "长" * 301, "标记最多 300 个字。"),
    ):
        answer = desk.mark(target, note)
        assert answer.status_code == 422
        if target == "field:phone":
            assert sentence in text_of(answer.text)
            assert note.strip() in answer.text
        path = f"/enterprise/{desk.number}/marks/"
        given = {"target": target, "note": note}
        told = desk.client.send(path, given, headers={"Accept": "application/json"})
        assert told.json == {"failed": sentence}
    assert "data-mark-note" not in desk.page()
    assert 'id="mark-form"' in desk.page(query="?mark=field:phone").split("<template")[0]
    with desk.app.app_context():
        application = db.session.get_one(Application, desk.id)
        factories.act(application, Action.PASS, db.session.get_one(Account, desk.people["colleague"]))
    answer = desk.mark("field:phone")
    assert answer.status_code == 409
    assert "此申请已不在您这里待审核，标记没有保存。" in text_of(answer.text)
    assert NOTE in answer.text


@pytest.mark.guide("W1")
def test_a_return_sends_the_marks_without_a_reason_and_a_pass_sends_none(desk: Desk) -> None:
    assert desk.decide("return").status_code == 422
    desk.mark("field:phone")
    desk.mark(desk.row(), "请写到现在的职务。")
    assert desk.decide("return").status_code == 302
    page = text_of(desk.page())
    assert f"手机号码 ： {NOTE}" in page, "in the history"
    assert "学习工作经历第 2 条 ： 请写到现在的职务。" in page
    desk.sit("applicant")
    told = text_of(desk.client.get("/messages/").text)
    assert f"手机号码：{NOTE}" in told

    with desk.app.app_context():
        application = db.session.get_one(Application, desk.id)
        factories.submit(application)
    desk.sit("reviewer")
    desk.mark("field:email", "邮箱打不开。")
    assert desk.decide("pass").status_code == 302
    assert "邮箱打不开。" not in desk.page()
    with desk.app.app_context():
        application = db.session.get_one(Application, desk.id)
        assert not application.marked
        assert db.session.query(marks.Mark).count() == 0
