"""Every change that an administrator makes: listed columns only, in one transaction, recorded in the audit trail (D1-D4).

Applications and decisions are not among the tables, and must never be added to them.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, inspect, select
from sqlalchemy.exc import IntegrityError

from accounts.access import active_administrator
from administration.audit import json_value, record, record_new
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
from models.database import Model
from models.transactions import WITHOUT_JOINS

Row = TypeVar("Row", bound=Model)


def add(row: Row, actor: Account, *, confirmed: str = "") -> Row:
    """Add a row, or raise and change nothing. Returns the row. Runs steps 1, 2, 6, 7, 9, 10 and 12 of `change`.

    Raises NotPermitted, Unacceptable, ConfirmationRequired unless `confirmed` is the token of the current consequences.
    """
    table = TABLES[type(row)]
    with exclusive():
        table.lock(None)
        person = active_administrator(actor)
        table.complete(row)
        _check(table, row)
        db.session.add(row)
        _flush()
        if db.session.scalar(select(type(row)).where(_same(row), table.criterion(person))) is None:
            raise NotPermitted
        _confirm(table.preview_effects(row, {}, person), confirmed)
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
    """Change a row, or raise and change nothing. Returns the row.

    `seen` is the fingerprint of the row that the person looked at. Raises NotPermitted, NotVisible, ChangedMeanwhile,
    Unacceptable, ConfirmationRequired unless `confirmed` is the token of the current consequences.

    One transaction runs these steps in this order; steps with a method name are the table's (administration/tables.py):

    1. `lock`: lock the rows that the change may affect, and those by which rules about several rows wait for each other.
    2. Load the administrator's account again. It must still be active.
    3. Lock and load the row, within the table's `criterion`.
    4. Compare the fingerprint with `seen`.
    5. `apply`: the caller sets the new values. If no column has changed, stop. If a column outside the table's lists
       has changed, raise NotPermitted.
    6. `complete`: update the columns that depend on the changed ones.
    7. Check the unique columns, then `check` the other rules.
    8. Store the new values for the audit trail.
    9. Flush, so that the next steps query the new state.
    10. `preview_effects`: name the consequences. Without their confirmation raise ConfirmationRequired, which rolls back.
    11. `apply_effects`: carry out the consequences.
    12. Write one audit entry for the row, and one for each other row that changed.
    """
    table = TABLES[model]
    with exclusive():
        table.lock(key)
        person = active_administrator(actor)
        row = _lock_row(model, key, person)
        if table.append_only:
            raise NotPermitted
        if seen is not None and seen != fingerprint(row):
            raise ChangedMeanwhile(None)
        with db.session.no_autoflush:
            apply(row)
            before = changed_columns(row)
            if not before:
                return row
            if before.keys() - table.fields.keys() - table.unaudited:
                raise NotPermitted
            table.complete(row)
            _check(table, row)
        after = {name: getattr(row, name) for name in before}
        _flush()
        db.session.expire(row, [relation.key for relation in inspect(model).relationships])
        _confirm(table.preview_effects(row, before, person), confirmed)
        also_changed = table.apply_effects(row, before, person)
        record(row, person, ChangeKind.CHANGED, before, after)
        for other, former in also_changed:
            record(other, person, ChangeKind.CHANGED, former, {name: getattr(other, name) for name in former})
    return row


def add_from_command_line(account: Account) -> Account:
    """Add an administrator's account on behalf of somebody who may run commands on the server. Returns the account.

    The audit trail names the new account as its own actor. Raises ChangedMeanwhile for a login that is taken.
    """
    with exclusive():
        db.session.add(account)
        _flush()
        record_new(account, account)
    return account


def fingerprint(row: Model) -> str:
    """Return a digest of the row's columns. It differs once somebody has changed the row."""
    fields = TABLES[type(row)].fields
    return sha256(json.dumps([json_value(getattr(row, name)) for name in fields]).encode()).hexdigest()[:16]


def _lock_row(model: type[Row], key: Any, person: Account) -> Row:
    row: Row | None = db.session.scalars(
        select(model)
        .where(inspect(model).primary_key[0] == key, TABLES[model].criterion(person))
        .options(WITHOUT_JOINS)
        .with_for_update(of=model, key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotVisible
    return row


def _check(table: Table[Any], row: Model) -> None:
    for name in table.unique:
        value = getattr(row, name)
        column = getattr(type(row), name)
        with db.session.no_autoflush:
            other = db.session.scalar(select(type(row)).where(column == value, ~_same(row)).limit(1))
        if other is not None:
            words = {"label": table.fields[name], "value": str(value)}
            raise Unacceptable(name, Sentence(N_("%(label)s“%(value)s”已存在，请换一个。"), words))
    table.check(row)


def _same(row: Model) -> ColumnElement[bool]:
    """Return the criterion that matches this row only; it matches nothing for a row that has not been stored yet."""
    column = inspect(type(row)).primary_key[0]
    key = getattr(row, str(column.key))
    criterion: ColumnElement[bool] = column == key if key is not None else column.is_(None)
    return criterion


def _flush() -> None:
    """Write to the database. Raises ChangedMeanwhile when another transaction took the same unique value."""
    try:
        db.session.flush()
    except IntegrityError as error:
        raise ChangedMeanwhile(None) from error


def _confirm(consequences: list[Sentence], confirmed: str) -> None:
    if consequences and confirmed != (question := ConfirmationRequired(consequences)).token:
        raise question
