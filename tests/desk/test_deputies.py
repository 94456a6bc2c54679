"""Deputies: who decides for whom, for how long, and what the history says (W5)."""

from datetime import timedelta

import pytest
from flask import Flask

from accounts import access
from common.calendar import today
from common.errors import NotPermitted, TakenByColleague, Unacceptable
from desk import assignments, deputies, marks, notes
from desk.deputies import Days
from desk.marks import DeskDecision
from desk.page_context import page_context
from models import Account, Action, Application, AuditEntry, Deputy, Office, OfficeDuty, Review, State, db
from tests import factories
from tests.factories import fresh
from tests.machine.site import Client
from workflow import review

pytestmark = pytest.mark.guide("W5")
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def span(first: int = 0, last: int = 5) -> Days:
    return Days(today() + timedelta(days=first), today() + timedelta(days=last))


def decide(application: Application, by: Account, action: Action = Action.PASS) -> Review:
    line = review.perform(
        application.id,
        action,
        by,
        seen_version=fresh(application).version,
        decision=DeskDecision(),
        check=assignments.refuse_taken,
    )
    assert line is not None
    return line


def test_a_deputy_decides_what_the_absent_colleague_took_and_the_history_says_for_whom(
    app_context: Flask,
) -> None:
    world = factories.world()
    li, wang = world.banner.clerk, factories.clerk(world.banner.office, "王丽")
    first, second = (
        factories.application_at(State.PRELIMINARY_REVIEW, world.banner, world) for _ in range(2)
    )
    for each in (first, second):
        assignments.assign(each.number, wang, to=wang.id, seen=None)
    with pytest.raises(TakenByColleague):
        decide(first, li)
    row = deputies.name_for_account(wang, wang.id, li.id, span())
    assert decide(first, li).on_behalf_of == "王丽"
    deputies.end_early(li, row.id)
    with pytest.raises(TakenByColleague):
        decide(second, li)
    deputies.name_for_account(world.administrator, wang.id, li.id, span(1, 2))
    with pytest.raises(TakenByColleague):
        decide(second, li)  # it has not begun
    trail = db.session.query(AuditEntry).filter_by(table_name="deputies").order_by(AuditEntry.id).all()
    assert [(one.label, one.actor_name, one.after.get("deputy")) for one in trail] == [
        ("王丽", "王丽", "李娜"),
        ("王丽", "李娜", None),
        ("王丽", "系统管理员", "李娜"),
    ]


@ON_SQLITE
def test_wrong_deputies_and_periods_that_overlap_are_refused(app_context: Flask) -> None:
    world = factories.world()
    li, wang = world.banner.clerk, factories.clerk(world.banner.office, "王丽")
    gone = factories.clerk(world.banner.office, "离职者")
    factories.deactivate(gone)
    stranger, reviewer, admin = world.elsewhere.clerk, world.banner.reviewer, world.administrator
    colleague = factories.reviewer(world.banner.enterprise, "周婷")
    deputies.name_for_account(reviewer, reviewer.id, colleague.id, span())
    deputies.name_for_account(li, li.id, wang.id, span(3, 6))

    def refused(by: Account, absent: int | None, deputy: int | None, days: Days) -> str:
        with pytest.raises(Unacceptable) as refusal:
            deputies.name_for_account(by, absent, deputy, days)
        return refusal.value.field

    for wrong in (stranger.id, gone.id, li.id, reviewer.id, None, 10**6):
        assert refused(li, li.id, wrong, span(10, 11)) == "deputy"
    for first, last in ((0, 3), (6, 9), (4, 5), (0, 20)):
        assert refused(li, li.id, wang.id, span(first, last)) == "first_day"
    assert refused(li, li.id, wang.id, span(9, 8)) == "last_day"
    assert refused(li, li.id, wang.id, span(-9, -8)) == "last_day"
    assert refused(admin, admin.id, wang.id, span()) == "account"
    with pytest.raises(NotPermitted):
        deputies.name_for_account(li, wang.id, stranger.id, span())
    deputies.name_for_account(li, li.id, wang.id, span(7, 9))
    other = deputies.current_and_coming(reviewer)
    with pytest.raises(NotPermitted):
        deputies.end_early(li, other[0].id)
    assert len(deputies.current_and_coming(li)) == 2
    assert len(deputies.current_and_coming(admin)) == 3
    past, yesterday = {"account_id": li.id, "deputy_id": wang.id, "created_by_id": li.id}, span(-1).first
    over = factories.saved(Deputy(**past, first_day=yesterday, last_day=yesterday))
    for person in (li, wang, admin):
        with pytest.raises(NotPermitted):
            deputies.end_early(person, over.id)


