"""After a resubmission a desk reads its own marks and every change since it decided, and the files it has seen, but no others (W2)."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from models import Account, Action, Application, Attachment, State, db
from tests import factories
from tests.machine.site import Client
from tests.review.resubmitting import mended, replaced, returns, waiting
from workflow import scope

CARD = "上次办理以来的改动"
ALL = "其余内容与当时相同，不必再看。"


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def page_of(app: Flask, client: Client, key: int, path: str) -> str:
    with app.app_context(), client.session_transaction() as session:
        session.clear()
        session.update(factories.session_of(db.session.get_one(Account, key)))
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.guide("W2")
def test_marks_come_first_with_before_and_after_and_then_every_other_change(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        _, at, found, row, paper = waiting()
        noted = {
            "field:phone": "少一位。",
            "field:education": "与证书不一致。",
            row: "请写结束时间。",
            paper: "看不清。",
        }
        returns(found, at.reviewer, noted)
        former, new = replaced(found, factories.materials()[0].name)
        factories.act(found, Action.SUBMIT, found.applicant, change=mended)
        number, reviewer, clerk = found.number, at.reviewer.id, at.clerk.id
        key, papers = found.id, (former.id, new.id)
    page = page_of(app, client, reviewer, f"/enterprise/{number}/")
    card = page[page.index('id="changes"') : page.index('<div class="zones">')]
    text = text_of(card)
    assert CARD in page
    assert "手机号码 已修改 少一位。 赵敏 上次 13847710000 现在 13900001234" in text
    assert "学历 未修改 与证书不一致。" in text
    assert re.search(
        "学习工作经历第 2 条 已修改 请写结束时间。 赵敏 上次 2020-07 至 今，.* 现在 2020-07 至 2023-01", text
    )
    for file in papers:
        assert f"/papers/{file}/1-900.jpg" in card
    others = text[text.index("其他改动") :]
    assert "岗位职务 上次 工程师 现在 主管" in others
    assert "学习工作经历 上次 未填 现在 2023-02 至 今，工作，后来的公司，主管，李四" in others
    assert "手机号码" not in others
    assert ALL in others

    with app.app_context():  # an office that has not decided yet has everything to read
        factories.act(
            db.session.get_one(Application, key), Action.PASS, db.session.get_one(Account, reviewer)
        )
    assert CARD not in page_of(app, client, clerk, f"/office/{number}/")


@pytest.mark.guide("W2")
def test_a_desk_may_fetch_the_files_of_submissions_that_it_decided_and_of_no_others(
    app_context: Flask,
) -> None:
    everywhere = factories.world()
    first, second = everywhere.banner, everywhere.elsewhere
    found = factories.application_at(State.ENTERPRISE_REVIEW, first, everywhere)
    name = factories.materials()[0].name

    def fetches(who: Account, file: Attachment) -> bool:
        criterion = (Attachment.id == file.id, scope.attachments(who))
        return db.session.scalar(select(Attachment.id).where(*criterion)) is not None

    def choose(employer):
        def change(application: Application) -> None:
            application.enterprise_id = employer.id

        return change

    returns(found, first.reviewer, {}, "换单位。")
    of_first, of_second = replaced(found, name)
    factories.act(found, Action.SUBMIT, found.applicant, change=choose(second.enterprise))
    assert fetches(second.reviewer, of_second)
    assert not fetches(second.reviewer, of_first), "it was meant for another employer"
    assert not fetches(first.reviewer, of_first), "the application is somebody else's now"

    returns(found, second.reviewer, {}, "换回来。")
    _, newest = replaced(found, name)
    factories.act(found, Action.SUBMIT, found.applicant, change=choose(first.enterprise))
    colleague = factories.reviewer(first.enterprise)
    for who in (first.reviewer, colleague):
        assert fetches(who, newest)
        assert fetches(who, of_first), "its desk decided that submission"
        assert not fetches(who, of_second), "went to another employer in between"
    factories.act(found, Action.PASS, first.reviewer)
    assert fetches(first.clerk, newest)
    assert not fetches(first.clerk, of_first)


@pytest.mark.guide("W2")
def test_what_a_colleague_returned_without_marks_is_compared_for_the_whole_desk(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        _, at, found, *_ = waiting()
        number, colleague = found.number, factories.reviewer(at.enterprise, "何欣").id
        returns(found, at.reviewer, {}, "请更正电话。")
        mended(found)
        factories.submit(found)
    page = text_of(page_of(app, client, colleague, f"/enterprise/{number}/"))
    assert CARD in page
    assert "13900001234" in page
