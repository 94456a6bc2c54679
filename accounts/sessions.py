"""Who is in. Each login is a row, and it is the row that holds: a cookie, copied or kept, is worth nothing without it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm.attributes import instance_state, set_committed_value

from common.settings import IDLE_MINUTES, setting_value
from models import Account, Enterprise, LoginSession, Office, Region, Setting, db, exclusive, now
from models.accounts import Membership
from models.statements import CompiledStatement, as_if_loaded

Loaded = TypeVar("Loaded", Account, Enterprise)

LONGEST_IDLE = timedelta(hours=12)
"""More cannot be set; no cookie lives longer than this without being used."""

SEEN_PRECISION = timedelta(minutes=1)
"""How exactly it is known when somebody was last here: a page costs no writing."""


ACCOUNT_COLUMNS = (
    "id", "role", "name", "session_stamp", "office_id", "enterprise_id",
    "active", "must_change_password", "second_factor",
)  # fmt: skip
ENTERPRISE_COLUMNS = ("id", "name", "active", "registration")
"""What every page says or every scope needs of whom it is for."""
ENTERPRISE_OFFSET = len(ACCOUNT_COLUMNS)
MEMBERSHIP_OFFSET = ENTERPRISE_OFFSET + len(ENTERPRISE_COLUMNS)
"""Where in a row the next begins."""

_account_query = (
    select(
        *(getattr(Account, key) for key in ACCOUNT_COLUMNS),
        *(getattr(Enterprise, key) for key in ENTERPRISE_COLUMNS),
        *(Office.name, Region.id, Region.kind),
    )
    .select_from(Account)
    .outerjoin(Office, Office.id == Account.office_id)
    .outerjoin(Region, Region.office_id == Office.id)
    .outerjoin(Enterprise, Enterprise.id == Account.enterprise_id)
    .where(Account.id == bindparam("number"))
    .order_by(Region.id)
)
ACCOUNT_STATEMENT = CompiledStatement(_account_query)
"""A row for each region of the account's office."""

SESSION_STATEMENT = CompiledStatement(
    _account_query.add_columns(LoginSession.seen_at, Setting.value)
    .join(LoginSession, LoginSession.account_id == Account.id)
    .outerjoin(Setting, Setting.key == IDLE_MINUTES)
    .where(LoginSession.token == bindparam("token"))
)
"""Every page begins with it."""


@dataclass(frozen=True)
class FoundSession:
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


def find(number: int, stamp: str, token: str) -> FoundSession | None:
    """Return the session; None where it was ended, or where the account's password has been changed since.

    Where no object has been asked for yet the account is in no session: it says what every page says, and nothing else.
    """
    rows = SESSION_STATEMENT.execute({"number": number, "token": token})
    if not rows:
        return None
    *_, seen_at, idle_minutes = rows[0]
    account = _account_from(rows)
    if not account.is_active or account.session_stamp != stamp:
        return None
    away = now() - seen_at
    longest = timedelta(minutes=int(setting_value(IDLE_MINUTES, idle_minutes)))
    return FoundSession(account, idle=away >= longest, unnoted=away >= SEEN_PRECISION)


def reload(account: Account) -> Account | None:
    """Return an account and its place, read anew; what else belongs to it is when somebody asks for it."""
    [number] = instance_state(account).identity or [None]  # `account.id` may have to be read itself
    rows = ACCOUNT_STATEMENT.execute({"number": number})
    return _account_from(rows) if rows else None


def _account_from(rows: Sequence[Sequence[Any]]) -> Account:
    first = rows[0]
    account = _object_from(Account, ACCOUNT_COLUMNS, first)
    enterprise = (
        _object_from(Enterprise, ENTERPRISE_COLUMNS, first[ENTERPRISE_OFFSET:])
        if account.enterprise_id
        else None
    )
    set_committed_value(account, "enterprise", enterprise)
    memberships = [row[MEMBERSHIP_OFFSET : MEMBERSHIP_OFFSET + 3] for row in rows]
    name = memberships[0][0] or (enterprise.name if enterprise is not None else "")
    regions = tuple((key, kind) for _, key, kind in memberships if key is not None)
    account.known_membership = Membership(account.office_id, account.enterprise_id, name, regions)
    return account


def _object_from(kind: type[Loaded], keys: Sequence[str], row: Sequence[Any]) -> Loaded:
    """Return an object with this much of it, with which the row begins; the one that is known already, where there is one."""
    values = dict(zip(keys, row, strict=False))
    if not db.session.registry.has():
        return as_if_loaded(kind, values)
    session = db.session()
    known: Loaded | None = session.identity_map.get(session.identity_key(kind, values["id"]))
    if known is None:
        session.add(known := as_if_loaded(kind, values))
        return known
    for key, value in values.items():
        set_committed_value(known, key, value)
    return known


def mark_seen(token: str) -> None:
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


def delete_expired() -> None:
    """Forget the sessions that no cookie can name any more."""
    with exclusive():
        db.session.execute(delete(LoginSession).where(LoginSession.seen_at < now() - 2 * LONGEST_IDLE))
