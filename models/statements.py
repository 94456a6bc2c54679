"""The fast path: statements on plain columns, compiled once and sent to the driver as they are.

When to use it: only for what runs on nearly every request. The call sites are the session and its account (accounts/sessions.py), the
numbers in the frame (admin_views/site/page_counts.py), a page of a list (admin_views/site/keyset.py), and a decision with its
history row, messages and readings (workflow/review.py, history.py, notifications.py, inbox.py). Everything else uses the
session and its objects: they are easier to read, check more, and a page that is opened ten times a day gains nothing.

Why: with a cached plan and the right index, PostgreSQL answers as fast as SQLAlchemy prepares a statement that it has already
compiled. Loading an object the usual way takes three times as long as the query itself.

Measured (docs/performance.md, one million applications): a list page makes two statements and 2,450 Python calls, before
26,000; the bare comparison page makes 2,400. A decision is eight statements on plain rows and takes 6.9 ms; before, handling
objects took half of its time. A LIMIT given as a parameter costs 0.4 of 1.6 ms of planning each time, hence `constant`.

What there is:
- `CompiledStatement`: SQL that never changes. Compiled once per dialect; only the values differ. The expression is made for that
  and not kept: in a process that has shown every page the expressions held 3 MiB, thirty times as much as their SQL.
  `send` sends it with others at once (models/pipelines.py).
- `PlannedPerQuery`: a search whose best plan depends on the searched word. Planned each time; its rows have names.
- `constant`: a value that is the same for everybody, written into the SQL, so that PostgreSQL knows it when it plans.
- `as_stored`: a column without type conversion. `as_if_loaded`: an object built from columns that are already known.

What to know: rows of a `CompiledStatement` are tuples in the order of its columns; column defaults and ORM events do not
apply, so the caller writes every column. tests/models/test_statements.py compares both paths and fails if SQLAlchemy changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum as PythonEnum
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    CursorResult,
    DateTime,
    Delete,
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
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, manager_of_class
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.util import ScopedRegistry

from models.cursors import CURSORS, Cursors
from models.database import Instant, Model, db

Loaded = TypeVar("Loaded")


PLAN_EACH_TIME = "plan_each_time"
"""Execution option of a statement whose best plan depends on its values: an index for a rare word, a scan in list order for
a frequent one."""


def table_of(model: type[Model]) -> Table:
    """Return the table of a model, for writing plain rows: three times as fast as objects."""
    return model.__table__


def as_stored(column: Any) -> ColumnElement[Any]:
    """Return a column without conversion of its values: an `Instant` as a naive UTC time, an enum as its text.

    For lists, which keep most of their rows in a cache and need no Python objects for them."""
    plain = {Instant: DateTime, Enum: String}.get(type(column.type), column.type)
    return type_coerce(column, plain).label(column.key)


_connections: ScopedRegistry[Connection] = ScopedRegistry(
    lambda: db.engine.connect(), db.session.registry.scopefunc
)


CONNECTION = "connection"
"""Where the info of a session has its connection within `exclusive()`: asking the session takes forty calls."""


def current_connection() -> Connection:
    """Return the session's connection. While the request has no session yet, return a separate one, which costs less."""
    session = open_session()
    if session is None:
        return _connections()
    held: Connection | None = session.info.get(CONNECTION)
    return held or session.connection()


def open_session() -> Session | None:
    """Return the session of this request; None while it has none yet."""
    sessions: Any = db.session.registry
    found: Session | None = sessions.registry.get(sessions.scopefunc())
    return found


def release_connection() -> None:
    """Return the connection that `current_connection` took to the pool."""
    connection = _connections.registry.pop(_connections.scopefunc(), None)
    if connection is not None:
        connection.close()


def execute(statement: Executable, values: Mapping[str, Any]) -> CursorResult[Any]:
    """Execute a statement on plain columns, without what a session does for objects."""
    return current_connection().execute(statement, values)


def constant(value: int | PythonEnum) -> ColumnElement[Any]:
    """Return a value that is the same for everybody, as a literal in the SQL.

    PostgreSQL does not know parameters when it makes a generic plan. It then overestimates the cost and plans again for
    every execution, which takes as long as fetching the rows.
    """
    return literal_column(f"'{value.value}'" if isinstance(value, PythonEnum) else str(value))


