"""Which columns of a row differ from what is stored."""

from typing import Any

from sqlalchemy import inspect

from models.database import Base


def changed_columns(row: Base) -> dict[str, Any]:
    """Return the columns that differ from what is stored, each as it is stored."""
    state = inspect(row)
    found = {}
    for column in state.mapper.column_attrs:
        history = state.attrs[column.key].history
        if history.has_changes():
            found[column.key] = history.deleted[0] if history.deleted else None
    return found
