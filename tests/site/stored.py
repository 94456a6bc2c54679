"""Everything that the database holds, as it is stored: to say that nothing has changed, and to put it back when something has."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, and_, func, select

Row = dict[str, Any]
Rows = dict[tuple[Any, ...], Row]
Content = dict[str, Rows]
"""By table, by primary key."""

UNTOUCHED = ("alembic_version", "sqlite_sequence")


class Stored:
    """The tables of one database; ciphertext stays ciphertext, times stay as they are written."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        metadata = MetaData()
        metadata.reflect(engine)
        self._tables = [table for table in metadata.sorted_tables if table.name not in UNTOUCHED]

    def content(self) -> Content:
        """Every row of every table."""
        with self._engine.connect() as connection:
            return {table.name: _rows(connection, table) for table in self._tables}

    def put_back(self, content: Content) -> None:
        """Undo whatever has changed since; ids that were given out meanwhile are given out again."""
        with self._engine.begin() as connection:
            present = {table.name: _rows(connection, table) for table in self._tables}
            for table in reversed(self._tables):
                was, now = content[table.name], present[table.name]
                for key in now.keys() - was.keys():
                    connection.execute(table.delete().where(_is(table, key)))
                if now.keys() - was.keys() and connection.dialect.name == "postgresql":
                    _count_on_from_the_last(connection, table)
            for table in self._tables:
                was, now = content[table.name], present[table.name]
                for key in was.keys() & now.keys():
                    if was[key] != now[key]:
                        connection.execute(table.update().where(_is(table, key)).values(was[key]))
                for key in was.keys() - now.keys():
                    connection.execute(table.insert().values(was[key]))


def changes(before: Content, after: Content) -> dict[str, list[tuple[Row | None, Row | None]]]:
    """Return, by table, the rows that differ, as they were and as they are; no table that is the same."""
    found = {}
    for table, was in before.items():
        now = after[table]
        pairs = [
            (was.get(key), now.get(key))
            for key in sorted(was.keys() | now.keys(), key=str)
            if was.get(key) != now.get(key)
        ]
        if pairs:
            found[table] = pairs
    return found


def _rows(connection: Connection, table: Table) -> Rows:
    keys = [column.name for column in table.primary_key]
    return {
        tuple(row[key] for key in keys): dict(row) for row in connection.execute(table.select()).mappings()
    }


def _is(table: Table, key: tuple[Any, ...]) -> Any:
    return and_(*(column == value for column, value in zip(table.primary_key, key, strict=True)))


def _count_on_from_the_last(connection: Connection, table: Table) -> None:
    if "id" in table.c:
        last = connection.scalar(select(func.max(table.c.id)))
        sequence = func.pg_get_serial_sequence(table.name, "id")
        connection.execute(select(func.setval(sequence, last or 1, last is not None)))
