"""Passwords (argon2id) and recovery codes: what they must look like, how they are made, checked and changed."""

import re
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error

from common.identity import normalised
from common.wording import N_
from models import Account, db, exclusive

SHORTEST_PASSWORD = 8


LONGEST_PASSWORD = 128
"""Characters; argon2 would take more, but hashing a megabyte is work for an attacker's benefit."""


CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


CODE_GROUPS = 4


CODE_GROUP_LENGTH = 4


GENERATED_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


GENERATED_LENGTH = 12
"""A password that we draw: 59 bits, none of its letters mistaken for another when it is read out on the telephone."""


hasher = PasswordHasher()


@cache
def _dummy_hash() -> str:
    return hasher.hash(secrets.token_hex())


def verify(hashed: str | None, secret: str) -> bool:
    """Say whether the secret is the hashed one; takes the same time where there is nothing to compare with."""
    try:
        return hasher.verify(hashed or _dummy_hash(), secret) and hashed is not None
    except Argon2Error:
        return False


def password_fault(password: str) -> str:
    """Return what a password lacks, as a sentence; "" when it is good enough."""
    if len(password) < SHORTEST_PASSWORD:
        return N_("密码至少 8 位，须同时含有字母和数字。")
    if len(password) > LONGEST_PASSWORD:
        return N_("密码不能超过 128 位。")
    if not (re.search(r"[A-Za-z]", password) and re.search(r"\d", password)):
        return N_("密码至少 8 位，须同时含有字母和数字。")
    return ""


def set_password(account: Account, password: str, *, handed_over: bool = False) -> None:
    """Change the password and end every session of the account.

    A password that is handed over is good for one login: then its owner sets another, which nobody else knows.
    """
    account.password_hash = hasher.hash(password)
    account.must_change_password = handed_over
    end_sessions(account)


def generate_password() -> str:
    """Return a password made at random, to be shown once and handed over."""
    while True:
        password = "".join(secrets.choice(GENERATED_LETTERS) for _ in range(GENERATED_LENGTH))
        if not password_fault(password):
            return password


def end_sessions(account: Account) -> None:
    """Make every session of the account worthless."""
    account.session_stamp = secrets.token_hex(8)


def generate_code() -> str:
    """Return a code made at random, in groups that can be read out and typed."""
    groups = (
        "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_GROUP_LENGTH)) for _ in range(CODE_GROUPS)
    )
    return "-".join(groups)


def set_recovery_code(account: Account) -> str:
    """Give the account a new 「找回码」 and return it; only its hash is kept, so it can be shown this once."""
    code = generate_code()
    account.recovery_hash = hasher.hash(normalised(code))
    return code


def change_password(account: Account, password: str) -> None:
    """Set a new password in a transaction of its own."""
    with exclusive():
        person = db.session.get_one(Account, account.id, populate_existing=True)
        set_password(person, password)


def renew_recovery_code(account: Account) -> str:
    """Return a new 「找回码」 in place of the old one, in a transaction of its own."""
    with exclusive():
        person = db.session.get_one(Account, account.id, populate_existing=True)
        return set_recovery_code(person)
