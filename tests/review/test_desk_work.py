"""What a clerk sees of colleagues on the list and on the page of an application, internal notes, and a person's other applications."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from accounts import sessions
from desk import assignments
from models import Account, Action, Application, InternalNote, LoginSession, State, db, now
from tests import factories
from tests.factories import REASON, act
from tests.machine.site import Client
from tests.review.test_console import decide, waiting

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def log_in_as(client: Client, account_id: int) -> None:
    with client.application.app_context():
        factories.log_in(client, db.session.get_one(Account, account_id))


def on_list(client: Client, query: str) -> list[str]:
    return re.findall(r'cell-title"><a href="/office/(\d+-\d+)/', client.get(f"/office/?{query}").text)


@pytest.mark.guide("W4")
def test_the_waiting_list_says_who_has_what_and_what_comes_next_is_no_colleagues(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        li, found = waiting(["甲一", "乙二", "丙三", "丁四"])
        wang = factories.clerk(li.office, "王丽")
        colleague = wang.id
        first, second, third, last = numbers = [each.number for each in found]
        assignments.assign(first, li, to=li.id, seen=None)
        assignments.assign(third, wang, to=wang.id, seen=None)
        factories.log_in(client, li)
    page = client.get("/office/").text
    assert (page.count('data-label="领取人">李娜'), page.count('data-label="领取人">王丽')) == (1, 1)
    assert on_list(client, "taken=mine") == [first]
    assert on_list(client, "taken=none") == [second, last]
    assert on_list(client, "q=丙三") == [third]
    assert on_list(client, "") == numbers
    assert decide(client, second, "pass").location == f"/office/{last}/"
    with app.app_context():
        factories.deactivate(db.session.get_one(Account, colleague))
    assert on_list(client, "taken=none") == [third, last]


@pytest.mark.guide("W4")
@ON_SQLITE
def test_take_put_back_and_hand_over_say_what_was_done_and_refuse_what_cannot_be(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        li, [application] = waiting(["甲一"])
        wang = factories.clerk(li.office, "王丽")
        stranger = factories.clerk(factories.office(), "外人")
        number, me, colleague, outsider = application.number, li.id, wang.id, stranger.id
        factories.log_in(client, li)

    def send(to: object, seen: object = "") -> str:
        answer = client.send(f"/office/{number}/assign/", {"to": to, "seen": seen}, follow_redirects=True)
        assert answer.status_code == 200
        return answer.text

    assert "已领取。" in (page := send(me))
    assert "您已领取" in page
    for wrong in (outsider, "", "x", 10**12):
        assert "只能交给本单位在用的账号" in (page := send(wrong, me))
        assert "您已领取" in page
    assert "没有改动：李娜刚刚领取了此申请。" in send(colleague)
    assert "已交给王丽。" in (page := send(colleague, me))
    assert "王丽已领取" in page
    log_in_as(client, colleague)
    assert f"同事把甲一的申请 {number} 交给您办理。" in client.get("/messages/").text
    log_in_as(client, me)
    assert "没有改动：王丽刚刚领取了此申请。" in send("nobody", me)
    assert "已领取。" in send(me, colleague)
    assert "已放回。" in (page := send("nobody", me))
    assert "未领取" in page
    assert decide(client, number, "return", REASON).status_code == 302
    assert "没有改动：此申请现在不由本单位审核。" in send(me)


@pytest.mark.guide("W4")
@ON_SQLITE
def test_what_a_colleague_has_taken_is_decided_after_a_question_that_keeps_the_reason(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        li, [application] = waiting(["甲一"])
        wang = factories.clerk(li.office, "王丽")
        number = application.number
        assignments.assign(number, wang, to=wang.id, seen=None)
        factories.log_in(client, li)
    assert "请填写原因" in decide(client, number, "return").text, "what is wrong comes before the question"
    answer = decide(client, number, "return", "请补齐合同。")
    assert answer.status_code == 409
    assert "王丽已领取，仍要回退？" in answer.text
    form = re.search(r'<form[^>]*id="decide-return".*?</form>', answer.text, re.DOTALL)
    assert form is not None
    assert "请补齐合同。</textarea>" in form[0]
    assert 'name="anyway" value="1"' in form[0]
    assert 'form="decide-return"' in answer.text
    with app.app_context():
        version = db.session.scalar(select(Application.version).where(Application.number == number))
    given = {"action": "return", "version": version, "reason": "请补齐合同。", "anyway": "1"}
    assert client.send(f"/office/{number}/decide/", given).status_code == 302
    with app.app_context():
        assert db.session.scalar(select(Application.state)) is State.RETURNED


@pytest.mark.guide("W4")
@ON_SQLITE
def test_a_page_says_who_has_it_open_and_keeps_no_session_alive(app: Flask, client: Client) -> None:
    with app.app_context():
        li, [application] = waiting(["甲一"])
        wang = factories.clerk(li.office, "王丽")
        number = application.number
        factories.log_in(client, li)
        other = app.test_client()
        assert isinstance(other, Client)
        factories.log_in(other, wang)
    path = f"/office/{number}/open-now/"
    assert client.send(path).get_json() == {"words": ""}
    assert other.get(path).mimetype == "image/svg+xml", "without scripts"
    assert client.send(path).get_json() == {"words": "王丽（同事）正在看"}
    assert "王丽（同事）正在看" in client.get(f"/office/{number}/").text
    assert other.send(path, {"leaving": "1"}).status_code == 204
    assert client.send(path).get_json() == {"words": ""}
    long_ago = now() - 3 * sessions.SEEN_PRECISION
    with app.app_context():
        db.session.execute(update(LoginSession).values(seen_at=long_ago))
        db.session.commit()
    client.send(path)
    with app.app_context():
        assert set(db.session.scalars(select(LoginSession.seen_at))) == {long_ago}
    client.get(f"/office/{number}/")
    with app.app_context():
        assert max(db.session.scalars(select(LoginSession.seen_at))) > long_ago + timedelta(seconds=1)


@ON_SQLITE
def test_the_last_word_of_a_page_that_was_left_by_logging_out_takes_no_login_form_its_token(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        li, [application] = waiting(["甲一"])
        number = application.number
        factories.log_in(client, li)
    client.send("/logout")
    beacon = client.post(
        f"/office/{number}/open-now/",
        data={"csrf_token": "of the page", "leaving": "1"},
        headers={"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "same-origin"},
    )
    assert (beacon.status_code, beacon.headers.getlist("Set-Cookie")) == (419, [])


@pytest.mark.guide("W7")
@ON_SQLITE
def test_a_note_is_kept_on_the_page_and_what_was_typed_comes_back(app: Flask, client: Client) -> None:
    with app.app_context():
        li, [application] = waiting(["甲一"])
        number, administrator = application.number, factories.administrator().id
        me = li.id
        factories.log_in(client, li)
    path = f"/office/{number}/notes/"
    answer = client.send(path, {"text": "长" * 1001})
    assert answer.status_code == 422
    assert "备注最多 1000 个字。" in answer.text
    assert "长" * 1001 in answer.text
    assert client.send(path, {"text": "合同第三页<b>待核</b>"}).location == f"/office/{number}/#notes"
    assert "合同第三页&lt;b&gt;待核&lt;/b&gt;" in client.get(f"/office/{number}/").text
    with app.app_context():
        assert [note.author_id for note in db.session.scalars(select(InternalNote))] == [me]
    log_in_as(client, administrator)
    page = client.get(f"/administration/applications/{number}/").text
    assert "合同第三页&lt;b&gt;待核&lt;/b&gt;" in page
    assert "写备注" not in page


@pytest.mark.guide("W12")
@ON_SQLITE
def test_the_persons_other_applications_stand_beside_within_the_scope_of_who_looks(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        world = factories.world()
        person = factories.applicant("甲一")
        elsewhere, here = [], []
        for place, numbers in ((world.elsewhere, elsewhere), (world.banner, here)):
            for _ in range(2):
                one = factories.application_at(State.PRELIMINARY_REVIEW, place, world, person)
                numbers.append(one.number)
                if len(here) < 2:
                    act(one, Action.REFUSE, place.clerk, REASON)
        administrator = world.administrator.id
        factories.log_in(client, world.banner.clerk)

    def others(page: str) -> list[str]:
        part = page.partition("本人的其他申请")[2]
        return re.findall(r'class="num" href="[^"]*/(\d+-\d+)/"', part)

    page = client.get(f"/office/{here[1]}/").text
    assert others(page) == [here[0]]
    assert "业务结束，不通过" in page.partition("本人的其他申请")[2]
    log_in_as(client, administrator)
    page = client.get(f"/administration/applications/{here[1]}/").text
    assert others(page) == [here[0], elsewhere[1], elsewhere[0]]
