"""Every change that an administrator makes: named columns only, whole or not at all, into the audit trail (D1-D4).

What an applicant wrote, and what was decided about it, is no table of this module and never becomes one.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, inspect, select
from sqlalchemy.exc import IntegrityError

from accounts.access import active_administrator
from administration.audit import plain_value, record, record_new
from administration.tables import TABLES, Table
from common.errors import ChangedMeanwhile, ConfirmationRequired, NotPermitted, NotVisible, Unacceptable
from common.wording import N_, Sentence
from models import (
    Account,
    ChangeKind,
    db,
    exclusive,
)
from models.changes import changed_columns
from models.database import Base

Row = TypeVar("Row", bound=Base)


def add(row: Row, actor: Account, *, confirmed: str = "") -> Row:
    """Add a row, or raise; never half. Returns it.

    Raises NotPermitted, Unacceptable, ConfirmationRequired unless `confirmed` is the token of exactly what it sets off.
    """
    table = TABLES[type(row)]
    with exclusive():
        person = active_administrator(actor)
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

    `seen` is the fingerprint of the row that the person looked at. Raises NotPermitted, NotVisible, ChangedMeanwhile,
    Unacceptable, ConfirmationRequired unless `confirmed` is the token of exactly what the change sets off.
    """
    table = TABLES[model]
    with exclusive():
        table.hold(key)
        person = active_administrator(actor)
        row = _lock(model, key, person)
        if table.added_only:
            raise NotPermitted
        if seen is not None and seen != fingerprint(row):
            raise ChangedMeanwhile(None)
        with db.session.no_autoflush:
            apply(row)
            before = changed_columns(row)
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
        record(row, person, ChangeKind.CHANGED, before, after)
        for other, was in followed:
            record(other, person, ChangeKind.CHANGED, was, {name: getattr(other, name) for name in was})
    return row


def install(account: Account) -> Account:
    """Add an administrator whom no other one adds: somebody who may run commands on the machine does. Returns it.

    The audit trail names the new account itself as the one who did it. Raises ChangedMeanwhile for a login that is taken.
    """
    with exclusive():
        db.session.add(account)
        _flush()
        record_new(account, account)
    return account


def fingerprint(row: Base) -> str:
    """Return what tells whether a row is still the one that somebody has before them."""
    fields = TABLES[type(row)].fields
    return sha256(json.dumps([plain_value(getattr(row, name)) for name in fields]).encode()).hexdigest()[:16]


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
    """Write. Raises ChangedMeanwhile where somebody else took the same name in the same moment."""
    try:
        db.session.flush()
    except IntegrityError as error:
        raise ChangedMeanwhile(None) from error


def _confirm(told: list[Sentence], confirmed: str) -> None:
    if told and confirmed != (question := ConfirmationRequired(told)).token:
        raise question
