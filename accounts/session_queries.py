"""The queries of a session and its account, which every page makes first."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    ScalarSelect,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from common.settings import IDLE_MINUTES
from models import Account, Deputy, Enterprise, LoginSession, Office, Region, Setting

ACCOUNT_COLUMNS = (
    "id", "role", "name", "session_stamp", "office_id", "enterprise_id",
    "active", "must_change_password", "second_factor",
)  # fmt: skip
ENTERPRISE_COLUMNS = ("id", "name", "active", "registration")
"""The columns that every page shows or every scope needs."""
ENTERPRISE_OFFSET = len(ACCOUNT_COLUMNS)
MEMBERSHIP_OFFSET = ENTERPRISE_OFFSET + len(ENTERPRISE_COLUMNS)
"""Offsets in a result row at which the next group of columns starts."""
IS_DEPUTY = MEMBERSHIP_OFFSET + 3
"""Offset of the last column of the account; those of the session follow."""

_SPACE: ColumnElement[str] = literal_column("' '")
_LINE_BREAK: Any = literal_column("'\n'")


def account_query() -> Select[Any]:
    """Return the query of the account `number`: one row for each region of its office."""
    return (
        select(
            *(getattr(Account, key) for key in ACCOUNT_COLUMNS),
            *(getattr(Enterprise, key) for key in ENTERPRISE_COLUMNS),
            *(Office.name, Region.id, Region.kind),
            _is_deputy().label("is_deputy"),
        )
        .select_from(Account)
        .outerjoin(Office, Office.id == Account.office_id)
        .outerjoin(Region, Region.office_id == Office.id)
        .outerjoin(Enterprise, Enterprise.id == Account.enterprise_id)
        .where(Account.id == bindparam("number"))
    )


def session_query() -> Select[Any]:
    """Return the query of the session `token` with its account `number`."""
    return (
        account_query()
        .add_columns(LoginSession.seen_at, Setting.value)
        .join(LoginSession, LoginSession.account_id == Account.id)
        .outerjoin(Setting, Setting.key == literal_column(f"'{IDLE_MINUTES}'"))
        .where(LoginSession.token == bindparam("token"))
    )


def stand_ins_query() -> Select[Any]:
    """Return the query of those for whom an account stands in today (W5): people and offices, each as one value of lines, since
    no name holds a line break."""
    return select(_people(), _offices())


def _is_deputy() -> ColumnElement[bool]:
    """Whether an account stands in for anybody today (W5). Hardly any does, so only this is asked on every page."""
    mine = or_(Deputy.deputy_id == Account.id, Deputy.deputy_office_id == Account.office_id)
    return select(Deputy.id).where(mine, _in_force()).correlate(Account).exists()


def _in_force() -> ColumnElement[bool]:
    return Deputy.in_force(bindparam("today", type_=Date))


def _people() -> ScalarSelect[Any]:
    absent = aliased(Account)
    return (
        select(func.aggregate_strings(cast(absent.id, String) + _SPACE + absent.name, _LINE_BREAK))
        .select_from(Deputy)
        .join(absent, absent.id == Deputy.account_id)
        .where(Deputy.deputy_id == bindparam("number", type_=Integer), _in_force())
        .scalar_subquery()
    )


def _offices() -> ScalarSelect[Any]:
    office, region = aliased(Office), aliased(Region)
    region_id, kind, office_id = (cast(each, String) for each in (region.id, region.kind, office.id))
    line = region_id + _SPACE + kind + _SPACE + office_id + _SPACE + office.name
    return (
        select(func.aggregate_strings(line, _LINE_BREAK))
        .select_from(Deputy)
        .join(office, office.id == Deputy.office_id)
        .join(region, region.office_id == office.id)
        .where(Deputy.deputy_office_id == bindparam("office", type_=Integer), _in_force())
        .scalar_subquery()
    )
