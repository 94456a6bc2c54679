"""The stored content of the database: detects changes, and restores the content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import ne
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, and_, event, func, null, select

from models.search import PIECE_TABLE

Row = dict[str, Any]
Rows = dict[tuple[Any, ...], Row]
Content = dict[str, Rows]
"""By table, by primary key."""

Changes = dict[str, list[tuple[Row | None, Row | None]]]
"""By table, the rows that differ: as they were, as they are; None for a row that was or is not there."""

READING = ("SELECT", "BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET")
READING_WITH = re.compile(r"WITH (?!.*\b(?:INSERT|UPDATE|DELETE|MERGE)\b)", re.DOTALL)
WRITTEN = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM) +\"?(\w+)")
UNTOUCHED = re.compile(rf"alembic_version|sqlite_sequence|{PIECE_TABLE.pattern}")
"""Nobody writes them but the database itself."""
CLOCKS = {"seen_at", "opened_at", "downloaded_at"}
"""Columns that say when somebody was here, whatever they did."""
TRACES = {"open_pages"}
"""Tables whose rows say the same."""


class Stored:
    """The initial content of all tables, with ciphertexts and times as they are stored."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        metadata = MetaData()
        metadata.reflect(engine)
        self._tables = [table for table in metadata.sorted_tables if not UNTOUCHED.fullmatch(table.name)]
        self._names = {table.name for table in self._tables}
        self.begun = self._content(self._names)
        self._written: set[str] = set()
        self._read: Content | None = None

        @event.listens_for(engine, "before_cursor_execute")
        def notice(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            if not statement.startswith(READING) and not READING_WITH.match(statement):
                self._written |= self._tables_of(statement)
                self._read = None

    def changes(self) -> Changes:
        """The differences from the initial content, by table."""
        found = _changes(self.begun, self._present_content(), _differ)
        return {table: pairs for table, pairs in found.items() if table not in TRACES}

    def put_back(self) -> None:
        """Restore the initial content; ids are then assigned again from the same start."""
        changed = _changes(self.begun, self._present_content(), ne)
        with self._engine.connect() as connection, _without_foreign_keys(connection):
            for table in reversed(self._tables):
                added = [now for was, now in changed.get(table.name, ()) if was is None]
                for row in added:
                    connection.execute(table.delete().where(_is(table, row)))
                if added and connection.dialect.name == "postgresql":
                    _count_on_from_the_last(connection, table)
            for table in self._tables:
                for was, now in changed.get(table.name, ()):
                    if now is None:
                        connection.execute(table.insert().values(_stored_values(was)))
                    elif was is not None:
                        connection.execute(table.update().where(_is(table, was)).values(_stored_values(was)))
        self._written, self._read = set(), None

    def check_nothing_else_changed(self) -> None:
        """Read every table once: one that was written unnoticed would have made all comparisons worthless.

        Raises:
            AssertionError: with the names of the tables.
        """
        self.put_back()
        assert not (others := _changes(self.begun, self._content(self._names), ne)), sorted(others)

    def _present_content(self) -> Content:
        if self._read is None:
            self._read = self._content(self._written)
        return self._read

    def _content(self, names: set[str]) -> Content:
        with self._engine.connect() as connection:
            return {table.name: _rows(connection, table) for table in self._tables if table.name in names}

    def _tables_of(self, statement: str) -> set[str]:
        """Return the tables that the statement writes: all of them when it names none. No foreign key of ours deletes rows."""
        return {name for _verb, name in WRITTEN.findall(statement)} & self._names or self._names


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Suspend foreign keys, so that rows can be restored in any order."""
    sqlite = connection.dialect.name == "sqlite"
    off, on = (
        ("PRAGMA foreign_keys=OFF", "PRAGMA foreign_keys=ON")
        if sqlite
        else ("SET session_replication_role = replica", "SET session_replication_role = DEFAULT")
    )
    raw = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
    raw.execute(off)
    try:
        with connection.begin():
            yield
    finally:
        raw.execute(on)


def _changes(before: Content, after: Content, differ: Callable[[Any, Any], bool]) -> Changes:
    found = {}
    for table, now in after.items():
        was = before[table]
        keys = sorted(was.keys() | now.keys(), key=str)
        if pairs := [(was.get(key), now.get(key)) for key in keys if differ(was.get(key), now.get(key))]:
            found[table] = pairs
    return found


def _differ(was: Row | None, now: Row | None) -> bool:
    if was is None or now is None:
        return was is not now
    return any(was[name] != now[name] for name in was.keys() - CLOCKS)


def _rows(connection: Connection, table: Table) -> Rows:
    keys = [column.name for column in table.primary_key]
    return {
        tuple(row[key] for key in keys): dict(row) for row in connection.execute(table.select()).mappings()
    }


def _is(table: Table, row: Row) -> Any:
    return and_(*(column == row[column.name] for column in table.primary_key))


def _stored_values(row: Row) -> dict[str, Any]:
    """Return the values of a row with SQL's NULL for None: a reflected JSON column would store the word null."""
    return {name: null() if value is None else value for name, value in row.items()}


def _count_on_from_the_last(connection: Connection, table: Table) -> None:
    if "id" in table.c:
        last = connection.scalar(select(func.max(table.c.id)))
        sequence = func.pg_get_serial_sequence(table.name, "id")
        connection.execute(select(func.setval(sequence, last or 1, last is not None)))
