"""Every change that an administrator makes: named columns only, whole or not at all, into the audit trail (D1-D4).

What an applicant wrote, and what was decided about it, is no table of this module and never becomes one.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from hashlib import sha256
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, inspect, select
from sqlalchemy.exc import IntegrityError

from accounts.access import administrator
from common.audit import APPLICANTS, REVIEWERS
from common.errors import DecidedMeanwhile, NotPermitted, NotVisible, Unacceptable, Unconfirmed
from common.initials import initials
from common.settings import NAMES
from common.wording import N_, Sentence
from models import (
    Account,
    CalendarYear,
    Change,
    ChangeKind,
    Enterprise,
    FormVersion,
    Material,
    Notice,
    Office,
    Period,
    Region,
    Setting,
    db,
    exclusive,
    now,
)
from models.database import Base
from workflow import consequences, entered_years, scope
from workflow.form import rules

Row = TypeVar("Row", bound=Base)
SECRETS = frozenset({"password_hash", "recovery_hash"})
HIDDEN = "•"
"""What the audit trail says in place of a secret."""


def _nothing(_row: Any) -> None:
    pass


def _sets_off_nothing(_row: Any, _before: Mapping[str, Any], _person: Account) -> list[Sentence]:
    return []


def _carries_out_nothing(_row: Any, _before: Mapping[str, Any], _person: Account) -> consequences.Followed:
    return ()


Recorded = Callable[[Any, Mapping[str, Any], Mapping[str, Any]], tuple[Mapping[str, Any], Mapping[str, Any]]]


@dataclass(frozen=True)
class Table:
    """What an administrator may do with a table: `fields` are the columns that may change, with their names."""

    label: str
    fields: Mapping[str, str]
    criterion: Callable[[Account], ColumnElement[bool]] = scope.administered
    unique: tuple[str, ...] = ()
    added_only: bool = False
    silent: frozenset[str] = frozenset()
    """Columns that change along and say nothing to a person."""
    hold: Callable[[Any], None] = _nothing
    """Locks what the change may set off, before the row itself, by the row's key."""
    complete: Callable[[Any], None] = _nothing
    """Brings the row's silent columns up to date."""
    name: Callable[[Any], str] = str
    """What a row is called in the audit trail."""
    check: Callable[[Any], None] = _nothing
    """Raises Unacceptable for what no row may hold."""
    sets_off: Callable[[Any, Mapping[str, Any], Account], list[Sentence]] = _sets_off_nothing
    """Tells what the change sets off; `before` holds the changed columns as they were, {} for a new row."""
    carry_out: Callable[[Any, Mapping[str, Any], Account], consequences.Followed] = _carries_out_nothing
    """Does what it sets off, once that has been confirmed; returns the rows that changed along."""
    recorded: Recorded | None = None
    """Says before and after in the table's own words, where its columns would say nothing to a person."""


def _enterprise_follows(enterprise: Enterprise) -> None:
    enterprise.initials = initials(enterprise.name)
    enterprise.version += 1  # an office that has the registration before it has an older one


def _material_keeps_its_former_name(material: Material) -> None:
    """Note until when a material had the name that is being changed: what was uploaded until then keeps it."""
    former = _before(material).get("name")
    if former:
        material.former_names = [*material.former_names, {"name": former, "until": now().isoformat()}]


def _period(period: Period) -> None:
    if period.closes < period.opens:
        raise Unacceptable("closes", Sentence(N_("结束日期不能早于开始日期。")))
    other = db.session.scalars(
        select(Period).where(
            Period.id != (period.id or 0), Period.opens <= period.closes, Period.closes >= period.opens
        )
    ).first()
    if other is not None:
        words = {"name": other.name, "opens": other.opens.isoformat(), "closes": other.closes.isoformat()}
        raise Unacceptable("opens", Sentence(N_("与“%(name)s”（%(opens)s 至 %(closes)s）重叠。"), words))


