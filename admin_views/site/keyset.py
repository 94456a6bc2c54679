"""Keyset paging: the last page costs as much as the first, because a page begins at a row's sort key.

Never counts a table and never uses an offset.
"""

import json
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    func,
    select,
    tuple_,
    union,
)

from admin_views.site.base import LONGEST_ID
from models import db
from models.statements import CompiledStatement, JsonArray, PlannedPerQuery, Rows, as_stored, constant
from models.streaming import streamed

PAGE_SIZE = 20


FORWARD, BACKWARD = "after", "before"
LAST = "last"
SEPARATOR = "~"

HERE, HERE_ID = "here", "here_id"
"""Bind parameters: sort value and id of the row at which a page begins."""
SORT_KEY, SORT_ID = "sort_key", "sort_id"
"""Labels of the sort value and the id in a row."""
NONE: Mapping[str, Any] = MappingProxyType({})


class Order(NamedTuple):
    """How a list is sorted: by one column, then by the row's id."""

    column: Any
    id: Any
    descending: bool = False

    def by(self, backwards: bool) -> tuple[ColumnElement[Any], ...]:
        """Return the ORDER BY; reversed for reading backwards."""
        falling = self.descending is not backwards
        return tuple(key.desc() if falling else key.asc() for key in (self.column, self.id))

    def beyond(self, backwards: bool) -> ColumnElement[bool]:
        """Return the criterion of the rows after the row that `here` names; backwards, before it."""
        mine = tuple_(self.column, self.id)  # one row comparison, which an index serves
        there = tuple_(bindparam(HERE, type_=self.column.type), bindparam(HERE_ID, type_=self.id.type))
        return mine < there if self.descending is not backwards else mine > there


class Page(NamedTuple):
    """The rows of one page and the cursors of its neighbours; None where there is no neighbour."""

    rows: Sequence[Any]
    first: str | None
    previous: str | None
    next: str | None
    last: str | None
    counts: Sequence[Any] = ()
    """The results of `ListQuery`'s `also_count`; empty where there are no rows."""

    @property
    def cursors(self) -> tuple[str | None, ...]:
        """Return the cursors of the first, previous, next and last page."""
        return self.first, self.previous, self.next, self.last

    def urls(self, url_of: Callable[..., str], view: str, **given: Any) -> list[str | None]:
        """Return the URLs of the same pages for `pager` of components/table.html, None where there is none. `url_of`: url_for, or a view's get_url."""
        return [
            None if cursor is None else url_of(view, **given, page=cursor or None) for cursor in self.cursors
        ]


