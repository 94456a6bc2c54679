"""How a session ends: by logging out, for every copy of its cookie; by idleness; and that nothing typed is lost by it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts import logins, passwords, sessions
from administration import staff
from common.settings import IDLE_MINUTES
from models import Account, LoginSession, Setting, db, now
from tests import factories
from tests.accounts.people import FURTHER_PASSWORD, is_logged_in, log_in, log_in_again, login_of, words
from tests.factories import PASSWORD
from tests.machine.site import Client

Made = Callable[..., Any]
AdvanceClock = Callable[[float], None]
BY_A_PERSON = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1"}
BY_ITSELF = (
    {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
)
"""A script that looks again, a picture, a page that loads itself anew."""


@pytest.fixture
def advance_clock(monkeypatch: pytest.MonkeyPatch) -> AdvanceClock:
    """`advance_clock(5)`: five more minutes have gone by."""
    passed = [timedelta()]
    monkeypatch.setattr(sessions, "now", lambda: now() + passed[0])

    def pass_by(minutes: float) -> None:
        passed[0] += timedelta(minutes=minutes)

    return pass_by


@pytest.fixture
def logged_in(client: Client, made: Made) -> Client:
    log_in(client, made(factories.applicant))
    return client


def client_with_copied_cookie(app: Flask, client: Client) -> Client:
    """Another browser with the same cookie."""
    thief = app.test_client()
    assert isinstance(thief, Client)
    thief.set_cookie("talent", client.get_cookie("talent").value)  # type: ignore[union-attr]
    return thief


@pytest.mark.guide("A2")
def test_a_copied_cookie_is_invalid_after_the_logout(app: Flask, logged_in: Client, made: Made) -> None:
    thief = client_with_copied_cookie(app, logged_in)
    assert is_logged_in(thief)
    logged_in.send("/logout")
    assert not is_logged_in(thief)


def test_a_logout_ends_only_its_own_session(app: Flask, client: Client, made: Made) -> None:
    account, elsewhere = made(factories.applicant), app.test_client()
    log_in(client, account)
    log_in(elsewhere, account)
    client.send("/logout")
    assert is_logged_in(elsewhere)


def test_a_new_login_in_the_same_browser_ends_the_old_session(
    app: Flask, logged_in: Client, made: Made
) -> None:
    thief, other = client_with_copied_cookie(app, logged_in), made(factories.applicant)
    logged_in.delete_cookie("csrf")
    logged_in.send("/logout")
    log_in(logged_in, other)
    assert is_logged_in(logged_in)
    assert not is_logged_in(thief)


def test_a_session_ends_after_the_idle_time_of_the_setting(
    app: Flask, logged_in: Client, advance_clock: AdvanceClock
) -> None:
    with app.app_context():
        factories.saved(Setting(key=IDLE_MINUTES, value="10"))
    for _ in range(3):
        advance_clock(9)
        assert is_logged_in(logged_in), "each page begins the time anew"
    advance_clock(10.5)
    answer = logged_in.get("/account/", headers=BY_A_PERSON)
    assert answer.location == "/login/personal?next=/account/"
    assert "已自动退出，请重新登录" in words(logged_in.get(answer.location))
    assert not is_logged_in(logged_in)


def test_the_default_idle_time_is_an_hour(logged_in: Client, advance_clock: AdvanceClock) -> None:
    advance_clock(59)
    assert is_logged_in(logged_in)
    advance_clock(60.1)
    assert not is_logged_in(logged_in)


def test_background_requests_do_not_keep_a_session_alive(
    logged_in: Client, advance_clock: AdvanceClock
) -> None:
    for headers in BY_ITSELF:
        advance_clock(19)
        assert logged_in.get("/account/", headers=headers).status_code == 200
    advance_clock(19)
    assert not is_logged_in(logged_in)


def test_a_copied_cookie_becomes_idle_too(app: Flask, logged_in: Client, advance_clock: AdvanceClock) -> None:
    thief = client_with_copied_cookie(app, logged_in)
    advance_clock(61)
    assert not is_logged_in(thief)
    assert not is_logged_in(logged_in)


def test_typed_values_come_back_after_the_session_has_ended(
    app: Flask, client: Client, made: Made, advance_clock: AdvanceClock
) -> None:
    account = made(factories.applicant)
    log_in(client, account)
    advance_clock(61)
    expired = client.send("/account/ways", {"wants_mail": "我写的", "present_password": "Geheim2026"})
    assert expired.status_code == 419
    assert 'name="wants_mail" value="我写的"' in expired.text
    assert "Geheim2026" not in expired.text
    assert 'href="/login/personal"' in expired.text
    assert "您的登录也已过期" in words(expired)
    log_in(client, account)
    assert client.send("/account/ways", {"wants_sms": "y"}).status_code == 303


def test_sessions_with_an_expired_cookie_are_deleted(
    app: Flask, logged_in: Client, advance_clock: AdvanceClock
) -> None:
    count = select(func.count()).select_from(LoginSession)
    with app.app_context():
        sessions.delete_expired()
        assert db.session.scalar(count) == 1
        advance_clock(60 * 25)
        sessions.delete_expired()
        assert db.session.scalar(count) == 0
    assert not is_logged_in(logged_in)


# --- a password that somebody else knows


@pytest.fixture
def handed_over(app: Flask, made: Made) -> tuple[str, str]:
    """The login and password that an administrator has just handed over."""

    def employ() -> staff.Handover:
        office = factories.office()
        return staff.add_staff(
            factories.administrator(), factories.Role.OFFICE, "zhangsan", "张三", office_id=office.id
        )

    handover = made(employ)
    return "zhangsan", handover.password


@pytest.mark.guide("D1")
def test_a_handed_over_password_must_be_changed_first(
    app: Flask, client: Client, handed_over: tuple[str, str]
) -> None:
    login, drawn = handed_over
    log_in_again(client, login, drawn, login_kind="staff")
    for path in ("/office/", "/account/", "/messages/", "/"):
        assert client.get(path).location == FIRST, path
    assert client.send("/account/ways", {"wants_sms": "y"}).location == FIRST
    assert client.get("/no/such/page").status_code == 404
    assert "请设置自己的密码" in words(client.get(FIRST))
    for typed, sentence in (
        ({"password": "kurz", "password_again": "kurz"}, "密码至少 8 位"),
        ({"password": drawn, "password_again": drawn}, "新密码不能与交给您的密码相同。"),
    ):
        answer = client.send(FIRST, typed)
        assert answer.status_code == 422
        assert sentence in words(answer)

    elsewhere = app.test_client()
    log_in_again(elsewhere, login, drawn, login_kind="staff")
    own = {"password": FURTHER_PASSWORD, "password_again": FURTHER_PASSWORD}
    assert client.send(FIRST, own).location == "/office/"
    assert client.get("/office/").status_code == 200
    assert client.get(FIRST).location == "/account/"
    assert elsewhere.get(FIRST).location.startswith("/login/")
    assert log_in_again(elsewhere, login, FURTHER_PASSWORD, login_kind="staff").location == "/office/"


FIRST = "/account/first-password/"


def test_other_accounts_need_not_change_their_password(client: Client, made: Made) -> None:
    log_in(client, made(factories.administrator))
    assert client.get(FIRST).location == "/account/"
    assert client.get("/administration/").status_code == 200


# --- too many wrong passwords, at the login_kind


@pytest.mark.guide("A2")
def test_after_five_wrong_passwords_the_page_says_when_to_try_again(limited: Flask) -> None:
    with limited.app_context():
        account, other = factories.applicant(), factories.applicant()
    read = []
    for login in (login_of(account), factories.identity_number()):
        client = limited.test_client()
        answers = [log_in_again(client, login, "Falsch2026") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [422] * 5 + [429]
        assert "请在 1 分钟后（" in words(answers[-1])
        assert f'value="{login}"' in answers[-1].text
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
        read.append([words(answer).split("（")[0] for answer in answers])
    assert read[0] == read[1]
    assert log_in(limited.test_client(), account).status_code == 429, "the right password neither"
    assert log_in(limited.test_client(), other).status_code == 303
    from_elsewhere = limited.test_client().post
    assert from_elsewhere("/login/personal", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 419
    elsewhere = limited.test_client()
    given = {"login": login_of(account), "password": PASSWORD}
    answer = elsewhere.send("/login/personal", given, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 303, "from another address the owner comes in"


def test_successful_logins_are_not_counted(limited: Flask) -> None:
    with limited.app_context():
        account = factories.applicant()
    for _ in range(8):
        client = limited.test_client()
        assert log_in(client, account).status_code == 303
        client.send("/logout")


@pytest.fixture
def changed_after_a_check(monkeypatch: pytest.MonkeyPatch, app: Flask) -> Callable[[Any, int], None]:
    """Let somebody else change the password while it is being verified: a hash takes long to compute."""

    def prepare(within: Any, account_id: int) -> None:
        verify = within.verify

        def change() -> None:
            with app.app_context():
                passwords.change_password(db.session.get_one(Account, account_id), "Dierge2028")

        def slow_verify(*given: Any) -> bool:
            right = verify(*given)
            with ThreadPoolExecutor() as elsewhere:
                elsewhere.submit(change).result()
            return bool(right)

        monkeypatch.setattr(within, "verify", slow_verify)

    return prepare


@pytest.mark.guide("A2")
def test_a_login_with_a_password_that_is_changed_meanwhile_opens_nothing(
    client: Client, made: Made, changed_after_a_check: Callable[[Any, int], None]
) -> None:
    account = made(factories.applicant)
    changed_after_a_check(logins, account.id)
    log_in(client, account)
    assert not is_logged_in(client)


@pytest.mark.guide("A2")
def test_a_password_that_is_changed_meanwhile_opens_no_change_of_the_account(
    client: Client, app: Flask, made: Made, changed_after_a_check: Callable[[Any, int], None]
) -> None:
    account = made(factories.applicant)
    log_in(client, account)
    changed_after_a_check(passwords, account.id)
    new = {"present_password": PASSWORD, "password": FURTHER_PASSWORD, "password_again": FURTHER_PASSWORD}
    assert client.send("/account/password", new).status_code == 422
    assert not is_logged_in(client)
    with app.app_context():
        assert logins.authenticate("personal", login_of(account), "Dierge2028") is not None
