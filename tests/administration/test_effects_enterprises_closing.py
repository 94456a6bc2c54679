"""Closing an enterprise with open applications: its consequences are confirmed, it is atomic, and every applicant gets a message (D1)."""

import pytest
from flask import Flask
from sqlalchemy import select

from accounts import logins
from administration import changes
from common.errors import ConfirmationRequired, Incomplete, NotPermitted
from enterprises import registration
from models import Account, Action, AuditEntry, Enterprise, Message, Registration, Result, State, db
from tests.administration.test_effects_enterprises_moving import consequences_text, desks
from tests.factories import PASSWORD, World, act, application_at, complete_application, fresh, submit, world
from tests.machine.worlds import Person
from workflow import notifications, progress, scope


def set_active(row: Enterprise, by: Account, active: bool, confirmed: str | None = None) -> Enterprise:
    """Close or open it and confirm the consequences, or send `confirmed` instead."""

    def apply(changed: Enterprise) -> None:
        changed.active = active

    if confirmed is None:
        with pytest.raises(ConfirmationRequired) as question:
            changes.change(Enterprise, row.id, by, apply)
        confirmed = question.value.token
    return changes.change(Enterprise, row.id, by, apply, confirmed=confirmed)


def hidden_value(page: str, name: str) -> str:
    """The value of a hidden field or button of a page."""
    return page.split(f'name="{name}"')[1].split('value="')[1].split('"')[0]


def close(row: Enterprise, by: Account) -> Enterprise:
    return set_active(row, by, False)


@pytest.mark.guide("D1")
def test_closing_shows_its_consequences_for_every_application(ordos: World) -> None:
    for state in State:
        application_at(state, ordos.banner, ordos)
    with pytest.raises(ConfirmationRequired) as question:
        set_active(ordos.banner.enterprise, ordos.administrator, False, confirmed="")
    name = ordos.banner.enterprise.name
    assert consequences_text(question.value).splitlines() == [
        f"{name}停用后，不能再被选为工作单位；审核人员 1 人立即退出，不能再登录。",
        "待企业审核的申请 1 件回退给申请人，须改选工作单位后重新提交。",
        "企业已审核通过、正在上级审核的申请 2 件照常办理；如被回退，须改选工作单位。",
        "申请人手中的申请 2 件（未提交或已回退），须改选工作单位后才能提交。",
        "每件申请的历史中留下记录，申请人都会收到通知。",
    ]
    assert db.session.get_one(Enterprise, ordos.banner.enterprise.id).active


@pytest.mark.guide("D1")
def test_closing_writes_a_history_row_and_a_message_for_each_application(ordos: World) -> None:
    moving = {state: application_at(state, ordos.banner, ordos) for state in State}
    versions = {state: fresh(row).version for state, row in moving.items()}
    close(ordos.banner.enterprise, ordos.administrator)
    for state, application in moving.items():
        newest = next(iter(progress.history(fresh(application))), None)
        if state is State.FINISHED:
            assert newest is not None
            assert newest.action is not Action.CLOSE
            continue
        assert newest is not None
        assert (newest.action, newest.from_state) == (Action.CLOSE, state)
        assert ordos.banner.enterprise.name in newest.reason
        message = db.session.scalars(select(Message).where(Message.review_id == newest.id)).one()
        assert message.account_id == application.applicant_id
        returned = state is State.ENTERPRISE_REVIEW
        assert application.state is (State.RETURNED if returned else state)
        assert application.version == versions[state] + returned
    at_its_desk = moving[State.ENTERPRISE_REVIEW]
    assert (at_its_desk.result, desks(at_its_desk)) == (Result.RETURNED, [])
    assert desks(moving[State.PRELIMINARY_REVIEW]) == [ordos.banner.clerk]
    steps = progress.step_list(
        moving[State.PRELIMINARY_REVIEW], progress.history(moving[State.PRELIMINARY_REVIEW])
    )
    assert ordos.administrator.name not in [step.by for step in steps]


@pytest.mark.guide("D1", "A8")
def test_a_closed_enterprise_cannot_be_chosen_and_its_reviewers_cannot_log_in(ordos: World) -> None:
    reviewer, enterprise = ordos.banner.reviewer, ordos.banner.enterprise
    application = complete_application(enterprise)
    close(enterprise, ordos.administrator)
    assert db.session.scalar(select(Enterprise.id).where(Enterprise.id == enterprise.id)) == enterprise.id
    choosable = select(Enterprise.id).where(Enterprise.id == enterprise.id, scope.choosable_enterprises())
    assert db.session.scalar(choosable) is None
    assert logins.authenticate("enterprise", reviewer.login or "", PASSWORD) is None
    with pytest.raises(Incomplete):
        submit(application)
    with pytest.raises(NotPermitted):
        act(application, Action.PASS, reviewer)


