"""Recognises browsers in which an account has logged in, by a signed cookie. They have their own count of failed attempts
(accounts.attempts).

The cookie grants no access: password and second factor are still required. It is set after a complete login, is valid for
LIFETIME, and names nobody: it shows only how many accounts have logged in here, and on which day. Whatever ends the sessions
of an account (a new password, a reset by an administrator, a second factor) makes its entries invalid.
"""

import re
import secrets
from datetime import date
from hmac import compare_digest

from sqlalchemy import select

from accounts.attempts import KNOWN_ADDRESS_LIFETIME
from models import Account, db, now
from models.secrets import vault

LIFETIME = KNOWN_ADDRESS_LIFETIME

MOST_ACCOUNTS = 8
"""Accounts that one cookie remembers. On a shared computer the one that logged in longest ago is dropped."""

NONCE_BYTES = 16
SIGNATURE_LENGTH = 32
"""Hexadecimal digits: 128 bits."""

COOKIE = re.compile(r"[0-9a-f]{32}(\.[0-9]{6,7}-[0-9a-f]{32}){1,8}")
"""The name of the device, then for each account the day of its last login and a signature."""

Entry = tuple[int, str]


def remember(cookie: str, account: Account) -> str:
    """Return the cookie with the account added that has just logged in; `cookie` is what the browser sent."""
    name, entries = _read(cookie)
    name = name or secrets.token_hex(NONCE_BYTES)
    others = [
        (day, signature) for day, signature in entries if signature != _sign(name, day, account.get_id())
    ]
    today = _today()
    newest = [(today, _sign(name, today, account.get_id())), *others][:MOST_ACCOUNTS]
    return ".".join([name, *(f"{day}-{signature}" for day, signature in newest)])


def recognised(cookie: str, subject: str) -> str | None:
    """Return the digest of this browser if the login with the digest `subject` has logged in with it; None otherwise.

    A forged, foreign or expired cookie counts as no cookie.
    """
    name, entries = _read(cookie)
    if not entries:
        return None
    found = db.session.execute(
        select(Account.id, Account.session_stamp).where(Account.login_digest == subject)
    ).one_or_none()
    identifier = f"{found.id}.{found.session_stamp}" if found else ""
    right = [compare_digest(signature, _sign(name, day, identifier)) for day, signature in entries]
    return vault.digest(f"device:{name}") if any(right) else None


def draft_device(cookie: str) -> str:
    """Return the digest under which drafts that are typed at this browser are kept; "" for a browser without the cookie."""
    name, _ = _read(cookie)
    return vault.digest(f"draft:{name}") if name else ""


def _read(cookie: str) -> tuple[str, list[Entry]]:
    """Return the device's name and the entries that have not expired; "" and no entries for an invalid cookie."""
    if not COOKIE.fullmatch(cookie):
        return "", []
    name, *texts = cookie.split(".")
    entries = [(int(day), signature) for day, _, signature in (text.partition("-") for text in texts)]
    return name, [entry for entry in entries if 0 <= _today() - entry[0] < LIFETIME.days]


def _sign(name: str, day: int, identifier: str) -> str:
    """Return the signature of an entry. `identifier` changes with the account's password."""
    return vault.digest(f"device:{name}:{day}:{identifier}")[:SIGNATURE_LENGTH]


def _today() -> int:
    return (now().date() - date.min).days
