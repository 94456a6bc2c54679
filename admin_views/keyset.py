"""Paging that costs the same on the last page as on the first: by the key of a row, never by its number.

No table is counted, no offset is skipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, literal, select, tuple_, union

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
        here = tuple_(self.column, self.id)  # compared as one, which an index can begin with
        there = tuple_(literal(value, self.column.type), literal(row_id, self.id.type))
        return here < there if self.descending is not backwards else here > there


@dataclass(frozen=True)
class Page:
    """The rows of one page and the cursors of its neighbours; None where there is no neighbour."""

    rows: Sequence[Row[Any]]
    first: str | None
    previous: str | None
    next: str | None
    last: str | None


Queries = Sequence[Select[Any]]
"""Several ways to rows of one list; the last two columns of each are the order's column and id."""


def page(queries: Select[Any] | Queries, order: Order, cursor: str, size: int) -> Page:
    """Return the page of what the queries find that the cursor names; the first when it names none."""
    queries = [queries] if isinstance(queries, Select) else queries
    direction, value, row_id = _read(cursor, order)
    backwards = direction in {BACKWARD, LAST}
    beyond = None if row_id is None else order.beyond(value, row_id, backwards)
    rows = _first(queries, order, size + 1, beyond, backwards)
    more, rows = len(rows) > size, rows[:size]
    if direction == BACKWARD and len(rows) < size:
        return page(queries, order, "", size)  # the beginning is there already: a whole page of it
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


def following(queries: Queries, order: Order, value: Any, row_id: int) -> Row[Any] | None:
    """Return the row after this one; from the beginning again when this was the last."""
    for beyond in (order.beyond(value, row_id, backwards=False), None):
        if found := _first(queries, order, 1, beyond):
            return found[0]
    return None


def _first(
    queries: Queries, order: Order, most: int, beyond: Any = None, backwards: bool = False
) -> list[Row[Any]]:
    """Return the first rows of several queries: each finds its own by its own index, and a row counts once."""
    wanted = [
        (query if beyond is None else query.where(beyond)).order_by(*order.by(backwards)).limit(most)
        for query in queries
    ]
    if len(wanted) == 1:
        return list(db.session.execute(wanted[0]))
    rows = union(*(select(query.subquery()) for query in wanted)).subquery()
    *_, column, key = rows.c
    merged = Order(column, key, order.descending).by(backwards)
    return list(db.session.execute(select(rows).order_by(*merged).limit(most)))


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
