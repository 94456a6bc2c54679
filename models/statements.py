"""Statements about plain columns. What is asked all day has its SQL written once, and goes to the driver as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum as PythonEnum
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Enum,
    Executable,
    Insert,
    Select,
    String,
    Table,
    Update,
    literal_column,
    type_coerce,
)
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, manager_of_class
from sqlalchemy.util import ScopedRegistry

from models.database import Base, Instant, db

Loaded = TypeVar("Loaded")


PLANNED_ANEW = "planned_anew"
"""Marks a statement (`execution_options`) whose best plan depends on its values: an index finds a rare word, and a walk along
the list a frequent one."""


def table_of(model: type[Base]) -> Table:
    """Return where a model's rows lie, for what is written as plain rows: thrice as quick as by objects."""
    return cast(Table, model.__table__)


def as_stored(column: Any) -> ColumnElement[Any]:
    """Return a column for the answer as the database has it, for lists of which most rows are known: an instant as a time
    in UTC without saying so, a word of a set as its text."""
    plain = {Instant: DateTime, Enum: String}.get(type(column.type), column.type)
    return type_coerce(column, plain).label(column.key)


_connections: ScopedRegistry[Connection] = ScopedRegistry(
    lambda: db.engine.connect(), db.session.registry.scopefunc
)


def connection() -> Connection:
    """Return the connection for plain columns: the session's, or before there is one, another that costs less."""
    return db.session.connection() if db.session.registry.has() else _connections()


def release_connection() -> None:
    """Give back what `connection` took; whoever asks again takes another."""
    try:
        if _connections.has():
            _connections().close()
    finally:
        _connections.clear()


def execute(statement: Executable, values: Mapping[str, Any]) -> CursorResult[Any]:
    """Send a statement about plain columns and return its result, without what a session does for objects."""
    return connection().execute(statement, values)


def constant(value: int | PythonEnum) -> ColumnElement[Any]:
    """Return what is the same whoever asks, written into a statement.

    What is told beside it PostgreSQL does not know when it makes a plan for all; it takes that for dearer than it is, and
    rather plans each time anew, which takes a list as long as its rows.
    """
    return literal_column(f"'{value.value}'" if isinstance(value, PythonEnum) else str(value))


def as_if_loaded(kind: type[Loaded], columns: Mapping[str, Any]) -> Loaded:
    """Return an object as if this much of it had just been loaded; once it is in a session, the rest of it is when
    somebody asks for it.

    Loading it by the usual way takes three times as long as asking the database.
    """
    made: Loaded = manager_of_class(kind).new_instance()
    instance_dict(made).update(columns)
    make_transient_to_detached(made)
    return made


Answer = Sequence[Sequence[Any]]
Change = Callable[[Any], Any]


class PlannedPerQuery:
    """A query that is built for one page, and planned for what it looks for. Of those that are alike SQLAlchemy knows the
    SQL. Its rows have names."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement.execution_options(**{PLANNED_ANEW: True})

    def execute(self, values: Mapping[str, Any]) -> Answer:
        """Return the rows. `values` are what the query leaves open."""
        return execute(self._statement, values).all()


class CompiledStatement:
    """A statement that is kept. Its rows come in the order of its columns, and have no names.

    What SQLAlchemy does around a statement that it knows already takes as long as PostgreSQL does to answer it.
    `columns` are those that it writes, all of them: nobody looks for defaults.
    """

    def __init__(
        self, statement: Select[Any] | CompoundSelect[Any] | Insert | Update, columns: Iterable[str] = ()
    ) -> None:
        self._statement = statement
        self._columns = list(columns) or None
        self._written = cache(self._write)

    def execute(self, values: Mapping[str, Any]) -> Answer:
        """Return the rows, if there are any. `values` are what the statement leaves open.

        Raises SQLAlchemy's errors for the database's; KeyError where a value is missing.
        """
        line = connection()
        written = self._written(line.dialect)
        return execute(self._statement, values).all() if written is None else written.answered(line, values)

    def _write(self, dialect: Dialect) -> Written | None:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
        if any(bind.expanding or bind.callable for bind in compiled.binds.values()):
            return None  # written for the values that it is asked with
        return Written(compiled, [column.type for column in self._statement.exported_columns], dialect)


class Written:
    """A statement in the words of one kind of database."""

    def __init__(self, compiled: Any, types: Sequence[Any], dialect: Dialect) -> None:
        self._sql: str = compiled.string
        self._in_turn: Sequence[str] | None = compiled.positiontup
        self._same: dict[str, Any] = {}
        self._told: list[tuple[str, str, Change | None]] = []
        for name, bind in compiled.binds.items():
            change = _change(bind.type, dialect, "bind_processor")
            if bind.required:
                self._told.append((name, bind.key, change))
            else:
                self._same[name] = change(bind.value) if change else bind.value
        changes = (_change(each, dialect, "result_processor", None) for each in types)
        self._changes = [(place, change) for place, change in enumerate(changes) if change]
        self._has_rows = bool(types)

    def answered(self, line: Connection, values: Mapping[str, Any]) -> Answer:
        """Return the rows; who listens to statements hears of it as of every other."""
        given, cursor = self._given(values), None
        try:
            cursor = line.connection.cursor()
            for heard in line.dispatch.before_cursor_execute:
                heard(line, cursor, self._sql, given, None, False)
            cursor.execute(self._sql, given)
            rows: Answer = cursor.fetchall() if self._has_rows else ()
        except line.dialect.loaded_dbapi.Error as fault:
            line._handle_dbapi_exception(fault, self._sql, given, cursor, None)
        finally:
            if cursor is not None:
                cursor.close()
        return [self._changed(row) for row in rows] if self._changes else rows

    def _given(self, values: Mapping[str, Any]) -> Any:
        """Return the values as the driver wants them."""
        given = dict(self._same)
        for name, key, change in self._told:
            given[name] = change(values[key]) if change else values[key]
        return given if self._in_turn is None else [given[name] for name in self._in_turn]

    def _changed(self, row: Sequence[Any]) -> Sequence[Any]:
        changed = list(row)
        for place, change in self._changes:
            changed[place] = change(changed[place])
        return changed


def _change(kind: Any, dialect: Dialect, way: str, *further: Any) -> Change | None:
    change: Change | None = getattr(kind.dialect_impl(dialect), way)(dialect, *further)
    return change
