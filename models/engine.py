"""The configuration of SQLite and PostgreSQL connections, so that both give the same guarantees."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    event,
)

from models.statements import PLAN_EACH_TIME, hide_row

BUSY_SECONDS = 10
"""How long a writer waits for another's commit on SQLite; a decision takes milliseconds."""


def engine_options(url: str) -> dict[str, Any]:
    """Return the options of the engine.

    Outside of `exclusive()` a page only reads, in AUTOCOMMIT: a transaction would cost two round trips and give no guarantee
    that a page needs.
    """
    options: dict[str, Any] = {"hide_parameters": True}  # keeps names and telephone numbers out of the log
    if url.startswith("postgresql"):
        from models.postgresql import LazyCursor

        options |= {
            "isolation_level": "AUTOCOMMIT",
            "use_native_hstore": False,  # otherwise each process asks whether the database has that type, which nothing uses
            "skip_autocommit_rollback": True,  # a connection that only read has nothing to roll back
            "connect_args": {"cursor_factory": LazyCursor},
            "pool_use_lifo": True,  # the last used connection has the plans cached
        }
    return options


def prepare(engine: Engine) -> None:
    """Configure every new connection of an engine."""
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    if engine.dialect.name == "postgresql":
        _prepare_postgresql(engine)


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "handle_error")
    def without_row(context: Any) -> None:
        if hide_row(context.original_exception) and context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.args = (str(context.original_exception),)

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        # A page has twenty rows. PostgreSQL overestimates queries with a LIMIT and would compile them to machine code:
        # thirty milliseconds for a query of half a millisecond.
        connection.execute("SET jit = off")
        connection.commit()

    @event.listens_for(engine, "do_execute")
    def planned(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        """Send a PLAN_EACH_TIME statement unprepared: after five executions PostgreSQL may use one generic plan for all values."""
        if not context.execution_options.get(PLAN_EACH_TIME):
            return False
        cursor.execute(statement, parameters, prepare=False)
        return True


def _prepare_sqlite(engine: Engine) -> None:
    """Make SQLite give the guarantees that PostgreSQL gives by default."""
    if engine.url.database and engine.url.database != ":memory:":
        with suppress(OSError):  # connecting says what is wrong with the place
            # Other users of this machine must not read names and telephone numbers.
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
