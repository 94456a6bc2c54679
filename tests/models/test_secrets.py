"""Encryption at rest: the database alone reveals no number, and keys can be replaced."""

import itertools
import json
import re
import secrets
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from flask import Flask
from sqlalchemy import select, text

from accounts import logins
from models import Account, Action, Application, Review, State, db
from models.secrets import Suite, Vault, vault
from tests.factories import REASON, act, application_at, submit, world
from workflow.form import answers

SUITES: list[Suite] = ["aes", "sm"]
HERE, THERE = "applications.bank_account", "accounts.identity_number"


def key() -> bytes:
    return secrets.token_bytes(32)


def vault_with(suite: Suite = "aes", **keys: bytes) -> Vault:
    made = Vault()
    made.configure(keys or {"k1": key()}, key(), suite)
    return made


@pytest.mark.parametrize("suite", SUITES)
def test_encrypted_text_can_be_decrypted_and_reveals_nothing(suite: Suite) -> None:
    safe = vault_with(suite)
    for plain in ("15020219960312002X", "", "中文", "x" * 100_000):
        sealed = safe.seal(plain, HERE)
        assert safe.open(sealed, HERE) == plain
        assert sealed.startswith(f"{suite}.k1.")
        assert not plain or plain not in sealed


@pytest.mark.parametrize("suite", SUITES)
def test_the_same_number_has_different_ciphertext_each_time(suite: Suite) -> None:
    safe = vault_with(suite)
    assert len({safe.seal("6217000012345678", HERE) for _ in range(100)}) == 100


@pytest.mark.parametrize("suite", SUITES)
def test_ciphertext_moved_to_another_column_cannot_be_decrypted(suite: Suite) -> None:
    safe = vault_with(suite)
    with pytest.raises(InvalidTag):
        safe.open(safe.seal("15020219960312002X", HERE), THERE)


@pytest.mark.parametrize("suite", SUITES)
def test_one_changed_character_of_the_ciphertext_is_noticed(suite: Suite) -> None:
    safe = vault_with(suite)
    sealed = safe.seal("15020219960312002X", HERE)
    head, body = sealed.rsplit(".", 1)
    for place in range(0, len(body.rstrip("=")) - 1, 7):
        changed = body[:place] + ("A" if body[place] != "A" else "B") + body[place + 1 :]
        with pytest.raises((InvalidTag, ValueError)):
            safe.open(f"{head}.{changed}", HERE)


def test_a_new_key_encrypts_and_the_old_one_decrypts_until_it_is_removed() -> None:
    old, new, digest = key(), key(), key()
    safe = Vault()
    safe.configure({"k1": old}, digest)
    before = safe.seal("15020219960312002X", HERE)
    safe.configure({"k2": new, "k1": old}, digest)
    after = safe.seal("15020219960312002X", HERE)
    assert (before.split(".")[1], after.split(".")[1]) == ("k1", "k2")
    assert safe.open(before, HERE) == safe.open(after, HERE) == "15020219960312002X"
    safe.configure({"k2": new}, digest)
    assert safe.open(after, HERE)
    with pytest.raises(KeyError):
        safe.open(before, HERE)


def test_ciphertext_of_one_suite_can_be_decrypted_after_a_change_of_suite() -> None:
    keys, digest = {"k1": key()}, key()
    safe = Vault()
    for before, after in itertools.permutations(SUITES):
        safe.configure(keys, digest, before)
        sealed = safe.seal("15020219960312002X", HERE)
        safe.configure(keys, digest, after)
        assert safe.open(sealed, HERE) == "15020219960312002X"


@pytest.mark.parametrize("suite", SUITES)
def test_a_digest_is_the_same_for_the_same_number_and_key_only(suite: Suite) -> None:
    safe, stranger = vault_with(suite), vault_with(suite)
    found = safe.digest("15020219960312002X")
    assert re.fullmatch(r"[0-9a-f]{64}", found)
    assert safe.digest("15020219960312002X") == found
    assert safe.digest("150202199603120020") != found
    assert stranger.digest("15020219960312002X") != found


