"""How often one may try: growing pauses, counted by all processes together, and nobody locked out by somebody else."""

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts import attempts
from accounts.attempts import LOGIN_ATTEMPTS, Purpose
from common.errors import Locked
from models import Attempts, db, now
from tests.machine.at_once import at_once

AdvanceClock = Callable[[float], None]
_numbers = itertools.count()


@pytest.fixture
def context(shared_app: Flask) -> Iterator[None]:
    with shared_app.app_context():
        yield


@pytest.fixture
def advance_clock(monkeypatch: pytest.MonkeyPatch) -> AdvanceClock:
    """`advance_clock(5)`: five more minutes have gone by; the clock stands still otherwise."""
    at = [now()]
    monkeypatch.setattr(attempts, "now", lambda: at[0])

    def pass_by(minutes: float) -> None:
        at[0] += timedelta(minutes=minutes)

    return pass_by


def new_login() -> str:
    return f"login{next(_numbers)}"


def new_address() -> str:
    return f"10.0.{next(_numbers)}.1"


def fail(
    login: str, address: str, purpose: Purpose = Purpose.LOGIN, device: str | None = None
) -> float | None:
    """Try in vain. Returns the minutes that one has to wait, None when it could be tried."""
    try:
        attempts.count(purpose, login, address, device)
    except Locked as locked:
        return round((locked.until - attempts.now()).total_seconds() / 60, 1)
    return None


def succeed(login: str, address: str) -> None:
    attempts.count(Purpose.LOGIN, login, address)
    attempts.succeeded(Purpose.LOGIN, login, address)


@pytest.mark.usefixtures("context")
def test_after_five_failures_the_pauses_grow(advance_clock: AdvanceClock) -> None:
    login, address = new_login(), new_address()
    for pause in (1, 5, 15, 60, 60):
        free = 5 if pause == 1 else 1
        assert [fail(login, address) for _ in range(free)] == [None] * free
        assert fail(login, address) == pause
        advance_clock(pause - 0.5)
        assert fail(login, address) == 0.5, "who tries meanwhile does not wait longer for it"
        advance_clock(0.5)
    advance_clock(attempts.FAILURES_EXPIRE_AFTER.total_seconds() / 60 + 61)
    assert [fail(login, address) for _ in range(5)] == [None] * 5, "a day later one begins anew"


@pytest.mark.usefixtures("context")
def test_a_success_resets_the_count_and_does_not_count_against_the_address() -> None:
    login, address = new_login(), new_address()
    for _ in range(3):
        for _ in range(4):
            assert fail(login, address) is None
        succeed(login, address)
    shared = db.session.get_one(Attempts, (Purpose.LOGIN.value, "", attempts._digest(address)))
    assert shared.failures == 4, "only what was in vain before the address was known"
    for _ in range(LOGIN_ATTEMPTS.address.free):
        succeed(new_login(), address)
    assert fail(new_login(), address) is None


@pytest.mark.usefixtures("context")
def test_attempts_from_elsewhere_do_not_lock_the_owner_out(advance_clock: AdvanceClock) -> None:
    login, home = new_login(), new_address()
    succeed(login, home)
    refused = 0
    for _ in range(40):
        attacker = new_address()
        refused += any(fail(login, attacker) for _ in range(6))
    assert refused == 40, "each is soon refused"
    assert fail(login, new_address()) is not None, (
        "and so is the next one: from anywhere there are only so many"
    )
    assert fail(login, home) is None
    succeed(login, home)
    advance_clock(attempts.KNOWN_ADDRESS_LIFETIME.total_seconds() / 60 - 1)
    attempts.delete_expired()
    assert attempts._is_known(Purpose.LOGIN, login, attempts._digest(home), attempts.now())
    for purpose in (Purpose.RECOVERY, Purpose.CODE_REQUEST):
        while fail(login, new_address(), purpose) is None:
            pass
        assert fail(login, home, purpose) is None, "nor keep anybody at home from a new password"


@pytest.mark.usefixtures("context")
def test_a_stolen_password_does_not_allow_trying_second_factor_codes() -> None:
    login, tries = new_login(), 0
    for _ in range(20):
        thief = new_address()
        succeed(login, thief)
        tries += sum(fail(login, thief, Purpose.SECOND_FACTOR) is None for _ in range(5))
    assert tries == LOGIN_ATTEMPTS.login.free


