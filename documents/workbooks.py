"""Writes rows to an .xlsx file in constant memory (W9).

Text is text: no cell is a formula or a link, and a long number keeps all its digits. Days and instants are real dates.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from common.calendar import ORDOS

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_575
"""Rows of a sheet below its headings; further rows stand on further sheets."""
LONGEST_TEXT = 32_767
"""Characters of a cell. Excel refuses a file with more."""
LONGEST_NAME = 31
"""Characters of the name of a sheet."""
MOST_DIGITS = 15
"""Excel keeps so many digits of a number; a longer one is written as text."""
NARROWEST, WIDEST = 8, 60
MEASURED_ROWS = 200
PROGRESS_EVERY = 500

_FORBIDDEN_IN_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_WIDE = frozenset("WF")

Cell = str | int | date | datetime | None


class BookSheet(NamedTuple):
    """One table: its name, the headings and the rows. `rows` is read once."""

    name: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def write_workbook(path: Path, sheets: Iterable[BookSheet], progress: Callable[[int], None]) -> int:
    """Write the sheets to a new file and return the number of rows. `progress` gets the number of rows written so far.

    Temporary files stand in the folder of `path`. Whatever fails comes through; the caller deletes the folder.
    """
    from xlsxwriter import Workbook  # imported late: a worker without exports does not need it

    book = Workbook(
        path,
        {
            "constant_memory": True,
            "tmpdir": str(path.parent),
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    written, names = 0, set[str]()
    formats = _Formats(book)
    for sheet in sheets:
        rows: Iterator[Sequence[Cell]] = iter(sheet.rows)
        more = True
        while more:
            written += _write_sheet(
                book,
                _free_name(sheet.name, names),
                sheet.headings,
                islice(rows, MOST_ROWS),
                formats,
                lambda done, before=written: progress(before + done),  # type: ignore[misc]
            )
            following = next(rows, None)
            more = following is not None
            if following is not None:
                rows = chain([following], rows)
    book.close()
    return written


class _Formats:
    """The formats of one workbook."""

    def __init__(self, book: "Workbook") -> None:
        self.heading = book.add_format(
            {"bold": True, "bg_color": "#E8F0FB", "border": 1, "border_color": "#C5D3E8", "num_format": "@"}
        )
        self.text = book.add_format({"num_format": "@", "valign": "top"})
        self.lines = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
        self.number = book.add_format({"num_format": "0", "valign": "top"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
        self.instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"})


def _write_sheet(
    book: "Workbook",
    name: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    formats: _Formats,
    progress: Callable[[int], None],
) -> int:
    """Write one sheet; return its number of rows."""
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    widths = [_width(heading) + 3 for heading in headings]  # room for the filter's arrow
    for place, heading in enumerate(headings):
        sheet.write_string(0, place, heading, formats.heading)
    line = 0
    for line, row in enumerate(rows, 1):
        _write_row(sheet, line, row, formats)
        if line <= MEASURED_ROWS:
            widths = [max(width, _width(cell)) for width, cell in zip(widths, row, strict=True)]
        if not line % PROGRESS_EVERY:
            progress(line)
    last = max(len(headings) - 1, 0)
    if headings:
        sheet.autofilter(0, 0, line, last)
        # Otherwise Excel marks every identity number with a green corner.
        area = f"A1:{_letters(last)}{line + 1}"
        sheet.ignore_errors({"number_stored_as_text": area})
    for place, width in enumerate(widths):
        sheet.set_column(place, place, min(max(width + 1, NARROWEST), WIDEST))
    return line


def _write_row(sheet: "Worksheet", line: int, row: Sequence[Cell], formats: _Formats) -> None:
    for place, cell in enumerate(row):
        kind = type(cell)
        if kind is str:
            text: Any = cell
            if not text:
                continue
            if len(text) > LONGEST_TEXT:
                text = f"{text[: LONGEST_TEXT - 1]}…"
            sheet.write_string(line, place, text, formats.lines if "\n" in text else formats.text)
        elif cell is None:
            continue
        elif isinstance(cell, datetime):
            sheet.write_datetime(line, place, _in_ordos(cell), formats.instant)
        elif isinstance(cell, date):
            sheet.write_datetime(line, place, cell, formats.day)
        elif isinstance(cell, int) and kind is not bool and len(str(abs(cell))) <= MOST_DIGITS:
            sheet.write_number(line, place, cell, formats.number)
        else:
            sheet.write_string(line, place, str(cell), formats.text)


def _in_ordos(instant: datetime) -> datetime:
    """Return what a clock in Ordos shows: a cell has no time zone."""
    local = instant.astimezone(ORDOS) if instant.tzinfo else instant
    return local.replace(tzinfo=None, microsecond=0)


def _width(cell: Cell) -> int:
    """Return how wide a value is drawn, in characters; a Chinese one counts twice."""
    if isinstance(cell, datetime):
        return 16
    if isinstance(cell, date):
        return 10
    lines = str("" if cell is None else cell).split("\n")
    return max(
        sum(2 if unicodedata.east_asian_width(each) in _WIDE else 1 for each in line[:WIDEST])
        for line in lines
    )


def _letters(place: int) -> str:
    """Return the letters of a column: A, B, …, Z, AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = f"{chr(ord('A') + rest)}{letters}"
    return letters


def _free_name(name: str, taken: set[str]) -> str:
    """Return a name that Excel accepts and that no other sheet has."""
    plain = _FORBIDDEN_IN_NAME.sub(" ", name).strip().strip("'").strip() or "1"
    number, found = 1, plain[:LONGEST_NAME]
    while found.casefold() in taken or found.casefold() == "history":
        number += 1
        tail = f" ({number})"
        found = f"{plain[: LONGEST_NAME - len(tail)]}{tail}"
    taken.add(found.casefold())
    return found
