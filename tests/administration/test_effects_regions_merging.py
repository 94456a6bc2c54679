"""Merging a region into another one: its consequences are confirmed, it is atomic, and every application has a desk afterwards (D1, D3)."""

import pytest
from sqlalchemy import select

from administration import changes
from administration.effects import regions
from common.errors import ConfirmationRequired, Unacceptable
from models import (
    Account,
    Action,
    AuditEntry,
    Enterprise,
    Message,
    Region,
    RegionKind,
    Registration,
    State,
    db,
)
from tests.administration.test_effects_enterprises_closing import hidden_value
from tests.administration.test_effects_enterprises_moving import UNDER_REVIEW, consequences_text, desks
from tests.factories import World, act, application_at, clerk, complete_application, fresh, region, submit
from tests.machine.worlds import Person
from workflow import notifications, progress, scope


def merge(row: Region, into: Region, by: Account, confirmed: str | None = None) -> Region:
    """Merge and confirm the consequences, or send `confirmed` instead."""

    def apply(changed: Region) -> None:
        regions.merge_into(changed, into.id)

    if confirmed is None:
        with pytest.raises(ConfirmationRequired) as question:
            changes.change(Region, row.id, by, apply)
        confirmed = question.value.token
    return changes.change(Region, row.id, by, apply, confirmed=confirmed)


@pytest.mark.guide("D1", "D3")
def test_merging_shows_its_consequences(ordos: World) -> None:
    for state in UNDER_REVIEW:
        application_at(state, ordos.elsewhere, ordos)
    old, new = ordos.elsewhere, ordos.banner
    with pytest.raises(ConfirmationRequired) as question:
        merge(old.region, new.region, ordos.administrator, confirmed="")
    assert consequences_text(question.value).splitlines() == [
        f"{old.region.name}并入{new.region.name}：1 家企业划转到{new.region.name}；{old.region.name}停用，原有记录保留。",
        "正在审核的申请 3 件随之划转，每件的历史中留下记录。",
        f"待企业审核的 1 件，企业审核通过后由{new.office.name}初审。",
        f"待初审的 1 件，改由{new.office.name}初审。",
        "待市专家服务中心审核的 1 件，仍由市专家服务中心审核。",
        f"{old.office.name}不再负责任何地区，并入{new.office.name}：工作人员 1 人今后办理{new.office.name}的业务。",
    ]
    assert db.session.get_one(Region, old.region.id).active


@pytest.mark.guide("D1", "D3")
def test_enterprises_applications_and_people_move_and_old_records_stay_readable(ordos: World) -> None:
    old, new = ordos.elsewhere, ordos.banner
    moving = {state: application_at(state, old, ordos) for state in UNDER_REVIEW}
    finished = application_at(State.FINISHED, old, ordos)
    merge(old.region, new.region, ordos.administrator)

    gone = db.session.get_one(Region, old.region.id)
    assert (gone.active, gone.merged_into_id, gone.office_id) == (False, new.region.id, new.office.id)
    assert db.session.get_one(Enterprise, old.enterprise.id).region_id == new.region.id
    assert db.session.get_one(Account, old.clerk.id).office_id == new.office.id
    for state, application in moving.items():
        line = progress.history(fresh(application))[0]
        assert (line.action, line.from_state, line.to_state) == (Action.REROUTE, state, state)
        assert line.reason == f"{old.region.name}并入{new.region.name}"
        assert application.region_id == new.region.id
    both = [new.clerk, old.clerk]
    assert desks(moving[State.ENTERPRISE_REVIEW]) == [old.reviewer]
    assert sorted(one.id for one in desks(moving[State.PRELIMINARY_REVIEW])) == sorted(one.id for one in both)
    reminder = select(Message.kind).where(
        Message.office_id == new.office.id,
        Message.application_id == moving[State.PRELIMINARY_REVIEW].id,
    )
    assert db.session.scalars(reminder).all() == ["to_review"]
    for one in both:
        seen = set(db.session.scalars(select(type(finished).id).where(scope.visible(one))))
        assert seen >= {finished.id, moving[State.CITY_REVIEW].id}
    changed = {(row.table_name, str(sorted(row.after))) for row in db.session.scalars(select(AuditEntry))}
    assert changed == {
        ("regions", "['active', 'merged_into_id', 'office_id']"),
        ("enterprises", "['region_id']"),
        ("accounts", "['office_id']"),
    }
    act(moving[State.ENTERPRISE_REVIEW], Action.PASS, old.reviewer)
    act(moving[State.ENTERPRISE_REVIEW], Action.PASS, new.clerk)
    assert fresh(moving[State.ENTERPRISE_REVIEW]).state is State.CITY_REVIEW