TABLES: Mapping[type[Any], Table] = MappingProxyType(
    {
        Region: Table(
            N_("地区"),
            {
                "name": N_("名称"),
                "code": N_("代码"),
                "kind": N_("类别"),
                "office_id": N_("负责单位"),
                "position": N_("排列顺序"),
                "active": N_("启用"),
                "merged_into_id": N_("并入"),
            },
            unique=("name", "code"),
            hold=consequences.hold_region,
            sets_off=consequences.of_region,
            carry_out=consequences.hand_over_region,
        ),
        Office: Table(
            N_("单位"),
            {"name": N_("名称"), "telephone": N_("电话")},
            unique=("name",),
            silent=frozenset({"duty"}),
        ),
        Enterprise: Table(
            N_("企业"),
            {
                "name": N_("单位名称"),
                "region_id": N_("所属地区"),
                "contact_name": N_("联系人"),
                "contact_phone": N_("联系电话"),
                "active": N_("启用"),
            },
            criterion=scope.enterprises,
            silent=frozenset({"initials", "name_key", "version"}),
            hold=consequences.hold_applications_of_enterprise,
            complete=_enterprise_follows,
            sets_off=consequences.of_enterprise,
            carry_out=consequences.follow_enterprise,
        ),
        Account: Table(
            N_("工作人员"),
            {
                "login": N_("登录名"),
                "name": N_("姓名"),
                "role": N_("身份"),
                "office_id": N_("单位"),
                "phone": N_("联系电话"),
                "active": N_("可以登录"),
                "password_hash": N_("密码"),
                "recovery_hash": N_("找回码"),
                "second_factor": N_("动态验证码"),
            },
            criterion=scope.staff,
            name=lambda row: f"{row.name}（{row.login}）",
            silent=frozenset({"name_key", "session_stamp", "must_change_password"}),
            hold=consequences.hold_administrators,
            sets_off=consequences.of_account,
        ),
        Material: Table(
            N_("申请材料"),
            {
                "name": N_("名称"),
                "shows": N_("须显示的内容"),
                "required": N_("必需"),
                "position": N_("排列顺序"),
                "active": N_("启用"),
            },
            unique=("name",),
            complete=_material_keeps_its_former_name,
            sets_off=consequences.of_material,
        ),
        Notice: Table(
            N_("申请须知"),
            {"version": N_("版本"), "body": N_("正文")},
            unique=("version",),
            added_only=True,
            sets_off=consequences.of_notice,
        ),
        Period: Table(
            N_("申报期"),
            {
                "name": N_("名称"),
                "opens": N_("开始日期"),
                "closes": N_("结束日期"),
                "resubmit_days": N_("回退后的期限（工作日）"),
            },
            unique=("name",),
            check=_period,
            sets_off=consequences.of_period,
        ),
        CalendarYear: Table(
            N_("工作日历"),
            {
                "year": N_("年份"),
                "holidays": N_("放假"),
                "workdays": N_("调休上班"),
                "source": N_("依据"),
                "active": N_("启用"),
            },
            unique=("year",),
            silent=frozenset({"version"}),
            complete=entered_years.complete,
            check=entered_years.check,
            sets_off=entered_years.consequences,
        ),
        FormVersion: Table(
            N_("申请表"),
            {"content": N_("内容"), "published_at": N_("发布时间")},
            silent=frozenset({"saved_at", "saved_by"}),
            name=rules.called,
            check=rules.check,
            sets_off=consequences.of_form_version,
            recorded=rules.recorded,
        ),
        Setting: Table(
            N_("系统设置"),
            {"value": N_("内容")},
            name=lambda row: NAMES.get(row.key, row.key),
            hold=consequences.hold_administrators,
            sets_off=consequences.of_setting,
            carry_out=consequences.carry_out_setting,
        ),
    }
)

KEPT_BY_ENTERPRISES = Table(
    N_("企业审核人员"),
    {
        "invited": N_("邀请"),
        "sent_again": N_("重新发出邀请"),
        "withdrawn": N_("撤回邀请"),
        "joined": N_("接受邀请"),
        "removed": N_("移除"),
    },
)
"""What an enterprise does with its own reviewers: in the same trail, under the enterprise's key. No administrator does it."""

CORRECTED = Table(
    N_("申请人"),
    {
        "name": N_("姓名"),
        "paper": N_("证件类型"),
        "identity_number": N_("证件号码"),
        "reason": N_("原因"),
    },
)
"""Corrections of names and identity numbers (workflow/corrections.py): in the same trail, under the account's key."""

BY_NAME = MappingProxyType(
    {
        **{model.__tablename__: table for model, table in TABLES.items()},
        REVIEWERS: KEPT_BY_ENTERPRISES,
        APPLICANTS: CORRECTED,
    }
)
"""The same by the name that a Change holds."""


def add(row: Row, actor: Account, *, confirmed: str = "") -> Row:
    """Add a row, or raise; never half. Returns it.

    Raises NotPermitted, Unacceptable, Unconfirmed unless `confirmed` is the token of exactly what it sets off.
    """
    table = TABLES[type(row)]
    with exclusive():
        person = administrator(actor)
        table.complete(row)
        _check(table, row)
        db.session.add(row)
        _flush()
        if db.session.scalar(select(type(row)).where(_same(row), table.criterion(person))) is None:
            raise NotPermitted
        _confirm(table.sets_off(row, {}, person), confirmed)
        record_new(row, person)
    return row


