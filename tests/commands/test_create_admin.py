"""The first administrator: made at the machine, with a password that nobody sees, and written down as such."""

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from accounts import logins
from models import Account, AuditEntry, ChangeKind, Role, db
from tests.factories import clerk, office

GOOD = "Steppe-2026-gold"


def create(
    app: Flask, login: str = "chief", name: str = "苏日娜", password: str = GOOD, again: str = ""
) -> Result:
    answers = f"{login}\n{name}\n{password}\n{again or password}\n"
    return app.test_cli_runner().invoke(args=["create-admin"], input=answers)


def test_the_first_administrator_can_log_in_and_is_in_the_audit_trail(app: Flask) -> None:
    result = create(app)
    assert result.exit_code == 0, result.output
    assert GOOD not in result.output
    with app.app_context():
        account = logins.authenticate("staff", "chief", GOOD)
        assert account is not None
        assert (account.role, account.name, account.login) == (Role.ADMINISTRATOR, "苏日娜", "chief")
        [change] = db.session.scalars(select(AuditEntry))
        assert (change.kind, change.table_name, change.actor_id) == (
            ChangeKind.CREATED,
            "accounts",
            account.id,
        )
        assert change.label == "苏日娜（chief）"
        assert change.after["password_hash"] == "•"
        assert account.password_hash not in str(change.after)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"password": "Short-2026"}, "至少 12 位"),
        ({"password": "aaaaaaaaaaa1"}, "重复"),
        ({"password": "onlylettersintheend"}, "数字"),
        ({"password": "My-CHIEF-2026-x"}, "登录名"),
        ({"password": "x1" * 80}, "重复"),
        ({"login": "a b"}, "登录名"),
        ({"name": " "}, ""),
    ],
)
def test_weak_passwords_and_invalid_logins_create_no_account(
    app: Flask, given: dict[str, str], said: str
) -> None:
    result = create(app, **given)
    assert result.exit_code != 0
    assert said in result.output
    with app.app_context():
        assert db.session.scalar(select(Account.id).limit(1)) is None
        assert db.session.scalar(select(AuditEntry.id).limit(1)) is None


def test_two_different_passwords_are_prompted_again(app: Flask) -> None:
    result = create(app, again=f"Other-2026-gold\n{GOOD}\n{GOOD}")
    assert result.exit_code == 0, result.output


def test_a_taken_login_is_refused(app: Flask) -> None:
    with app.app_context():
        taken = clerk(office()).login
    result = create(app, login=taken.upper())
    assert result.exit_code == 1
    assert "已存在" in result.output
