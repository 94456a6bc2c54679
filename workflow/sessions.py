"""Who is in. Each login is a row, and it is the row that holds: a cookie, copied or kept, is worth nothing without it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from typing import Any, TypeVar

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import joinedload, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from models import Account, Enterprise, LoginSession, Office, Region, Setting, db, exclusive, now
from models.database import read
from workflow.settings import IDLE_MINUTES, worded

Loaded = TypeVar("Loaded", Account, Office, Enterprise, Region)

LONGEST_IDLE = timedelta(hours=12)
"""More cannot be set; no cookie lives longer than this without being used."""

NOTED_EVERY = timedelta(minutes=1)
"""How exactly it is known when somebody was last here: a page costs no writing."""


WITH_PLACE = (
    joinedload(Account.office).joinedload(Office.regions).lazyload(Region.office),
    joinedload(Account.enterprise),
)
"""Who asks is loaded in one statement with what every page says and every scope needs of them."""

OF_RIGHTS = ("active", "must_change_password", "second_factor")
OF_ALL: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
    (LoginSession, ("seen_at",)),
    (Setting, ("value",)),
    (Account, ("id", "role", "name", "session_stamp", "office_id", "enterprise_id", *OF_RIGHTS)),
    (Office, ("id", "name")),
    (Region, ("id", "kind")),
    (Enterprise, ("id", "name", "active", "registration")),
)
"""What every page says or every scope needs of whom it is for, in the order in which it is asked for."""

KEYS = dict(OF_ALL)

WHO_ASKS = (
    select(*(getattr(kind, key) for kind, keys in OF_ALL for key in keys))
    .select_from(LoginSession)
    .join(Account, Account.id == LoginSession.account_id)
    .outerjoin(Setting, Setting.key == IDLE_MINUTES)
    .outerjoin(Office, Office.id == Account.office_id)
    .outerjoin(Region, Region.office_id == Office.id)
    .outerjoin(Enterprise, Enterprise.id == Account.enterprise_id)
    .where(Account.id == bindparam("number"), LoginSession.token == bindparam("token"))
    .order_by(Region.id)
)
"""Every page begins with it. Built once; a row for each region of the account's office."""


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
    rows = [_parts(row) for row in read(WHO_ASKS, {"number": number, "token": token}).all()]
    if not rows:
        return None
    (seen_at,), (idle_minutes,), of_account, of_office, _, of_enterprise = rows[0]
    account = _loaded(Account, of_account)
    office = _loaded(Office, of_office) if account.office_id else None
    if office is not None:
        of_regions = [of_region for *_, of_region, _ in rows if of_region[0] is not None]
        set_committed_value(office, "regions", [_loaded(Region, of_region) for of_region in of_regions])
    set_committed_value(account, "office", office)
    set_committed_value(
        account, "enterprise", _loaded(Enterprise, of_enterprise) if account.enterprise_id else None
    )
    if not account.is_active or account.session_stamp != stamp:
        return None
    away = now() - seen_at
    longest = timedelta(minutes=int(worded(IDLE_MINUTES, idle_minutes)))
    return Found(account, idle=away >= longest, unnoted=away >= NOTED_EVERY)


def _parts(row: Sequence[Any]) -> list[Sequence[Any]]:
    """Return what a row of WHO_ASKS says of each in turn."""
    ends = accumulate(len(keys) for _, keys in OF_ALL)
    return [row[end - len(keys) : end] for (_, keys), end in zip(OF_ALL, ends, strict=True)]


def _loaded(kind: type[Loaded], values: Sequence[Any]) -> Loaded:
    """Return an object as if this much of it had been loaded; the rest of it is when somebody asks for it.

    Loading it by the usual way takes three times as long as asking the database.
    """
    known: Loaded | None = db.session.identity_map.get(db.session.identity_key(kind, values[0]))
    if known is not None:
        return known
    found = kind(**dict(zip(KEYS[kind], values, strict=True)))
    make_transient_to_detached(found)
    db.session.add(found)
    return found


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
