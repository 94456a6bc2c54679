"""The applicant reads each mark of a return at its place and in a list, sees what is still to be done, and is asked once more."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from desk import marks
from desk.marks import DeskDecision
from models import Account, Action, Application, Attachment, State, db
from tests import factories
from tests.machine.site import Client
from workflow import review
from workflow.form import answers

PHONE, ROW, PAPER = "号码少了一位。", "请写到现在的职务。", "缺盖章页。"


def text_of(html: str) -> str:
    shown = re.sub(r'<span data-changed="\w+" hidden>.*?</span></span></span>', " ", html)
    return " ".join(re.sub(r"<[^>]+>", " ", shown).split())


class Returned:
    """An application that was returned with a mark on a field, on a row and on a paper, and its applicant's browser."""

    def __init__(self, app: Flask, client: Client) -> None:
        self.app, self.client = app, client
        with app.app_context():
            everywhere = factories.world()
            at = everywhere.banner
            found = factories.application_at(State.ENTERPRISE_REVIEW, at, everywhere)
            self.id, self.number = found.id, found.number
            row = marks.row_target(answers.snapshot(found)["experiences"][1])
            self.contract = next(one.id for one in factories.materials() if one.name == "劳动合同")
            for target, note in (
                ("field:phone", PHONE),
                (row, ROW),
                (marks.paper_target(self.contract), PAPER),
            ):
                marks.put(found.number, at.reviewer, target, note)
            version = factories.fresh(found).version
            review.perform(
                found.id, Action.RETURN, at.reviewer, seen_version=version, decision=DeskDecision()
            )
            with client.session_transaction() as session:
                session.update(factories.session_of(found.applicant))
        self.sheet = f"/personal/application/{self.number}/"

    def page(self, path: str = "") -> str:
        answer = self.client.get(self.sheet + path)
        assert answer.status_code == 200
        return answer.text

    def states(self, path: str = "") -> dict[str, str]:
        """What each mark says, by its note."""
        text = text_of(self.page(path))
        return {
            note: found[1]
            for note in (PHONE, ROW, PAPER)
            if (found := re.search(re.escape(note) + r" (已修改|未修改)", text))
        }

    def change(self, change) -> None:
        with self.app.app_context():
            found = db.session.get_one(Application, self.id)
            factories.act(found, Action.SAVE, found.applicant, change=change)

    def submit(self, **further: str):
        with self.app.app_context():
            version = db.session.get_one(Application, self.id).version
        return self.client.send(f"{self.sheet}submit/", {"version": version, **further})


@pytest.fixture
def case(app: Flask, client: Client) -> Returned:
    return Returned(app, client)


def _mended(application: Application) -> None:
    application.phone = "13900001234"
    application.experiences[1].end = date(2023, 1, 1)


@pytest.mark.guide("A23")
def test_each_mark_stands_at_its_place_and_says_whether_it_was_dealt_with(case: Returned) -> None:
    page = case.page()
    for place in ("phone", "row-1", f"material-{case.contract}"):
        assert f'#{place}">' in page, "linked from the list"
        assert f'id="{place}"' in page
    for note in (PHONE, ROW, PAPER):
        assert page.count(note) == 2, "in the list and at its place"
    assert case.states() == {PHONE: "未修改", ROW: "未修改", PAPER: "未修改"}
    assert case.states("attachments/") == {PAPER: "未修改"}

    case.change(_mended)
    assert case.states() == {PHONE: "已修改", ROW: "已修改", PAPER: "未修改"}
    case.change(lambda application: application.experiences.pop(1))
    assert case.states()[ROW] == "已修改", "a row that is gone"
    with case.app.app_context():
        found = db.session.get_one(Application, case.id)
        material = next(one for one in factories.materials() if one.id == case.contract)
        factories.upload(found, material, display_name="盖章页.pdf")
    assert case.states("attachments/") == {PAPER: "已修改"}
    history = text_of(case.client.get("/personal/application/history/").text)
    assert f"手机号码 ： {PHONE}" in history


@pytest.mark.guide("A23")
def test_submitting_with_a_mark_untouched_asks_once_more(case: Returned) -> None:
    case.change(_mended)
    asked = case.page("submit/")
    assert "有 1 处标记还没有修改" in asked
    assert [text_of(asked).count(note) for note in (PHONE, ROW, PAPER)] == [1, 1, 1], "each stands there once"
    refused = case.submit()
    assert refused.status_code == 422
    assert "有标记的内容还没有修改。" in text_of(refused.text)
    with case.app.app_context():
        assert db.session.get_one(Application, case.id).state is State.RETURNED
    assert case.submit(untouched="yes").status_code == 302
    with case.app.app_context():
        assert db.session.get_one(Application, case.id).state is State.ENTERPRISE_REVIEW
    assert PHONE in text_of(case.page()), "still read while it is under review"


@pytest.mark.guide("A23")
def test_who_has_dealt_with_every_mark_is_not_asked(case: Returned) -> None:
    case.change(_mended)
    with case.app.app_context():
        found = db.session.get_one(Application, case.id)
        material = next(one for one in factories.materials() if one.id == case.contract)
        for file in db.session.scalars(select(Attachment).where(Attachment.material_id == material.id)):
            file.removed_after = 1
        factories.upload(found, material)
        assert db.session.get_one(Account, found.applicant_id)
    assert "untouched-known" not in case.page("submit/")
    assert case.submit().status_code == 302
