"""Reads the cells of an Excel file, in the confined process (decoder.py).

The site never imports it. python-calamine reads the values. It does not report hidden rows and columns, and it returns an
empty cell for an error such as #N/A and for a formula without a saved result. These details are read from the sheet's XML.
"""

import json
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from xml.parsers import expat

ROWS_OF_A_HIDDEN_SHEET = 40
"""Rows of a hidden sheet that are read: enough to see whether it contains a table."""

MAX_ELEMENTS = 500_000
"""XML elements of a sheet that are searched for details, which takes a second; the largest import has 60,000."""

DETAIL_PATTERNS = (b't="e"', b"t='e'", b"hidden=", b' ht="0', b' width="0', b"<f", b":f")
"""A sheet whose XML contains none of these has no details. Then its XML, which may have a million cells, is not parsed."""

LAST_ROW = 1_048_576
"""The last row of a sheet (ECMA-376, 18.3.1.73). A larger number could not be stored."""

Cells = dict[int, dict[int, Any]]


class _StopParsing(Exception):
    """Raised by a handler to stop the parser."""


@dataclass
class SheetDetails:
    """What the XML of a sheet contains besides the values. Rows and columns count from 0."""

    cells: Cells = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)


def read_sheets(file: BinaryIO, most_rows: int, most_columns: int) -> bytes:
    """Return every sheet as JSON: name, visible, rows, more, and its hidden rows and columns.

    A row consists of its number and its cells; empty rows are left out. A date is {"date": ...}, an error {"error": "#N/A"},
    a formula without a saved result {"formula": true}. Each cell of a merged range gets the value of the first one, as people
    intend it. Columns count from 0.
    """
    from python_calamine import SheetVisibleEnum, load_workbook

    book = load_workbook(file)
    paths = sheet_paths(file) if zipfile.is_zipfile(file) else {}  # an .xls has no parts
    found = []
    for place, about in enumerate(book.sheets_metadata):
        visible = about.visible is SheetVisibleEnum.Visible
        sheet = book.get_sheet_by_index(place)
        merged = dict(sheet.merged_cell_ranges or ())
        path = paths.get(about.name)
        details = details_of(file, path, most_columns) if path else SheetDetails()
        most = most_rows if visible else ROWS_OF_A_HIDDEN_SHEET
        rows, more = cells_of(sheet, merged, details.cells, most, most_columns)
        found.append(
            {
                "name": about.name,
                "visible": visible,
                "rows": rows,
                "more": more,
                "hidden_rows": [number for number, _ in rows if number - 1 in details.hidden_rows],
                "hidden_columns": sorted(details.hidden_columns),
            }
        )
    return json.dumps(found).encode()


def cells_of(
    sheet: Any,
    merged: dict[tuple[int, int], tuple[int, int]],
    details: Cells,
    most_rows: int,
    most_columns: int,
) -> tuple[list[tuple[int, list[Any]]], bool]:
    """Return the first `most_rows` rows with content, and whether there are more."""
    rows: list[tuple[int, list[Any]]] = []
    merged_values: dict[tuple[int, int], Any] = {}
    for number, row in values_of(sheet, details):
        if not merged and number not in details and row.count("") == len(row):
            continue  # fast path: there may be a million empty rows
        cells = [cell_value(value) for value in row[:most_columns]]
        for column, detail in details.get(number, {}).items():
            cells += [""] * (column + 1 - len(cells))
            cells[column] = detail
        for column, value in enumerate(cells):
            if value != "" and (number, column) in merged:
                down, right = merged[number, column]
                for y in range(number, min(down, number + most_rows) + 1):
                    for x in range(column, min(right, most_columns) + 1):
                        merged_values[y, x] = value
        if merged_values:
            cells = [merged_values.get((number, column), value) for column, value in enumerate(cells)]
        if all(value == "" for value in cells):
            continue
        if len(rows) == most_rows:
            return rows, True
        rows.append((number + 1, cells))
    return rows, False


def values_of(sheet: Any, details: Cells) -> Iterator[tuple[int, list[Any]]]:
    """Yield each row's number, from 0, and its values. Cells with details may be below the last value."""
    left = [""] * (sheet.start[1] if sheet.start else 0)  # a row is read from the first column that is used
    number = -1
    for number, row in enumerate(sheet.iter_rows()):
        yield number, left + row
    for below in sorted(row for row in details if row > number):
        yield below, []


def cell_value(value: Any) -> Any:
    """Return the value of a cell for JSON."""
    if isinstance(value, str | int | float):
        return value
    return {"date": str(value)}


