"""One's own account: telephone, password, 「找回码」; and that the number is never shown in full."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accounts import recovery
from models import Account, Channel, Delivery, RegionKind, db
from tests import factories
from tests.accounts.people import FURTHER_PASSWORD, is_logged_in, log_in, login_of, value, words
from tests.factories import PASSWORD
from tests.machine.site import Client
from worker import delivery

Made = Callable[..., Any]
Stored = Callable[[Callable[[], Any]], Any]


def contact(client: Client, **typed: str) -> Any:
    return client.send("/account/contact", {"email": "", "present_password": PASSWORD} | typed)


def change(
    client: Client, present: str = PASSWORD, new: str = FURTHER_PASSWORD, again: str | None = None
) -> Any:
    return client.send(
        "/account/password", {"present_password": present, "password": new, "password_again": again or new}
    )


@pytest.mark.guide("A2")
def test_a_changed_password_ends_every_other_session(app: Flask, client: Client, made: Made) -> None:
    account = made(factories.applicant)
    elsewhere = app.test_client()
    log_in(client, account)
    log_in(elsewhere, account)
    assert change(client).location == "/account/"
    assert is_logged_in(client)
    assert not is_logged_in(elsewhere)
    assert log_in(elsewhere, account).status_code == 422
    assert log_in(elsewhere, account, FURTHER_PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"present": "Falsch2026"}, "现在的密码不正确。"),
        ({"new": "kurz"}, "密码至少 8 位"),
        ({"again": "Anders2026"}, "两次填写的密码不一致。"),
    ],
)
def test_a_refused_change_of_password_says_why(
    app: Flask, client: Client, made: Made, given: dict[str, str], sentence: str
) -> None:
    account = made(factories.applicant)
    log_in(client, account)
    answer = change(client, **given)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert log_in(app.test_client(), account).status_code == 303


def test_a_new_recovery_code_replaces_the_old_one(client: Client, made: Made, stored: Stored) -> None:
    account = made(factories.applicant)
    log_in(client, account)
    assert client.send("/account/new-code", {"present_password": "Falsch2026"}).status_code == 422
    assert stored(lambda: db.session.get_one(Account, account.id).recovery_hash) is None
    assert client.send("/account/new-code", {"present_password": PASSWORD}).location == "/account/code/"
    assert "您的找回码已更换" in words(client.get("/messages/")), "whoever else did it is noticed"
    code = client.get("/account/code/").text.split('translate="no">')[1].split("</span>")[1].split("</p>")[0]
    found = stored(
        lambda: recovery.reset_by_recovery_code("personal", login_of(account), code, FURTHER_PASSWORD)
    )
    assert found is not None


def test_an_applicant_needs_a_mobile_number_and_a_clerk_may_have_a_landline(
    app: Flask, client: Client, made: Made, stored: Stored
) -> None:
    account = made(factories.applicant)
    log_in(client, account)
    assert contact(client, phone="0477-8123456").status_code == 422
    assert contact(client, phone="+86 139 0477 0000").status_code == 303
    assert stored(lambda: db.session.get_one(Account, account.id).phone) == "13904770000"
    clerk, desk = made(factories.place, RegionKind.BANNER).clerk, app.test_client()
    log_in(desk, clerk)
    assert contact(desk, phone="0477-8123456-12").status_code == 303
    assert contact(desk, phone="", email="li@example.com").status_code == 303, "the office has a telephone"


def test_a_change_of_contact_needs_the_password_and_warns_the_former_contact(
    app: Flask, client: Client, made: Made, stored: Stored
) -> None:
    app.extensions["channels"] = frozenset(Channel)
    account = made(factories.applicant)
    log_in(client, account)
    contact(client, phone=account.phone, email="wang@example.com")
    assert stored(sent_warnings) == []
    refused = contact(client, phone="13904770000", present_password="Falsch2026")
    assert (refused.status_code, value(refused, "phone")) == (422, "13904770000")
    assert "现在的密码不正确。" in words(refused)
    assert stored(sent_warnings) == []

    assert contact(client, phone="13904770000", email="xin@example.com").status_code == 303
    assert stored(sent_warnings) == [("email_changed", "wang@example.com"), ("phone_changed", account.phone)]
    page = words(client.get("/messages/"))
    assert "您账号的联系电话已修改" in page
    assert "您账号的电子邮箱已修改" in page
    contact(client, phone="13904770000", email="xin@example.com")
    assert len(stored(sent_warnings)) == 2, "nothing has changed"


def sent_warnings() -> list[tuple[str, str]]:
    """What goes out, and where."""
    rows = db.session.scalars(select(Delivery)).all()
    return sorted((row.message.kind, delivery.render(row).address) for row in rows)


def test_the_number_is_masked_on_the_page(client: Client, made: Made) -> None:
    account = made(factories.applicant)
    log_in(client, account)
    page = client.get("/account/").text
    assert account.identity_number not in page
    assert f"{account.identity_number[:4]}************{account.identity_number[-2:]}" in page


@pytest.mark.parametrize(
    "path",
    [
        "/account/",
        "/account/code/",
        "/account/contact",
        "/account/password",
        "/account/first-password/",
        "/account/new-code",
    ],
)
def test_without_a_session_there_is_no_account_page(client: Client, path: str) -> None:
    assert client.get(path).location.startswith("/login/personal")
    assert client.send(path, {"phone": "13904770000"}).status_code in (302, 405)


def test_attempts_with_the_current_password_are_limited(limited: Flask) -> None:
    with limited.app_context():
        account = factories.applicant()
    client = limited.test_client()
    log_in(client, account)
    assert [change(client, "Falsch2026").status_code for _ in range(6)] == [422] * 5 + [429]
    answer = client.send("/account/new-code", {"present_password": PASSWORD})
    assert answer.status_code == 429
    assert "1 分钟后" in words(answer)


def test_a_page_with_errors_can_be_requested_again(client: Client, made: Made) -> None:
    """A change of language, or a reload of the address, after a password was refused."""
    log_in(client, made(factories.applicant))
    for path in ("/account/contact", "/account/password", "/account/new-code"):
        assert client.get(path).location == "/account/"