def change(
    model: type[Row],
    key: Any,
    actor: Account,
    apply: Callable[[Row], None],
    *,
    seen: str | None = None,
    confirmed: str = "",
) -> Row:
    """Change a row, or raise; never half. Returns it.

    `seen` is the fingerprint of the row that the person looked at. Raises NotPermitted, NotVisible, DecidedMeanwhile,
    Unacceptable, Unconfirmed unless `confirmed` is the token of exactly what the change sets off.
    """
    table = TABLES[model]
    with exclusive():
        table.hold(key)
        person = administrator(actor)
        row = _lock(model, key, person)
        if table.added_only:
            raise NotPermitted
        if seen is not None and seen != fingerprint(row):
            raise DecidedMeanwhile(None)
        with db.session.no_autoflush:
            apply(row)
            before = _before(row)
            if not before:
                return row
            if before.keys() - table.fields.keys() - table.silent:
                raise NotPermitted
            table.complete(row)
            _check(table, row)
        after = {name: getattr(row, name) for name in before}
        _flush()
        db.session.expire(row, [relation.key for relation in inspect(model).relationships])
        _confirm(table.sets_off(row, before, person), confirmed)
        followed = table.carry_out(row, before, person)
        _record(row, person, ChangeKind.CHANGED, before, after)
        for other, was in followed:
            _record(other, person, ChangeKind.CHANGED, was, {name: getattr(other, name) for name in was})
    return row


def install(account: Account) -> Account:
    """Add an administrator whom no other one adds: somebody who may run commands on the machine does. Returns it.

    The audit trail names the new account itself as the one who did it. Raises DecidedMeanwhile for a login that is taken.
    """
    with exclusive():
        db.session.add(account)
        _flush()
        record_new(account, account)
    return account


def name_of(row: Base) -> str:
    """Return what a row is called, as the audit trail keeps it."""
    return TABLES[type(row)].name(row)


def fingerprint(row: Base) -> str:
    """Return what tells whether a row is still the one that somebody has before them."""
    fields = TABLES[type(row)].fields
    return sha256(json.dumps([_plain(getattr(row, name)) for name in fields]).encode()).hexdigest()[:16]


def _lock(model: type[Row], key: Any, person: Account) -> Row:
    row: Row | None = (
        db.session.scalars(
            select(model)
            .where(inspect(model).primary_key[0] == key, TABLES[model].criterion(person))
            .with_for_update(of=model, key_share=True)
            .execution_options(populate_existing=True)
        )
        .unique()
        .one_or_none()
    )
    if row is None:
        raise NotVisible
    return row


def _before(row: Base) -> dict[str, Any]:
    """Return the columns that differ from what is stored, each as it is stored."""
    state = inspect(row)
    found = {}
    for column in state.mapper.column_attrs:
        history = state.attrs[column.key].history
        if history.has_changes():
            found[column.key] = history.deleted[0] if history.deleted else None
    return found


def _check(table: Table, row: Base) -> None:
    for name in table.unique:
        value = getattr(row, name)
        column = getattr(type(row), name)
        with db.session.no_autoflush:
            other = db.session.scalar(select(type(row)).where(column == value, ~_same(row)).limit(1))
        if other is not None:
            words = {"label": table.fields[name], "value": str(value)}
            raise Unacceptable(name, Sentence(N_("%(label)s“%(value)s”已存在，请换一个。"), words))
    table.check(row)


def _same(row: Base) -> ColumnElement[bool]:
    """Return the criterion of this very row; a row not stored yet is none."""
    column = inspect(type(row)).primary_key[0]
    key = getattr(row, str(column.key))
    criterion: ColumnElement[bool] = column == key if key is not None else column.is_(None)
    return criterion


def _flush() -> None:
    """Write. Raises DecidedMeanwhile where somebody else took the same name in the same moment."""
    try:
        db.session.flush()
    except IntegrityError as error:
        raise DecidedMeanwhile(None) from error


def _confirm(told: list[Sentence], confirmed: str) -> None:
    if told and confirmed != (question := Unconfirmed(told)).token:
        raise question


def record_new(row: Base, person: Account) -> None:
    """Write into the audit trail what a new row began with; whoever calls holds the transaction."""
    fields = TABLES[type(row)].fields
    _record(row, person, ChangeKind.CREATED, {}, {key: getattr(row, key) for key in fields})


def _record(
    row: Base, person: Account, kind: ChangeKind, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """Write one line of the audit trail, in the transaction of the change itself."""
    table = TABLES[type(row)]
    fields = table.fields
    if not fields.keys() & after.keys():
        return
    if table.recorded is not None:
        before, after = table.recorded(row, before, after)
        if not after:
            return
    else:
        before = {name: _told(row, name, before[name]) for name in fields if name in before}
        after = {name: _told(row, name, after[name]) for name in fields if name in after}
    db.session.add(
        Change(
            actor_id=person.id,
            actor_name=person.name,
            table_name=type(row).__tablename__,
            row_key=str(getattr(row, str(inspect(type(row)).primary_key[0].key))),
            label=name_of(row),
            kind=kind,
            before=dict(before),
            after=dict(after),
        )
    )


def _told(row: Base, name: str, value: Any) -> Any:
    """Return a value as the audit trail keeps it: never a secret; of another row its name at that time."""
    if name in SECRETS:
        return HIDDEN if value else None
    foreign = next(iter(inspect(type(row)).columns[name].foreign_keys), None)
    if foreign is None or value is None:
        return _plain(value)
    related = next(model for model in TABLES if model.__table__ is foreign.column.table)
    return str(db.session.get(related, value))


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value
