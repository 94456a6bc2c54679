"""How many rows a criterion finds."""

from typing import Any

from sqlalchemy import ColumnElement, func, select

from models import (
    db,
)


def count_rows(model: type[Any], which: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(which)) or 0
