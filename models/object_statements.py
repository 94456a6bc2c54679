"""Queries of whole objects on frequent pages, compiled once like the statements of models/statements.py.

SQLAlchemy prepares such a query anew each time, which takes longer than PostgreSQL takes to answer it. The
objects belong to the session as if it had loaded them: what was changed is written, and columns that are
deferred are loaded when they are read. Those of `only_read` belong to no session, which takes a third of the
calls: reading a column of theirs that was not selected, or a relationship that was not set, raises
SQLAlchemy's DetachedInstanceError.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, inspect
from sqlalchemy.orm import ColumnProperty
from sqlalchemy.orm.attributes import set_committed_value

from models.database import db
from models.statements import CompiledStatement, as_if_loaded


class ObjectStatement:
    """A statement that selects models, such as `select(Application, Period)` with the join of the second.

    `make` returns it, and is called when it is first needed. `also`: deferred columns of the first model that
    are read too. `only_read`: the objects belong to no session. `only`: by model, the columns that are read
    beside `id`; of a model that is not named there, all.
    """

    def __init__(
        self,
        make: Callable[[], Select[*tuple[Any, ...]]],
        also: Sequence[str] = (),
        *,
        only_read: bool = False,
        only: Mapping[type[Any], Sequence[str]] = MappingProxyType({}),
    ) -> None:
        self._make, self._also, self._only_read, self._only = make, also, only_read, only
        self._statement = CompiledStatement(self._of_columns)

    def _of_columns(self) -> Select[*tuple[Any, ...]]:
        columns = [getattr(model, key) for model, keys in self._selected for key in keys]
        return self._make().with_only_columns(*columns, maintain_column_froms=True)

    @cached_property
    def _selected(self) -> list[tuple[type[Any], list[str]]]:
        """Each model with its columns, in the order of a row."""
        models = [each["entity"] for each in self._make().column_descriptions]
        keys = [
            ["id", *self._only[model]] if model in self._only else _loaded_columns(model) for model in models
        ]
        keys[0] += self._also
        return list(zip(models, keys, strict=True))

    def rows(self, values: Mapping[str, Any], anew: bool = False) -> list[list[Any]]:
        """Return the objects of each row; None where an outer join found none. `values` fill the parameters.

        `anew`: everything of objects that the session has already is read anew, as with SQLAlchemy's
        `populate_existing`.
        """
        if anew:
            db.session.flush()  # what was changed must be part of what is read
        return [list(self._objects(row, anew)) for row in self._statement.execute(values)]

    def send(self, values: Mapping[str, Any]) -> Callable[[], list[list[Any]]]:
        """Send the statement within `read_together()`. Returns a function that returns `rows` after it."""
        fetch = self._statement.send(values)
        return lambda: [list(self._objects(row, anew=False)) for row in fetch()]

    def objects(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the objects of the only or first model."""
        return [row[0] for row in self.rows(values)]

    def _objects(self, row: Any, anew: bool) -> Any:
        place = 0
        for model, keys in self._selected:
            columns = dict(zip(keys, row[place : place + len(keys)], strict=True))
            place += len(keys)
            if columns["id"] is None:
                yield None
            elif self._only_read:
                yield as_if_loaded(model, columns)
            else:
                yield _in_session(model, columns, anew)


def _loaded_columns(model: type[Any]) -> list[str]:
    """Return the attributes of the columns that are loaded with an object."""
    return [each.key for each in inspect(model).column_attrs if _is_loaded(each)]


def _is_loaded(attribute: ColumnProperty[Any]) -> bool:
    return not attribute.deferred and len(attribute.columns) == 1


def _in_session(model: type[Any], columns: Mapping[str, Any], anew: bool) -> Any:
    """Return the session's object with this id, with what had expired of it read anew, else a new one.

    `anew`: everything of it expires first.
    """
    session = db.session()
    known = session.identity_map.get(inspect(model).identity_key_from_primary_key((columns["id"],)))
    if known is None:
        session.add(made := as_if_loaded(model, columns))
        return made
    if anew:
        session.expire(known)
    for key in inspect(known).expired_attributes & columns.keys():
        set_committed_value(known, key, columns[key])
    return known
