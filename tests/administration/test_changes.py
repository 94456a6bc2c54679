"""D1, D2: changes of administrators, their audit entries with before and after, and their consequences."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from administration import changes, tables
from common.calendar import today
from common.errors import (
    ChangedMeanwhile,
    ConfirmationRequired,
    Incomplete,
    NoticeUnread,
    NotPermitted,
    PeriodClosed,
    Unacceptable,
)
from common.settings import (
    CITY_DAYS,
    CONTINUATION_TERM,
    DIGEST_TIME,
    FILES_AT_ONCE,
    HELP_LINE,
    IDLE_MINUTES,
    OPTIONAL,
    PUBLICITY_DAYS,
    STAFF_SECOND_FACTOR,
    setting,
)
from models import (
    AuditEntry,
    ChangeKind,
    Material,
    Notice,
    Office,
    OfficeDuty,
    Period,
    Region,
    RegionKind,
    Setting,
    State,
    db,
)
from tests.factories import (
    World,
    application_at,
    complete_application,
    fresh,
    materials,
    submit,
)
from workflow import completeness, reading


def change(row: Any, by: Any, **columns: Any) -> Any:
    """Change a row and confirm all consequences."""

    def apply(changed: Any) -> None:
        for name, value in columns.items():
            setattr(changed, name, value)

    key = row.key if isinstance(row, Setting) else row.id
    try:
        return changes.change(type(row), key, by, apply)
    except ConfirmationRequired as question:
        return changes.change(type(row), key, by, apply, confirmed=question.token)


def add(row: Any, by: Any) -> Any:
    columns = {name: getattr(row, name) for name in tables.TABLES[type(row)].fields}
    try:
        return changes.add(row, by)
    except ConfirmationRequired as question:
        return changes.add(type(row)(**columns), by, confirmed=question.token)


def consequences_of(act: Any) -> str:
    with pytest.raises(ConfirmationRequired) as question:
        act()
    return "\n".join(each.text % each.words for each in question.value.consequences)


def newest() -> AuditEntry:
    return db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


@pytest.mark.guide("D1")
def test_adding_and_changing_a_region_and_its_office_writes_audit_entries(ordos: World) -> None:
    office = add(Office(name="新区人社局", duty=OfficeDuty.REGION, telephone="0477-1"), ordos.administrator)
    region = add(
        Region(
            name="新区", code="150699", kind=RegionKind.BANNER, office_id=office.id, position=9, active=True
        ),
        ordos.administrator,
    )
    line = newest()
    assert (line.table_name, line.row_key, line.label, line.kind) == (
        "regions",
        str(region.id),
        "新区",
        ChangeKind.CREATED,
    )
    assert line.after["office_id"] == "新区人社局"
    assert (line.after["kind"], line.before) == ("banner", {})
    change(region, ordos.administrator, kind=RegionKind.PARK, name="新园区")
    line = newest()
    assert line.before == {"name": "新区", "kind": "banner"}
    assert line.after == {"name": "新园区", "kind": "park"}
    assert (line.actor_id, line.actor_name) == (ordos.administrator.id, ordos.administrator.name)


def test_a_change_without_new_values_writes_no_audit_entry(ordos: World) -> None:
    change(ordos.banner.region, ordos.administrator, name=ordos.banner.region.name)
    assert db.session.scalar(select(AuditEntry.id)) is None


@pytest.mark.guide("D1")
def test_a_deactivated_region_keeps_its_applications_under_review(ordos: World) -> None:
    application = application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
    assert "照常办理" in consequences_of(
        lambda: changes.change(
            Region, ordos.banner.region.id, ordos.administrator, lambda row: setattr(row, "active", False)
        )
    )
    change(ordos.banner.region, ordos.administrator, active=False)
    from tests.administration.test_effects_enterprises_moving import desks

    assert desks(application) == [ordos.banner.clerk]


@pytest.mark.guide("D2")
def test_a_new_notice_cannot_be_changed_and_must_be_read_again(ordos: World) -> None:
    application = complete_application(ordos.city.enterprise)
    old = reading.current_notice()
    assert old is not None
    said = consequences_of(lambda: changes.add(Notice(version="第二版", body="新"), ordos.administrator))
    assert "尚未提交的申请 1 件" in said
    assert reading.current_notice() == old
    add(Notice(version="第二版", body="新"), ordos.administrator)
    current = reading.current_notice()
    assert current is not None
    assert (current.version, db.session.get_one(Notice, old.id).body) == ("第二版", old.body)
    with pytest.raises(NoticeUnread):
        submit(application)
    with pytest.raises(NotPermitted):
        change(current, ordos.administrator, body="改")
    with pytest.raises(Unacceptable) as refusal:
        add(Notice(version="第二版", body="又"), ordos.administrator)
    assert refusal.value.field == "version"


@pytest.mark.guide("D2")
def test_a_newly_required_material_concerns_unsubmitted_applications(ordos: World) -> None:
    begun, sent = complete_application(ordos.city.enterprise), complete_application(ordos.park.enterprise)
    submit(sent)
    new = Material(name="无犯罪记录", shows="", required=True, position=9, active=True)
    said = consequences_of(lambda: changes.add(new, ordos.administrator))
    assert "尚未提交的申请 1 件" in said
    add(Material(name="无犯罪记录", shows="", required=True, position=9, active=True), ordos.administrator)
    with pytest.raises(Incomplete):
        submit(begun)
    assert fresh(sent).state is State.ENTERPRISE_REVIEW


@pytest.mark.guide("D2")
def test_a_deactivated_material_is_no_longer_required(ordos: World) -> None:
    first = materials()[0]
    change(first, ordos.administrator, active=False)
    assert first.id not in [material.id for material, _files in completeness.slots(complete_application())]


@pytest.mark.guide("D2")
def test_a_period_opens_and_closes_applications(ordos: World) -> None:
    application = complete_application(ordos.city.enterprise)
    (period,) = db.session.scalars(select(Period)).all()
    closes = today() - timedelta(days=1)
    assert "申报立即关闭" in consequences_of(
        lambda: changes.change(
            Period, period.id, ordos.administrator, lambda row: setattr(row, "closes", closes)
        )
    )
    change(period, ordos.administrator, closes=closes)
    with pytest.raises(PeriodClosed):
        submit(application)
    assert newest().after == {"closes": closes.isoformat()}
    assert "申报立即开放" in consequences_of(
        lambda: changes.add(Period(name="新", opens=today(), closes=today()), ordos.administrator)
    )
    add(Period(name="新", opens=today(), closes=today()), ordos.administrator)
    submit(application)


def test_a_period_ends_after_it_begins_and_overlaps_no_other(ordos: World) -> None:
    far = date(2199, 1, 1)
    with pytest.raises(Unacceptable) as refusal:
        add(Period(name="倒", opens=far, closes=far - timedelta(days=1)), ordos.administrator)
    assert refusal.value.field == "closes"
    with pytest.raises(Unacceptable) as refusal:
        add(Period(name="重", opens=today(), closes=far), ordos.administrator)
    assert refusal.value.field == "opens"


@pytest.mark.guide("D2")
def test_the_help_line_is_changed_and_its_key_is_not(ordos: World) -> None:
    db.session.add(Setting(key=HELP_LINE, value="0477-8587631", explanation=""))
    db.session.commit()
    row = db.session.get_one(Setting, HELP_LINE)
    change(row, ordos.administrator, value="0477-1234567")
    assert setting(HELP_LINE) == "0477-1234567"
    assert newest().label == "咨询电话"
    with pytest.raises(NotPermitted):
        change(row, ordos.administrator, key="other")


@pytest.mark.guide("D2")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("key", "present", "wrong"),
    [
        (IDLE_MINUTES, "60", ("4", "721", "6o", "-5", "", "９9999999999999")),
        (CITY_DAYS, "0", ("1000", "½", "3.5")),
        (PUBLICITY_DAYS, "1", ("0",)),
        (CONTINUATION_TERM, "1", ("0",)),
        (FILES_AT_ONCE, "20", ("0", "21")),
        (DIGEST_TIME, "08:30", ("8:30", "24:00", "08:60")),
        (STAFF_SECOND_FACTOR, OPTIONAL, ("yes",)),
    ],
)
def test_a_setting_has_only_values_that_the_program_can_read(
    ordos: World, key: str, present: str, wrong: tuple[str, ...]
) -> None:
    db.session.add(row := Setting(key=key, value="", explanation=""))
    db.session.commit()
    change(row, ordos.administrator, value=present)
    for value in wrong:
        with pytest.raises(Unacceptable) as refusal:
            change(row, ordos.administrator, value=value)
        assert refusal.value.field == "value"
    assert setting(key) == present


@pytest.mark.guide("D4")
def test_other_roles_cannot_change_tables(ordos: World) -> None:
    for somebody in (ordos.banner.clerk, ordos.centre, ordos.banner.reviewer):
        with pytest.raises(NotPermitted):
            changes.add(Office(name="我的单位", duty=OfficeDuty.REGION), somebody)
        with pytest.raises(NotPermitted):
            change(ordos.banner.office, somebody, telephone="1")
    with pytest.raises(NotPermitted):
        change(ordos.centre.office, ordos.administrator, id=7)
    assert db.session.scalar(select(AuditEntry.id)) is None


def test_input_for_an_outdated_row_does_not_overwrite_a_newer_one(ordos: World) -> None:
    seen = changes.fingerprint(ordos.banner.office)
    change(ordos.banner.office, ordos.administrator, telephone="0477-1")
    with pytest.raises(ChangedMeanwhile):
        changes.change(
            Office,
            ordos.banner.office.id,
            ordos.administrator,
            lambda row: setattr(row, "name", "旧"),
            seen=seen,
        )
