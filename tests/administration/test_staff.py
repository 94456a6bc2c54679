"""D1: staff accounts. Nobody is locked out by accident, other roles cannot be given, and no secret is stored."""

import json

import pytest
from sqlalchemy import select

from accounts import logins, passwords, recovery
from administration import changes, staff
from administration.audit import HIDDEN
from administration.changes import fingerprint
from common.errors import ConfirmationRequired, NotPermitted, NotVisible, Unacceptable
from models import Account, AuditEntry, ChangeKind, Role, State, db
from tests.factories import World, administrator, applicant, application_at, clerk, reviewer


def dismiss(account: Account, by: Account) -> Account:
    with pytest.raises(ConfirmationRequired) as question:
        staff.deactivate(by, account.id)
    return staff.deactivate(by, account.id, confirmed=question.value.token)


def consequences_text(question: ConfirmationRequired) -> str:
    return "\n".join(each.text % each.words for each in question.consequences)


@pytest.mark.guide("D1")
def test_a_clerk_gets_an_account_a_password_and_a_code_that_work(ordos: World) -> None:
    made = staff.add_staff(
        ordos.administrator,
        Role.OFFICE,
        "zhangsan",
        "张三",
        phone="13800000000",
        office_id=ordos.banner.office.id,
    )
    db.session.expire_all()
    account = logins.authenticate("staff", "ZhangSan", made.password)
    assert account is not None
    assert (account.role, account.office_id, account.phone) == (
        Role.OFFICE,
        ordos.banner.office.id,
        "13800000000",
    )
    assert passwords.password_fault(made.password) == ""
    renewed = recovery.reset_by_recovery_code("staff", "zhangsan", made.recovery_code, "Abcd12345")
    assert renewed is not None


@pytest.mark.guide("D1")
def test_city_clerks_and_administrators_get_their_office_from_their_role(ordos: World) -> None:
    city = staff.add_staff(ordos.administrator, Role.CITY, "shi", "市", office_id=ordos.banner.office.id)
    chief = staff.add_staff(
        ordos.administrator, Role.ADMINISTRATOR, "guan", "管", office_id=ordos.banner.office.id
    )
    assert city.account.office_id == ordos.centre.office_id
    assert chief.account.office_id is None


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.ENTERPRISE])
def test_applicant_and_enterprise_accounts_cannot_be_added(ordos: World, role: Role) -> None:
    with pytest.raises(NotPermitted):
        staff.add_staff(ordos.administrator, role, "zhangsan", "张三")
    assert logins.find("staff", "zhangsan") is None


def test_an_office_clerk_needs_an_office_with_preliminary_review(ordos: World) -> None:
    for office_id in (None, 999_999, ordos.centre.office_id):
        with pytest.raises(Unacceptable) as refusal:
            staff.add_staff(ordos.administrator, Role.OFFICE, "zhangsan", "张三", office_id=office_id)
        assert refusal.value.field == "office_id"


def test_a_login_is_unique_in_every_spelling(ordos: World) -> None:
    staff.add_staff(ordos.administrator, Role.ADMINISTRATOR, "guan.li", "管")
    with pytest.raises(Unacceptable) as refusal:
        staff.add_staff(ordos.administrator, Role.ADMINISTRATOR, "GUAN.LI", "另一位")
    assert refusal.value.field == "login"


@pytest.mark.guide("D1", "D4")
def test_only_administrators_change_staff_accounts(ordos: World) -> None:
    for somebody in (ordos.banner.clerk, ordos.centre, ordos.banner.reviewer, applicant()):
        with pytest.raises(NotPermitted):
            staff.add_staff(somebody, Role.ADMINISTRATOR, "mine", "我")
        with pytest.raises(NotPermitted):
            staff.renew_password(somebody, ordos.administrator.id)
        with pytest.raises(NotPermitted):
            staff.deactivate(somebody, ordos.administrator.id)


@pytest.mark.guide("D4")
def test_accounts_of_applicants_and_enterprises_cannot_be_changed(ordos: World) -> None:
    for somebody in (applicant(), reviewer(ordos.banner.enterprise)):
        for act in (staff.deactivate, staff.renew_password, staff.reactivate):
            with pytest.raises(NotVisible):
                act(ordos.administrator, somebody.id)
        with pytest.raises(NotVisible):
            staff.update_staff(ordos.administrator, somebody.id, "乙", "", None, seen=fingerprint(somebody))


