"""Substring search on names with an index: the index holds pieces, which are single characters and pairs of characters.

A Chinese name has two or three characters, too few for trigrams. PostgreSQL indexes the pieces with a GIN index over an
immutable function. SQLite has a separate table of pieces, which triggers update.

What is searched is the search key of a name (models/spelling.py). It is stored in the column `<name>_key`, which is NULL where the
name equals its key. A column without such a neighbour contains search keys itself.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import (
    DDL,
    BindParameter,
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
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import InstrumentedAttribute

from models.database import db
from models.spelling import search_key

POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION pieces(name text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
'SELECT array(SELECT DISTINCT substr(name, n, width) FROM generate_series(1, length(name)) n, (VALUES (1), (2)) of(width))'
"""

PIECE_PARAMETERS = ("piece_1", "piece_2", "piece_3", "piece_4")
"""Bind parameters: SQLite looks up at most this many pieces. The comparison with the whole key gives the exact result."""

SQLITE_DDL = (
    "CREATE TABLE {pieces} (piece TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (piece, id)) WITHOUT ROWID",
    "CREATE TRIGGER {pieces}_added AFTER INSERT ON {table} BEGIN {fill} END",
    "CREATE TRIGGER {pieces}_changed AFTER UPDATE OF {columns} ON {table} WHEN {old} <> {new}"
    " BEGIN {empty} {fill} END",
    "CREATE TRIGGER {pieces}_removed AFTER DELETE ON {table} BEGIN {empty} END",
)
DELETE_PIECES = (
    "DELETE FROM {pieces} WHERE id = old.id AND piece IN"
    " (SELECT substr({old}, n.value, w.value) FROM {numbers} n, json_each('[1,2]') w);"
)
INSERT_PIECES = (
    "INSERT OR IGNORE INTO {pieces} SELECT substr({new}, n.value, w.value), new.id"
    " FROM {numbers} n, json_each('[1,2]') w WHERE n.value <= length({new});"
)

PIECE_TABLE = re.compile(r"\w+_pieces")
"""The names of the piece tables on SQLite, which no model describes."""


def searchable(model: type[Any], *names: str) -> None:
    """Make these columns searchable: add the index or the piece table when the table is created."""
    table = model.__table__
    _on_event(table, "before_create", "postgresql", POSTGRESQL_FUNCTION)
    for name in names:
        column = table.c[name]
        Index(
            f"ix_{_piece_table_name(column)}",
            func.pieces(_searched_expression(column)),
            postgresql_using="gin",
        ).ddl_if("postgresql")
        for statement in _sqlite_ddl(column):
            _on_event(table, "after_create", "sqlite", statement)
        _on_event(table, "before_drop", "sqlite", f"DROP TABLE {_piece_table_name(column)}")


def _piece_table_name(column: Any) -> str:
    """Return the name of a column's piece table and index; for a column `name` it is made of the table's name only."""
    table: str = column.table.name
    return f"{table}_pieces" if column.name == "name" else f"{table}_{column.name}_pieces"


def _sqlite_ddl(column: Any) -> Iterator[str]:
    """Yield the statements that create a column's piece table and its triggers on SQLite."""
    numbers = ",".join(str(n) for n in range(1, column.type.length + 1))
    key = _key_column(column)
    columns = [column.name] if key is None else [key.name, column.name]
    old, new = (", ".join(f"{row}.{each}" for each in columns) for row in ("old", "new"))
    parts = {
        "table": column.table.name,
        "columns": ", ".join(columns),
        "old": old if key is None else f"coalesce({old})",
        "new": new if key is None else f"coalesce({new})",
        "pieces": _piece_table_name(column),
        "numbers": f"json_each('[{numbers}]')",
    }
    for statement in SQLITE_DDL:
        yield statement.format(
            **parts, fill=INSERT_PIECES.format(**parts), empty=DELETE_PIECES.format(**parts)
        )


def _key_column(column: Any) -> Any:
    """Return the column that holds the search key of this one, or None."""
    return column.table.c.get(f"{column.name}_key")


def _searched_expression(column: Any) -> Any:
    key = _key_column(column)
    return column if key is None else func.coalesce(key, column)


