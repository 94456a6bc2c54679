"""Counts rows."""

from typing import Any

from sqlalchemy import ColumnElement, func, select

from models import (
    db,
)


def count_rows(model: type[Any], which: ColumnElement[bool]) -> int:
    """Return the number of rows that match a criterion."""
    return db.session.scalar(select(func.count()).select_from(model).where(which)) or 0
