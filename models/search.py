"""How a name is found by any part of it without reading the table: by its characters and its pairs of characters.

A Chinese name has two or three characters, too few for trigrams. PostgreSQL keeps the pieces in a GIN index over an
immutable function; SQLite in a table beside, which triggers keep true whoever writes.

Names are searched by their search key (models/spelling.py). A table has it in a column `<name>_key`, which is NULL where the name is
its own key; a column without one holds nothing but such keys.
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
    false,
    func,
    literal_column,
    select,
)
from sqlalchemy import column as named
from sqlalchemy import table as plain
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import InstrumentedAttribute

from models.database import db
from models.spelling import search_key

FUNCTION = """
CREATE OR REPLACE FUNCTION pieces(name text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
'SELECT array(SELECT DISTINCT substr(name, n, width) FROM generate_series(1, length(name)) n, (VALUES (1), (2)) of(width))'
"""

PIECES = ("piece_1", "piece_2", "piece_3", "piece_4")
"""So many are looked up on SQLite; the words themselves decide in the end."""

BESIDE = (
    "CREATE TABLE {pieces} (piece TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (piece, id)) WITHOUT ROWID",
    "CREATE TRIGGER {pieces}_added AFTER INSERT ON {table} BEGIN {fill} END",
    "CREATE TRIGGER {pieces}_changed AFTER UPDATE OF {columns} ON {table} WHEN {old} <> {new}"
    " BEGIN {empty} {fill} END",
    "CREATE TRIGGER {pieces}_removed AFTER DELETE ON {table} BEGIN {empty} END",
)
EMPTY = (
    "DELETE FROM {pieces} WHERE id = old.id AND piece IN"
    " (SELECT substr({old}, n.value, w.value) FROM {numbers} n, json_each('[1,2]') w);"
)
FILL = (
    "INSERT OR IGNORE INTO {pieces} SELECT substr({new}, n.value, w.value), new.id"
    " FROM {numbers} n, json_each('[1,2]') w WHERE n.value <= length({new});"
)

TABLE_OF_PIECES = re.compile(r"\w+_pieces")
"""What SQLite has beside the tables that models describe."""


def searchable(model: type[Any], *names: str) -> None:
    """Let a table's rows be found by the pieces of these columns, on whichever database it is made."""
    table = model.__table__
    _at(table, "before_create", "postgresql", FUNCTION)
    for name in names:
        column = table.c[name]
        Index(f"ix_{_pieces_of(column)}", func.pieces(_searched(column)), postgresql_using="gin").ddl_if(
            "postgresql"
        )
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
    key = _key_of(column)
    columns = [column.name] if key is None else [key.name, column.name]
    old, new = (", ".join(f"{row}.{each}" for each in columns) for row in ("old", "new"))
    parts = {
        "table": column.table.name,
        "columns": ", ".join(columns),
        "old": old if key is None else f"coalesce({old})",
        "new": new if key is None else f"coalesce({new})",
        "pieces": _pieces_of(column),
        "numbers": f"json_each('[{numbers}]')",
    }
    for statement in BESIDE:
        yield statement.format(**parts, fill=FILL.format(**parts), empty=EMPTY.format(**parts))


def _key_of(column: Any) -> Any:
    """Return the column that holds the search key of this one, or None."""
    return column.table.c.get(f"{column.name}_key")


def _searched(column: Any) -> Any:
    key = _key_of(column)
    return column if key is None else func.coalesce(key, column)


def searched(name: InstrumentedAttribute[str]) -> Any:
    """Return the search key of a name as an expression, for `spelled`."""
    key: Any = getattr(name.class_, f"{name.key}_key", None)
    return name if key is None else func.coalesce(key, name)


def _at(table: Any, moment: str, dialect: str, statement: str) -> None:
    event.listen(table, moment, DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]


WORDS = "words"


class Lookup(NamedTuple):
    """How a name is looked up: by which database, in how many pieces. Words alike in this differ in values alone."""

    database: str
    pieces: int


def lookup(key: str) -> Lookup:
    """Return how the words are looked up that have this search key, which is not empty."""
    return Lookup(db.engine.dialect.name, min(len(_pieces(key)), len(PIECES)))


def bound(key: str) -> dict[str, Any]:
    """Return the values with which a `containing` of their lookup looks for the words that have this search key."""
    pieces = _pieces(key)
    return {WORDS: key, "pieces": pieces, **dict(zip(PIECES, pieces, strict=False))}


def containing(name: InstrumentedAttribute[str], how: Lookup) -> ColumnElement[bool]:
    """Return the criterion for a name that holds some words: found by its pieces, decided by the words themselves.

    The words are looked for in a name before it is taken to pieces, which costs a hundred times as much where a database
    goes along a list. Not by LIKE: whose guess of how many rows there are, times that of the pieces, is far too low.
    """
    if how.database == "postgresql":
        held = func.pieces(searched(name), type_=ARRAY(TEXT)).contains(bindparam("pieces", type_=ARRAY(TEXT)))
    else:
        held = and_(*(_owner(name).in_(_owners(name, bindparam(key))) for key in PIECES[: how.pieces]))
    return and_(spelled(searched(name), how), held)


def spelled(name: Any, how: Lookup) -> ColumnElement[bool]:
    """Return the criterion for a search key that holds that of some words, without an index."""
    find = func.strpos if how.database == "postgresql" else func.instr
    return find(name, bindparam(WORDS)) > 0


def contains(name: InstrumentedAttribute[str], words: str) -> ColumnElement[bool]:
    """Return the criterion for a name that holds these words, however they are spelled."""
    key = search_key(words)
    return containing(name, lookup(key)).params(bound(key)) if key else false()


def _pieces(words: str) -> list[str]:
    return [words[n : n + 2] for n in range(max(len(words) - 1, 1))]


def _owner(name: InstrumentedAttribute[str]) -> Any:
    return name.class_.id


def _owners(name: InstrumentedAttribute[str], piece: Any) -> Select[tuple[int]]:
    beside = plain(_pieces_of(name.property.columns[0]), named("piece", String), named("id", Integer))
    return select(beside.c.id).where(beside.c.piece == piece)


_HYPHEN: ColumnElement[str] = literal_column("'-'")
_SPACE: ColumnElement[str] = literal_column("' '")
_NOTHING: ColumnElement[str] = literal_column("''")
"""Written into the statement: a database takes the index for the very same expression, not for one with parameters."""


def digits_of(telephone: Any) -> ColumnElement[str]:
    """Return a telephone number without hyphens and spaces as an expression, which has an index where it is searched."""
    return func.replace(func.replace(telephone, _HYPHEN, _NOTHING), _SPACE, _NOTHING)
