"""Statements about plain columns. What is asked all day has its SQL written once, and goes to the driver as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Dialect, Insert, Select, Update

from models.database import PLANNED_ANEW, connection, execute

Answer = Sequence[Sequence[Any]]
Change = Callable[[Any], Any]


class Once:
    """A query that is built for one page, and planned for what it looks for. Of those that are alike SQLAlchemy knows the
    SQL. Its rows have names."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement.execution_options(**{PLANNED_ANEW: True})

    def execute(self, values: Mapping[str, Any]) -> Answer:
        """Return the rows. `values` are what the query leaves open."""
        return execute(self._statement, values).all()


class Prepared:
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
