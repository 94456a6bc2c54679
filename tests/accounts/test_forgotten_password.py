"""A forgotten password: with the 「找回码」 one is in again at once; without it there is the help line."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from accounts import passwords
from models import Account, Setting, db, exclusive
from tests import factories
from tests.accounts.people import (
    FURTHER_PASSWORD,
    is_logged_in,
    log_in,
    login_kind_of,
    login_of,
    value,
    waiting_reviewer,
    words,
)
from tests.machine.site import Client

Made = Callable[..., Any]


def with_code(account: Account) -> tuple[Account, str]:
    with exclusive():
        code = passwords.set_recovery_code(account)
    return account, code


def reset(client: Client, account: Account, code: str, **changes: str) -> Any:
    given = {
        "login": login_of(account),
        "code": code,
        "password": FURTHER_PASSWORD,
        "password_again": FURTHER_PASSWORD,
    }
    return client.send(f"/reset/{login_kind_of(account)}", given | changes)


@pytest.fixture(params=["personal", "enterprise"])
def account_and_code(request: pytest.FixtureRequest, made: Made) -> tuple[Account, str]:
    """Somebody who has forgotten the password and has the code."""
    maker = factories.applicant if request.param == "personal" else waiting_reviewer
    account, code = made(lambda: with_code(maker()))
    return account, code


@pytest.mark.guide("A2", "E4")
def test_the_recovery_code_sets_a_new_password_and_logs_in(
    app: Flask, client: Client, account_and_code: tuple[Account, str]
) -> None:
    account, code = account_and_code
    elsewhere = app.test_client()
    log_in(elsewhere, account)
    assert reset(client, account, code).location == "/account/code/"
    assert is_logged_in(client)
    assert not is_logged_in(elsewhere)
    assert log_in(app.test_client(), account).status_code == 422
    assert log_in(app.test_client(), account, FURTHER_PASSWORD).status_code == 303


def test_a_recovery_code_works_once_and_the_next_one_is_shown(
    app: Flask, client: Client, account_and_code: tuple[Account, str]
) -> None:
    account, code = account_and_code
    reset(client, account, code)
    assert code not in client.get("/account/code/").text
    assert reset(app.test_client(), account, code).status_code == 422


@pytest.mark.parametrize("typed", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "])
def test_the_recovery_code_may_be_typed_in_any_case_and_spacing(
    client: Client, made: Made, typed: Callable[[str], str]
) -> None:
    account, code = made(lambda: with_code(factories.applicant()))
    assert reset(client, account, typed(code)).status_code == 303


@pytest.mark.guide("A2", "E4")
@pytest.mark.parametrize("login_kind", ["personal", "enterprise", "staff"])
def test_the_page_for_a_forgotten_password_shows_the_help_line(
    app: Flask, client: Client, login_kind: str
) -> None:
    for path in (f"/login/{login_kind}", f"/reset/{login_kind}"):
        assert "忘记密码请拨打0477-8587631联系找回。" in words(client.get(path))
    with app.app_context():
        factories.saved(Setting(key="help_line", value="0477-1234567"))
    assert "忘记密码请拨打0477-1234567联系找回。" in words(client.get(f"/reset/{login_kind}"))


def test_an_unknown_login_and_a_wrong_or_missing_code_get_the_same_answer(app: Flask, made: Made) -> None:
    account, code = made(lambda: with_code(factories.applicant()))
    without = made(factories.applicant)
    wrong = "AAAA-AAAA-AAAA-AAAA"
    answers = [
        reset(app.test_client(), account, wrong),
        reset(app.test_client(), without, wrong),
        reset(app.test_client(), account, code, login=factories.identity_number()),
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert len({words(answer) for answer in answers}) == 1
    assert "登录名与找回码不相符，密码没有改变" in words(answers[0])
    assert value(answers[0], "login") == login_of(account)
    assert log_in(app.test_client(), account).status_code == 303


def test_a_weak_password_is_refused_before_the_code_is_used_up(
    app: Flask, client: Client, made: Made
) -> None:
    account, code = made(lambda: with_code(factories.applicant()))
    answer = reset(client, account, code, password="kurz", password_again="kurz")
    assert "密码至少 8 位" in words(answer)
    assert reset(client, account, code).status_code == 303


def test_a_deactivated_account_cannot_reset_its_password(app: Flask, client: Client, made: Made) -> None:
    account, code = made(lambda: with_code(factories.applicant()))
    with app.app_context():
        factories.deactivate(db.session.get_one(Account, account.id))
    assert reset(client, account, code).status_code == 422


def test_attempts_with_recovery_codes_are_limited(limited: Flask) -> None:
    with limited.app_context():
        account, code = with_code(factories.applicant())
    answers = [reset(limited.test_client(), account, f"AAAA-AAAA-AAAA-AAA{n}").status_code for n in range(6)]
    assert answers == [422] * 5 + [429]
    assert reset(limited.test_client(), account, code).status_code == 429