class ListQuery:
    """The rows of a sorted list, one page at a time. A row has its query's columns as attributes.

    Several queries are several search paths of one list: each uses its own index, and a row found twice is shown once.
    Sort column and id are added here, under their labels.

    Statements are built on first use and cached, since building costs more than executing. PostgreSQL may cache their
    plans too, except where the best plan depends on the words of a search (`by_words`).

    `also_count`: queries for one number each, read with the rows (`Page.counts`), which saves a statement.
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
        counts = [each.scalar_subquery() for each in also_count]
        self._counts = [select(JsonArray(*counts)).scalar_subquery()] if counts else []
        self._row = _row_type(tuple(self._queries[0].selected_columns.keys()))
        self._statement = cache(lambda *shape: executor(lambda: self._build(*shape)))

    def page(self, cursor: str, size: int, values: Mapping[str, Any] = NONE) -> Page:
        """Return the page of the cursor; the first page for an empty cursor. `values` are the bind values of the queries."""
        direction, value, row_id = _read(cursor, self._sort)
        backwards = direction in {BACKWARD, LAST}
        rows, counts = self._rows(
            size + 1, row_id is not None, backwards, {**values, HERE: value, HERE_ID: row_id}
        )
        more, rows = len(rows) > size, rows[:size]
        if direction == BACKWARD and len(rows) < size:
            return self.page(
                "", size, values
            )  # fewer rows than a page remain before: show the full first page
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

    def send_following(
        self, value: Any, row_id: int, values: Mapping[str, Any] = NONE
    ) -> Callable[[], tuple[Any | None, Sequence[Any]]]:
        """Return the row after this one; after the last, the first. Also the results of `also_count`, where there is a row.

        Sent within `read_together()`; the returned function returns them after the block.
        """
        here = {**values, HERE: value, HERE_ID: row_id}
        fetch = self._statement(1, True, False).send(here)

        def answer() -> tuple[Any | None, Sequence[Any]]:
            found, counts = self._rows_and_counts(fetch())
            if not found:
                found, counts = self._rows(1, False, False, here)
            return (found[0] if found else None), counts

        return answer

    def every_row(self, values: Mapping[str, Any] = NONE) -> Iterator[Any]:
        """Yield all rows in the list's order, as they are at one moment, in constant memory."""
        for batch in streamed(self._build(None, False, False), values):
            yield from (self._row(*row[: len(self._row._fields)]) for row in batch)

    def number_of_rows(self, values: Mapping[str, Any] = NONE) -> int:
        """Count all rows."""
        rows = self._build(None, False, False).order_by(None).subquery()
        return int(db.session.execute(select(func.count()).select_from(rows), dict(values)).scalar_one())

    def _rows(
        self, most: int, beyond: bool, backwards: bool, values: Mapping[str, Any]
    ) -> tuple[list[Any], Sequence[Any]]:
        """Return the named rows, and the results of `also_count`; no results where there are no rows."""
        return self._rows_and_counts(self._statement(most, beyond, backwards).execute(values))

    def _rows_and_counts(self, found: Rows) -> tuple[list[Any], Sequence[Any]]:
        width = len(self._row._fields)
        counts = json.loads(found[0][width]) if found and self._counts else ()
        return [self._row(*row[:width]) for row in found], counts

    def _build(self, most: int | None, beyond: bool, backwards: bool) -> Select[Any]:
        """Return the query for so many rows; None for all."""
        sort = self._sort
        limit = most if self._by_words or most is None else constant(most)
        wanted = [
            (query.where(sort.beyond(backwards)) if beyond else query)
            .order_by(*sort.by(backwards))
            .limit(limit)
            for query in self._queries
        ]
        if len(wanted) == 1:
            return wanted[0].add_columns(*self._counts)
        if most is not None and self._reads_one_table:
            return self._by_ids(wanted, backwards, limit)
        rows = union(*(select(query.subquery()) for query in wanted)).subquery()
        merged = Order(rows.c[SORT_KEY], rows.c[SORT_ID], sort.descending).by(backwards)
        return select(rows, *self._counts).order_by(*merged).limit(limit)

    @property
    def _reads_one_table(self) -> bool:
        """Whether each query reads the sorted table alone, without a join."""
        return all(query.get_final_froms() == [self._sort.id.table] for query in self._queries)

    def _by_ids(self, wanted: Sequence[Select[Any]], backwards: bool, limit: Any) -> Select[Any]:
        """Return the query of a page that several search paths find: their ids are merged, and columns are read for a page only.

        It is also shorter: psycopg 3.3 parses a statement of more than 4,096 bytes again each time, which takes longer than
        sending it.
        """
        sort = self._sort
        keys = as_stored(sort.column).label(SORT_KEY), sort.id.label(SORT_ID)
        found = union(*(select(query.with_only_columns(*keys).subquery()) for query in wanted)).subquery()
        merged = Order(found.c[SORT_KEY], found.c[SORT_ID], sort.descending).by(backwards)
        ids = select(found).order_by(*merged).limit(limit).subquery()
        order = Order(ids.c[SORT_KEY], ids.c[SORT_ID], sort.descending).by(backwards)
        columns = self._queries[0].selected_columns
        return select(*columns, *self._counts).join(ids, ids.c[SORT_ID] == sort.id).order_by(*order)


@cache
def _row_type(names: tuple[str, ...]) -> Any:
    return namedtuple("ListRow", names)  # type: ignore[misc]  # the names are the query's


def everything(queries: Select[Any] | Sequence[Select[Any]], order: Order) -> Iterator[Any]:
    """Yield all rows that these queries find, in constant memory."""
    several = [queries] if isinstance(queries, Select) else queries
    return ListQuery(several, order).every_row()


def page(queries: Select[Any] | Sequence[Select[Any]], order: Order, cursor: str, size: int) -> Page:
    """Return one page of the rows that these queries find; the first page for an empty cursor."""
    several = [queries] if isinstance(queries, Select) else queries
    return ListQuery(several, order, executor=PlannedPerQuery).page(cursor, size)


def _write(direction: str, row: Any) -> str:
    value, row_id = row.sort_key, row.sort_id
    text = value.replace(tzinfo=UTC).isoformat() if isinstance(value, datetime) else str(value)
    return SEPARATOR.join((direction, str(row_id), text))


def _read(cursor: str, order: Order) -> tuple[str, Any, int | None]:
    """Parse a cursor; a damaged one gives the first page."""
    if cursor == LAST:
        return LAST, None, None
    direction, _, rest = cursor.partition(SEPARATOR)
    row_id, _, text = rest.partition(SEPARATOR)
    if direction not in {FORWARD, BACKWARD} or not row_id.isdecimal() or len(row_id) > LONGEST_ID:
        return FORWARD, None, None
    try:
        value = PARSERS.get(order.column.type.python_type, _instant)(text)
    except (ValueError, OverflowError, NotImplementedError):
        return FORWARD, None, None
    if isinstance(value, int) and len(text) > LONGEST_ID:
        return FORWARD, None, None
    return direction, value, int(row_id)


def _instant(text: str) -> datetime:
    """Return an instant. Raises ValueError or OverflowError for one that no column can hold."""
    return datetime.fromisoformat(text).astimezone(UTC)


PARSERS: Mapping[type, Any] = {str: str, int: int, date: date.fromisoformat}
"""How the sort value of a cursor is read, by the type of the column; others are instants."""
