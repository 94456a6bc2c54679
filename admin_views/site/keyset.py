"""Paging that costs the same on the last page as on the first: by the key of a row, never by its number.

No table is counted, no offset is skipped.
"""

from collections import namedtuple
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    select,
    tuple_,
    union,
)

from admin_views.site.base import LONGEST_ID
from models.statements import CompiledStatement, PlannedPerQuery, as_stored, constant

PAGE_SIZE = 20


FORWARD, BACKWARD = "after", "before"
LAST = "last"
SEPARATOR = "~"

HERE, HERE_ID = "here", "here_id"
"""What a statement calls the row from which it goes on."""
SORT_KEY, SORT_ID = "sort_key", "sort_id"
"""What a row calls its value and its id in the order of the list."""
NONE: Mapping[str, Any] = MappingProxyType({})


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

    def beyond(self, backwards: bool) -> ColumnElement[bool]:
        """Return what lies on the other side of the row that `here` names."""
        mine = tuple_(self.column, self.id)  # compared as one, which an index can begin with
        there = tuple_(bindparam(HERE, type_=self.column.type), bindparam(HERE_ID, type_=self.id.type))
        return mine < there if self.descending is not backwards else mine > there


@dataclass(frozen=True)
class Page:
    """The rows of one page and the cursors of its neighbours; None where there is no neighbour."""

    rows: Sequence[Any]
    first: str | None
    previous: str | None
    next: str | None
    last: str | None
    counts: Sequence[Any] = ()
    """The answers of `ListQuery`'s `also_count`; none where there are no rows."""

    @property
    def cursors(self) -> tuple[str | None, ...]:
        """Return those of the first page, the previous, the next and the last."""
        return self.first, self.previous, self.next, self.last


class ListQuery:
    """The rows of a list in an order, a page at a time; each has its query's columns as attributes.

    Several queries are several search paths to rows of one list: each finds its own by its own index, and a row counts once.
    Columns are labelled by name; the order's column and id are added here.

    A statement is built when it is first needed and kept, since building costs more than asking. PostgreSQL can
    keep a plan of it too, except where it is the words of a search that decide how it is best answered (`by_words`).

    `also_count`: queries for one number each, answered beside the rows (`Page.counts`), which spares a statement.
    `executor`: `PlannedPerQuery` for a list that is built for one page.
    """

    def __init__(
        self,
        queries: Sequence[Select[Any]],
        sort: Order,
        *,
        also_count: Sequence[Select[Any]] = (),
        by_words: bool = False,
        executor: type[PlannedPerQuery | CompiledStatement] = CompiledStatement,
    ) -> None:
        self._queries = [
            query.add_columns(as_stored(sort.column).label(SORT_KEY), sort.id.label(SORT_ID))
            for query in queries
        ]
        self._sort = sort
        self._by_words = by_words
        self._counts = [each.scalar_subquery() for each in also_count]
        self._row = _row_type(tuple(self._queries[0].selected_columns.keys()))
        self._statement = cache(lambda *shape: executor(self._built(*shape)))

    def page(self, cursor: str, size: int, values: Mapping[str, Any] = NONE) -> Page:
        """Return the page that the cursor names; the first when it names none. `values` are what the queries leave open."""
        direction, value, row_id = _read(cursor, self._sort)
        backwards = direction in {BACKWARD, LAST}
        rows, counts = self._rows(
            size + 1, row_id is not None, backwards, {**values, HERE: value, HERE_ID: row_id}
        )
        more, rows = len(rows) > size, rows[:size]
        if direction == BACKWARD and len(rows) < size:
            return self.page("", size, values)  # the beginning is there already: a whole page of it
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
            counts=counts,
        )

    def following(self, value: Any, row_id: int, values: Mapping[str, Any] = NONE) -> Any | None:
        """Return the row after this one; from the beginning again when this was the last."""
        here = {**values, HERE: value, HERE_ID: row_id}
        for beyond in (True, False):
            if found := self._rows(1, beyond, False, here)[0]:
                return found[0]
        return None

    def _rows(
        self, most: int, beyond: bool, backwards: bool, values: Mapping[str, Any]
    ) -> tuple[list[Any], Sequence[Any]]:
        """Return the rows with their names, and the answers of `also_count`, none where there are no rows."""
        found = self._statement(most, beyond, backwards).execute(values)
        width = len(self._row._fields)
        return [self._row._make(row[:width]) for row in found], found[0][width:] if found else ()

    def _built(self, most: int, beyond: bool, backwards: bool) -> Select[Any]:
        sort = self._sort
        limit = most if self._by_words else constant(most)
        wanted = [
            (query.where(sort.beyond(backwards)) if beyond else query)
            .order_by(*sort.by(backwards))
            .limit(limit)
            for query in self._queries
        ]
        if len(wanted) == 1:
            return wanted[0].add_columns(*self._counts)
        rows = union(*(select(query.subquery()) for query in wanted)).subquery()
        merged = Order(rows.c[SORT_KEY], rows.c[SORT_ID], sort.descending).by(backwards)
        return select(rows, *self._counts).order_by(*merged).limit(limit)


@cache
def _row_type(names: tuple[str, ...]) -> Any:
    return namedtuple("ListRow", names)  # type: ignore[misc]  # the names are the query's


def page(queries: Select[Any] | Sequence[Select[Any]], order: Order, cursor: str, size: int) -> Page:
    """Return the page of what these queries find that the cursor names; the first when it names none."""
    several = [queries] if isinstance(queries, Select) else queries
    return ListQuery(several, order, executor=PlannedPerQuery).page(cursor, size)


def _write(direction: str, row: Any) -> str:
    value, row_id = row.sort_key, row.sort_id
    text = value.replace(tzinfo=UTC).isoformat() if isinstance(value, datetime) else str(value)
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
