"""动态验证码: whose code it is, once and no later than half a minute; required, switched off and reset as the rules say."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pyotp
import pytest
from sqlalchemy import select, text

from accounts import second_factor
from accounts.second_factor import LoginStep, step_for
from administration import changes, staff
from common.errors import ConfirmationRequired, NotPermitted, Unacceptable
from common.settings import OPTIONAL, REQUIRED, STAFF_SECOND_FACTOR
from models import Account, AuditEntry, Message, Role, SecondFactor, Setting, SpareCode, db, now
from tests import factories
from tests.factories import World
from tests.machine.at_once import at_once

Clock = Callable[[float], datetime]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """`clock(30)`: half a minute has gone by; it stands still otherwise."""
    at = [now().replace(microsecond=0)]
    monkeypatch.setattr(second_factor, "now", lambda: at[0])

    def go_on(seconds: float) -> datetime:
        at[0] += timedelta(seconds=seconds)
        return at[0]

    return go_on


def enrolled(account: Account, clock: Clock) -> tuple[str, list[str]]:
    secret = second_factor.generate_secret()
    spare = second_factor.enrol(account, secret, pyotp.TOTP(secret).at(clock(0)))
    assert spare is not None
    clock(60)
    return secret, spare


def code(secret: str, at: datetime, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(at, counter_offset=steps)


def test_a_code_works_once_and_the_clock_may_differ_by_half_a_minute(ordos: World, clock: Clock) -> None:
    clerk = ordos.banner.clerk
    secret, _ = enrolled(clerk, clock)
    at = clock(0)
    assert not second_factor.use_code(clerk, code(secret, at, 2))
    assert not second_factor.use_code(clerk, code(secret, at, -2))
    assert second_factor.use_code(clerk, code(secret, at, -1))
    assert not second_factor.use_code(clerk, code(secret, at, -1)), "a code twice"
    assert second_factor.use_code(clerk, f" {code(secret, at, 1)[:3]} {code(secret, at, 1)[3:]} ")
    assert not second_factor.use_code(clerk, code(secret, at)), "one from before the last used one"
    assert second_factor.use_code(clerk, code(secret, clock(90)))
    for nothing in ("", "0", "abcdef", "000000000000", "６" * 2000):
        assert not second_factor.use_code(clerk, nothing)


def test_each_spare_code_works_once_and_a_new_set_replaces_the_old(ordos: World, clock: Clock) -> None:
    clerk = ordos.banner.clerk
    secret, spare = enrolled(clerk, clock)
    assert len(set(spare)) == second_factor.SPARE_CODES == second_factor.spare_codes_left(clerk)
    assert second_factor.use_code(clerk, spare[0].lower().replace("-", " "))
    assert not second_factor.use_code(clerk, spare[0])
    assert second_factor.spare_codes_left(clerk) == 9
    assert second_factor.renew_spare_codes(clerk, spare[0]) is None
    renewed = second_factor.renew_spare_codes(clerk, code(secret, clock(0)))
    assert renewed is not None
    assert not second_factor.use_code(clerk, spare[1])
    assert second_factor.use_code(clerk, renewed[1])
    assert not second_factor.use_code(ordos.park.clerk, renewed[2]), "another one's"


def test_a_code_sent_twice_at_once_works_once(ordos: World, clock: Clock) -> None:
    clerk = ordos.banner.clerk
    secret, spare = enrolled(clerk, clock)
    given = code(secret, clock(0))
    assert sorted(at_once(*[lambda: second_factor.use_code(clerk, given)] * 2)) == [False, True]
    assert sorted(at_once(*[lambda: second_factor.use_code(clerk, spare[0])] * 2)) == [False, True]


def test_the_database_contains_no_usable_secret_or_code(ordos: World, clock: Clock) -> None:
    secret, spare = enrolled(ordos.banner.clerk, clock)
    mine = {"id": ordos.banner.clerk.id}
    stored = str(db.session.execute(text("SELECT * FROM second_factors WHERE account_id = :id"), mine).all())
    stored += str(db.session.execute(text("SELECT * FROM spare_codes WHERE account_id = :id"), mine).all())
    stored += str(db.session.execute(text("SELECT * FROM changes")).all())
    for opens in (secret, *spare, *(each.replace("-", "") for each in spare)):
        assert opens not in stored


def test_only_staff_can_enrol_and_only_once_with_a_right_code(ordos: World, clock: Clock) -> None:
    secret = second_factor.generate_secret()
    for somebody in (factories.applicant(), ordos.banner.reviewer):
        with pytest.raises(NotPermitted):
            second_factor.enrol(somebody, secret, code(secret, clock(0)))
    for role, clerk in ((Role.OFFICE, ordos.banner.clerk), (Role.CITY, ordos.centre)):
        assert clerk.role is role
        session = clerk.get_id()
        assert second_factor.enrol(clerk, secret, "000000") is None
        assert step_for(clerk) is LoginStep.NONE
        enrolled(clerk, clock)
        assert (step_for(clerk), clerk.get_id() == session) == (LoginStep.CODE, False)
        with pytest.raises(NotPermitted):
            second_factor.enrol(clerk, secret, code(secret, clock(0)))


def setting(value: str) -> None:
    row = db.session.get(Setting, STAFF_SECOND_FACTOR) or Setting(key=STAFF_SECOND_FACTOR, explanation="")
    row.value = value
    factories.saved(row)


def require(by: Account, confirmed: str = "") -> None:
    def apply(row: Setting) -> None:
        row.value = REQUIRED

    changes.change(Setting, STAFF_SECOND_FACTOR, by, apply, confirmed=confirmed)


def test_only_an_administrator_with_a_second_factor_can_require_it_and_others_are_logged_out(
    own_ordos: World, clock: Clock
) -> None:
    setting(OPTIONAL)
    chief, clerk, centre = own_ordos.administrator, own_ordos.banner.clerk, own_ordos.centre
    with pytest.raises(Unacceptable):
        require(chief)
    enrolled(chief, clock)
    centre_secret, _ = enrolled(centre, clock)
    sessions = {one.id: one.get_id() for one in (chief, clerk, centre, own_ordos.banner.reviewer)}
    with pytest.raises(ConfirmationRequired) as question:
        require(chief)
    require(chief, question.value.token)
    db.session.expire_all()
    assert {one: db.session.get_one(Account, one).get_id() == was for one, was in sessions.items()} == {
        chief.id: True,
        clerk.id: False,
        centre.id: True,
        own_ordos.banner.reviewer.id: True,
    }
    assert step_for(clerk) is LoginStep.ENROLMENT
    assert step_for(own_ordos.banner.reviewer) is LoginStep.NONE
    with pytest.raises(NotPermitted):
        second_factor.disable(centre, code(centre_secret, clock(0)))
    setting(OPTIONAL)
    assert not second_factor.disable(centre, "000000")
    assert second_factor.disable(centre, code(centre_secret, clock(0)))
    assert step_for(centre) is LoginStep.NONE
    assert db.session.get(SecondFactor, centre.id) is None


def test_an_administrator_resets_somebodys_second_factor_and_it_is_audited(
    ordos: World, clock: Clock
) -> None:
    clerk = ordos.banner.clerk
    enrolled(clerk, clock)
    session = clerk.get_id()
    for somebody in (ordos.park.clerk, ordos.centre, ordos.banner.reviewer):
        with pytest.raises(NotPermitted):
            staff.reset_second_factor(somebody, clerk.id)
    with pytest.raises(ConfirmationRequired) as question:
        staff.reset_second_factor(ordos.administrator, clerk.id)
    assert step_for(clerk) is LoginStep.CODE, "nothing has happened yet"
    assert db.session.get(SecondFactor, clerk.id) is not None
    staff.reset_second_factor(ordos.administrator, clerk.id, confirmed=question.value.token)
    assert (step_for(clerk), clerk.get_id() == session) == (LoginStep.NONE, False)
    mine = select(SpareCode).where(SpareCode.account_id == clerk.id)
    assert db.session.scalars(mine).all() == []
    lines = select(AuditEntry).where(AuditEntry.row_key == str(clerk.id), AuditEntry.table_name == "accounts")
    told = [(each.actor_name, each.after) for each in db.session.scalars(lines.order_by(AuditEntry.id))]
    assert told[-2:] == [
        (clerk.name, {"second_factor": True}),
        (ordos.administrator.name, {"second_factor": False}),
    ]
    told_themself = select(Message.kind).where(Message.account_id == clerk.id)
    assert db.session.scalars(told_themself).all() == ["second_factor_off"]
    enrolled(ordos.administrator, clock)
    with pytest.raises(Unacceptable):
        staff.reset_second_factor(ordos.administrator, ordos.administrator.id)
