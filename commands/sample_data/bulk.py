"""Writes rows of the models by the thousand: by COPY on PostgreSQL, by executemany on SQLite.

What a column holds, its default and its encryption are the model's own; nobody's procedure is asked.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from operator import methodcaller
from typing import Any

from sqlalchemy import Column, Connection, func, inspect, select
from sqlalchemy.orm import Mapper

from models import db

Rows = dict[type[Any], list[Any]]
"""What is to be written, by its model."""

Take = Callable[[dict[str, Any]], Any]
"""Takes one column's value out of a row's attributes, as the database wants it."""


class Bulk:
    """Rows for one open connection. `fresh` gives ids that are free; `finish` puts the sequences behind them."""

    def __init__(self, connection: Connection, models: Iterable[type[Any]]) -> None:
        self._connection = connection
        mappers = {model: inspect(model) for model in models}
        self._ids = {model: itertools.count(self._next_id(mapper)) for model, mapper in mappers.items()}
        self._columns = {model: _columns(mapper, connection) for model, mapper in mappers.items()}
        self._tables = {model: mapper.local_table for model, mapper in mappers.items()}

    def fresh(self, model: type[Any]) -> int:
        """Return the next free id of a table."""
        return next(self._ids[model])

    def write(self, rows: Rows) -> None:
        """Add rows of several tables, in the order in which those refer to each other."""
        for model in sorted(rows, key=lambda one: db.metadata.sorted_tables.index(one.__table__)):
            self._write(model, rows[model])

    def _write(self, model: type[Any], objects: Sequence[Any]) -> None:
        """Add the rows, objects with attributes named as the model's; what they leave open gets its default."""
        for key, (keep, _) in inspect(model).validators.items():
            for one in objects:
                keep(one, key, getattr(one, key))  # what the model keeps true of every row
        takers = self._columns[model]
        rows = (tuple(take(one.__dict__) for _, take in takers) for one in objects)
        names = [name for name, _ in takers]
        cursor: Any = self._connection.connection.cursor()
        table = self._tables[model].name
        columns = ", ".join(f'"{name}"' for name in names)
        if self._connection.dialect.name == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join("?" * len(names))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608 - our own names
        cursor.close()

    def finish(self) -> None:
        """Let the database give ids after ours."""
        for model, ids in self._ids.items():
            if self._connection.dialect.name == "postgresql" and "id" in self._tables[model].c:
                sequence = func.pg_get_serial_sequence(self._tables[model].name, "id")
                self._connection.execute(select(func.setval(sequence, next(ids), False)))

    def _next_id(self, mapper: Mapper[Any]) -> int:
        column = mapper.local_table.c.get("id")
        return 1 if column is None else (self._connection.scalar(select(func.max(column))) or 0) + 1


def _columns(mapper: Mapper[Any], connection: Connection) -> list[tuple[str, Take]]:
    """Return the columns of a table in order, each with what takes its value."""
    return [
        (column.name, _taker(column, mapper.get_property_by_column(column).key, connection))
        for column in mapper.local_table.columns
    ]


def _taker(column: Column[Any], key: str, connection: Connection) -> Take:
    bind = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    default: Any = column.default
    if default is None:
        given: Take = methodcaller("get", key)
    elif default.is_callable:
        given = lambda values: values[key] if key in values else default.arg(None)  # noqa: E731
    else:
        given = lambda values: values.get(key, default.arg)  # noqa: E731
    return given if bind is None else lambda values: bind(given(values))
