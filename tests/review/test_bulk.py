"""The check boxes of a list, the summary, and the report, as a clerk without scripts meets them."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from models import Account, Action, Application, BulkJob, State, db
from tests import factories
from tests.factories import REASON, World
from tests.machine.site import Client
from worker import bulk_decisions

Person = Callable[[Account], Client]


@pytest.fixture
def rows(app: Flask, prepared: World) -> list[str]:
    """The numbers of three applications that wait at the banner's office."""
    app.extensions["wake_bulk_decisions"] = lambda: None
    with app.app_context():
        at = (State.PRELIMINARY_REVIEW, prepared.banner, prepared)
        return [
            factories.application_at(*at, factories.applicant(name)).number
            for name in ("包晓燕", "包晓梅", "旁人一")
        ]


def work(app: Flask) -> None:
    with app.app_context():
        bulk_decisions.process_due()


def state(app: Flask, number: str) -> State:
    with app.app_context():
        return db.session.query(Application.state).filter_by(number=number).scalar()


@pytest.mark.guide("W6", "W13")
def test_ticked_rows_are_returned_with_one_reason_after_a_summary_and_what_was_not_done_is_listed(
    app: Flask, prepared: World, person: Person, rows: list[str]
) -> None:
    clerk = person(prepared.banner.clerk)
    page = clerk.get("/office/").text
    assert re.findall(r'name="row" value="([^"]+)"', page) == rows
    assert "全部符合条件的 3 件" in page
    chosen = clerk.send("/office/bulk/choose/", {"row": rows[:2], "action": "return"})
    job = chosen.location
    asked = clerk.get(job).text
    assert "可以回退的 2 件" in asked
    assert re.findall(r'href="/office/(2[^"/]+)/"', asked) == rows[:2], (
        "those that would be decided are named"
    )
    assert [state(app, number) for number in rows] == [State.PRELIMINARY_REVIEW] * 3
    assert clerk.send(f"{job}confirm/", {"reason": " "}).status_code == 422
    with app.app_context():
        one = db.session.query(Application).filter_by(number=rows[0]).one()
        factories.act(one, Action.PASS, prepared.banner.clerk)
    assert clerk.send(f"{job}confirm/", {"reason": REASON}).status_code == 303
    assert "正在办理" in clerk.get(job).text
    work(app)
    report = clerk.get(job).text
    assert "回退了 1 件" in report
    assert f'href="/office/{rows[0]}/"' in report
    assert f'href="/office/{rows[1]}/"' not in report
    assert [state(app, number) for number in rows[1:]] == [State.RETURNED, State.PRELIMINARY_REVIEW]
    assert job in clerk.get("/office/bulk/").text
    clerk.send(f"{job}confirm/", {"reason": REASON})
    assert "已经确认或取消过" in clerk.get(job).text
    opened = clerk.get(f"/office/{rows[1]}/?take_back=1").text
    assert "确定收回" in opened  # each can still be taken back by itself


@pytest.mark.guide("W6")
def test_all_that_a_filter_leaves_is_passed_and_nothing_else(
    app: Flask, prepared: World, person: Person, rows: list[str]
) -> None:
    clerk = person(prepared.banner.clerk)
    page = clerk.get("/office/?q=包晓").text
    address = re.search(r'id="bulk" class="bulk-bar" method="post" action="([^"]+)"', page)
    assert address is not None
    job = clerk.send(address[1].replace("&amp;", "&"), {"all": "1", "action": "pass"}).location
    clerk.send(f"{job}confirm/", {})
    work(app)
    assert "通过了 2 件" in clerk.get(job).text
    assert [state(app, number) for number in rows] == [*[State.CITY_REVIEW] * 2, State.PRELIMINARY_REVIEW]


