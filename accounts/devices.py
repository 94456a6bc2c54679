"""Browsers that an account has logged in from, by a signed cookie: what others get wrong does not keep them out (accounts.attempts).

The cookie opens nothing: the password and the second factor are asked for as ever. It is given once both were right, holds for
LIFETIME, and names nobody: who reads it learns how many accounts have logged in here, and on which day. Whatever ends the
sessions of an account (a new password, a reset by an administrator, a second factor) makes its entries worthless.
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
"""Accounts that one browser is known to; a computer at a counter forgets the one that logged in longest ago."""

NONCE_BYTES = 16
SIGNATURE_LENGTH = 32
"""Hexadecimal digits: 128 bits."""

COOKIE = re.compile(r"[0-9a-f]{32}(\.[0-9]{6,7}-[0-9a-f]{32}){1,8}")
"""What names the device, then for each account the day of its last login and a signature."""

Entry = tuple[int, str]


def remember(cookie: str, account: Account) -> str:
    """Return the browser's cookie with this account in it, which has just logged in; `cookie` is what the browser sent."""
    name, entries = _read(cookie)
    name = name or secrets.token_hex(NONCE_BYTES)
    others = [
        (day, signature) for day, signature in entries if signature != _sign(name, day, account.get_id())
    ]
    today = _today()
    kept = [(today, _sign(name, today, account.get_id())), *others][:MOST_ACCOUNTS]
    return ".".join([name, *(f"{day}-{signature}" for day, signature in kept)])


def recognised(cookie: str, subject: str) -> str | None:
    """Return the digest that names this browser, if the login with this digest has come in from it; None otherwise.

    A forged, foreign or outdated cookie is the same as none.
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


def _read(cookie: str) -> tuple[str, list[Entry]]:
    """Return the device's name and the entries that have not expired; neither of what is no such cookie."""
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
