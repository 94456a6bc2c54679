"""The database and what every table shares: times in UTC, closed word sets, and the one way to write exclusively."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from enum import Enum as PythonEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Executable,
    MetaData,
    String,
    Table,
    event,
    literal_column,
    type_coerce,
)
from sqlalchemy.orm import DeclarativeBase, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, manager_of_class
from sqlalchemy.types import TypeDecorator
from sqlalchemy.util import ScopedRegistry

Loaded = TypeVar("Loaded")

PLANNED_ANEW = "planned_anew"
"""Marks a statement (`execution_options`) whose best plan depends on its values: an index finds a rare word, and a walk along
the list a frequent one."""

BUSY_SECONDS = 10
"""How long a writer waits for another's commit on SQLite; a decision takes milliseconds."""


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def table_of(model: type[Base]) -> Table:
    """Return where a model's rows lie, for what is written as plain rows: thrice as quick as by objects."""
    return cast(Table, model.__table__)


def now() -> datetime:
    """The present instant in UTC, as every table stores it."""
    return datetime.now(UTC)


class Instant(TypeDecorator[datetime]):
    """A point in time. Stored without a zone, always UTC, so that SQLite and PostgreSQL agree."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def as_stored(column: Any) -> ColumnElement[Any]:
    """Return a column for the answer as the database has it, for lists of which most rows are known: an instant as a time
    in UTC without saying so, a word of a set as its text."""
    plain = {Instant: DateTime, Enum: String}.get(type(column.type), column.type)
    return type_coerce(column, plain).label(column.key)


def words(kind: type[PythonEnum], column: str = "") -> Enum:
    """A text column that can hold the values of this set and nothing else.

    `column` names its constraint where one table has several columns of one set.
    """
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
        name=column or kind.__name__.lower(),
    )


def by_code_point(length: int) -> String:
    """A text column that sorts the same everywhere, and whose index therefore finds beginnings as well."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


TO_WRITE: dict[str, dict[str, Any]] = {
    "sqlite": {"immediate": True},
    "postgresql": {"isolation_level": "READ COMMITTED"},
}
"""What a connection is told that writes: all of it in one transaction."""


def engine_options(url: str) -> dict[str, Any]:
    """Return how the engine is made.

    Outside of `exclusive` PostgreSQL is only read from, a statement at a time: a transaction around each page would
    say no more, and cost two calls.
    """
    options: dict[str, Any] = {"hide_parameters": True}  # else names and telephones stand in the log
    if url.startswith("postgresql"):
        from models.postgresql import Cursor

        options |= {
            "isolation_level": "AUTOCOMMIT",
            "connect_args": {"cursor_factory": Cursor},
            "pool_use_lifo": True,  # who was asked last has its plans at hand
        }
    return options


_connections: ScopedRegistry[Connection] = ScopedRegistry(
    lambda: db.engine.connect(), db.session.registry.scopefunc
)
_only_reads: ScopedRegistry[bool] = ScopedRegistry(lambda: True, db.session.registry.scopefunc)
"""For as long as a session lasts: a request, a command, a job."""


def connection() -> Connection:
    """Return the connection for plain columns: the session's, or before there is one, another that costs less."""
    return db.session.connection() if db.session.registry.has() else _connections()


def let_go() -> None:
    """Give back what `connection` took; whoever asks again takes another."""
    try:
        if _connections.has():
            _connections().close()
    finally:
        _connections.clear()


def end(_fault: BaseException | None = None) -> None:
    """Give back what `connection` took and forget `only_read`: each request ends with it."""
    try:
        let_go()
    finally:
        _only_reads.clear()


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


WRITES = "writes"


@contextmanager
def exclusive() -> Iterator[None]:
    """A transaction that owns the right to write from its first statement, and ends in a commit or leaves no trace.

    What was read before is read again inside: the reading transaction ends here. Raises RuntimeError when
    something unsaved would slip into the commit.
    """
    session = db.session
    if WRITES in session.info:
        raise RuntimeError("an exclusive transaction inside another would commit half of it")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("unsaved changes before an exclusive transaction")
    session.commit()
    session.expire_all()
    session.info[WRITES] = True
    try:
        session.connection(execution_options=TO_WRITE[db.engine.dialect.name])
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.info[WRITES]


@contextmanager
def without_waiting() -> Iterator[None]:
    """What is written in here is sent without waiting for each answer, where the database can do that; a question waits
    for its own. What goes wrong is raised there or at the end, as SQLAlchemy would. For `exclusive()` alone."""
    db.session.flush()  # many objects at once tell nobody in there how many they were
    line = db.session.connection()
    try:
        with getattr(line.connection.driver_connection, "pipeline", nullcontext)():
            yield
    except line.dialect.loaded_dbapi.Error as fault:
        line._handle_dbapi_exception(fault, None, None, None, None)


def only_read() -> None:
    """From here on the database is read from, and written to in `exclusive` alone: each request begins with it.

    Whoever forgets gets a RuntimeError; without one, half of what they wrote would be kept when the rest fails.
    """
    _only_reads()


@event.listens_for(db.session, "before_flush")
def _no_write(session: Session, _context: Any, _instances: Any) -> None:
    if _only_reads.has() and WRITES not in session.info:
        raise RuntimeError("written to outside of exclusive()")


def prepare(engine: Engine) -> None:
    """Tell each connection of an engine how it is used here."""
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    if engine.dialect.name == "postgresql":
        _prepare_postgresql(engine)


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        # A page's rows are twenty. What PostgreSQL takes for dear, because without its limit it would be, it else
        # translates into machine code first: thirty milliseconds for one that takes half of one.
        connection.execute("SET jit = off")
        connection.commit()

    @event.listens_for(engine, "do_execute")
    def planned(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        """Send what is to be planned for its values by itself: what was asked five times PostgreSQL may plan for any."""
        if not context.execution_options.get(PLANNED_ANEW):
            return False
        cursor.execute(statement, parameters, prepare=False)
        return True


def _prepare_sqlite(engine: Engine) -> None:
    """Make SQLite keep the promises that PostgreSQL keeps unasked."""
    if engine.url.database and engine.url.database != ":memory:":
        with suppress(OSError):  # connecting says what is wrong with the place
            # Names and telephones are nobody else's on this machine.
            Path(engine.url.database).touch(mode=0o600)

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "foreign_keys=ON",
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={BUSY_SECONDS}000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