def test_another_office_sees_and_decides_for_the_absent_one_while_the_period_runs(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        world = factories.world()
        home, absent = world.elsewhere, world.banner
        application = factories.application_at(State.PRELIMINARY_REVIEW, absent, world)
        number, key = application.number, application.id
        factories.log_in(client, home.clerk)
        admin, offices = world.administrator, (absent.office.id, home.office.id)
        names = absent.office.name, home.office.name
        assert client.get(f"/office/{number}/").status_code == 404
        with pytest.raises(NotPermitted):
            deputies.name_for_office(home.clerk, *offices, span())
        centre = db.session.query(Office).filter_by(duty=OfficeDuty.FINAL).one()
        for wrong in (offices[0], centre.id, None):
            with pytest.raises(Unacceptable):
                deputies.name_for_office(admin, offices[0], wrong, span())
        row = deputies.name_for_office(admin, *offices, span())
        with pytest.raises(Unacceptable):
            deputies.name_for_office(admin, *offices, span(5, 9))
        row_id, admin_id = row.id, admin.id
    assert number in client.get("/office/").text
    assert "待您审核" in client.get("/messages/").text
    with app.app_context():
        version = db.session.get_one(Application, key).version
    given = {"action": "return", "version": version, "reason": "请补齐合同。"}
    assert client.send(f"/office/{number}/decide/", given).status_code == 302
    assert f"{names[0]}（由{names[1]}代办）" in client.get(f"/office/{number}/").text
    with app.app_context():
        deputies.end_early(db.session.get_one(Account, admin_id), row_id)
    assert client.get(f"/office/{number}/").status_code == 404


@ON_SQLITE
def test_marks_and_notes_of_a_deputy_office_stay_with_the_absent_one(app_context: Flask) -> None:
    world = factories.world()
    absent, deputy = world.banner, world.elsewhere
    application = factories.application_at(State.PRELIMINARY_REVIEW, absent, world)
    number = application.number
    marks.put(number, absent.clerk, "field:email", "邮箱打不开。")
    notes.add_note(number, "已电话核实。", absent.clerk)
    row = deputies.name_for_office(world.administrator, absent.office.id, deputy.office.id, span())

    def seen_by(who: Account) -> tuple[list[str], list[str]]:
        person = access.active_account(who)
        made = [mark.note for mark in marks.drafts(fresh(application), person)]
        return made, [note.text for note in page_context(fresh(application), person).notes]

    assert seen_by(deputy.clerk) == (["邮箱打不开。"], ["已电话核实。"])
    marks.put(number, deputy.clerk, "field:phone", "少了一位。")
    notes.add_note(number, "合同原件已看。", deputy.clerk)
    deputies.end_early(world.administrator, row.id)
    assert seen_by(deputy.clerk) == ([], [])
    both = (["邮箱打不开。", "少了一位。"], ["合同原件已看。", "已电话核实。"])
    assert seen_by(absent.clerk) == both
    names = [note.desk_name for note in page_context(fresh(application), absent.clerk).notes]
    assert names == [f"{absent.office.name}（由{deputy.office.name}代办）", absent.office.name]


@ON_SQLITE
def test_somebody_without_a_colleague_reads_where_one_comes_from(app: Flask, client: Client) -> None:
    other = app.test_client()
    assert isinstance(other, Client)
    with app.app_context():
        world = factories.world()
        factories.log_in(client, world.banner.reviewer)
        factories.log_in(other, world.banner.clerk)
    page = client.get("/enterprise/deputies/").text
    assert "请先邀请一位同事" in page
    assert 'href="/enterprise/reviewers/"' in page.partition("请先邀请一位同事")[2]
    assert "登记代办" not in page
    page = other.get("/office/deputies/").text
    assert "请联系系统管理员增加工作人员" in page
    assert "登记代办" not in page


@ON_SQLITE
def test_the_page_names_a_deputy_shows_what_is_wrong_beside_its_field_and_cancels(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        world = factories.world()
        li, wang = world.banner.clerk, factories.clerk(world.banner.office, "王丽")
        application = factories.application_at(State.PRELIMINARY_REVIEW, world.banner, world)
        number, deputy = application.number, li.id
        assignments.assign(number, wang, to=wang.id, seen=None)
        factories.log_in(client, wang)
        other = app.test_client()
        assert isinstance(other, Client)
        factories.log_in(other, li)
        administrator = app.test_client()
        assert isinstance(administrator, Client)
        factories.log_in(administrator, world.administrator)
    days = {"first_day": today().isoformat(), "last_day": today().isoformat()}
    answer = client.send("/office/deputies/enter/", {"deputy": "", **days})
    assert answer.status_code == 422
    assert "请选择由谁代办。" in answer.text
    answer = administrator.send(
        "/administration/deputies/enter/", {"deputy": "", "account": "", "first_day": ""}
    )
    for missing in ("请选择谁不在岗。", "请选择由谁代办。", "还有 4 处需要修改"):
        assert missing in answer.text
    assert client.send("/office/deputies/enter/", {"deputy": deputy, **days}).status_code == 302
    answer = client.send("/office/deputies/enter/", {"deputy": deputy, **days})
    assert "重叠" in answer.text.partition('id="first_day-error"')[2]
    assert number in other.get("/office/?taken=mine").text
    page = administrator.get("/administration/deputies/").text
    assert "正在代办" in page
    assert "王丽" in page
    assert "李娜" in administrator.get("/administration/changes/?table=deputies").text
    with app.app_context():
        [row] = deputies.current_and_coming(db.session.get_one(Account, deputy))
        key = row.id
    assert client.send("/office/deputies/cancel/", {"key": key}).status_code == 302
    assert number not in other.get("/office/?taken=mine").text