def test_closing_ends_the_open_sessions_of_the_enterprise(prepared: World, person: Person) -> None:
    browser, admin = person(prepared.banner.reviewer), person(prepared.administrator)
    assert browser.get("/enterprise/").status_code == 200
    path = f"/administration/enterprises/{prepared.banner.enterprise.id}/"
    form = {
        "name": "示例",
        "region_id": str(prepared.banner.region.id),
        "contact_name": "周婷",
        "contact_phone": "0477-8123456",
        "seen": hidden_value(admin.get(path).text, "seen"),
    }
    question_page = admin.send(path, form).text
    assert "停用后，不能再被选为工作单位" in question_page
    assert (
        admin.send(path, {**form, "confirmed": hidden_value(question_page, "confirmed")}).status_code == 302
    )
    assert browser.get("/enterprise/").location.startswith("/login/enterprise")
    assert "已停用" in admin.get("/administration/enterprises/").text


@pytest.mark.guide("D1", "A19")
def test_applicants_of_a_closed_enterprise_read_what_happened_and_what_to_do(
    app: Flask, person: Person
) -> None:
    with app.app_context():
        ordos = world()
        given_back = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
        going_on = application_at(State.CITY_REVIEW, ordos.banner, ordos)
        close(ordos.banner.enterprise, ordos.administrator)
        people = [(row.applicant, row.number) for row in (given_back, going_on)]
        db.session.expunge_all()
    (first, number), (second, other) = people
    page = person(first).get(f"/personal/application/{number}/").text
    assert "已停用，请改选其他工作单位后重新提交。" in page
    assert "重新提交" in page
    assert "已停用，请改选" in person(first).get("/messages/").text
    assert "审核照常进行" in person(second).get(f"/personal/application/{other}/").text
    assert f"您的申请 {other}：" in person(second).get("/messages/").text


@pytest.mark.guide("D1")
def test_reopening_leaves_returned_applications_with_their_applicants(ordos: World) -> None:
    enterprise, application = (
        ordos.banner.enterprise,
        application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos),
    )
    close(enterprise, ordos.administrator)
    set_active(enterprise, ordos.administrator, True)
    assert fresh(application).state is State.RETURNED
    submit(application)
    act(application, Action.PASS, ordos.banner.reviewer)
    assert fresh(application).state is State.PRELIMINARY_REVIEW
    lines = db.session.scalars(select(AuditEntry).where(AuditEntry.table_name == "enterprises")).all()
    assert [line.after for line in lines] == [{"active": False}, {"active": True}]


@pytest.mark.guide("D1")
def test_changed_consequences_of_a_closing_must_be_confirmed_again(ordos: World) -> None:
    with pytest.raises(ConfirmationRequired) as first:
        set_active(ordos.banner.enterprise, ordos.administrator, False, confirmed="")
    application = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    with pytest.raises(ConfirmationRequired) as second:
        set_active(ordos.banner.enterprise, ordos.administrator, False, confirmed=first.value.token)
    assert "1 件回退给申请人" in consequences_text(second.value)
    assert fresh(application).state is State.ENTERPRISE_REVIEW


@pytest.mark.guide("D1")
def test_a_failure_in_the_middle_leaves_everything_as_it_was(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos) for _ in range(3)]
    tell, calls = notifications.announce_closing, []

    def fails_at_the_last(*given: object) -> None:
        calls.append(given)
        if len(calls) == len(rows):
            raise OSError
        tell(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(notifications, "announce_closing", fails_at_the_last)
    with pytest.raises(OSError):  # noqa: PT011
        close(ordos.banner.enterprise, ordos.administrator)
    assert {fresh(row).state for row in rows} == {State.ENTERPRISE_REVIEW}
    assert db.session.get_one(Enterprise, ordos.banner.enterprise.id).active
    assert not db.session.scalars(select(Message).where(Message.kind.startswith("returned"))).all()
    assert db.session.scalars(select(AuditEntry)).all() == []


def test_a_pending_registration_pauses_while_the_enterprise_is_closed(ordos: World) -> None:
    enterprise = ordos.banner.enterprise
    enterprise.registration = Registration.PENDING
    db.session.commit()
    close(enterprise, ordos.administrator)
    assert registration.steps_for(enterprise, ordos.banner.clerk) == ()