class JsonArray(FunctionElement[str]):
    """Several values as the text of one JSON array. A list reads its counts beside its rows, which repeat them: one column of
    text costs a third of what nine columns do."""

    name = "json_array"
    type = String()
    inherit_cache = True


@compiles(JsonArray)
def _json_array(element: JsonArray, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_array({compiler.process(element.clauses, **options)})"


@compiles(JsonArray, "postgresql")
def _json_build_array(element: JsonArray, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(json_build_array({compiler.process(element.clauses, **options)}) AS TEXT)"


def as_if_loaded(kind: type[Loaded], columns: Mapping[str, Any]) -> Loaded:
    """Return an object as if these columns had just been loaded. Added to a session, it loads its other columns when read.

    The usual loading takes three times as long as the query.
    """
    made: Loaded = manager_of_class(kind).new_instance()
    instance_dict(made).update(columns)
    make_transient_to_detached(made)
    return made


BROKEN_CONSTRAINT = "23"
"""The class of SQLSTATE of integrity constraint violations."""


def hide_row(fault: BaseException) -> bool:
    """Leave out of an error of PostgreSQL the row that breaks a constraint; return whether there was one.

    `hide_parameters` does not: the server itself adds the values, and a traceback in the log would contain names and telephones.
    """
    said = getattr(fault, "diag", None)
    if said is None or not said.message_detail or not str(said.sqlstate).startswith(BROKEN_CONSTRAINT):
        return False
    fault.args = (said.message_primary,)
    return True


def sqlalchemy_error(
    connection: Connection,
    fault: BaseException,
    sql: str | None = None,
    given: Any = None,
    cursor: Any = None,
) -> BaseException:
    """Return the error of a driver as SQLAlchemy raises it. When the connection is lost, invalidate it and dispose of the
    pool, whose other connections are most likely lost too."""
    driver_connection = None if connection.invalidated else connection.connection
    gone = connection.dialect.is_disconnect(fault, driver_connection, cursor)  # type: ignore[arg-type]
    hide_row(fault)
    error = DBAPIError.instance(
        sql,
        given,
        fault,
        connection.dialect.loaded_dbapi.Error,
        hide_parameters=connection.engine.hide_parameters,
        connection_invalidated=gone,
        dialect=connection.dialect,
        ismulti=False,
    )
    if gone and not connection.invalidated:
        connection.engine.dispose()
        connection.invalidate(fault)
    elif not gone and not connection.in_transaction():
        connection.connection.rollback()
    return error


Rows = Sequence[Sequence[Any]]
Converter = Callable[[Any], Any]
Statement = Select[*tuple[Any, ...]] | CompoundSelect[Any] | Insert | Update | Delete


class PlannedPerQuery:
    """A query that PostgreSQL plans for its values each time. Its rows have names. `make` returns the expression, as for a
    `CompiledStatement`."""

    def __init__(self, make: Callable[[], Select[Any]]) -> None:
        self._statement = make().execution_options(**{PLAN_EACH_TIME: True})

    def execute(self, values: Mapping[str, Any]) -> Rows:
        """Return the rows. `values` fill the bind parameters."""
        return execute(self._statement, values).all()

    def send(self, values: Mapping[str, Any]) -> Callable[[], Rows]:
        """Return a function that returns the rows, as that of a `CompiledStatement` does. They are read at once."""
        rows = self.execute(values)
        return lambda: rows


class CompiledStatement:
    """A statement that is compiled once per dialect. Its rows are tuples in the order of its columns.

    `make` returns the expression; it is called when the statement is first needed. `columns`: all columns that an INSERT or UPDATE
    writes; defaults of the model do not apply.
    """

    def __init__(self, make: Callable[[], Statement], columns: Iterable[str] = ()) -> None:
        self._make = make
        self._columns = list(columns) or None
        self._compiled = cache(self._compile)

    def execute(self, values: Mapping[str, Any]) -> Rows:
        """Return the rows, if there are any. `values` fill the bind parameters.

        Raises SQLAlchemy's errors for the database's; KeyError where a value is missing.
        """
        return self.send(values)()

    def send(self, values: Mapping[str, Any]) -> Callable[[], Rows]:
        """Send the statement within `read_together()`. Returns the function that returns its rows after the block."""
        connection = current_connection()
        return self._compiled(connection.dialect).send(connection, values)

    def _compile(self, dialect: Dialect) -> DialectStatement | ExpandedStatement:
        statement = self._make()
        compiled: Any = statement.compile(dialect=_own_placeholders(dialect), column_keys=self._columns)
        if any(bind.expanding or bind.callable for bind in compiled.binds.values()):
            return ExpandedStatement(statement)
        return DialectStatement(compiled, [column.type for column in statement.exported_columns], dialect)


class ExpandedStatement:
    """A statement whose SQL depends on its values, such as the number of those of an IN. SQLAlchemy executes it."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement

    def send(self, connection: Connection, values: Mapping[str, Any]) -> Callable[[], Rows]:
        """Return the function that returns its rows, which are read at once."""
        rows = connection.execute(self._statement, values).all()
        return lambda: rows


@cache
def _own_placeholders(dialect: Dialect) -> Dialect:
    """Return the dialect to compile with: for PostgreSQL with its own placeholders ($1), which the driver need not translate."""
    kind: Any = type(dialect)
    found: Dialect = kind(paramstyle="numeric_dollar") if dialect.name == "postgresql" else dialect
    return found


class DialectStatement:
    """A statement compiled for one dialect, with the converters of its parameters and columns."""

    def __init__(self, compiled: Any, types: Sequence[Any], dialect: Dialect) -> None:
        self._sql: str = compiled.string
        # psycopg would encode a text anew for each connection, and keep it there with the prepared statement.
        self._sent = self._sql.encode() if dialect.name == "postgresql" else self._sql
        self._positional: Sequence[str] | None = compiled.positiontup
        self._constants: dict[str, Any] = {}
        self._parameters: list[tuple[str, str, Converter | None]] = []
        for name, bind in compiled.binds.items():
            convert = _converter(bind.type, dialect, "bind_processor")
            if bind.required:
                self._parameters.append((name, bind.key, convert))
            else:
                self._constants[name] = convert(bind.value) if convert else bind.value
        converters = (_converter(each, dialect, "result_processor", None) for each in types)
        self._converters = [(place, convert) for place, convert in enumerate(converters) if convert]
        self._has_rows = bool(types)

    def send(self, connection: Connection, values: Mapping[str, Any]) -> Callable[[], Rows]:
        """Send the statement, and return the function that fetches its rows. The engine's listeners of `before_cursor_execute`
        are called as for every other statement."""
        given, cursor, driver_error = self._given(values), None, connection.dialect.loaded_dbapi.Error
        try:
            driver_connection = connection.connection
            cursors = driver_connection.info.get(CURSORS) or Cursors(connection)
            cursor = cursors.take()
            for listener in connection.engine.dispatch.before_cursor_execute:
                listener(connection, cursor, self._sql, given, None, False)
            cursor.execute(self._sent, given)
        except driver_error as fault:
            raise sqlalchemy_error(connection, fault, self._sql, given, cursor) from fault

        def fetch() -> Rows:
            try:
                rows: Rows = cursor.fetchall() if self._has_rows else ()
            except driver_error as fault:
                raise sqlalchemy_error(connection, fault, self._sql, given, cursor) from fault
            cursors.give_back(cursor)
            return [self._converted(row) for row in rows] if self._converters else rows

        return fetch

    def _given(self, values: Mapping[str, Any]) -> Any:
        """Return the parameters in the driver's form."""
        given = dict(self._constants)
        for name, key, convert in self._parameters:
            given[name] = convert(values[key]) if convert else values[key]
        return given if self._positional is None else [given[name] for name in self._positional]

    def _converted(self, row: Sequence[Any]) -> Sequence[Any]:
        converted = list(row)
        for place, convert in self._converters:
            converted[place] = convert(converted[place])
        return converted


def _converter(kind: Any, dialect: Dialect, processor: str, *further: Any) -> Converter | None:
    convert: Converter | None = getattr(kind.dialect_impl(dialect), processor)(dialect, *further)
    return convert
