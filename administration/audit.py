"""The audit trail of administrators' changes: one line a row, never a secret."""

from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any

from sqlalchemy import inspect

from administration.tables import TABLES
from models import Account, AuditEntry, ChangeKind, db
from models.database import Base

SECRETS = frozenset({"password_hash", "recovery_hash"})


HIDDEN = "•"
"""What the audit trail says in place of a secret."""


def name_of(row: Base) -> str:
    """Return what a row is called, as the audit trail keeps it."""
    return TABLES[type(row)].name(row)


def record_new(row: Base, person: Account) -> None:
    """Write into the audit trail what a new row began with; whoever calls holds the transaction."""
    fields = TABLES[type(row)].fields
    record(row, person, ChangeKind.CREATED, {}, {key: getattr(row, key) for key in fields})


def record(
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
        before = {name: audit_value(row, name, before[name]) for name in fields if name in before}
        after = {name: audit_value(row, name, after[name]) for name in fields if name in after}
    db.session.add(
        AuditEntry(
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


def audit_value(row: Base, name: str, value: Any) -> Any:
    """Return a value as the audit trail keeps it: never a secret; of another row its name at that time."""
    if name in SECRETS:
        return HIDDEN if value else None
    foreign = next(iter(inspect(type(row)).columns[name].foreign_keys), None)
    if foreign is None or value is None:
        return plain_value(value)
    related = next(model for model in TABLES if model.__table__ is foreign.column.table)
    return str(db.session.get(related, value))


def plain_value(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value
