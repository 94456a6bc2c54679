"""Writes rows of the models in bulk: with COPY on PostgreSQL, with executemany on SQLite.

Defaults, validators and encryption are the models'. The procedure of an application does not run.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from operator import methodcaller
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Connection, func, inspect, select
from sqlalchemy.orm import Mapper

from models import db

Rows = dict[type[Any], list[Any]]
"""The rows to write, by model."""

ValueOf = Callable[[dict[str, Any]], Any]
"""Returns one column's value from a row's attributes, converted for the database."""


class Bulk:
    """Collects rows in batches and writes them on one open connection. `finish` moves the sequences past their ids."""

    def __init__(self, connection: Connection, models: Iterable[type[Any]]) -> None:
        self._connection = connection
        mappers = {model: inspect(model) for model in models}
        self._ids = {model: itertools.count(self._next_id(mapper)) for model, mapper in mappers.items()}
        self._columns = {model: _columns(mapper, connection) for model, mapper in mappers.items()}
        self._tables = {model: mapper.local_table for model, mapper in mappers.items()}
        self._unwritten: Rows = defaultdict(list)

    def add(self, model: type[Any], **values: Any) -> Any:
        """Return a row of the next batch. A plain object: model instances would take half an hour longer for a million."""
        return self.add_without_id(model, id=self.fresh(model), **values)

    def add_without_id(self, model: type[Any], **values: Any) -> Any:
        """Return a row of the next batch in a table that has no id of its own."""
        row = SimpleNamespace(**values)
        self._unwritten[model].append(row)
        return row

    def take_batch(self) -> Rows:
        """Return the unwritten rows and start a new batch."""
        rows, self._unwritten = self._unwritten, defaultdict(list)
        return rows

    def fresh(self, model: type[Any]) -> int:
        """Return the next free id of a table."""
        return next(self._ids[model])

    def write(self, rows: Rows) -> None:
        """Add rows of several tables, in the order of their foreign keys."""
        for model in sorted(rows, key=lambda one: db.metadata.sorted_tables.index(one.__table__)):
            self._write(model, rows[model])

    def _write(self, model: type[Any], objects: Sequence[Any]) -> None:
        """Add the rows: objects with the model's attributes. Missing attributes get the column's default."""
        for key, (validate, _) in inspect(model).validators.items():
            for one in objects:
                validate(one, key, getattr(one, key))  # sets derived attributes, as the ORM would
        value_functions = self._columns[model]
        rows = (tuple(value_of(one.__dict__) for _, value_of in value_functions) for one in objects)
        names = [name for name, _ in value_functions]
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
        """Move the sequences past the ids that were used."""
        for model, ids in self._ids.items():
            if self._connection.dialect.name == "postgresql" and "id" in self._tables[model].c:
                sequence = func.pg_get_serial_sequence(self._tables[model].name, "id")
                self._connection.execute(select(func.setval(sequence, next(ids), False)))

    def _next_id(self, mapper: Mapper[Any]) -> int:
        column = mapper.local_table.c.get("id")
        return 1 if column is None else (self._connection.scalar(select(func.max(column))) or 0) + 1


def _columns(mapper: Mapper[Any], connection: Connection) -> list[tuple[str, ValueOf]]:
    """Return the columns of a table in order, each with the function that returns its value."""
    return [
        (column.name, _value_function(column, mapper.get_property_by_column(column).key, connection))
        for column in mapper.local_table.columns
    ]


def _value_function(column: Column[Any], key: str, connection: Connection) -> ValueOf:
    bind = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    default: Any = column.default
    if default is None:
        given: ValueOf = methodcaller("get", key)
    elif default.is_callable:
        given = lambda values: values[key] if key in values else default.arg(None)  # noqa: E731
    else:
        given = lambda values: values.get(key, default.arg)  # noqa: E731
    return given if bind is None else lambda values: bind(given(values))
