"""The columns of a list, declared once as data: the page draws them (templates/components/list.html), an export reads `plain`.

Imports no Flask: a worker reads the same declarations.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

from common.identity import masked

Plain = str | int | date | datetime | None
"""The types that a spreadsheet cell can have."""

UNLABELLED = ("cell-title", "cell-side", "cell-acts", "cell-choose")
"""Classes of cells that show no heading beside them on a phone."""
CLASSES = {"title": "cell-title", "badge": "cell-side"}
"""The CSS class of a kind of cell."""


class Badge(NamedTuple):
    """A state in a few words. `kind` is one of templates/components/badge.html: wait, late, bad, good, idle."""

    kind: str
    word: str


class Head(NamedTuple):
    """One heading of a page: the URL that sorts by it, if any, and the current sort direction."""

    label: str
    url: str | None = None
    sorted: str | None = None
    kind: str = ""


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a list. Two columns are never equal: rows drawn from them are cached by identity.

    Cells: "text", "title" (the row's name, links to the row), "badge", "stamp" (instant), "day", "items" (several texts),
    and "macro": drawn by the macro that the template hands over under `key`, because it has buttons or markup.
    """

    key: str
    heading: str
    """Wording, translated when it is shown."""
    value: Callable[[Any], Any] | None = None
    """Returns the value of a row; None for its attribute `key`."""
    sort: Any = None
    """The database column to sort by; None if the list cannot be sorted by it."""
    masked: bool = False
    """Whether page and export show the masked value."""
    cell: str = "text"
    style: str = ""
    """Further CSS classes of the cell."""
    kind: str = ""
    """The kind of heading: "num" for numbers, "action" for buttons; screen readers only read the latter."""
    short: str = ""
    """The heading on a phone, if it differs."""
    empty: str = ""
    """Text shown, muted, instead of a missing value."""
    hides_empty: bool = False
    """Whether a phone hides the cell if it has no value."""

    @cached_property
    def classes(self) -> str:
        return " ".join(filter(None, (CLASSES.get(self.cell, ""), self.style)))

    @cached_property
    def label(self) -> str:
        """Return the wording beside the value on a phone; "" for none."""
        return "" if self.classes.startswith(UNLABELLED) else self.short or self.heading

    @property
    def is_data(self) -> bool:
        """Say whether an export has this column: buttons have no value."""
        return self.cell != "macro" or self.value is not None

    def of(self, row: Any) -> Any:
        """Return the value that the page shows of a row: a plain value, a `Badge`, several texts, or None for buttons."""
        if not self.is_data:
            return None
        value = getattr(row, self.key) if self.value is None else self.value(row)
        return masked(value) if self.masked else value

    def plain(self, row: Any, *, full: bool = False) -> Plain:
        """Return the same for an export: text, number, date, instant or nothing. `full`: nothing is masked."""
        value = self.plain_getter(full=full)(row)
        return None if value == "" else value

    def plain_getter(self, *, full: bool = False) -> Callable[[Any], Plain]:
        """Return the function that gives the plain value of a row: what does not depend on the row is decided once."""
        read = self.value or attrgetter(self.key)
        if self.masked:
            return read if full else lambda row: masked(read(row))
        if self.cell in ("badge", "macro"):
            return lambda row: value.word if isinstance(value := read(row), Badge) else value
        if self.cell == "items":
            return lambda row: None if (value := read(row)) is None else "\n".join(value)
        return read


@dataclass(frozen=True, eq=False)
class DataTable:
    """The rows of a page with their columns."""

    columns: tuple[Column, ...]
    rows: Sequence[Any]

    def headings(self) -> list[str]:
        """Return the headings of the data columns."""
        return [column.heading for column in self.columns if column.is_data]

    def plain(self) -> list[list[Plain]]:
        """Return the plain values of the data columns, one list for each row."""
        data = [column for column in self.columns if column.is_data]
        return [[column.plain(row) for column in data] for row in self.rows]
