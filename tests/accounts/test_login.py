"""Login and logout: who gets in, where they are led, and what a stranger can not learn."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from models import Account, RegionKind, Registration, db
from tests import factories
from tests.accounts.people import is_logged_in, log_in, login_of, value, waiting_reviewer, words
from tests.factories import PASSWORD
from tests.machine.site import Client

Made = Callable[..., Any]

ELSEWHERE = (
    "http://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "/\t/evil.example",
    "/personal/\r\nX: y",
    "javascript:alert(1)",
    "personal/",
)


@pytest.mark.guide("A2")
def test_a_person_logs_in_to_the_personal_console_and_logs_out(client: Client, made: Made) -> None:
    assert log_in(client, made(factories.applicant)).location == "/personal/"
    assert is_logged_in(client)
    assert client.send("/logout").location == "/"
    assert not is_logged_in(client)


def test_each_role_logs_in_to_its_own_console(app: Flask, made: Made) -> None:
    banner = made(factories.place, RegionKind.BANNER)
    for account, console in (
        (banner.reviewer, "/enterprise/"),
        (banner.clerk, "/office/"),
        (made(factories.city_clerk), "/city/"),
        (made(factories.administrator), "/administration/"),
    ):
        assert log_in(app.test_client(), account).location == console


@pytest.mark.guide("E3")
@pytest.mark.parametrize("state", [Registration.PENDING, Registration.REFUSED])
def test_an_unapproved_enterprise_sees_only_its_registration(
    client: Client, made: Made, state: Registration
) -> None:
    account = made(waiting_reviewer, state=state)
    assert log_in(client, account, then="?next=/enterprise/").location == "/enterprise/registration/"
    assert client.get("/enterprise/registration/").status_code == 200
    assert client.get("/enterprise/").status_code == 404
    assert client.get("/enterprise/2026-000001/").status_code == 404


@pytest.mark.parametrize("typed", ["  1506021990　01010012 ", "１５０６０２１９９００１０１００１２"])
def test_an_identity_number_logs_in_in_every_spelling(client: Client, made: Made, typed: str) -> None:
    made(factories.applicant, number="150602199001010012")
    assert client.send("/login/personal", {"login": typed, "password": PASSWORD}).status_code == 303


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(app: Flask, made: Made) -> None:
    account = made(factories.applicant)
    wrong = log_in(app.test_client(), account, "Falsch2026")
    stranger = app.test_client().send(
        "/login/personal", {"login": factories.identity_number(), "password": "Falsch2026"}
    )
    assert wrong.status_code == stranger.status_code == 422
    assert words(wrong) == words(stranger)
    assert "证件号码或密码不正确" in words(wrong)
    assert value(wrong, "login") == login_of(account)
    assert not value(wrong, "password")


def test_empty_fields_have_an_error_beside_them(client: Client) -> None:
    answer = client.send("/login/staff")
    assert answer.status_code == 422
    assert "请填写登录名。" in words(answer)
    assert "请填写密码。" in words(answer)


@pytest.mark.parametrize("login_kind", ["enterprise", "staff"])
def test_nobody_logs_in_at_the_login_page_of_another_role(
    client: Client, made: Made, login_kind: str
) -> None:
    account = made(factories.applicant)
    assert (
        client.send(f"/login/{login_kind}", {"login": login_of(account), "password": PASSWORD}).status_code
        == 422
    )
    assert not is_logged_in(client)


def test_a_deactivated_account_cannot_log_in_and_loses_its_session(
    app: Flask, client: Client, made: Made
) -> None:
    clerk = made(factories.place, RegionKind.BANNER).clerk
    log_in(client, clerk)
    assert is_logged_in(client)
    with app.app_context():
        factories.deactivate(db.session.get_one(Account, clerk.id))
    assert not is_logged_in(client)
    assert log_in(client, clerk).status_code == 422


def test_the_login_leads_to_the_page_that_was_requested(client: Client, made: Made) -> None:
    to_door = client.get("/personal/application/2026-000001/?x=1")
    assert to_door.location.startswith("/login/personal?next=")
    page = client.get(to_door.location)
    action = page.text.split('method="post" action="')[1].split('"')[0]
    answer = client.send(
        action,
        {"login": login_of(made(factories.applicant, number="150602199001010020")), "password": PASSWORD},
    )
    assert answer.location == "/personal/application/2026-000001/?x=1"


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_the_login_never_redirects_to_another_site(client: Client, made: Made, elsewhere: str) -> None:
    account = made(factories.applicant)
    answer = client.send(
        "/login/personal",
        {"login": login_of(account), "password": PASSWORD},
        query_string={"next": elsewhere},
    )
    assert answer.location == "/personal/"


def test_the_login_never_redirects_to_another_console(client: Client, made: Made) -> None:
    assert log_in(client, made(factories.applicant), then="?next=/city/2026-000001/").location == "/personal/"


def test_the_session_cookie_from_before_the_login_is_invalid_after_it(client: Client, made: Made) -> None:
    client.get("/login/personal")
    with client.session_transaction() as before:
        before["planted"] = "by somebody else"
        token = before["csrf_token"]
    log_in(client, made(factories.applicant))
    client.get("/account/")
    with client.session_transaction() as after:
        assert "planted" not in after
        assert after["csrf_token"] != token
        assert after.permanent


def test_a_page_without_a_session_redirects_to_a_login_page(client: Client) -> None:
    assert client.get("/account/").location == "/login/personal?next=/account/"
    assert client.get("/messages/?before=7").location == "/login/personal?next=/messages/?before%3D7"


def test_a_get_request_does_not_log_out(client: Client, made: Made) -> None:
    log_in(client, made(factories.applicant))
    assert client.get("/logout").status_code == 405
    assert client.post("/logout").status_code == 419
    assert is_logged_in(client)


def test_pages_of_an_account_are_not_cached_by_browsers(client: Client) -> None:
    assert client.get("/login/personal").headers["Cache-Control"] == "no-store"


def test_too_many_requests_to_a_login_page_are_refused(limited: Flask) -> None:
    limited.config["LOGIN_LIMIT_ADDRESS"] = "8 per minute"
    client = limited.test_client()
    answers = [
        client.send(
            "/login/personal", {"login": factories.identity_number(), "password": PASSWORD}
        ).status_code
        for _ in range(9)
    ]
    assert answers == [422] * 8 + [429]