@pytest.mark.guide("D1")
def test_an_office_with_another_region_keeps_its_staff(ordos: World) -> None:
    old, new = ordos.elsewhere, ordos.banner
    third = region(RegionKind.PARK, old.office)
    old.enterprise.registration = Registration.PENDING
    db.session.commit()
    with pytest.raises(ConfirmationRequired) as question:
        merge(old.region, new.region, ordos.administrator, confirmed="")
    assert f"{old.office.name}还负责{third.name}，其工作人员不变动。" in consequences_text(question.value)
    assert f"待审核的企业账号 1 家，由{new.office.name}审核。" in consequences_text(question.value)
    merge(old.region, new.region, ordos.administrator)
    assert db.session.get_one(Account, old.clerk.id).office_id == old.office.id
    seen = select(Enterprise.id).where(Enterprise.id == old.enterprise.id)
    assert db.session.scalar(seen.where(scope.enterprises(new.clerk))) == old.enterprise.id
    kinds = db.session.scalars(select(Message.kind).where(Message.office_id == new.office.id)).all()
    assert "registration_waiting" in kinds


@pytest.mark.guide("D1", "R3")
def test_impossible_mergers_are_refused_with_the_reason(ordos: World) -> None:
    closed = region(RegionKind.BANNER)
    closed.active = False
    db.session.commit()
    for old, into, words in (
        (ordos.city.region, ordos.banner.region, "审核流程不同，不能合并"),
        (ordos.park.region, ordos.city.region, "审核流程不同，不能合并"),
        (ordos.banner.region, ordos.banner.region, "请选择要并入的地区"),
        (ordos.banner.region, closed, "已停用，请选择其他地区"),
    ):
        with pytest.raises(Unacceptable) as refusal:
            merge(old, into, ordos.administrator, confirmed="")
        assert refusal.value.field == "merged_into_id"
        assert words in refusal.value.sentence.text
        assert db.session.get_one(Region, old.id).active
    merge(ordos.elsewhere.region, ordos.park.region, ordos.administrator)  # banner and park: the same way
    with pytest.raises(Unacceptable) as refusal:
        changes.change(
            Region, ordos.elsewhere.region.id, ordos.administrator, lambda row: setattr(row, "active", True)
        )
    assert refusal.value.field == "active"


@pytest.mark.guide("D1")
def test_changed_consequences_of_a_merger_must_be_confirmed_again(ordos: World) -> None:
    old, new = ordos.elsewhere, ordos.banner
    with pytest.raises(ConfirmationRequired) as first:
        merge(old.region, new.region, ordos.administrator, confirmed="")
    clerk(old.office, "新来的人")
    with pytest.raises(ConfirmationRequired) as second:
        merge(old.region, new.region, ordos.administrator, confirmed=first.value.token)
    assert "工作人员 2 人" in consequences_text(second.value)
    assert db.session.get_one(Region, old.region.id).active


@pytest.mark.guide("D1")
def test_a_failure_in_the_middle_leaves_everything_as_it_was(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = ordos.elsewhere, ordos.banner
    rows = [application_at(State.PRELIMINARY_REVIEW, old, ordos) for _ in range(2)]
    tell, calls = notifications.announce, []

    def fails_at_the_last(*given: object) -> None:
        calls.append(given)
        if len(calls) == len(rows):
            raise OSError
        tell(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(notifications, "announce", fails_at_the_last)
    with pytest.raises(OSError):  # noqa: PT011
        merge(old.region, new.region, ordos.administrator)
    monkeypatch.undo()
    gone = db.session.get_one(Region, old.region.id, populate_existing=True)
    assert (gone.active, gone.merged_into_id, gone.office_id) == (True, None, old.office.id)
    assert [desks(row) for row in rows] == [[old.clerk], [old.clerk]]
    assert db.session.scalars(select(AuditEntry)).all() == []


def test_submissions_after_a_merger_take_the_new_route(ordos: World) -> None:
    application = complete_application(ordos.elsewhere.enterprise)
    merge(ordos.elsewhere.region, ordos.park.region, ordos.administrator)
    submit(application)
    act(application, Action.PASS, ordos.elsewhere.reviewer)
    assert fresh(application).region_id == ordos.park.region.id
    assert ordos.park.clerk in desks(application)


@pytest.mark.guide("D1")
def test_the_page_asks_before_it_merges(prepared: World, person: Person) -> None:
    admin = person(prepared.administrator)
    path = f"/administration/regions/{prepared.elsewhere.region.id}/merge/"
    assert "并入其他地区" in admin.get(f"/administration/regions/{prepared.elsewhere.region.id}/").text
    seen = {"seen": hidden_value(admin.get(path).text, "seen")}
    refused = admin.send(path, {"merged_into_id": str(prepared.city.region.id), **seen})
    assert refused.status_code == 422
    assert "请选择一项" in refused.text
    nowhere = admin.get(f"/administration/regions/{prepared.city.region.id}/merge/", follow_redirects=True)
    assert "没有审核流程相同的其他地区" in nowhere.text
    form = {"merged_into_id": str(prepared.banner.region.id), **seen}
    question_page = admin.send(path, form).text
    assert "确定合并" in question_page
    confirmed = {**form, "confirmed": hidden_value(question_page, "confirmed")}
    merged = admin.send(path, confirmed, follow_redirects=True).text
    old, new = prepared.elsewhere.region, prepared.banner.region
    assert f"{old.name}已并入{new.name}。" in merged
    assert "已并入其他地区" in merged
    assert admin.get(path).status_code == 302
