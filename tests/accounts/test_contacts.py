"""By which ways one is told: chosen on one's own page, for oneself alone; and what may stand there of a secret."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from accounts.contacts import MOST_WARNINGS
from common import messages
from models import Account, Channel, Message, db, exclusive, now
from tests import factories
from tests.accounts.people import log_in, value, words
from tests.factories import PASSWORD
from tests.machine.site import Client

Made = Callable[..., Any]
Stored = Callable[[Callable[[], Any]], Any]


def contact(client: Client, **typed: str) -> Any:
    given = {"phone": "13847710000", "email": "", "present_password": PASSWORD}
    return client.send("/account/contact", given | typed)


def stored_contact(stored: Stored, account: Account) -> tuple[str | None, bool, bool]:
    found = stored(lambda: db.session.get_one(Account, account.id))
    return found.email, found.wants_mail, found.wants_sms


def test_sms_is_chosen_from_the_beginning_and_mail_once_there_is_an_address(
    client: Client, made: Made, stored: Stored
) -> None:
    account, other = made(factories.applicant), made(factories.applicant)
    log_in(client, account)
    assert stored_contact(stored, account) == (None, False, True)
    assert contact(client, email=" Wang@Example.com ").status_code == 303
    assert client.send("/account/ways", {"wants_mail": "y"}).status_code == 303
    assert stored_contact(stored, account) == ("Wang@Example.com", True, False)
    page = client.get("/account/")
    assert value(page, "email") == "Wang@Example.com"
    assert "本系统目前不发送短信" in words(page)
    assert client.send("/account/ways", {"wants_mail": "y", "wants_sms": "y"}).status_code == 303
    assert contact(client, email="").status_code == 303
    assert stored_contact(stored, account) == (None, False, True)
    assert stored_contact(stored, other) == (None, False, True)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"email": "wang"}, "请填写完整的电子邮箱"),
        ({"email": "a@example.com\r\nBcc: b@example.com"}, "请填写完整的电子邮箱"),
        ({"email": "w" * 120 + "@example.com"}, "最多 120 个字符。"),
    ],
)
def test_an_invalid_mail_address_is_refused(
    client: Client, made: Made, stored: Stored, typed: dict[str, str], sentence: str
) -> None:
    account = made(factories.applicant)
    log_in(client, account)
    answer = contact(client, **typed)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert stored_contact(stored, account) == (None, False, True)


def test_nobody_elses_telephone_is_flooded_with_warnings(client: Client, made: Made) -> None:
    account = made(factories.applicant)
    log_in(client, account)
    for last in range(MOST_WARNINGS):
        assert contact(client, phone=f"1384771010{last}").status_code == 303
    answer = contact(client, phone="13847710110")
    assert (answer.status_code, "次数太多" in words(answer)) == (422, True)

    def a_day_later() -> None:
        with exclusive():
            db.session.execute(update(Message).values(created_at=now() - messages.WARNING_INTERVAL))

    made(a_day_later)
    assert contact(client, phone="13847710110").status_code == 303


def test_mail_cannot_be_chosen_without_an_address(client: Client, made: Made, stored: Stored) -> None:
    account = made(factories.applicant)
    log_in(client, account)
    answer = client.send("/account/ways", {"wants_mail": "y"})
    assert answer.status_code == 422
    assert "请先填写电子邮箱。" in words(answer)
    assert stored_contact(stored, account) == (None, False, True)


def test_a_landline_shows_that_it_gets_no_sms(app: Flask, client: Client, made: Made) -> None:
    app.extensions["channels"] = frozenset(Channel)
    account = made(lambda: factories.clerk(factories.office()))
    log_in(client, account)
    contact(client, phone="0477-8123456")
    assert "收不到短信" in words(client.get("/account/"))
    contact(client, phone="13900000000")
    assert "收不到短信" not in words(client.get("/account/"))


def test_a_page_says_that_a_code_was_sent_but_not_the_code(app: Flask, client: Client, made: Made) -> None:
    account = made(factories.applicant)

    def tell() -> None:
        with exclusive():
            messages.write_message(account, "password_reset", {"code": "918273"}, urgent=True)

    made(tell)
    log_in(client, account)
    page = client.get("/messages/")
    assert "验证码已发到您登记的手机或邮箱" in words(page)
    assert "918273" not in page.text
    number = page.text.split('action="/messages/')[1].split("/")[0]
    answer = client.send(f"/messages/{number}/")
    assert answer.location == "/messages/"
    page = client.get("/messages/")
    assert "未读" not in words(page)
    assert "无法打开" not in words(page)


def test_the_inviter_reads_whether_the_code_is_sent(app: Flask, client: Client, made: Made) -> None:
    log_in(client, made(lambda: factories.reviewer(factories.enterprise())))
    invitation = {"name": "钱多", "phone": "13847710001", "email": "qian@example.com"}
    assert "本系统目前不发送短信。" in words(client.get("/enterprise/reviewers/"))
    handed = words(client.send("/enterprise/reviewers/invite/", invitation))
    assert "请现在交给本人，本系统不会把它发出。" in handed
    app.extensions["channels"] = frozenset({Channel.SMS})
    page = words(client.get("/enterprise/reviewers/"))
    assert "邀请码也用短信发到这个号码。" in page
    assert "本系统目前不发送电子邮件。" in page
    handed = words(client.send("/enterprise/reviewers/invite/", invitation | {"phone": "13847710002"}))
    assert "请现在交给本人；它也用短信发给本人。" in handed