def sheet_paths(file: BinaryIO) -> dict[str, str]:
    """Return the path of each sheet's XML in the package, by the sheet's name; empty when the package is unusual."""
    targets: dict[str, str] = {}
    ids: dict[str, str] = {}

    def relationship(name: str, given: dict[str, str]) -> None:
        if name == "Relationship":
            targets[given["Id"]] = posixpath.normpath(posixpath.join("/xl", given["Target"])).lstrip("/")

    def sheet(name: str, given: dict[str, str]) -> None:
        if name == "sheet":
            ids[given["name"]] = next(value for key, value in given.items() if key.endswith(":id"))

    if not (
        parse_part(file, "xl/_rels/workbook.xml.rels", relationship)
        and parse_part(file, "xl/workbook.xml", sheet)
    ):
        return {}
    return {name: targets[id_] for name, id_ in ids.items() if id_ in targets}


def details_of(file: BinaryIO, path: str, most_columns: int) -> SheetDetails:
    """Return the details of a sheet; empty when its XML cannot be parsed."""
    reader = _DetailsReader(most_columns)
    if may_have_details(file, path) and parse_part(file, path, reader.start, reader.text, reader.end):
        return reader.details
    return SheetDetails()


class _DetailsReader:
    """The handlers of expat for the details of a sheet. They keep the state of the cell that is being read."""

    def __init__(self, most_columns: int) -> None:
        self.details = SheetDetails()
        self._most_columns = most_columns
        self._elements = 0
        self._inside = ""
        self._row = self._column = -1
        self._kind, self._has_formula, self._saved = "", False, ""

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "c":
            self._begin_cell(given)
        elif name == "row":
            self._begin_row(given)
        elif name == "col":
            self._note_hidden_columns(given)
        elif name == "f":
            self._has_formula = True
        self._inside = name
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise _StopParsing

    def text(self, some: str) -> None:
        if self._inside == "v":
            self._saved += some

    def end(self, name: str) -> None:
        self._inside = ""
        if name == "sheetData":
            raise _StopParsing
        if name == "c" and self._column < self._most_columns:
            self._end_cell()

    def _begin_cell(self, given: dict[str, str]) -> None:
        place = re.match("[A-Z]+", given.get("r", ""))
        self._column = column_number(place[0]) if place else self._column + 1
        self._kind, self._has_formula, self._saved = given.get("t", ""), False, ""

    def _end_cell(self) -> None:
        detail: dict[str, Any]
        if self._kind == "e":
            detail = {"error": self._saved.strip() or "#N/A"}
        elif (
            self._has_formula and not self._saved and self._kind != "str"
        ):  # "str": the result is the empty text
            detail = {"formula": True}
        else:
            return
        self.details.cells.setdefault(self._row, {})[self._column] = detail

    def _begin_row(self, given: dict[str, str]) -> None:
        self._row = int(given["r"]) - 1 if "r" in given else self._row + 1
        if not 0 <= self._row < LAST_ROW:
            raise ValueError
        self._column = -1
        if is_hidden(given) or float(given.get("ht", 1)) == 0:
            self.details.hidden_rows.add(self._row)

    def _note_hidden_columns(self, given: dict[str, str]) -> None:
        if is_hidden(given) or float(given.get("width", 1)) == 0:
            last = min(int(given["max"]), self._most_columns)
            self.details.hidden_columns.update(range(int(given["min"]) - 1, last))


def may_have_details(file: BinaryIO, path: str) -> bool:
    """Say whether a sheet's XML may contain details, by a fast search of its bytes."""
    last = b""
    try:
        with zipfile.ZipFile(file) as package, package.open(path) as part:
            while chunk := part.read(1 << 20):
                chunk = last + chunk
                if any(pattern in chunk for pattern in DETAIL_PATTERNS):
                    return True
                last = chunk[-16:]
    except KeyError:
        return False
    return False


def is_hidden(given: dict[str, str]) -> bool:
    """Say whether the attributes of a row or column hide it: by hand, by a filter or in a collapsed outline."""
    return given.get("hidden") in ("1", "true")


def column_number(letters: str) -> int:
    """Return the number of a column from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def parse_part(file: BinaryIO, path: str, start: Any, text: Any = None, end: Any = None) -> bool:
    """Parse one part of the package; names have no prefix. Returns False when it is missing or not such XML."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, given: start(name.rpartition(":")[2], given)
    if text and end:
        parser.CharacterDataHandler = text
        parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    # No office program writes a document type, and its entities could expand without limit.
    parser.StartDoctypeDeclHandler = _refuse
    try:
        with zipfile.ZipFile(file) as package, package.open(path) as part:
            parser.ParseFile(part)
    except _StopParsing:
        return True
    except (KeyError, ValueError, StopIteration, expat.ExpatError):
        return False
    return True


def _refuse(*_given: Any) -> None:
    raise ValueError