def test_role_and_login_never_change(ordos: World) -> None:
    for name, value in (("role", Role.ADMINISTRATOR), ("role", Role.APPLICANT), ("login", "other")):
        with pytest.raises(NotPermitted):
            changes.change(
                Account,
                ordos.banner.clerk.id,
                ordos.administrator,
                lambda row, name=name, value=value: setattr(row, name, value),
            )


@pytest.mark.guide("D1")
def test_deactivation_ends_sessions_at_once_and_can_be_undone(ordos: World) -> None:
    clerk_ = ordos.banner.clerk
    session = clerk_.get_id()
    dismiss(clerk_, ordos.administrator)
    assert not clerk_.active
    assert clerk_.get_id() != session
    staff.reactivate(ordos.administrator, clerk_.id)
    assert clerk_.active


@pytest.mark.guide("D1")
def test_an_office_that_would_lose_its_last_clerk_is_named_before(ordos: World) -> None:
    application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
    with pytest.raises(ConfirmationRequired) as question:
        staff.deactivate(ordos.administrator, ordos.banner.clerk.id)
    assert "没有其他可以登录的人员，送来的申请将无人办理（现有 1 件）" in consequences_text(question.value)
    clerk(ordos.banner.office, "同事")
    with pytest.raises(ConfirmationRequired) as question:
        staff.deactivate(ordos.administrator, ordos.banner.clerk.id)
    assert "无人办理" not in consequences_text(question.value)


def test_a_clerk_who_changes_offices_loses_access_to_the_old_one(ordos: World) -> None:
    person = ordos.banner.clerk
    given = (ordos.administrator, person.id, person.name, "", ordos.park.office.id)
    with pytest.raises(ConfirmationRequired) as question:
        staff.update_staff(*given, seen=fingerprint(person))
    assert ordos.park.office.name in consequences_text(question.value)
    staff.update_staff(*given, seen=fingerprint(person), confirmed=question.value.token)
    assert person.office_id == ordos.park.office.id


def test_the_last_active_administrator_cannot_be_deactivated(ordos: World) -> None:
    with pytest.raises(Unacceptable):
        staff.deactivate(ordos.administrator, ordos.administrator.id)
    second = administrator("第二位")
    with pytest.raises(Unacceptable):
        staff.deactivate(ordos.administrator, ordos.administrator.id)
    dismiss(second, ordos.administrator)
    with pytest.raises(NotPermitted):
        staff.deactivate(second, ordos.administrator.id)
    assert ordos.administrator.active


def test_a_new_password_replaces_the_old_one_and_ends_its_sessions(ordos: World) -> None:
    person = ordos.banner.clerk
    session = person.get_id()
    with pytest.raises(ConfirmationRequired) as question:
        staff.renew_password(ordos.administrator, person.id)
    made = staff.renew_password(ordos.administrator, person.id, confirmed=question.value.token)
    assert person.login is not None
    assert logins.authenticate("staff", person.login, made.password) is not None
    assert person.get_id() != session
    with pytest.raises(Unacceptable):
        staff.renew_password(ordos.administrator, ordos.administrator.id)


def test_the_trail_holds_no_secret(ordos: World) -> None:
    made = staff.add_staff(ordos.administrator, Role.ADMINISTRATOR, "guan", "管")
    with pytest.raises(ConfirmationRequired) as question:
        staff.renew_password(ordos.administrator, made.account.id)
    again = staff.renew_password(ordos.administrator, made.account.id, confirmed=question.value.token)
    lines = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [line.kind for line in lines] == [ChangeKind.CREATED, ChangeKind.CHANGED]
    assert lines[1].before == lines[1].after == {"password_hash": HIDDEN, "recovery_hash": HIDDEN}
    kept = json.dumps([[line.label, line.before, line.after] for line in lines])
    account = db.session.get_one(Account, made.account.id)
    for secret in (
        made.password,
        made.recovery_code,
        again.password,
        again.recovery_code,
        account.password_hash,
    ):
        assert secret not in kept
    assert "argon2" not in kept
