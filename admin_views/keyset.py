"""Paging that costs the same on the last page as on the first: by the key of a row, never by its number.

No table is counted, no offset is skipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_

from admin_views.base import LONGEST_ID
from models import db

FORWARD, BACKWARD = "after", "before"
LAST = "last"
SEPARATOR = "~"


@dataclass(frozen=True)
class Order:
    """How a list is sorted: by one column, and by the row's id where that is equal."""

    column: Any
    id: Any
    descending: bool = False

    def by(self, backwards: bool) -> tuple[ColumnElement[Any], ...]:
        """Return the sorting, turned round for reading towards the beginning."""
        falling = self.descending is not backwards
        return tuple(key.desc() if falling else key.asc() for key in (self.column, self.id))

    def beyond(self, value: Any, row_id: int, backwards: bool) -> ColumnElement[bool]:
        """Return what lies on the other side of a row."""
        falling = self.descending is not backwards
        column, key = self.column, self.id
        if falling:
            return or_(column < value, and_(column == value, key < row_id))
        return or_(column > value, and_(column == value, key > row_id))


@dataclass(frozen=True)
class Page:
    """The rows of one page and the cursors of its neighbours; None where there is no neighbour."""

    rows: Sequence[Row[Any]]
    first: str | None
    previous: str | None
    next: str | None
    last: str | None


def page(query: Select[Any], order: Order, cursor: str, size: int) -> Page:
    """Return the page of `query` that the cursor names; the first when it names none.

    The query's last two columns must be the order's column and id.
    """
    direction, value, row_id = _read(cursor, order)
    backwards = direction in {BACKWARD, LAST}
    wanted = query if row_id is None else query.where(order.beyond(value, row_id, backwards))
    rows = list(db.session.execute(wanted.order_by(*order.by(backwards)).limit(size + 1)))
    more, rows = len(rows) > size, rows[:size]
    if direction == BACKWARD and len(rows) < size:
        return page(query, order, "", size)  # the beginning is there already: a whole page of it
    if backwards:
        rows.reverse()
    before = more if backwards else row_id is not None
    after = row_id is not None if backwards else more
    return Page(
        rows,
        first="" if before else None,
        previous=_write(BACKWARD, rows[0]) if before and rows else None,
        next=_write(FORWARD, rows[-1]) if after and rows else None,
        last=LAST if after else None,
    )


def _write(direction: str, row: Row[Any]) -> str:
    value, row_id = row[-2], row[-1]
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return SEPARATOR.join((direction, str(row_id), text))


def _read(cursor: str, order: Order) -> tuple[str, Any, int | None]:
    """Return what a cursor says; a damaged one says nothing, and the first page is shown."""
    if cursor == LAST:
        return LAST, None, None
    direction, _, rest = cursor.partition(SEPARATOR)
    row_id, _, text = rest.partition(SEPARATOR)
    if direction not in {FORWARD, BACKWARD} or not row_id.isdecimal() or len(row_id) > LONGEST_ID:
        return FORWARD, None, None
    try:
        value = order.column.type.python_type(text) if _plain(order) else _instant(text)
    except (ValueError, OverflowError, NotImplementedError):
        return FORWARD, None, None
    if isinstance(value, int) and len(text) > LONGEST_ID:
        return FORWARD, None, None
    return direction, value, int(row_id)


def _instant(text: str) -> datetime:
    """Return a point in time. Raises ValueError or OverflowError for what no column can hold."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _plain(order: Order) -> bool:
    return order.column.type.python_type in {str, int}