@pytest.mark.parametrize(
    ("keys", "digest", "suite"),
    [
        ({}, b"d", "aes"),
        ({"k1": b"k" * 32}, b"", "aes"),
        ({"k1": b"k" * 16}, b"d", "aes"),
        ({"k1": b"k" * 32, "k0": b""}, b"d", "aes"),
        ({"k.1": b"k" * 32}, b"d", "aes"),
        ({"": b"k" * 32}, b"d", "aes"),
        ({"k1": b"k" * 32}, b"d", "des"),
    ],
)
def test_keys_that_could_not_decrypt_later_are_refused(keys, digest: bytes, suite) -> None:
    with pytest.raises(ValueError, match=r"key|suite"):
        Vault().configure(keys, digest, suite)


def all_stored_text() -> str:
    """The content of all tables as one text."""
    found = []
    for table in db.metadata.tables:
        for row in db.session.execute(text(f"SELECT * FROM {table}")):
            found.append(json.dumps([str(column) for column in row], ensure_ascii=False))
    return "\n".join(found)


@pytest.mark.parametrize("suite", SUITES)
def test_no_number_can_be_read_in_the_database(app_context: Flask, database_url: str, suite: Suite) -> None:
    vault.configure({"k1": key()}, key(), suite)
    ordos = world()
    application = application_at(State.CITY_REVIEW, ordos.banner, ordos)
    act(application, Action.RETURN, ordos.centre, REASON)

    def other_account(changed: Application) -> None:
        answers.set_value(changed, "bank_account", "6228480000000000")

    act(application, Action.SUBMIT, application.applicant, change=other_account)
    numbers = [application.identity_number, "6217000012345678", "6228480000000000"]
    stored = all_stored_text()
    assert application.name in stored, "the search itself works"
    assert not [number for number in numbers if number in stored]
    if database_url.startswith("sqlite"):
        files = Path(database_url.removeprefix("sqlite:///"))
        raw = b"".join(path.read_bytes() for path in files.parent.glob(f"{files.name}*"))
        assert application.number.encode() in raw
        assert not [number for number in numbers if number.encode() in raw]

    db.session.expire_all()
    snapshots = db.session.scalars(select(Review.snapshot).order_by(Review.id)).all()
    accounts_submitted = [one["fields"]["bank_account"] for one in snapshots if one]
    assert accounts_submitted == ["6217000012345678", "6228480000000000"]
    assert application.bank_account == "6228480000000000"


def test_a_number_moved_by_hand_into_another_column_is_refused(app_context: Flask) -> None:
    ordos = world()
    application = application_at(State.DRAFT, ordos.banner, ordos)
    db.session.execute(
        text("UPDATE applications SET bank_account = identity_number WHERE id = :id"), {"id": application.id}
    )
    db.session.commit()
    with pytest.raises(InvalidTag):
        db.session.refresh(application)


def test_people_and_bank_accounts_are_found_by_their_exact_number(app_context: Flask) -> None:
    ordos = world()
    application = application_at(State.DRAFT, ordos.banner, ordos)
    number = application.identity_number
    assert logins.find("personal", number) is application.applicant
    by_identity = select(Application).where(
        Application.identity_digest == logins.login_digest("personal", number)
    )
    assert db.session.scalars(by_identity).one() is application
    by_bank = select(Application).where(Application.bank_digest == vault.digest("6217000012345678"))
    assert db.session.scalars(by_bank).one() is application

    application.bank_account = None
    db.session.commit()
    assert application.bank_digest is None


def test_a_rotated_key_keeps_every_row_readable(app_context: Flask) -> None:
    ordos = world()
    application = application_at(State.CITY_REVIEW, ordos.banner, ordos)
    number, bank = application.identity_number, application.bank_account
    old = dict(vault._keys)
    vault.configure({"k2": key(), **old}, vault._digest_key)
    act(application, Action.RETURN, ordos.centre, REASON)
    submit(application)
    db.session.expire_all()
    assert (application.identity_number, application.bank_account) == (number, bank)
    assert db.session.get_one(Account, application.applicant_id).identity_number == number
    keys = {
        sealed.split(".")[1]
        for (sealed,) in db.session.execute(text("SELECT snapshot FROM reviews WHERE snapshot IS NOT NULL"))
    }
    assert len(keys) == 2
    assert "k2" in keys
