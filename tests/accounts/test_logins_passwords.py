"""Doors, passwords and recovery codes."""

import re
import subprocess
import sys

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import text

from accounts import logins as accounts_logins
from accounts import passwords, recovery
from common import identity
from models import Account, Role, db
from tests.factories import (
    PASSWORD,
    World,
    applicant,
    city_clerk,
    deactivate,
    identity_number,
    reviewer,
    saved,
)

NEW = "Nuannuan2027"


def test_passwords_are_stored_as_argon2id_with_recommended_parameters() -> None:
    """In a process of its own: the tests themselves hash cheaply."""
    hashed = subprocess.run(
        [sys.executable, "-c", "from accounts import passwords; print(passwords.hasher.hash('Xiaomin2026'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    memory, time, lanes = map(int, re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$", hashed).groups())
    assert memory >= 19 * 1024, "OWASP's least: 19 MiB, two passes"
    assert time >= 2
    assert lanes >= 1


@pytest.mark.guide("A2")
def test_a_person_logs_in_with_number_and_password_only(ordos: World) -> None:
    person = applicant()
    number = person.identity_number
    assert accounts_logins.authenticate("personal", number, PASSWORD) is person
    for wrong in (PASSWORD.lower(), PASSWORD + " ", "", "x" * 10_000):
        assert accounts_logins.authenticate("personal", number, wrong) is None
    assert accounts_logins.authenticate("personal", identity_number(), PASSWORD) is None


@pytest.mark.guide("A2")
def test_the_number_may_be_typed_as_it_is_printed_or_with_full_width_digits(ordos: World) -> None:
    person = applicant()
    number = person.identity_number
    wide = number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789X"})
    for typed in (number.lower(), f" {number[:6]} {number[6:14]} {number[14:]} ", wide):
        assert accounts_logins.authenticate("personal", typed, PASSWORD) is person


@pytest.mark.guide("A1", "A2")
def test_each_role_authenticates_at_its_own_login_page_only(ordos: World) -> None:
    person, employer, staff = applicant(), ordos.banner.reviewer, city_clerk()
    logins = {"personal": person.identity_number, "enterprise": employer.login, "staff": staff.login}
    for login_kind, expected in (("personal", person), ("enterprise", employer), ("staff", staff)):
        for its_door, login in logins.items():
            found = accounts_logins.authenticate(login_kind, login, PASSWORD)
            assert found is (expected if its_door == login_kind else None)


@pytest.mark.guide("A2")
def test_a_deactivated_account_can_neither_log_in_nor_reset_its_password(ordos: World) -> None:
    person = applicant()
    code = passwords.set_recovery_code(person)
    deactivate(person)
    assert accounts_logins.authenticate("personal", person.identity_number, PASSWORD) is None
    assert recovery.reset_by_recovery_code("personal", person.identity_number, code, NEW) is None


@pytest.mark.guide("A2", "E4")
@pytest.mark.parametrize("login_kind", ["personal", "enterprise"])
def test_a_recovery_code_works_once_and_returns_the_next_one(ordos: World, login_kind: str) -> None:
    person = applicant() if login_kind == "personal" else ordos.park.reviewer
    login = person.identity_number or person.login
    code = passwords.set_recovery_code(person)
    db.session.commit()
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{4}(-[2-9A-HJKMNP-Z]{4}){3}", code)
    assert code.replace("-", "") not in person.recovery_hash

    assert recovery.reset_by_recovery_code(login_kind, login, "AAAA-AAAA-AAAA-AAAA", NEW) is None
    assert recovery.reset_by_recovery_code(login_kind, identity_number(), code, NEW) is None
    found = recovery.reset_by_recovery_code(login_kind, login, code.lower().replace("-", " "), NEW)
    assert found is not None
    owner, following = found
    assert owner is person
    assert following != code
    assert accounts_logins.authenticate(login_kind, login, NEW) is person
    assert accounts_logins.authenticate(login_kind, login, PASSWORD) is None

    assert recovery.reset_by_recovery_code(login_kind, login, code, PASSWORD) is None, "used up"
    assert recovery.reset_by_recovery_code(login_kind, login, following, PASSWORD) is not None


@pytest.mark.guide("A2")
def test_an_empty_recovery_code_does_not_match_an_account_without_one(ordos: World) -> None:
    person = applicant()
    assert person.recovery_hash is None
    assert recovery.reset_by_recovery_code("personal", person.identity_number, "", NEW) is None


