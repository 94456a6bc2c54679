"""How SQLite and PostgreSQL are configured so that both keep the same promises."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    event,
)

from models.statements import PLANNED_ANEW

BUSY_SECONDS = 10
"""How long a writer waits for another's commit on SQLite; a decision takes milliseconds."""


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
