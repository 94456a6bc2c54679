"""Who is in. Each login is a row, and it is the row that holds: a cookie, copied or kept, is worth nothing without it."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import joinedload

from models import Account, LoginSession, Office, Region, Setting, db, exclusive, now
from workflow.settings import IDLE_MINUTES, worded

LONGEST_IDLE = timedelta(hours=12)
"""More cannot be set; no cookie lives longer than this without being used."""

NOTED_EVERY = timedelta(minutes=1)
"""How exactly it is known when somebody was last here: a page costs no writing."""


WITH_PLACE = (
    joinedload(Account.office).joinedload(Office.regions).lazyload(Region.office),
    joinedload(Account.enterprise),
)
"""Who asks is loaded in one statement with what every page says and every scope needs of them."""

WHO_ASKS = (
    select(Account, LoginSession.seen_at, Setting.value)
    .join(LoginSession, LoginSession.account_id == Account.id)
    .outerjoin(Setting, Setting.key == IDLE_MINUTES)
    .where(Account.id == bindparam("number"), LoginSession.token == bindparam("token"))
    .options(*WITH_PLACE)
)
"""Built once: every page begins with it."""


@dataclass(frozen=True)
class Found:
    """A session that has not been ended, and its account. `idle`: nobody has been here for too long."""

    account: Account
    idle: bool
    unnoted: bool
    """Whether it is time to note that somebody is here."""


def begin(account: Account) -> str:
    """Begin a session and return what names it."""
    number, token, at = account.id, secrets.token_hex(16), now()
    with exclusive():
        db.session.add(LoginSession(token=token, account_id=number, begun_at=at, seen_at=at))
    return token


def find(number: int, stamp: str, token: str) -> Found | None:
    """Return the session; None where it was ended, or where the account's password has been changed since."""
    row = db.session.execute(WHO_ASKS, {"number": number, "token": token}).unique().one_or_none()
    if row is None:
        return None
    account, seen_at, idle_minutes = row
    if not account.is_active or account.session_stamp != stamp:
        return None
    away = now() - seen_at
    longest = timedelta(minutes=int(worded(IDLE_MINUTES, idle_minutes)))
    return Found(account, idle=away >= longest, unnoted=away >= NOTED_EVERY)


def note(token: str) -> None:
    """Note that its person is here."""
    with exclusive():
        db.session.execute(
            update(LoginSession)
            .where(LoginSession.token == token)
            .values(seen_at=now())
            .execution_options(synchronize_session=False)
        )


def end(token: str) -> None:
    """End one session; it may have been ended already."""
    with exclusive():
        db.session.execute(delete(LoginSession).where(LoginSession.token == token))


def sweep() -> None:
    """Forget the sessions that no cookie can name any more."""
    with exclusive():
        db.session.execute(delete(LoginSession).where(LoginSession.seen_at < now() - 2 * LONGEST_IDLE))
