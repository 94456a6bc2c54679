"""The applicant reads why the application came back on the main page and in 「查询历史」 until that has been dealt with."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from models import Account, Action, Application, db
from tests import factories
from tests.machine.site import Client

REASON = "劳动合同缺盖章页。"
TO_BE_MENDED = "已回退，请修改后重新提交"
BEFORE_SUBMITTING = "此前的回退原因，提交前请确认已经改正"
UNDER_REVIEW = "此前的回退原因，审核时会再核对"


@pytest.mark.guide("A13", "A19")
def test_a_reason_is_read_through_every_step_of_the_applicant(app: Flask, client: Client) -> None:
    with app.app_context():
        everywhere = factories.world()
        at = everywhere.banner
        application = factories.complete_application(at.enterprise)
        factories.submit(application)
        key, number, person = application.id, application.number, application.applicant_id
        reviewer = at.reviewer.id
        factories.log_in(client, application.applicant)

    def does(action: Action, actor: int, reason: str = "") -> None:
        with app.app_context():
            present = db.session.get_one(Application, key)
            factories.act(present, action, db.session.get_one(Account, actor), reason)

    def sees(title: str) -> None:
        main = client.get(f"/personal/application/{number}/").text
        assert main.count(REASON) == (
            1 if title in {TO_BE_MENDED, BEFORE_SUBMITTING} else 2
        )  # and in the history
        assert [each for each in (TO_BE_MENDED, BEFORE_SUBMITTING, UNDER_REVIEW) if each in main] == [title]
        assert client.get("/personal/application/history/").text.count(REASON) == 1

    does(Action.RETURN, reviewer, REASON)
    sees(TO_BE_MENDED)
    assert REASON in client.get(f"/personal/application/{number}/submit/").text
    for _ in range(2):
        does(Action.SUBMIT, person)
        sees(UNDER_REVIEW)
        does(Action.WITHDRAW, person)
        sees(BEFORE_SUBMITTING)
        assert REASON in client.get(f"/personal/application/{number}/submit/").text
    does(Action.SUBMIT, person)
    does(Action.PASS, reviewer)
    assert UNDER_REVIEW not in client.get(f"/personal/application/{number}/").text
    assert REASON not in client.get("/personal/application/history/").text


@pytest.mark.guide("A13", "A17", "A18")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_history_says_every_decision_and_the_trail_shows_the_step_that_refused(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        at = factories.world().banner
        application = factories.complete_application(at.enterprise)
        factories.submit(application)
        factories.act(application, Action.RETURN, at.reviewer, REASON)
        factories.submit(application)
        factories.act(application, Action.PASS, at.reviewer)
        factories.act(application, Action.REFUSE, at.clerk, "不在岗。")
        number = application.number
        factories.log_in(client, application.applicant)
    page = client.get("/personal/application/history/").text
    row = " ".join(re.sub("<[^>]+>", " ", page.partition("<tbody>")[2].partition("</tr>")[0]).split())
    said = re.sub(r" [0-9-]{10} [0-9:]{5}", "", row)
    assert said.startswith(f"{number} 年度申报 业务结束 不通过 不在岗。 企业回退 企业审核通过 初审不通过")
    chosen = client.send("/personal/application/history/", {"number": number})
    assert chosen.location == f"/personal/application/{number}/"
    steps = re.findall(r"<li[^>]*trail-([a-z]+).*?</li>", client.get(chosen.location).text, re.DOTALL)
    assert steps == ["done", "done", "failed", "todo"]
