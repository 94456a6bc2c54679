"""Locks one row of a table until the transaction ends. Call within `exclusive()`. An application is locked by workflow/locking.py."""

from typing import TypeVar

from sqlalchemy import ColumnElement, select

from common.errors import NotVisible
from models import db
from models.database import Model

Row = TypeVar("Row", bound=Model)


def locked_row(model: type[Row], *criteria: ColumnElement[bool]) -> Row:
    """Return the row that meets the criteria, read anew. Raises NotVisible when there is none."""
    found = db.session.scalars(
        select(model).where(*criteria).with_for_update(of=model).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotVisible
    return found
