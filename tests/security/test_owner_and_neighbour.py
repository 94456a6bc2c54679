"""Behind one address: somebody who knows a login cannot lock the owner out of a recognised browser."""

from __future__ import annotations

import pytest
from flask import Flask

from accounts.passwords import set_recovery_code
from models import Account
from tests import factories
from tests.accounts.people import log_in, log_in_again, login_of
from tests.factories import PASSWORD
from tests.machine.site import Client

WRONG = "Falsch2026"


def owner_of(limited: Flask, account: Account) -> Client:
    """The owner's browser, logged in once and out again."""
    client = limited.test_client()
    assert isinstance(client, Client)
    assert log_in(client, account).status_code == 303
    client.send("/logout")
    return client


def neighbour_uses_up(limited: Flask, path: str, given: dict[str, str], number: int = 6) -> Client:
    client = limited.test_client()
    assert isinstance(client, Client)
    answers = [client.send(path, given).status_code for _ in range(number)]
    assert answers[-1] == 429
    return client


@pytest.mark.guide("A2")
def test_wrong_passwords_from_another_address_do_not_lock_the_owner_out(limited: Flask) -> None:
    with limited.app_context():
        account = factories.applicant()
    owner = owner_of(limited, account)
    neighbour = neighbour_uses_up(limited, "/login/personal", {"login": login_of(account), "password": WRONG})
    assert log_in(limited.test_client(), account).status_code == 429, "a new browser waits"
    assert log_in(owner, account).status_code == 303
    owner.send("/logout")
    assert log_in(neighbour, account).status_code == 429, "and the neighbour still does"


def test_wrong_recovery_codes_from_another_address_do_not_lock_the_owner_out(limited: Flask) -> None:
    with limited.app_context():
        account = factories.applicant()
        code = set_recovery_code(account)
        factories.saved(account)
        login = login_of(account)
    owner = owner_of(limited, account)
    given = {"login": login, "password": "Xiaomin2027", "password_again": "Xiaomin2027"}
    neighbour_uses_up(limited, "/reset/personal", {**given, "code": "AAAA-BBBB-CCCC-DDDD"})
    assert owner.send("/reset/personal", {**given, "code": code}).status_code == 303
    owner.send("/logout")
    assert log_in_again(owner, login, "Xiaomin2027").status_code == 303, "known again, by the new password"


def test_a_flood_from_one_address_does_not_block_recognised_browsers(limited: Flask) -> None:
    with limited.app_context():
        account = factories.applicant()
    owner = owner_of(limited, account)
    limited.config["LOGIN_LIMIT_ADDRESS"] = "8 per minute"
    given = {"login": factories.identity_number(), "password": WRONG}
    neighbour_uses_up(limited, "/login/personal", given, number=10)
    assert log_in(limited.test_client(), somebody_else(limited)).status_code == 429
    assert log_in(owner, account).status_code == 303
    answers = []
    for _ in range(9):
        owner.send("/logout")
        answers.append(log_in(owner, account).status_code)
    assert answers[-1] == 429, "its own flood is bounded as well"


def somebody_else(limited: Flask) -> Account:
    with limited.app_context():
        return factories.applicant()


def test_a_copied_device_cookie_opens_nothing_and_its_attempts_are_limited(limited: Flask) -> None:
    with limited.app_context():
        account = factories.applicant()
    owner = owner_of(limited, account)
    cookie = owner.get_cookie("talent-device")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Strict", "/")
    thief = limited.test_client()
    thief.set_cookie("talent-device", cookie.value)
    assert thief.get("/account/").status_code == 302
    answers = [log_in_again(thief, login_of(account), WRONG).status_code for _ in range(12)]
    assert answers == [422] * 10 + [429] * 2
    foreign = {"login": login_of(somebody_else(limited)), "password": WRONG}
    assert [thief.send("/login/personal", foreign).status_code for _ in range(6)] == [422] * 5 + [429], (
        "to another login the cookie is worth nothing"
    )


def test_the_device_cookie_is_set_only_after_a_right_password(limited: Flask) -> None:
    with limited.app_context():
        account = factories.applicant()
    client = limited.test_client()
    assert log_in_again(client, login_of(account), WRONG).status_code == 422
    assert client.get_cookie("talent-device") is None
    assert log_in_again(client, login_of(account), PASSWORD).status_code == 303
    assert client.get_cookie("talent-device") is not None