def search_key_of(name: InstrumentedAttribute[str]) -> Any:
    """Return the search key of a name as an SQL expression, for `key_contains`."""
    key: Any = getattr(name.class_, f"{name.key}_key", None)
    return name if key is None else func.coalesce(key, name)


def _on_event(table: Any, moment: str, dialect: str, statement: str) -> None:
    event.listen(table, moment, DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]


SEARCH_KEY = "words"


class Lookup(NamedTuple):
    """What the SQL of a search depends on. Searches with equal lookups have the same SQL and differ in bind values only."""

    database: str
    pieces: int


def lookup(key: str) -> Lookup:
    """Return the lookup for a search key that is not empty."""
    return Lookup(db.engine.dialect.name, min(len(_pieces(key)), len(PIECE_PARAMETERS)))


def lookup_values(key: str) -> dict[str, Any]:
    """Return the bind values with which `contains_by_lookup` searches for this key."""
    pieces = _pieces(key)
    return {SEARCH_KEY: key, "pieces": pieces, **dict(zip(PIECE_PARAMETERS, pieces, strict=False))}


def contains_by_lookup(
    name: InstrumentedAttribute[str], how: Lookup, bind: Callable[..., BindParameter[Any]] = bindparam
) -> ColumnElement[bool]:
    """Return the criterion that a name contains the bound key: the pieces use the index, the key gives the exact result.

    `bind` makes the parameters; those of bindparam() get their values, from `lookup_values`, when the statement is executed.

    The key is compared first: where the database scans in list order, splitting a name into pieces costs a hundred times as
    much. LIKE is not used: the planner multiplies its row estimate by that of the pieces, and the product is far too low.
    """
    if how.database == "postgresql":
        has_pieces = func.pieces(search_key_of(name), type_=ARRAY(TEXT)).contains(
            bind("pieces", type_=ARRAY(TEXT))
        )
    else:
        has_pieces = and_(
            *(_row_id(name).in_(_rows_with_piece(name, bind(key))) for key in PIECE_PARAMETERS[: how.pieces])
        )
    return and_(key_contains(search_key_of(name), how, bind), has_pieces)


def key_contains(
    name: Any, how: Lookup, bind: Callable[..., BindParameter[Any]] = bindparam
) -> ColumnElement[bool]:
    """Return the criterion that a search key contains the bound key. Uses no index."""
    find = func.strpos if how.database == "postgresql" else func.instr
    return find(name, bind(SEARCH_KEY)) > 0


def contains(name: InstrumentedAttribute[str], words: str) -> ColumnElement[bool]:
    """Return the criterion that a name contains these words in any spelling."""
    key = search_key(words)
    if not key:
        return false()
    values = lookup_values(key)

    def bind(parameter: str, **more: Any) -> BindParameter[Any]:
        return bindparam(parameter, values[parameter], unique=True, **more)

    return contains_by_lookup(name, lookup(key), bind)


def key_contains_words(name: InstrumentedAttribute[str], words: str) -> ColumnElement[bool]:
    """Return the criterion of `contains` without the index: for few rows that other criteria select."""
    key = search_key(words)
    return search_key_of(name).contains(key, autoescape=True) if key else false()


def _pieces(words: str) -> list[str]:
    return [words[n : n + 2] for n in range(max(len(words) - 1, 1))]


def _row_id(name: InstrumentedAttribute[str]) -> Any:
    return name.class_.id


def _rows_with_piece(name: InstrumentedAttribute[str], piece: Any) -> Select[tuple[int]]:
    pieces = sql_table(
        _piece_table_name(name.property.columns[0]), sql_column("piece", String), sql_column("id", Integer)
    )
    return select(pieces.c.id).where(pieces.c.piece == piece)


_HYPHEN: ColumnElement[str] = literal_column("'-'")
_SPACE: ColumnElement[str] = literal_column("' '")
_NOTHING: ColumnElement[str] = literal_column("''")
"""Literals, not parameters: a database uses an expression index only for exactly the same expression."""


def digits_of(telephone: Any) -> ColumnElement[str]:
    """Return a telephone number without hyphens and spaces, as the expression that the indexes are built on."""
    return func.replace(func.replace(telephone, _HYPHEN, _NOTHING), _SPACE, _NOTHING)