@pytest.mark.usefixtures("context")
def test_one_address_cannot_try_one_password_on_every_login() -> None:
    address, there = new_address(), new_login()
    succeed(there, address)
    tries = 0
    while fail(new_login(), address) is None:
        tries += 1
    assert tries == LOGIN_ATTEMPTS.address.free
    assert fail(there, address) is None, "who belongs there is not kept out by a neighbour"


@pytest.mark.usefixtures("context")
def test_each_purpose_is_counted_separately_and_a_reset_clears_all() -> None:
    login, address = new_login(), new_address()
    for purpose in (Purpose.LOGIN, Purpose.PASSWORD):
        assert [fail(login, address, purpose) for _ in range(6)] == [None] * 5 + [1.0]
    assert fail(login, address, Purpose.CODE) is None
    db.session.rollback()
    attempts.clear(login)
    db.session.commit()
    assert fail(login, address) is None
    assert fail(login, new_address()) is None


@pytest.mark.usefixtures("context")
def test_expired_counts_are_deleted_and_contain_only_digests(advance_clock: AdvanceClock) -> None:
    login, address = new_login(), new_address()
    assert fail(login, address) is None
    rows = db.session.execute(select(Attempts.subject, Attempts.address)).all()
    assert address not in str(rows)
    count = select(func.count()).select_from(Attempts)
    advance_clock(60 * 24 * 91)
    attempts.delete_expired()
    assert db.session.scalar(count) == 0


OUTSIDE = [Purpose.LOGIN, Purpose.RECOVERY, Purpose.CODE_REQUEST, Purpose.CODE, Purpose.SECOND_FACTOR]


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("purpose", OUTSIDE)
def test_attempts_at_the_same_address_do_not_lock_a_known_browser(purpose: Purpose) -> None:
    login, office = new_login(), new_address()
    while fail(login, office, purpose) is None:
        pass
    device = attempts.count(purpose, login, office, "browser")
    assert device == "browser"
    attempts.succeeded(purpose, login, office, device)
    assert fail(login, office, purpose) is not None, "the owner's success gives the others no further try"


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("purpose", OUTSIDE)
def test_the_attempts_of_a_login_are_bounded_for_any_number_of_browsers(purpose: Purpose) -> None:
    login, limits = new_login(), attempts.LIMITS[purpose]
    one = sum(fail(login, "one address", purpose, "copied") is None for _ in range(60))
    assert one == 2 * limits.login_and_address.free, "its own count, then the address as without a cookie"
    many = 0
    for number in range(40):
        many += sum(fail(login, new_address(), purpose, f"browser {number}") is None for _ in range(5))
    assert one + many == 2 * limits.login.free, "all browsers together, then all addresses"


@pytest.mark.usefixtures("context")
def test_a_copied_device_cookie_locks_nobody_out(advance_clock: AdvanceClock) -> None:
    login, home = new_login(), new_address()
    succeed(login, home)
    thief = new_address()
    while fail(login, thief, Purpose.LOGIN, "copied") is None:
        pass
    assert fail(login, home, Purpose.LOGIN, "copied") is None
    advance_clock(2)
    assert attempts.count(Purpose.LOGIN, login, home, "copied") == "copied", "after the pause one more"


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("purpose", [Purpose.PASSWORD, Purpose.CREDIT_CODE])
def test_attempts_that_need_a_session_have_no_count_per_device(purpose: Purpose) -> None:
    login, address = new_login(), new_address()
    tries = sum(fail(login, address, purpose, f"browser {number}") is None for number in range(20))
    assert tries == LOGIN_ATTEMPTS.login_and_address.free


def test_concurrent_attempts_of_one_browser_do_not_exceed_the_limit(shared_app: Flask) -> None:
    with shared_app.app_context():
        login, address = new_login(), new_address()

        def hurry() -> int:
            return sum(fail(login, address, device="browser") is None for _ in range(5))

        answers = at_once(hurry, hurry, hurry)
        assert all(isinstance(answer, int) for answer in answers), answers
        assert sum(answers) == 2 * LOGIN_ATTEMPTS.login_and_address.free


def test_concurrent_attempts_in_several_processes_do_not_exceed_the_limit(shared_app: Flask) -> None:
    with shared_app.app_context():
        login, address = new_login(), new_address()

        def hurry() -> int:
            return sum(fail(login, address) is None for _ in range(4))

        answers = at_once(hurry, hurry, hurry)
        assert all(isinstance(answer, int) for answer in answers), answers
        assert sum(answers) == LOGIN_ATTEMPTS.login_and_address.free
