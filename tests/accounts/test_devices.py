"""The cookie of a browser that somebody has logged in from: for whom it counts, until when, and what it gives away."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from accounts import devices, logins, passwords
from administration import staff
from common.errors import ConfirmationRequired
from models import Account, db, exclusive, now
from tests import factories

DIGIT = "0123456789abcdef"


@pytest.fixture(autouse=True)
def context(shared_app: Flask) -> Iterator[None]:
    with shared_app.app_context():
        yield


def is_recognised(cookie: str, account: Account) -> bool:
    return devices.recognised(cookie, account.login_digest) is not None


def test_a_browser_is_recognised_only_for_accounts_that_have_logged_in_there() -> None:
    one, other, stranger = (factories.applicant() for _ in range(3))
    cookie = devices.remember(devices.remember("", one), other)
    assert is_recognised(cookie, one)
    assert is_recognised(cookie, other)
    assert not is_recognised(cookie, stranger)
    assert devices.recognised(cookie, "a login that nobody has") is None
    assert devices.recognised(cookie, one.login_digest) == devices.recognised(cookie, other.login_digest)
    elsewhere = devices.remember("", one)
    assert devices.recognised(elsewhere, one.login_digest) != devices.recognised(cookie, one.login_digest)


def test_logging_in_again_does_not_lengthen_the_device_cookie_and_it_names_nobody() -> None:
    account = factories.applicant()
    cookie = devices.remember("", account)
    for _ in range(3):
        cookie = devices.remember(cookie, account)
    assert cookie.count(".") == 1
    assert str(account.session_stamp) not in cookie
    assert account.login_digest[:16] not in cookie


def test_a_shared_browser_forgets_the_account_that_logged_in_longest_ago() -> None:
    people = [factories.applicant() for _ in range(devices.MOST_ACCOUNTS + 1)]
    cookie = ""
    for person in people:
        cookie = devices.remember(cookie, person)
    assert [is_recognised(cookie, person) for person in people] == [False] + [True] * devices.MOST_ACCOUNTS
    assert devices.COOKIE.fullmatch(cookie)
    assert len(cookie) < 400


def test_a_new_password_invalidates_the_device_cookie() -> None:
    person, clerk = factories.applicant(), factories.clerk(factories.office())
    administrator = factories.administrator()
    cookie = devices.remember(devices.remember("", person), clerk)
    passwords.change_password(person, "Xiaomin2027")
    with pytest.raises(ConfirmationRequired) as question:
        staff.renew_password(administrator, clerk.id)
    staff.renew_password(administrator, clerk.id, confirmed=question.value.token)
    assert not is_recognised(cookie, person)
    assert not is_recognised(cookie, clerk)
    person = db.session.get_one(Account, person.id)
    assert is_recognised(devices.remember(cookie, person), person)


def test_ended_sessions_and_another_login_name_invalidate_the_device_cookie() -> None:
    reviewer = factories.reviewer(factories.enterprise())
    cookie = devices.remember("", reviewer)
    former = reviewer.login_digest
    with exclusive():
        logins.rename(reviewer, f"renamed-{reviewer.login}")
    assert devices.recognised(cookie, former) is None
    assert is_recognised(cookie, reviewer), "it is the same account"
    with exclusive():
        passwords.end_sessions(reviewer)
    assert not is_recognised(cookie, reviewer)


def test_a_forged_or_malformed_device_cookie_counts_as_none() -> None:
    account = factories.applicant()
    cookie = devices.remember("", account)
    assert is_recognised(cookie, account)
    for place, letter in enumerate(cookie):
        if letter in DIGIT:
            changed = DIGIT[(DIGIT.index(letter) + 1) % 10]
            assert not is_recognised(cookie[:place] + changed + cookie[place + 1 :], account)
    entry = cookie.partition(".")[2]
    for wrong in (
        "",
        ".",
        cookie + ".",
        f"{cookie}\n",
        f"{'0' * 32}.{entry}",
        cookie * 20,
        "１" + cookie[1:],
    ):
        assert not is_recognised(wrong, account)
        assert devices.COOKIE.fullmatch(devices.remember(wrong, account))


def test_an_expired_device_cookie_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    account = factories.applicant()
    cookie = devices.remember("", account)
    at = now()
    monkeypatch.setattr(devices, "now", lambda: at + devices.LIFETIME - timedelta(days=1))
    assert is_recognised(cookie, account)
    monkeypatch.setattr(devices, "now", lambda: at + devices.LIFETIME)
    assert not is_recognised(cookie, account)
    monkeypatch.setattr(devices, "now", lambda: at - timedelta(days=2))
    assert not is_recognised(cookie, account), "nor one from days that have not come"