@pytest.mark.guide("W6")
def test_a_row_that_came_back_changed_after_the_list_was_shown_is_not_passed_unseen(
    app: Flask, prepared: World, person: Person, rows: list[str]
) -> None:
    clerk = person(prepared.banner.clerk)
    shown = re.search(r'name="listed-at" value="([^"]+)"', clerk.get("/office/").text)
    assert shown is not None
    with app.app_context():
        one = db.session.query(Application).filter_by(number=rows[0]).one()
        factories.act(one, Action.RETURN, prepared.banner.clerk, REASON)
        factories.submit(one)
        factories.act(one, Action.PASS, prepared.banner.reviewer)
    given = {"row": rows[:2], "action": "pass", "listed-at": shown[1]}
    job = clerk.send("/office/bulk/choose/", given).location
    summary = clerk.get(job).text
    assert "可以通过的 1 件" in summary
    assert "选定之后已有变化" in summary
    clerk.send(f"{job}confirm/", {})
    work(app)
    assert [state(app, number) for number in rows[:2]] == [State.PRELIMINARY_REVIEW, State.CITY_REVIEW]
    for unreadable in ("", "x", "2026-11-29", "2026-11-29T07:00:00"):
        assert clerk.send("/office/bulk/choose/", given | {"listed-at": unreadable}).status_code == 303


@pytest.mark.guide("W6")
def test_nothing_chosen_says_so_and_what_is_not_in_sight_does_not_exist(
    app: Flask, prepared: World, person: Person, rows: list[str]
) -> None:
    clerk, stranger = person(prepared.banner.clerk), person(prepared.park.clerk)
    clerk.send("/office/bulk/choose/", {"action": "pass"})
    assert "还没有选择申请" in clerk.get("/office/").text
    for given in ({"row": rows, "action": "pass"}, {"row": ["2026-999999"], "action": "pass"}):
        assert stranger.send("/office/bulk/choose/", given).status_code == 404
    for action in ("submit", "nothing", "take_back"):
        assert clerk.send("/office/bulk/choose/", {"row": rows, "action": action}).status_code == 404
    with app.app_context():
        assert db.session.query(BulkJob).count() == 0
    job = clerk.send("/office/bulk/choose/", {"row": rows, "action": "pass"}).location
    assert stranger.get(job).status_code == 404
    for what in ("confirm/", "cancel/"):
        assert stranger.send(job + what, {}).status_code == 404
    clerk.send(f"{job}cancel/", {})
    assert "已取消" in clerk.get(job).text
    work(app)
    assert {state(app, number) for number in rows} == {State.PRELIMINARY_REVIEW}


@pytest.mark.guide("W13")
def test_the_line_after_a_decision_leads_to_taking_it_back_and_the_next_desks_look_ends_that(
    app: Flask, prepared: World, person: Person, rows: list[str]
) -> None:
    clerk, centre = person(prepared.banner.clerk), person(prepared.centre)
    given = {"action": "pass", "version": "3"}
    with app.app_context():
        given["version"] = str(db.session.query(Application.version).filter_by(number=rows[0]).scalar())
    after = clerk.get(clerk.send(f"/office/{rows[0]}/decide/", given).location).text
    link = re.search(r'href="(/office/[^"]+take_back=1)"', after)
    assert link is not None
    page = clerk.get(link[1]).text
    given = {"version": re.findall(r'name="version" value="(\d+)"', page)[-1]}
    assert clerk.send(f"/office/{rows[0]}/take-back/", given).status_code == 422
    assert clerk.send(f"/office/{rows[0]}/take-back/", given | {"reason": REASON}).status_code == 302
    assert state(app, rows[0]) is State.PRELIMINARY_REVIEW
    given = {"action": "pass", "version": str(int(given["version"]) + 1)}
    clerk.send(f"/office/{rows[0]}/decide/", given)
    assert centre.get(f"/city/{rows[0]}/").status_code == 200
    page = clerk.get(f"/office/{rows[0]}/").text
    assert "已经打开这份申请，不能再收回" in page
    refused = {"version": str(int(given["version"]) + 1), "reason": REASON}
    answer = clerk.send(f"/office/{rows[0]}/take-back/", refused)
    assert answer.status_code == 409
    assert "不能再收回" in answer.text
    assert state(app, rows[0]) is State.CITY_REVIEW
