"""A reviewer decides one application after the other, and what was looked for stays looked for."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from models import Account, Application, Office, OfficeDuty, State, db, exclusive
from tests import factories
from tests.machine.site import Client
from workflow import review
from workflow.decision import REASON_LIMIT, Decision


def waiting(names: list[str]) -> tuple[Account, list[Application]]:
    """Applications on a banner's office's desk, the first of them for longest."""
    everywhere = factories.world()
    found = []
    for name in names:
        person = factories.applicant(name)
        found.append(
            factories.application_at(State.PRELIMINARY_REVIEW, everywhere.banner, everywhere, person)
        )
    return everywhere.banner.clerk, found


def decide(client: Client, number: str, action: str, reason: str = "") -> TestResponse:
    with client.application.app_context():
        version = db.session.query(Application.version).filter_by(number=number).scalar()
    given = {"action": action, "version": version, "reason": reason}
    return client.send(f"/office/{number}/decide/", given)


def test_after_a_search_the_next_one_is_of_the_search_and_then_the_list_comes_back(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        clerk, found = waiting(["旁人一", "包晓燕", "旁人二", "包晓梅"])
        factories.log_in(client, clerk)
        numbers = [each.number for each in found]
    client.get("/office/?q=包\u200b晓")  # a character that nobody sees came along with what was copied
    second = decide(client, numbers[1], "pass")
    assert second.location == f"/office/{numbers[3]}/"
    back = decide(client, numbers[3], "pass")
    assert back.location == "/office/?q=%E5%8C%85%E2%80%8B%E6%99%93"
    client.get("/office/?tab=decided&q=包晓")
    assert decide(client, numbers[0], "pass").location == f"/office/{numbers[2]}/"


def test_who_skips_one_goes_on_from_there_and_comes_back_to_it_at_the_end(app: Flask, client: Client) -> None:
    with app.app_context():
        clerk, found = waiting(["甲一", "乙二", "丙三"])
        factories.log_in(client, clerk)
        skipped, second, third = [each.number for each in found]
    assert decide(client, second, "pass").location == f"/office/{third}/"
    assert decide(client, third, "pass").location == f"/office/{skipped}/"
    assert decide(client, skipped, "pass").location == "/office/"


def test_a_reason_longer_than_anybody_reads_is_told_and_kept_in_its_field(app: Flask, client: Client) -> None:
    with app.app_context():
        clerk, [application] = waiting(["包晓燕"])
        factories.log_in(client, clerk)
        number = application.number
    long = "补" * (REASON_LIMIT + 1)
    answer = decide(client, number, "return", long)
    assert answer.status_code == 422
    assert f"原因最多 {REASON_LIMIT} 个字。" in answer.text
    assert long in answer.text
    lines = "请补齐。\r\n" * (REASON_LIMIT // 5)  # a browser sends two for each line's end, and counts one
    assert decide(client, number, "return", lines).status_code == 302


def test_who_decides_after_a_rerouting_reads_what_has_happened(app: Flask, client: Client) -> None:
    with app.app_context():
        clerk, (found,) = waiting(["王晓敏"])
        factories.log_in(client, clerk)
        seen, number, administrator = found.version, found.number, factories.administrator()
        with exclusive():
            review.reroute(found, found.region, None, administrator, Decision("东胜区改由另一单位负责。"))
    answer = client.send(f"/office/{number}/decide/", {"action": "pass", "version": seen, "reason": ""})
    assert answer.status_code == 409
    assert "：东胜区改由另一单位负责。</p>" in answer.text


@pytest.mark.guide("E6")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_after_a_pass_the_page_says_which_office_has_it_and_whom_to_remind(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        clerk, [application] = waiting(["包晓燕"])
        factories.log_in(client, clerk)
        number = application.number
        centre = db.session.scalars(select(Office).where(Office.duty == OfficeDuty.FINAL)).one()
        centre.telephone = "0477-8222222"
        db.session.commit()
        name = centre.name
    page = client.get(decide(client, number, "pass").location).text
    assert f"现由{name}办理（电话：0477-8222222），系统已提醒该单位，请及时通知。" in page
