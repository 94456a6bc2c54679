"""A forgotten password by a code that is sent: to whom, how long, how often; and that a stranger learns nothing by it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from accounts import recovery
from app import create_app
from config import settings
from models import Account, Channel, Message, ResetCode, db, now
from tests import factories
from tests.accounts.people import (
    FURTHER_PASSWORD,
    is_logged_in,
    log_in,
    login_kind_of,
    login_of,
    waiting_reviewer,
    words,
)
from tests.machine.at_once import at_once
from tests.machine.secrets import environment
from tests.machine.site import Client

Made = Callable[..., Any]
AdvanceClock = Callable[[float], None]
WRONG = "x00000"


@pytest.fixture(autouse=True)
def open_channels(app: Flask) -> None:
    app.extensions["channels"] = frozenset(Channel)


@pytest.fixture
def advance_clock(monkeypatch: pytest.MonkeyPatch) -> AdvanceClock:
    passed = [timedelta()]
    monkeypatch.setattr(recovery, "now", lambda: now() + passed[0])

    def pass_by(minutes: float) -> None:
        passed[0] += timedelta(minutes=minutes)

    return pass_by


def ask(client: Client, account: Account | str) -> TestResponse:
    login, login_kind = (
        (account, "personal") if isinstance(account, str) else (login_of(account), login_kind_of(account))
    )
    return client.send(f"/reset/{login_kind}/code/", {"login": login})


def use(
    client: Client, code: str, login_kind: str = "personal", password: str = FURTHER_PASSWORD
) -> TestResponse:
    given = {"code": code, "password": password, "password_again": password}
    return client.send(f"/reset/{login_kind}/code/enter/", given)


def sent_codes(app: Flask) -> list[str]:
    """The codes that were sent, the newest last."""
    with app.app_context():
        found = db.session.scalars(select(Message).filter_by(kind="password_reset").order_by(Message.id))
        return [message.secret_words["code"] for message in found]


@pytest.mark.guide("A2", "E4")
@pytest.mark.parametrize("maker", [factories.applicant, waiting_reviewer])
def test_a_sent_code_sets_a_new_password_and_logs_in(
    app: Flask, client: Client, made: Made, maker: Callable[[], Account]
) -> None:
    account, elsewhere = made(maker), app.test_client()
    login_kind = login_kind_of(account)
    log_in(elsewhere, account)
    answer = ask(client, account)
    assert answer.location == f"/reset/{login_kind}/code/enter/"
    page = client.get(answer.location)
    assert "如果这个登录名有账号" in words(page)
    assert "忘记密码请拨打0477-8587631联系找回。" in words(page)
    (code,) = sent_codes(app)
    assert (len(code), code.isdecimal()) == (6, True)
    assert code not in page.text
    assert use(client, code, login_kind).status_code == 303
    assert is_logged_in(client)
    assert not is_logged_in(elsewhere)
    assert log_in(elsewhere, account, FURTHER_PASSWORD).status_code == 303
    assert use(app.test_client(), code, login_kind).location == f"/reset/{login_kind}/code/"


def test_an_unknown_login_gets_the_same_pages_when_requesting_a_code(app: Flask, made: Made) -> None:
    account, gone = made(factories.applicant), made(factories.applicant)
    with app.app_context():
        factories.deactivate(db.session.get_one(Account, gone.id))
    seen = []
    for who in (account, gone, factories.identity_number()):
        client = app.test_client()
        asked = ask(client, who)
        pages = [client.get(asked.location), *(use(client, WRONG) for _ in range(5))]
        with client.session_transaction() as session:
            kept = {name: len(str(each)) for name, each in session.items() if name != "_flashes"}
        seen.append((asked.location, [(each.status_code, words(each)) for each in pages], kept))
    assert seen[0] == seen[1] == seen[2]
    assert len(sent_codes(app)) == 1


def test_a_sent_code_works_only_in_the_browser_that_requested_it(
    app: Flask, client: Client, made: Made
) -> None:
    """Whoever asks for codes to somebody's telephone can neither use nor spoil that person's own."""
    account, stranger = made(factories.applicant), app.test_client()
    ask(client, account)
    ask(stranger, account)
    own, others = sent_codes(app)
    if own != others:
        assert use(stranger, own).status_code == 422
    for _ in range(4):
        use(stranger, WRONG)
    assert use(stranger, others).status_code in {302, 303}
    assert not is_logged_in(stranger)
    assert use(client, own).status_code == 303
    assert is_logged_in(client)


def test_after_five_wrong_codes_the_sent_code_is_invalid(app: Flask, client: Client, made: Made) -> None:
    account = made(factories.applicant)
    ask(client, account)
    answers = [use(client, WRONG) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [303]
    assert "已作废，密码没有改变" in words(client.get(answers[-1].location))
    assert use(client, sent_codes(app)[0]).location == "/reset/personal/code/"
    assert log_in(client, account).status_code == 303


def test_a_sent_code_expires_after_half_an_hour_and_is_deleted(
    app: Flask, client: Client, made: Made, advance_clock: AdvanceClock
) -> None:
    ask(client, made(factories.applicant))
    (code,) = sent_codes(app)
    advance_clock(29)
    assert client.get("/reset/personal/code/enter/").status_code == 200
    advance_clock(1.1)
    assert use(client, code).location == "/reset/personal/code/"
    with app.app_context():
        recovery.delete_expired()
        assert db.session.scalar(select(ResetCode)) is None


def test_a_weak_password_does_not_use_up_the_sent_code(app: Flask, client: Client, made: Made) -> None:
    ask(client, made(factories.applicant))
    (code,) = sent_codes(app)
    answer = use(client, code, password="kurz")
    assert (answer.status_code, "密码至少 8 位" in words(answer)) == (422, True)
    assert use(client, f" {code[:3]} {code[3:]} ").status_code == 303


def test_a_sent_code_is_stored_only_as_a_digest(app: Flask, client: Client, made: Made) -> None:
    account = made(factories.applicant)
    ask(client, account)
    (code,) = sent_codes(app)
    with app.app_context():
        stored = str(db.session.execute(text("SELECT * FROM reset_codes")).all())
        stored += str(db.session.execute(text("SELECT * FROM messages")).all())
    assert f"'{code}'" not in stored
    assert login_of(account) not in stored


def test_without_an_open_channel_the_recovery_code_is_offered(app: Flask, client: Client) -> None:
    app.extensions["channels"] = frozenset()
    for path in ("/reset/personal/code/", "/reset/personal/code/enter/"):
        assert client.get(path, follow_redirects=True).request.path == "/reset/personal"
    assert "接收验证码" not in words(client.get("/reset/personal"))


def test_requests_for_codes_are_limited_and_a_reset_unlocks_the_login(limited: Flask) -> None:
    limited.extensions["channels"] = frozenset(Channel)
    with limited.app_context():
        account = factories.applicant()
    client = limited.test_client()
    for _ in range(6):
        locked = log_in(client, account, "Falsch2026")
    assert locked.status_code == 429
    answers = [ask(client, account) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]
    assert "请在 5 分钟后（" in words(answers[-1])
    codes = sent_codes(limited)
    assert len(codes) == 3
    assert use(client, codes[-1]).status_code == 303
    client.send("/logout")
    for browser in (client, limited.test_client()):  # one that is recognised now, and one that is not
        assert log_in(browser, account, FURTHER_PASSWORD).status_code == 303


def test_a_sent_code_used_twice_at_once_works_once(database_url: str, tmp_path: Path) -> None:
    app = create_app({**settings(environment(tmp_path, database_url)), "TESTING": True})
    with app.app_context():
        account = factories.applicant()
        key = recovery.send_code("personal", login_of(account))
        code = db.session.scalars(select(Message)).one().secret_words["code"]
        doings = [
            lambda n=n: recovery.reset_by_code(key, code, f"Diyige202{n}") is not None for n in range(3)
        ]
        assert sorted(at_once(*doings)) == [False, False, True]
        db.session.remove()
        db.engine.dispose()


@pytest.mark.guide("A2", "E4")
@pytest.mark.parametrize("changed", ["password", "contact"])
def test_a_code_that_was_sent_before_a_change_resets_nothing(
    app: Flask, client: Client, made: Made, changed: str
) -> None:
    """Whoever has found the telephone asks for a code while its owner changes number or password."""
    account, finder = made(factories.applicant), app.test_client()
    log_in(client, account)
    ask(finder, account)
    given = {"present_password": factories.PASSWORD}
    if changed == "password":
        given |= {"password": "Dierge2028", "password_again": "Dierge2028"}
    else:
        given |= {"phone": "13904770000", "email": ""}
    assert client.send(f"/account/{changed}", given).status_code == 303
    (code,) = sent_codes(app)
    assert use(finder, code).location == "/reset/personal/code/"
    assert not is_logged_in(finder)
