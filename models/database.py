"""The SQLAlchemy base and column types that every table shares: times in UTC, enums, code-point order."""

from datetime import UTC, datetime
from enum import Enum as PythonEnum
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Enum,
    MetaData,
    String,
    Table,
    TextClause,
    event,
)
from sqlalchemy.orm import DeclarativeMeta, registry
from sqlalchemy.types import TypeDecorator

_registry = registry(
    metadata=MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
)


class Model(metaclass=DeclarativeMeta):
    """The base of every table, without further bases: SQLAlchemy looks through each of them again for each table."""

    __abstract__ = True
    registry = _registry
    metadata = _registry.metadata
    if TYPE_CHECKING:
        __tablename__: str
        __table__: ClassVar[Table]

        def __init__(self, **values: Any) -> None: ...
    else:
        __init__ = _registry.constructor


db = SQLAlchemy(metadata=Model.metadata, session_options={"expire_on_commit": False})


def now() -> datetime:
    """Return the current instant in UTC, as every table stores it."""
    return datetime.now(UTC)


class Instant(TypeDecorator[datetime]):
    """A point in time. Stored without a zone, always UTC, so that SQLite and PostgreSQL agree."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def enum_text(kind: type[PythonEnum], column: str = "") -> Enum:
    """Return the type of a text column with a check constraint: it accepts only the values of this enum.

    `column` names the constraint where a table has several columns with the same enum.
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
    """Return the type of a text column that sorts by code point on both databases, so that its index also finds prefixes."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


ROWS_ON_SQLITE = "rows on SQLite"


def partial(rows: TextClause, on_sqlite: TextClause | None = None) -> dict[str, Any]:
    """Return the options of an index over these rows alone, on both databases. `on_sqlite`: the same rows where it says them otherwise.

    For an option `sqlite_where` SQLAlchemy would load the dialect of SQLite on PostgreSQL, too, at each start.
    """
    return {"postgresql_where": rows, "info": {ROWS_ON_SQLITE: rows if on_sqlite is None else on_sqlite}}


@event.listens_for(Model.metadata, "before_create")
def _partial_on_sqlite(metadata: MetaData, connection: Connection, **_more: Any) -> None:
    for index in (each for table in metadata.tables.values() for each in table.indexes):
        if connection.dialect.name == "sqlite" and ROWS_ON_SQLITE in index.info:
            index.dialect_options["sqlite"]["where"] = index.info[ROWS_ON_SQLITE]


def insert_unless_there(table: type[Model] | Table) -> Any:
    """Return an INSERT with the methods `on_conflict_do_nothing` and `on_conflict_do_update`, which each dialect has for itself."""
    return import_module(f"sqlalchemy.dialects.{db.engine.dialect.name}").insert(table)
