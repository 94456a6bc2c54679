"""How a name is found by any part of it without reading the table: by its characters and its pairs of characters.

A Chinese name has two or three characters, too few for trigrams. PostgreSQL keeps the pieces in a GIN index over an
immutable function; SQLite in a table beside, which triggers keep true whoever writes.
"""

import re
from typing import Any

from sqlalchemy import DDL, ColumnElement, Index, Integer, Select, String, and_, event, func, select
from sqlalchemy import column as named
from sqlalchemy import table as plain
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import InstrumentedAttribute

from models.database import db

FUNCTION = """
CREATE OR REPLACE FUNCTION pieces(name text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
'SELECT array(SELECT DISTINCT substr(name, n, width) FROM generate_series(1, length(name)) n, (VALUES (1), (2)) of(width))'
"""

LONGEST = 100
"""Characters of a name; SQLite's triggers count so far."""

MOST_PIECES = 4
"""Looked up on SQLite; the words themselves decide in the end."""

BESIDE = (
    "CREATE TABLE {table}_pieces (piece TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (piece, id)) WITHOUT ROWID",
    "CREATE TRIGGER {table}_pieces_added AFTER INSERT ON {table} BEGIN {fill} END",
    "CREATE TRIGGER {table}_pieces_changed AFTER UPDATE OF name ON {table} WHEN old.name <> new.name"
    " BEGIN {empty} {fill} END",
    "CREATE TRIGGER {table}_pieces_removed AFTER DELETE ON {table} BEGIN {empty} END",
)
EMPTY = (
    "DELETE FROM {table}_pieces WHERE id = old.id AND piece IN"
    " (SELECT substr(old.name, n.value, w.value) FROM {numbers} n, json_each('[1,2]') w);"
)
FILL = (
    "INSERT OR IGNORE INTO {table}_pieces SELECT substr(new.name, n.value, w.value), new.id"
    " FROM {numbers} n, json_each('[1,2]') w WHERE n.value <= length(new.name);"
)
NUMBERS = f"json_each('[{','.join(str(n) for n in range(1, LONGEST + 1))}]')"


TABLE_OF_PIECES = re.compile(r"\w+_pieces")
"""What SQLite has beside the tables that models describe."""


def beside(table: str) -> list[str]:
    """Return what makes SQLite keep the pieces of a table's names."""
    parts = {"table": table, "numbers": NUMBERS}
    return [
        statement.format(table=table, fill=FILL.format(**parts), empty=EMPTY.format(**parts))
        for statement in BESIDE
    ]


def searchable(model: type[Any]) -> None:
    """Let the names of a table be found by their pieces, on whichever database it is made."""
    table = model.__table__
    Index(f"ix_{table.name}_pieces", func.pieces(table.c.name), postgresql_using="gin").ddl_if("postgresql")
    _at(table, "before_create", "postgresql", FUNCTION)
    for statement in beside(table.name):
        _at(table, "after_create", "sqlite", statement)
    _at(table, "before_drop", "sqlite", f"DROP TABLE {table.name}_pieces")


def _at(table: Any, moment: str, dialect: str, statement: str) -> None:
    event.listen(table, moment, DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]


def contains(name: InstrumentedAttribute[str], words: str) -> ColumnElement[bool]:
    """Return the criterion for a name that holds these words: found by its pieces, decided by the words themselves."""
    pieces = [words[n : n + 2] for n in range(max(len(words) - 1, 1))]
    if db.engine.dialect.name == "postgresql":
        held = func.pieces(name, type_=ARRAY(TEXT)).contains(pieces)
    else:
        held = and_(*(_owner(name).in_(_owners(name, piece)) for piece in pieces[:MOST_PIECES]))
    return held if len(pieces) == 1 else and_(held, name.contains(words, autoescape=True))


def _owner(name: InstrumentedAttribute[str]) -> Any:
    return name.class_.id


def _owners(name: InstrumentedAttribute[str], piece: str) -> Select[tuple[int]]:
    beside = plain(f"{name.class_.__tablename__}_pieces", named("piece", String), named("id", Integer))
    return select(beside.c.id).where(beside.c.piece == piece)
