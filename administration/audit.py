"""The audit trail of administrators' changes: one entry for each changed row, never a secret."""

from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any

from sqlalchemy import inspect

from administration.tables import TABLES
from models import Account, AuditEntry, ChangeKind, db
from models.database import Model

SECRETS = frozenset({"password_hash", "recovery_hash"})


HIDDEN = "•"
"""Stands for a secret in the audit trail."""


def name_of(row: Model) -> str:
    """Return the name under which the audit trail stores a row."""
    return TABLES[type(row)].row_name(row)


def record_new(row: Model, person: Account) -> None:
    """Record a new row with its values. Call within `exclusive()`."""
    fields = TABLES[type(row)].fields
    record(row, person, ChangeKind.CREATED, {}, {key: getattr(row, key) for key in fields})


def record(
    row: Model, person: Account, kind: ChangeKind, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """Add one audit entry, in the transaction of the change."""
    table = TABLES[type(row)]
    fields = table.fields
    if not fields.keys() & after.keys():
        return
    if (values := table.audit_values(row, before, after)) is not None:
        before, after = values
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


def audit_value(row: Model, name: str, value: Any) -> Any:
    """Return a value as the audit trail stores it: no secret, and for a foreign key the current name of the row it refers to."""
    if name in SECRETS:
        return HIDDEN if value else None
    foreign = next(iter(inspect(type(row)).columns[name].foreign_keys), None)
    if foreign is None or value is None:
        return json_value(value)
    related = next(model for model in TABLES if model.__table__ is foreign.column.table)
    return str(db.session.get(related, value))


def json_value(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value
