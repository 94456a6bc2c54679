"""The second step at the login_kind: no session without it, nobody gets around it, and wrong codes are counted."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask

from accounts import passwords, second_factor
from admin_views.accounts import second_factor as view
from common.settings import REQUIRED, STAFF_SECOND_FACTOR
from models import Account, RegionKind, Setting, db, now
from tests import factories
from tests.accounts.people import FURTHER_PASSWORD, is_logged_in, log_in, words
from tests.factories import PASSWORD
from tests.machine.site import Client

Made = Callable[..., Any]
Stored = Callable[[Callable[[], Any]], Any]
STEP, OWN = "/login/staff/code/", "/account/second-factor/"


@pytest.fixture(autouse=True)
def _telephones_and_site_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    # between reading a code and sending it half a minute may end, and the code of the one before is too old then
    at = now()
    monkeypatch.setattr(second_factor, "now", lambda: at)


@pytest.fixture
def clerk(made: Made) -> Account:
    account: Account = made(factories.place, RegionKind.BANNER).clerk
    return account


def secret_on(page: str) -> str:
    found = re.search(r'second-factor-secret"[^>]*>([^<]+)<', page)
    assert found
    return found.group(1).replace(" ", "")


def present_code(secret: str, later: int = 0) -> str:
    return pyotp.TOTP(secret).at(second_factor.now(), counter_offset=later)


def enrol(client: Client, **more: str) -> tuple[str, list[str]]:
    """As a person does; returns the secret and the spare codes."""
    secret = secret_on(client.get(OWN).text)
    answer = client.send(OWN, {"one_time_code": present_code(secret, -1), **more})
    assert answer.location == f"{OWN}codes/"
    spare = re.findall(r"<li>([0-9A-Z]{5}-[0-9A-Z]{5})</li>", client.get(answer.location).text)
    client.send(answer.location)
    assert client.get(answer.location).location, "shown once"
    return secret, spare


def require(app: Flask) -> None:
    with app.app_context():
        factories.saved(Setting(key=STAFF_SECOND_FACTOR, value=REQUIRED, explanation=""))


def test_the_password_alone_opens_no_session_with_a_second_factor(
    app: Flask, client: Client, clerk: Account
) -> None:
    elsewhere = app.test_client()
    log_in(client, clerk)
    log_in(elsewhere, clerk)
    secret, spare = enrol(client, present_password=PASSWORD)
    assert len(set(spare)) == 10
    assert is_logged_in(client)
    assert not is_logged_in(elsewhere), "a session without the second step has ended"
    assert log_in(elsewhere, clerk, then="?next=/messages/").location == STEP
    for path in ("/office/", "/account/", "/messages/", f"{OWN}codes/"):
        assert elsewhere.get(path).location.startswith("/login/"), path
    assert "验证码不正确" in words(elsewhere.send(STEP, {"one_time_code": "000000"}))
    assert elsewhere.send(STEP, {"one_time_code": present_code(secret)}).location == "/messages/"
    assert is_logged_in(elsewhere)
    third = app.test_client()
    log_in(third, clerk)
    assert third.send(STEP, {"one_time_code": present_code(secret)}).status_code == 422, "a code twice"
    assert third.send(STEP, {"one_time_code": spare[3]}).location == "/office/"


def test_the_second_step_needs_the_password_first(
    app: Flask, client: Client, clerk: Account, stored: Stored
) -> None:
    log_in(client, clerk)
    secret, _ = enrol(client, present_password=PASSWORD)
    stranger = app.test_client()
    for answer in (stranger.get(STEP), stranger.send(STEP, {"one_time_code": present_code(secret)})):
        assert answer.location == "/login/staff"
    log_in(stranger, clerk)
    stored(lambda: passwords.change_password(db.session.get_one(Account, clerk.id), FURTHER_PASSWORD))
    answer = stranger.send(STEP, {"one_time_code": present_code(secret)})
    assert answer.location == "/login/staff", "the password is another one meanwhile"


def test_the_second_step_expires_after_ten_minutes(
    app: Flask, client: Client, clerk: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(client, clerk)
    secret, _ = enrol(client, present_password=PASSWORD)
    late = app.test_client()
    log_in(late, clerk)
    monkeypatch.setattr(view, "now", lambda: now() + timedelta(minutes=11))
    assert late.send(STEP, {"one_time_code": present_code(secret)}).location == "/login/staff"


def test_a_required_second_factor_must_be_set_up_before_anything_else(
    app: Flask, client: Client, clerk: Account
) -> None:
    require(app)
    assert log_in(client, clerk).location == OWN
    for path in ("/office/", "/account/", "/messages/"):
        assert client.get(path).location.startswith("/login/"), path
    secret = secret_on(client.get(OWN).text)
    assert client.send(OWN, {"one_time_code": "000000"}).status_code == 422
    assert secret_on(client.get(OWN).text) == secret, "the picture that has been read stays"
    enrol(client)
    assert is_logged_in(client)
    assert "不能停用" in words(client.get(OWN))
    data = {"present_password": PASSWORD, "one_time_code": present_code(secret, 1)}
    client.send(f"{OWN}off", data)
    client.send("/logout")
    assert log_in(client, clerk).location == STEP


def test_a_new_clerk_sets_it_up_writes_the_spare_codes_down_and_then_chooses_a_password(
    app: Flask, client: Client, clerk: Account
) -> None:
    require(app)
    with app.app_context():
        new = db.session.get_one(Account, clerk.id)
        new.must_change_password = True
        db.session.commit()
    log_in(client, clerk)
    _, spare = enrol(client)
    assert len(spare) == 10
    assert client.get("/office/").location == "/account/first-password/"


def test_disabling_and_renewing_need_password_and_code(app: Flask, client: Client, clerk: Account) -> None:
    log_in(client, clerk)
    secret, spare = enrol(client, present_password=PASSWORD)
    for wrong in (
        {"present_password": "Falsch2026", "one_time_code": spare[0]},
        {"present_password": PASSWORD, "one_time_code": "000000"},
        {},
    ):
        assert client.send(f"{OWN}off", wrong).status_code == 422
        assert client.send(f"{OWN}new-codes", wrong).status_code == 422
    answer = client.send(f"{OWN}new-codes", {"present_password": PASSWORD, "one_time_code": spare[0]})
    assert answer.location == f"{OWN}codes/"
    off = {"present_password": PASSWORD, "one_time_code": present_code(secret)}
    assert client.send(f"{OWN}off", off).location == OWN
    client.send("/logout")
    assert log_in(client, clerk).location == "/office/"


def test_the_second_factor_is_for_staff_only(app: Flask, client: Client, made: Made) -> None:
    require(app)
    log_in(client, made(factories.applicant))
    assert is_logged_in(client)
    assert client.get(OWN).location == "/account/"
    assert client.send(OWN, {"one_time_code": "000000"}).location == "/account/"
    assert "动态验证码" not in client.get("/account/").text


def test_a_reset_password_does_not_bypass_the_second_factor(
    app: Flask, client: Client, clerk: Account, stored: Stored
) -> None:
    log_in(client, clerk)
    secret, _ = enrol(client, present_password=PASSWORD)
    code = stored(lambda: passwords.renew_recovery_code(db.session.get_one(Account, clerk.id)))
    forgetful = app.test_client()
    data = {"login": clerk.login, "code": code}
    again = {"password": FURTHER_PASSWORD, "password_again": FURTHER_PASSWORD}
    assert forgetful.send("/reset/staff", data | again).location == STEP
    assert not is_logged_in(forgetful)
    answer = forgetful.send(STEP, {"one_time_code": present_code(secret)})
    assert answer.location == "/account/code/"
    assert "请记下您的找回码" in words(forgetful.get(answer.location))


def test_wrong_codes_are_counted_like_wrong_passwords(limited: Flask) -> None:
    with limited.app_context():
        clerk = factories.place(RegionKind.BANNER).clerk
    client, guesser = limited.test_client(), limited.test_client()
    log_in(client, clerk)
    secret, _ = enrol(client, present_password=PASSWORD)
    statuses = []
    for _ in range(9):
        log_in(guesser, clerk)
        statuses.append(guesser.send(STEP, {"one_time_code": "000000"}).status_code)
    assert statuses[-1] == 429, "a right password between does not begin the count anew"
    answer = guesser.send(STEP, {"one_time_code": present_code(secret)})
    assert answer.status_code == 429, "nothing is tried while one has to wait"


def test_a_stolen_password_makes_no_browser_known_and_does_not_allow_trying_codes(limited: Flask) -> None:
    with limited.app_context():
        clerk = factories.place(RegionKind.BANNER).clerk
        db.session.expunge_all()
    owner, thief = limited.test_client(), limited.test_client()
    log_in(owner, clerk)
    before = owner.get_cookie("talent-device")
    secret, _ = enrol(owner, present_password=PASSWORD)
    after = owner.get_cookie("talent-device")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    owner.send("/logout")

    thief.set_cookie("talent-device", before.value)
    assert log_in(thief, clerk).location == STEP
    cookie = thief.get_cookie("talent-device")
    assert cookie is not None
    assert cookie.value == before.value, "of before the second step was set up: worth nothing any more"
    answers = [thief.send(STEP, {"one_time_code": "000000"}).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    assert log_in(owner, clerk).location == STEP
    assert owner.send(STEP, {"one_time_code": present_code(secret)}).status_code == 303
    assert is_logged_in(owner), "at the same address as the thief"