@pytest.mark.guide("A2", "E4")
def test_a_new_password_ends_every_session(ordos: World) -> None:
    person = applicant()
    session = person.get_id()
    passwords.change_password(person, NEW)
    assert person.get_id() != session
    code = passwords.set_recovery_code(person)
    db.session.commit()
    session = person.get_id()
    recovery.reset_by_recovery_code("personal", person.identity_number, code, PASSWORD)
    assert person.get_id() != session


@pytest.mark.guide("A2")
@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("Xiaomin2026", True),
        ("密码密码密码a1", True),
        ("a1" * 64, True),
        ("a1" * 64 + "b", False),
        ("Xiaom26", False),
        ("12345678", False),
        ("xiaoxiao", False),
        ("", False),
    ],
)
def test_a_password_needs_letters_digits_and_eight_characters(password: str, good: bool) -> None:
    assert (passwords.password_fault(password) == "") is good


@pytest.mark.guide("A2")
def test_one_number_has_one_account_however_it_is_spelt(ordos: World) -> None:
    person = applicant()
    wide = "１" + person.identity_number[1:]
    again = accounts_logins.new_person(identity.CITIZEN, wide, person.name, "13847710000", PASSWORD)
    assert again.login_digest == person.login_digest
    with pytest.raises(Exception, match="login_digest"):
        saved(again)
    db.session.rollback()


def test_the_same_login_may_exist_at_two_login_pages(ordos: World) -> None:
    shared = f"shared{identity_number()}"
    for role in (Role.ENTERPRISE, Role.OFFICE):
        saved(accounts_logins.new_account(role, shared, "李娜", PASSWORD))


@pytest.mark.guide("A2")
def test_the_row_of_an_account_does_not_contain_the_identity_number(shared_app: Flask, ordos: World) -> None:
    person = applicant()
    row = db.session.execute(text("SELECT * FROM accounts WHERE id = :id"), {"id": person.id}).one()
    assert not [column for column in row if person.identity_number in str(column)]
    assert PASSWORD not in str(row)


def test_an_unknown_login_takes_as_long_as_a_wrong_password(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, compared = applicant(), []
    real = passwords.hasher.verify

    class Counting:
        def verify(self, hashed: str, secret: str) -> bool:
            compared.append(hashed)
            return real(hashed, secret)

        hash = passwords.hasher.hash

    monkeypatch.setattr(passwords, "hasher", Counting())
    for login in (person.identity_number, identity_number()):
        assert accounts_logins.authenticate("personal", login, "wrong") is None
        assert recovery.reset_by_recovery_code("personal", login, "wrong", NEW) is None
    assert len(compared) == 4, "one comparison each, whether or not the account exists"


def test_a_login_renews_a_hash_that_was_made_with_other_parameters(ordos: World) -> None:
    person = applicant()
    former = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    person.password_hash = former
    db.session.commit()
    session = person.get_id()

    assert accounts_logins.authenticate("personal", person.identity_number, "wrong") is None
    assert person.password_hash == former
    assert accounts_logins.authenticate("personal", person.identity_number, PASSWORD) is person
    renewed = person.password_hash
    assert not passwords.hasher.check_needs_rehash(renewed)
    assert accounts_logins.authenticate("personal", person.identity_number, PASSWORD) is person
    assert (person.password_hash, person.get_id()) == (renewed, session)


def test_an_unknown_login_is_compared_with_somebodys_hash_and_never_matches(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it takes as long as an account whose hash is still from before a change of the parameters."""
    monkeypatch.setattr(accounts_logins, "login_digest", lambda _, login: login)
    last = applicant()
    last.login_digest = "zz1"
    db.session.commit()
    compared: list[str | None] = []
    real = passwords.verify
    monkeypatch.setattr(
        accounts_logins, "verify", lambda hashed, secret: compared.append(hashed) or real(hashed, secret)
    )

    assert accounts_logins.authenticate("personal", "zz0", PASSWORD) is None
    assert accounts_logins.authenticate("personal", "zz2", PASSWORD) is None
    assert compared == [last.password_hash, None]


def test_the_session_cookie_contains_the_account_and_its_stamp(ordos: World) -> None:
    person = reviewer(ordos.city.enterprise)
    assert person.get_id() == f"{person.id}.{person.session_stamp}"
    assert isinstance(db.session.get(Account, person.id), Account)
