"""Contradictions on the page of one application: beside their places, linked within the scope of who looks."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from common.calendar import today
from models import Action, Application, Review, State, db
from tests import factories
from tests.machine.site import Client
from tests.review.test_console import decide

pytestmark = [
    pytest.mark.guide("W3"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


def place(page: str, title: str) -> str:
    """Return what stands beside a field."""
    found = re.search(rf"<dt>{title}</dt>\s*<dd>(.*?)</dd>", page, re.DOTALL)
    assert found is not None
    return found[1]


def test_each_contradiction_stands_beside_its_place_with_links_in_scope_alone(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        world = factories.world()
        at = world.banner
        one = factories.application_at(State.ENTERPRISE_REVIEW, at, world, factories.applicant("甲一"))
        other = factories.application_at(State.PRELIMINARY_REVIEW, at, world, factories.applicant("乙二"))
        other_id, employer = other.id, one.submitted_enterprise_id
        other.submitted_enterprise = factories.enterprise()
        other.bank_account = "6228480000000001"
        db.session.commit()
        number, theirs = one.number, other.number
        factories.log_in(client, at.reviewer)
    page = client.get(f"/enterprise/{number}/").text
    assert "与另一人的申请相同" in place(page, "手机号码")
    assert theirs not in page, "outside of the enterprise's scope"
    assert "与另一人的申请相同" not in place(page, "银行账号")
    assert "与另一人的申请中的文件相同" in page
    with app.app_context():
        db.session.get_one(Application, other_id).submitted_enterprise_id = employer
        db.session.commit()
    page = client.get(f"/enterprise/{number}/").text
    assert f'href="/enterprise/{theirs}/"' in place(page, "手机号码")
    with app.app_context():
        factories.log_in(client, db.session.get_one(Application, other_id).applicant)
    opened = client.get(f"/personal/application/{theirs}/").text
    assert "银行账号" in opened
    assert "与另一人的申请" not in opened, "no applicant reads of others"


def test_what_does_not_fit_in_time_is_pointed_out_and_forbids_nothing(app: Flask, client: Client) -> None:
    with app.app_context():
        world = factories.world()
        application = factories.application_at(State.PRELIMINARY_REVIEW, world.banner, world)
        number, application_id = application.number, application.id
        factories.log_in(client, world.banner.clerk)
    assert 'class="contradiction"' not in client.get(f"/office/{number}/").text
    with app.app_context():
        submission = db.session.scalars(
            select(Review).where(Review.application_id == application_id, Review.action == Action.SUBMIT)
        ).one()
        snapshot = submission.snapshot
        assert snapshot is not None
        study, work = snapshot["experiences"]
        submission.snapshot = {
            **snapshot,
            "fields": {**snapshot["fields"], "contract_end": (today() - timedelta(1)).isoformat()},
            "experiences": [study, {**work, "start": "2019-09"}],
        }
        db.session.commit()
    page = client.get(f"/office/{number}/").text
    assert "劳动合同在审核结束前已到期" in place(page, "劳动合同终止时间")
    assert "与“内蒙古大学”（2016-09 至 2020-06）的时间交叉" in page
    assert decide(client, number, "pass").status_code == 302
