"""Who is in. Each login is a row, and it is the row that holds: a cookie, copied or kept, is worth nothing without it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from typing import Any, TypeVar

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm.attributes import instance_state, set_committed_value

from models import Account, Enterprise, LoginSession, Office, Region, Setting, db, exclusive, now
from models.database import as_if_loaded, read
from workflow.settings import IDLE_MINUTES, worded

Loaded = TypeVar("Loaded", Account, Office, Enterprise, Region)

LONGEST_IDLE = timedelta(hours=12)
"""More cannot be set; no cookie lives longer than this without being used."""

NOTED_EVERY = timedelta(minutes=1)
"""How exactly it is known when somebody was last here: a page costs no writing."""


OF_RIGHTS = ("active", "must_change_password", "second_factor")
Parts = tuple[tuple[type[Any], tuple[str, ...]], ...]
OF_PLACE: Parts = (
    (Account, ("id", "role", "name", "session_stamp", "office_id", "enterprise_id", *OF_RIGHTS)),
    (Office, ("id", "name")),
    (Region, ("id", "kind")),
    (Enterprise, ("id", "name", "active", "registration")),
)
"""What every page says or every scope needs of whom it is for, in the order in which it is asked for."""
OF_SESSION: Parts = ((LoginSession, ("seen_at",)), (Setting, ("value",)))

KEYS = dict(OF_PLACE)

AS_IT_IS = (
    select(*(getattr(kind, key) for kind, keys in OF_PLACE for key in keys))
    .select_from(Account)
    .outerjoin(Office, Office.id == Account.office_id)
    .outerjoin(Region, Region.office_id == Office.id)
    .outerjoin(Enterprise, Enterprise.id == Account.enterprise_id)
    .where(Account.id == bindparam("number"))
    .order_by(Region.id)
)
"""Built once; a row for each region of the account's office."""

WHO_ASKS = (
    AS_IT_IS.add_columns(*(getattr(kind, key) for kind, keys in OF_SESSION for key in keys))
    .join(LoginSession, LoginSession.account_id == Account.id)
    .outerjoin(Setting, Setting.key == IDLE_MINUTES)
    .where(LoginSession.token == bindparam("token"))
)
"""Every page begins with it."""


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
    rows = [
        _parts(row, OF_PLACE + OF_SESSION) for row in read(WHO_ASKS, {"number": number, "token": token}).all()
    ]
    if not rows:
        return None
    *_, (seen_at,), (idle_minutes,) = rows[0]
    account = _account(rows)
    if not account.is_active or account.session_stamp != stamp:
        return None
    away = now() - seen_at
    longest = timedelta(minutes=int(worded(IDLE_MINUTES, idle_minutes)))
    return Found(account, idle=away >= longest, unnoted=away >= NOTED_EVERY)


def anew(account: Account) -> Account | None:
    """Return an account and its place, read anew; what else belongs to it is when somebody asks for it."""
    [number] = instance_state(account).identity or [None]  # `account.id` may have to be read itself
    rows = [_parts(row, OF_PLACE) for row in read(AS_IT_IS, {"number": number}).all()]
    return _account(rows) if rows else None


def _account(rows: Sequence[Sequence[Sequence[Any]]]) -> Account:
    of_account, of_office, _, of_enterprise, *_ = rows[0]
    account = _loaded(Account, of_account)
    office = _loaded(Office, of_office) if account.office_id else None
    if office is not None:
        of_regions = [of_region for _, _, of_region, *_ in rows if of_region[0] is not None]
        set_committed_value(office, "regions", [_loaded(Region, of_region) for of_region in of_regions])
    set_committed_value(account, "office", office)
    set_committed_value(
        account, "enterprise", _loaded(Enterprise, of_enterprise) if account.enterprise_id else None
    )
    return account


def _parts(row: Sequence[Any], of: Parts) -> list[Sequence[Any]]:
    """Return what a row says of each in turn."""
    ends = accumulate(len(keys) for _, keys in of)
    return [row[end - len(keys) : end] for (_, keys), end in zip(of, ends, strict=True)]


def _loaded(kind: type[Loaded], values: Sequence[Any]) -> Loaded:
    """Return an object with this much of it; the one that is known already, where there is one."""
    session = db.session()
    known: Loaded | None = session.identity_map.get(session.identity_key(kind, values[0]))
    if known is not None:
        for key, value in zip(KEYS[kind], values, strict=True):
            set_committed_value(known, key, value)
        return known
    return as_if_loaded(kind, dict(zip(KEYS[kind], values, strict=True)), session)


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
