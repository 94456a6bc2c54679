"""Finds the unsaved changes of a row."""

from typing import Any

from sqlalchemy import inspect

from models.database import Model


def changed_columns(row: Model) -> dict[str, Any]:
    """Return the changed columns of a row with their stored values."""
    state = inspect(row)
    found = {}
    for column in state.mapper.column_attrs:
        history = state.attrs[column.key].history
        if history.has_changes():
            found[column.key] = history.deleted[0] if history.deleted else None
    return found
