"""Login sessions. Each login is a row; a cookie is valid only while its row exists."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import delete, update
from sqlalchemy.orm.attributes import instance_dict, instance_state, set_committed_value

from accounts.session_queries import (
    ACCOUNT_COLUMNS,
    ENTERPRISE_COLUMNS,
    ENTERPRISE_OFFSET,
    IS_DEPUTY,
    MEMBERSHIP_OFFSET,
    account_query,
    session_query,
    stand_ins_query,
)
from common.calendar import today
from common.settings import IDLE_MINUTES, setting_value
from models import (
    Account,
    Enterprise,
    LoginSession,
    RegionKind,
    db,
    exclusive,
    now,
)
from models.accounts import Membership, StandIn
from models.statements import CompiledStatement, as_if_loaded, open_session
from models.transactions import optional_write

Loaded = TypeVar("Loaded", Account, Enterprise)

LONGEST_IDLE = timedelta(hours=12)
"""The largest value of the setting. An unused cookie expires after this time."""

SEEN_PRECISION = timedelta(minutes=1)
"""`seen_at` is written at most this often, so that most pages write nothing."""

MOST_SHARED = 200
"""How many accounts a process keeps for pages without a database session."""

_STAND_INS = CompiledStatement(stand_ins_query)
ACCOUNT_STATEMENT = CompiledStatement(account_query)
SESSION_STATEMENT = CompiledStatement(session_query)
"""Every page executes it first."""


class FoundSession(NamedTuple):
    """A session that has not been ended, and its account. `idle`: it has not been used for too long."""

    account: Account
    idle: bool
    seen_at_is_old: bool
    """Whether `seen_at` is older than SEEN_PRECISION."""


def begin(account: Account) -> str:
    """Begin a session and return its token."""
    number, token, at = account.id, secrets.token_hex(16), now()
    with exclusive():
        db.session.add(LoginSession(token=token, account_id=number, begun_at=at, seen_at=at))
    return token


def find(number: int, stamp: str, token: str) -> FoundSession | None:
    """Return the session; None when it was ended, or when the account's password has changed since.

    Outside a database session the account is a detached object with ACCOUNT_COLUMNS only.
    """
    rows = SESSION_STATEMENT.execute({"number": number, "token": token, "today": today()})
    if not rows:
        return None
    *_, seen_at, idle_minutes = rows[0]
    account = _account_from(rows)
    if not account.is_active or account.session_stamp != stamp:
        return None
    away = now() - seen_at
    longest = timedelta(minutes=int(setting_value(IDLE_MINUTES, idle_minutes)))
    return FoundSession(account, idle=away >= longest, seen_at_is_old=away >= SEEN_PRECISION)


def reload(account: Account) -> Account | None:
    """Return the account with its office or enterprise, reloaded; None when it does not exist. Other columns load lazily."""
    [number] = instance_state(account).identity or [None]  # `account.id` may have to be read itself
    rows = ACCOUNT_STATEMENT.execute({"number": number, "today": today()})
    return _account_from(rows) if rows else None


def _account_from(rows: Sequence[Sequence[Any]]) -> Account:
    """Return the account of the rows. Without a database session it is a shared object, which nobody may change."""
    if open_session() is not None or rows[0][IS_DEPUTY]:
        return _new_account(rows)
    return _shared_account(tuple(tuple(row[: IS_DEPUTY + 1]) for row in rows))


@lru_cache(maxsize=MOST_SHARED)
def _shared_account(rows: tuple[tuple[Any, ...], ...]) -> Account:
    """Return the detached account of these rows: making one takes longer than reading its row."""
    return _new_account(rows)


def _new_account(rows: Sequence[Sequence[Any]]) -> Account:
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
    regions = tuple(sorted((key, kind) for _, key, kind in memberships if key is not None))
    absent, stands_in = _stand_ins(account) if first[IS_DEPUTY] else ((), ())
    regions += tuple((one.region_id, one.kind) for one in stands_in)
    account.known_membership = Membership(
        account.office_id, account.enterprise_id, name, regions, absent, stands_in
    )
    return account


def _stand_ins(account: Account) -> tuple[tuple[tuple[int, str], ...], tuple[StandIn, ...]]:
    """Return for which people and offices the account stands in today."""
    values = {"number": account.id, "office": account.office_id, "today": today()}
    [(absent, stands_in)] = _STAND_INS.execute(values)
    people = [line.split(" ", 1) for line in (absent or "").split("\n") if line]
    offices = [line.split(" ", 3) for line in (stands_in or "").split("\n") if line]
    return (
        tuple((int(key), name) for key, name in sorted(people)),
        tuple(
            StandIn(int(region), RegionKind(kind), int(office), name)
            for region, kind, office, name in sorted(offices)
        ),
    )


def _object_from(kind: type[Loaded], keys: Sequence[str], row: Sequence[Any]) -> Loaded:
    """Return the object made of the first columns of the row. Updates the object in the session if there is one."""
    values = dict(zip(keys, row, strict=False))
    session = open_session()
    if session is None:
        return as_if_loaded(kind, values)
    known: Loaded | None = session.identity_map.get(session.identity_key(kind, values["id"]))
    if known is None:
        session.add(known := as_if_loaded(kind, values))
        return known
    instance_dict(known).update(values)
    return known


def mark_seen(token: str) -> None:
    """Record that the session is in use, if the database takes writes."""
    with optional_write(), exclusive():
        db.session.execute(
            update(LoginSession)
            .where(LoginSession.token == token)
            .values(seen_at=now())
            .execution_options(synchronize_session=False)
        )


def end(token: str) -> None:
    """End one session. Does nothing when it has been ended already."""
    with exclusive():
        db.session.execute(delete(LoginSession).where(LoginSession.token == token))


def end_idle(token: str) -> None:
    """End a session that was not used for too long, if the database takes writes: without that it stays idle, and opens nothing."""
    with optional_write():
        end(token)


def delete_expired() -> None:
    """Delete the sessions whose cookie has expired."""
    with exclusive():
        db.session.execute(delete(LoginSession).where(LoginSession.seen_at < now() - 2 * LONGEST_IDLE))
