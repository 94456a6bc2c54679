"""Resets a forgotten password by the recovery code (找回码), or by a code sent to the account's telephone or mailbox (A2, E4).

A sent code works once, within its lifetime, for a few tries, and only in the browser that requested it. So somebody who
requests codes for another person's account can neither guess that person's code nor invalidate it. Only a keyed digest is
stored. A login without an account gets the same answers.
"""

import secrets

from sqlalchemy import delete, select

from accounts import attempts, logins, passwords
from common import messages
from common.identity import normalised
from models import Account, ResetCode, db, exclusive, now
from models.secrets import vault

DIGITS = 6
MAX_TRIES = 5
"""Wrong codes, after which a new code must be requested."""

KIND = "password_reset"
LIFETIME = messages.LIFETIMES[KIND]


def send_code(login_kind: str, login: str) -> str:
    """Send a code to the account with this login, if there is one. Returns the token that the browser keeps."""
    token, code = secrets.token_hex(16), f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    with exclusive():
        account = logins.find(login_kind, login)
        if account is not None and not account.is_active:
            account = None
        db.session.add(
            ResetCode(
                token=token,
                login_digest=logins.login_digest(login_kind, login),
                account_id=account.id if account else None,
                code_digest=_digest(token, code),
            )
        )
        if account is not None:
            messages.write_message(account, KIND, {"code": code}, urgent=True)
    return token


def find(token: str) -> ResetCode | None:
    """Return the request with this token while its code is valid, else None."""
    row = db.session.get(ResetCode, token, populate_existing=True)
    return row if row is not None and _is_valid(row) else None


def reset_by_code(token: str, code: str, password: str) -> Account | None:
    """Set a new password if the code is right, and return the account; else count the try and return None.

    A right code is used up. Every session of the account ends, and its failed attempts are reset.
    """
    with exclusive():
        # Locked before its codes, as by everybody; the same statements for a login without an account.
        of = select(ResetCode.account_id).where(ResetCode.token == token).scalar_subquery()
        db.session.execute(select(Account.id).where(Account.id == of).with_for_update(key_share=True))
        row = db.session.scalars(
            select(ResetCode)
            .where(ResetCode.token == token)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one_or_none()
        if row is None or not _is_valid(row):
            return None
        right = secrets.compare_digest(row.code_digest, _digest(token, code))
        account = db.session.get(Account, row.account_id) if right and row.account_id else None
        if account is None or not account.is_active:
            row.tries += 1
            return None
        passwords.set_password(account, password)  # voids this code too
        attempts.clear(account.login_digest)
        return account


def reset_by_recovery_code(
    login_kind: str, login: str, code: str, password: str
) -> tuple[Account, str] | None:
    """Set a new password if the recovery code is right. The code is used up.

    Returns the account and its next code, or None when login and code do not belong together.
    """
    account, stand_in = logins.find_with_stand_in(login_kind, login)
    right = passwords.verify(stand_in.recovery_hash if stand_in else None, normalised(code))
    if account is None or not right or not account.is_active:
        return None
    with exclusive():
        logins.lock_account(account)
        person = db.session.get_one(Account, account.id, populate_existing=True)
        if not passwords.verify(person.recovery_hash, normalised(code)):
            return None
        passwords.set_password(person, password)
        attempts.clear(person.login_digest)
        return person, passwords.set_recovery_code(person)


def delete_expired() -> None:
    """Delete the expired codes."""
    with exclusive():
        db.session.execute(delete(ResetCode).where(ResetCode.asked_at < now() - LIFETIME))


def _is_valid(row: ResetCode) -> bool:
    return row.tries < MAX_TRIES and row.asked_at + LIFETIME > now()


def _digest(token: str, code: str) -> str:
    return vault.digest(f"reset:{token}:{code}")
