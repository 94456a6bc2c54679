"""Passwords (argon2id) and recovery codes: rules, generation, verification and change."""

import re
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from sqlalchemy import delete

from common import messages
from common.identity import normalised
from common.wording import N_
from models import Account, ResetCode, db, exclusive

SHORTEST_PASSWORD = 8


LONGEST_PASSWORD = 128
"""Characters; argon2 would take more, but hashing a megabyte is work for an attacker's benefit."""


CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


CODE_GROUPS = 4


CODE_GROUP_LENGTH = 4


GENERATED_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


GENERATED_LENGTH = 12
"""A generated password has 59 bits. Its letters cannot be confused when they are read out on the telephone."""


hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""The minimum of OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane. It takes an eighth of the CPU and a third of
the memory of argon2-cffi's defaults, and on deadline day hundreds log in within a minute. `accounts.logins.authenticate` renews
hashes with other parameters."""


@cache
def _dummy_hash() -> str:
    return hasher.hash(secrets.token_hex())


def verify(hashed: str | None, secret: str) -> bool:
    """Say whether the secret matches the hash. Takes the same time when there is no hash."""
    try:
        return hasher.verify(hashed or _dummy_hash(), secret) and hashed is not None
    except Argon2Error:
        return False


def renewed_hash(hashed: str, secret: str) -> str | None:
    """Return a new hash of a secret that was verified; None while the present one has the parameters of today."""
    return hasher.hash(secret) if hasher.check_needs_rehash(hashed) else None


def password_fault(password: str) -> str:
    """Return the rule that a password breaks, as a sentence; "" for a valid one."""
    if len(password) < SHORTEST_PASSWORD:
        return N_("密码至少 8 位，须同时含有字母和数字。")
    if len(password) > LONGEST_PASSWORD:
        return N_("密码不能超过 128 位。")
    if not (re.search(r"[A-Za-z]", password) and re.search(r"\d", password)):
        return N_("密码至少 8 位，须同时含有字母和数字。")
    return ""


def set_password(account: Account, password: str, *, handed_over: bool = False) -> None:
    """Change the password and end every session of the account.

    `handed_over`: an administrator passes the password on, so its owner must change it after the first login.
    """
    account.password_hash = hasher.hash(password)
    account.must_change_password = handed_over
    end_sessions(account)


def generate_password() -> str:
    """Return a random password, to be shown once."""
    while True:
        password = "".join(secrets.choice(GENERATED_LETTERS) for _ in range(GENERATED_LENGTH))
        if not password_fault(password):
            return password


def end_sessions(account: Account) -> None:
    """Invalidate every session of the account, and the codes that were sent to reset its password."""
    account.session_stamp = secrets.token_hex(8)
    if account.id is not None:
        void_reset_codes(account)


def void_reset_codes(account: Account) -> None:
    """Let no code reset the password that was sent before. Call within `exclusive()`; the account is locked before its codes."""
    db.session.execute(
        delete(ResetCode)
        .where(ResetCode.account_id == account.id)
        .execution_options(synchronize_session=False)
    )


def generate_code() -> str:
    """Return a random code, in groups that can be read out and typed."""
    groups = (
        "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_GROUP_LENGTH)) for _ in range(CODE_GROUPS)
    )
    return "-".join(groups)


def set_recovery_code(account: Account) -> str:
    """Set a new recovery code (找回码) and return it. Only its hash is stored, so it can be shown only now."""
    code = generate_code()
    account.recovery_hash = hasher.hash(normalised(code))
    return code


def change_password(account: Account, password: str) -> None:
    """Set a new password in a transaction of its own."""
    with exclusive():
        person = db.session.get_one(Account, account.id, populate_existing=True)
        set_password(person, password)


def renew_recovery_code(account: Account) -> str:
    """Replace the recovery code (找回码) in a transaction of its own, and return the new one. Its owner gets a message: whoever had
    it could come back after a change of the password."""
    with exclusive():
        person = db.session.get_one(Account, account.id, populate_existing=True)
        messages.write_message(person, "recovery_code_renewed", {}, urgent=True)
        return set_recovery_code(person)
