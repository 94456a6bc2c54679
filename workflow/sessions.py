"""Who is in. Each login is a row, and it is the row that holds: a cookie, copied or kept, is worth nothing without it."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import RowMapping, bindparam, delete, select, update
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

OF_ACCOUNT = (
    Account.id,
    Account.role,
    Account.name,
    Account.session_stamp,
    Account.office_id,
    Account.enterprise_id,
    Account.active,
    Account.must_change_password,
    Account.second_factor,
)
OF_OFFICE = (Office.id, Office.name)
OF_ENTERPRISE = (Enterprise.id, Enterprise.name, Enterprise.active, Enterprise.registration)
OF_REGION = (Region.id, Region.kind)
ASKED_OF_ALL = (*OF_ACCOUNT, *OF_OFFICE, *OF_ENTERPRISE, *OF_REGION)

WHO_ASKS = (
    select(LoginSession.seen_at, Setting.value, *(column.label(str(column)) for column in ASKED_OF_ALL))
    .select_from(LoginSession)
    .join(Account, Account.id == LoginSession.account_id)
    .outerjoin(Setting, Setting.key == IDLE_MINUTES)
    .outerjoin(Office, Office.id == Account.office_id)
    .outerjoin(Region, Region.office_id == Office.id)
    .outerjoin(Enterprise, Enterprise.id == Account.enterprise_id)
    .where(Account.id == bindparam("number"), LoginSession.token == bindparam("token"))
    .order_by(Region.id)
)
"""Every page begins with it: built once, and no more of each than every page says or every scope needs."""


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
    rows = read(WHO_ASKS, {"number": number, "token": token}).mappings().all()
    if not rows:
        return None
    account = _who_asks(rows)
    if not account.is_active or account.session_stamp != stamp:
        return None
    away = now() - rows[0]["seen_at"]
    longest = timedelta(minutes=int(worded(IDLE_MINUTES, rows[0]["value"])))
    return Found(account, idle=away >= longest, unnoted=away >= NOTED_EVERY)


def _who_asks(rows: Sequence[RowMapping]) -> Account:
    account = _loaded(Account, OF_ACCOUNT, rows[0])
    office = _loaded(Office, OF_OFFICE, rows[0]) if account.office_id else None
    if office is not None:
        regions = [_loaded(Region, OF_REGION, row) for row in rows if row[str(Region.id)] is not None]
        set_committed_value(office, "regions", regions)
    set_committed_value(account, "office", office)
    enterprise = _loaded(Enterprise, OF_ENTERPRISE, rows[0]) if account.enterprise_id else None
    set_committed_value(account, "enterprise", enterprise)
    return account


def _loaded(kind: type[Loaded], columns: Iterable[Any], row: RowMapping) -> Loaded:
    """Return an object as if these columns of it had been loaded; the others are when somebody asks for one.

    Loading it by the usual way takes three times as long as asking the database.
    """
    known: Loaded | None = db.session.identity_map.get(db.session.identity_key(kind, row[str(kind.id)]))
    if known is not None:
        return known
    found = kind(**{column.key: row[str(column)] for column in columns})
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
