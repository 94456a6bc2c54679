"""How a name is found by any part of it without reading the table: by its characters and its pairs of characters.

A Chinese name has two or three characters, too few for trigrams. PostgreSQL keeps the pieces in a GIN index over an
immutable function; SQLite in a table beside, which triggers keep true whoever writes.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import (
    DDL,
    ColumnElement,
    Index,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    event,
    func,
    select,
)
from sqlalchemy import column as named
from sqlalchemy import table as plain
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import InstrumentedAttribute

from models.database import db

FUNCTION = """
CREATE OR REPLACE FUNCTION pieces(name text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
'SELECT array(SELECT DISTINCT substr(name, n, width) FROM generate_series(1, length(name)) n, (VALUES (1), (2)) of(width))'
"""

PIECES = ("piece_1", "piece_2", "piece_3", "piece_4")
"""So many are looked up on SQLite; the words themselves decide in the end."""

BESIDE = (
    "CREATE TABLE {pieces} (piece TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (piece, id)) WITHOUT ROWID",
    "CREATE TRIGGER {pieces}_added AFTER INSERT ON {table} BEGIN {fill} END",
    "CREATE TRIGGER {pieces}_changed AFTER UPDATE OF {name} ON {table} WHEN old.{name} <> new.{name}"
    " BEGIN {empty} {fill} END",
    "CREATE TRIGGER {pieces}_removed AFTER DELETE ON {table} BEGIN {empty} END",
)
EMPTY = (
    "DELETE FROM {pieces} WHERE id = old.id AND piece IN"
    " (SELECT substr(old.{name}, n.value, w.value) FROM {numbers} n, json_each('[1,2]') w);"
)
FILL = (
    "INSERT OR IGNORE INTO {pieces} SELECT substr(new.{name}, n.value, w.value), new.id"
    " FROM {numbers} n, json_each('[1,2]') w WHERE n.value <= length(new.{name});"
)

TABLE_OF_PIECES = re.compile(r"\w+_pieces")
"""What SQLite has beside the tables that models describe."""


def searchable(model: type[Any], *names: str) -> None:
    """Let a table's rows be found by the pieces of these columns, on whichever database it is made."""
    table = model.__table__
    _at(table, "before_create", "postgresql", FUNCTION)
    for name in names:
        column = table.c[name]
        Index(f"ix_{_pieces_of(column)}", func.pieces(column), postgresql_using="gin").ddl_if("postgresql")
        for statement in _beside(column):
            _at(table, "after_create", "sqlite", statement)
        _at(table, "before_drop", "sqlite", f"DROP TABLE {_pieces_of(column)}")


def _pieces_of(column: Any) -> str:
    """Return what the pieces of a column are called: those of a row's own name after the table alone."""
    table: str = column.table.name
    return f"{table}_pieces" if column.name == "name" else f"{table}_{column.name}_pieces"


def _beside(column: Any) -> Iterator[str]:
    """Yield what makes SQLite keep the pieces of a column."""
    numbers = ",".join(str(n) for n in range(1, column.type.length + 1))
    parts = {
        "table": column.table.name,
        "name": column.name,
        "pieces": _pieces_of(column),
        "numbers": f"json_each('[{numbers}]')",
    }
    for statement in BESIDE:
        yield statement.format(**parts, fill=FILL.format(**parts), empty=EMPTY.format(**parts))


def _at(table: Any, moment: str, dialect: str, statement: str) -> None:
    event.listen(table, moment, DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]


WORDS = "words"


class Lookup(NamedTuple):
    """How a name is looked up: by which database, in how many pieces. Words alike in this differ in values alone."""

    database: str
    pieces: int


def lookup(words: str) -> Lookup:
    """Return how these words are looked up."""
    return Lookup(db.engine.dialect.name, min(len(_pieces(words)), len(PIECES)))


def bound(words: str) -> dict[str, Any]:
    """Return the values with which a `containing` of their lookup looks for these words."""
    pieces = _pieces(words)
    return {WORDS: words, "pieces": pieces, **dict(zip(PIECES, pieces, strict=False))}


def containing(name: InstrumentedAttribute[str], how: Lookup) -> ColumnElement[bool]:
    """Return the criterion for a name that holds some words: found by its pieces, decided by the words themselves.

    The words are looked for in a name before it is taken to pieces, which costs a hundred times as much where a database
    goes along a list. Not by LIKE: whose guess of how many rows there are, times that of the pieces, is far too low.
    """
    if how.database == "postgresql":
        held = func.pieces(name, type_=ARRAY(TEXT)).contains(bindparam("pieces", type_=ARRAY(TEXT)))
    else:
        held = and_(*(_owner(name).in_(_owners(name, bindparam(key))) for key in PIECES[: how.pieces]))
    return and_(spelled(name, how), held)


def spelled(name: Any, how: Lookup) -> ColumnElement[bool]:
    """Return the criterion for a name that holds some words, by the words alone."""
    find = func.strpos if how.database == "postgresql" else func.instr
    return find(name, bindparam(WORDS)) > 0


def contains(name: InstrumentedAttribute[str], words: str) -> ColumnElement[bool]:
    """Return the criterion for a name that holds these words."""
    return containing(name, lookup(words)).params(bound(words))


def _pieces(words: str) -> list[str]:
    return [words[n : n + 2] for n in range(max(len(words) - 1, 1))]


def _owner(name: InstrumentedAttribute[str]) -> Any:
    return name.class_.id


def _owners(name: InstrumentedAttribute[str], piece: Any) -> Select[tuple[int]]:
    beside = plain(_pieces_of(name.property.columns[0]), named("piece", String), named("id", Integer))
    return select(beside.c.id).where(beside.c.piece == piece)
