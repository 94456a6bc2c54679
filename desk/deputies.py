"""Deputies (W5): a clerk names a colleague of the same desk for a time; an administrator also names an office for another.

The deputy has what the absent colleague has taken among their own; a deputy office sees and decides what waits for the
absent office while the period runs. Every row of the history says for whom (accounts/sessions.py loads it with the account).
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm import joinedload

from accounts.access import active_account
from accounts.logins import STAFF
from common.calendar import today
from common.errors import NotPermitted, Unacceptable
from common.wording import N_, Sentence
from desk.desks import REVIEWING_ROLES, colleagues
from models import Account, AuditEntry, ChangeKind, Deputy, Office, Role, db, exclusive, now

MOST_SHOWN = 200

WHO_MISSING = Sentence(N_("请选择由谁代办。"))
NOT_A_COLLEAGUE = Sentence(N_("只能由本单位在用的其他审核账号代办。"))
NOT_AN_OFFICE = Sentence(N_("只能由另一个同类单位代办。"))
NOT_STAFF = Sentence(N_("请选择在用的审核账号。"))
BACKWARDS = Sentence(N_("结束日期不能早于开始日期。"))
PAST = Sentence(N_("结束日期不能早于今天。"))
OVERLAPS = N_("与已有的代办（%(deputy)s，%(first)s 至 %(last)s）重叠。")


class Days(NamedTuple):
    """The first and the last day, both included."""

    first: date
    last: date


def seen_by(actor: Account) -> ColumnElement[bool]:
    """Return the deputies that this account sees: an administrator all, a reviewer those for and by itself."""
    if actor.role is Role.ADMINISTRATOR:
        return true()
    if actor.role not in REVIEWING_ROLES:
        return false()
    return or_(Deputy.account_id == actor.id, Deputy.deputy_id == actor.id)


def current_and_coming(actor: Account) -> Sequence[Deputy]:
    """Return the deputies that have not ended, the next to end first."""
    names = (Deputy.account, Deputy.deputy, Deputy.office, Deputy.deputy_office)
    return db.session.scalars(
        select(Deputy)
        .where(seen_by(actor), Deputy.cancelled_at.is_(None), Deputy.last_day >= today())
        .order_by(Deputy.last_day, Deputy.id)
        .limit(MOST_SHOWN)
        .options(*(joinedload(each) for each in names))
    ).all()


def current_offices() -> Select[int | None, int | None]:
    """Return the query for absent and deputy office of today."""
    query = select(Deputy.office_id, Deputy.deputy_office_id)
    return query.where(Deputy.office_id.is_not(None), Deputy.in_force(today()))


def deputy_offices(office_id: int) -> Select[Any]:
    """Return the query for the offices that stand in for this one today."""
    return select(Deputy.deputy_office_id).where(Deputy.office_id == office_id, Deputy.in_force(today()))


def possible_deputies(account: Account) -> Sequence[Account]:
    """Return the colleagues who can stand in for this account."""
    query = select(Account).where(colleagues(account), Account.id != account.id)
    return db.session.scalars(query.order_by(Account.name, Account.id).limit(MOST_SHOWN)).all()


def clerks() -> Sequence[Account]:
    """Return the clerks of offices and of the city, for whom an administrator can name deputies."""
    roles = [role for role in REVIEWING_ROLES if role in STAFF]
    query = select(Account).where(Account.role.in_(roles), Account.active).options(joinedload(Account.office))
    return db.session.scalars(query.order_by(Account.office_id, Account.name).limit(MOST_SHOWN)).all()


def name_for_account(actor: Account, account_id: int | None, deputy_id: int | None, days: Days) -> Deputy:
    """Name a colleague who stands in for an account: one's own, or for an administrator any reviewing clerk's.

    Raises NotPermitted, and Unacceptable with the field that is wrong: account, deputy, first_day or last_day.
    """
    with exclusive():
        person = active_account(actor)
        is_administrator = person.role is Role.ADMINISTRATOR
        if not is_administrator and (person.role not in REVIEWING_ROLES or person.id != account_id):
            raise NotPermitted
        absent = _locked(Account, account_id)
        allowed = STAFF if is_administrator else REVIEWING_ROLES
        if (
            absent is None
            or not absent.active
            or absent.role not in allowed
            or absent.role not in REVIEWING_ROLES
        ):
            raise Unacceptable("account", NOT_STAFF)
        if deputy_id is None:
            raise Unacceptable("deputy", WHO_MISSING)
        deputy = db.session.scalars(
            select(Account).where(Account.id == deputy_id, colleagues(absent), Account.id != absent.id)
        ).one_or_none()
        if deputy is None:
            raise Unacceptable("deputy", NOT_A_COLLEAGUE)
        _check_days(days, Deputy.account_id == absent.id)
        return _add(person, days, account_id=absent.id, deputy_id=deputy.id)


def name_for_office(actor: Account, office_id: int | None, deputy_id: int | None, days: Days) -> Deputy:
    """Name an office that stands in for another of the same duty. Raises NotPermitted, Unacceptable."""
    with exclusive():
        person = active_account(actor)
        if person.role is not Role.ADMINISTRATOR:
            raise NotPermitted
        absent = _locked(Office, office_id)
        deputy = db.session.get(Office, deputy_id) if deputy_id is not None else None
        if absent is None:
            raise Unacceptable("account", NOT_AN_OFFICE)
        if deputy is None or deputy.id == absent.id or deputy.duty is not absent.duty:
            raise Unacceptable("deputy", NOT_AN_OFFICE)
        _check_days(days, Deputy.office_id == absent.id)
        return _add(person, days, office_id=absent.id, deputy_office_id=deputy.id)


def _locked(kind: type[Any], key: int | None) -> Any:
    """Return the row, locked, so that two periods entered at once do not overlap."""
    return None if key is None else db.session.get(kind, key, with_for_update={"of": kind})


def _check_days(days: Days, of_same: ColumnElement[bool]) -> None:
    if days.last < days.first:
        raise Unacceptable("last_day", BACKWARDS)
    if days.last < today():
        raise Unacceptable("last_day", PAST)
    within = Deputy.first_day <= days.last, Deputy.last_day >= days.first
    query = select(Deputy).where(of_same, Deputy.cancelled_at.is_(None), *within).order_by(Deputy.first_day)
    other = db.session.scalars(query.limit(1)).first()
    if other is not None:
        first, last = other.first_day.isoformat(), other.last_day.isoformat()
        words = {"deputy": deputy_name(other), "first": first, "last": last}
        raise Unacceptable("first_day", Sentence(OVERLAPS, words))


def _add(person: Account, days: Days, **columns: int) -> Deputy:
    row = Deputy(first_day=days.first, last_day=days.last, created_by_id=person.id, **columns)
    db.session.add(row)
    db.session.flush()
    first, last = days.first.isoformat(), days.last.isoformat()
    _record(
        person,
        row,
        ChangeKind.CREATED,
        {},
        {"deputy": deputy_name(row), "first_day": first, "last_day": last},
    )
    return row


def end_early(actor: Account, key: int) -> Deputy:
    """End a deputy's period now. The absent person, the deputy and administrators may. Raises NotPermitted."""
    with exclusive():
        person = active_account(actor)
        open_rows = Deputy.cancelled_at.is_(None), Deputy.last_day >= today()
        row = db.session.scalars(
            select(Deputy).where(Deputy.id == key, seen_by(person), *open_rows).with_for_update(of=Deputy)
        ).one_or_none()
        if row is None:
            raise NotPermitted
        row.cancelled_at = now()
        _record(person, row, ChangeKind.CHANGED, {"cancelled": False}, {"cancelled": True})
        return row


def absent_name(row: Deputy) -> str:
    """Return who is away."""
    return str(row.account or row.office)


def deputy_name(row: Deputy) -> str:
    """Return who stands in."""
    return str(row.deputy or row.deputy_office)


def _record(
    person: Account, row: Deputy, kind: ChangeKind, before: dict[str, Any], after: dict[str, Any]
) -> None:
    db.session.add(
        AuditEntry(
            actor_id=person.id,
            actor_name=person.name,
            table_name=Deputy.__tablename__,
            row_key=str(row.id),
            label=absent_name(row),
            kind=kind,
            before=before,
            after=after,
        )
    )
