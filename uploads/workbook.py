"""Reads the cells of an Excel file; a part of decoder.py, which loads it by its path in the confined process.

Never imported by the site. python-calamine reads what cells hold. It tells neither which rows and columns are hidden,
nor an error such as #N/A, nor a formula whose result was not saved: both come as an empty cell. Those are read from
the sheet's XML.
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
"""Enough to say whether it holds a table; its rows are not read."""

MOST_ELEMENTS = 500_000
"""Rows and cells of a sheet that are looked at for marks, a second's work: the largest import has 60,000."""

MARKS = (b't="e"', b"t='e'", b"hidden=", b' ht="0', b' width="0', b"<f", b":f")
"""The XML of a sheet that holds none of these has no marks; such a sheet may have a million cells."""

LAST_ROW = 1_048_576
"""Of a sheet (ECMA-376, 18.3.1.73). A number beyond it could not be stored."""

Cells = dict[int, dict[int, Any]]


class _Enough(Exception):
    """Raised by a handler to end the parsing."""


@dataclass
class Marks:
    """What a sheet's XML says beside the values: rows and columns are counted from 0."""

    cells: Cells = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)


def read_sheets(file: BinaryIO, most_rows: int, most_columns: int) -> bytes:
    """Return every sheet as JSON: name, visible, rows, more, and its hidden rows and columns.

    A row is its number and its cells; one without content is left out. A date is {"date": ...}, an error {"error":
    "#N/A"}, a formula without a saved result {"formula": true}. Each cell of a merged range holds what the first one
    does: so people mean it. Columns are counted from 0.
    """
    from python_calamine import SheetVisibleEnum, load_workbook

    book = load_workbook(file)
    paths = sheet_paths(file)
    found = []
    for place, about in enumerate(book.sheets_metadata):
        visible = about.visible is SheetVisibleEnum.Visible
        sheet = book.get_sheet_by_index(place)
        merged = dict(sheet.merged_cell_ranges or ())
        marks = marks_of(file, paths.get(about.name, ""), most_columns)
        most = most_rows if visible else ROWS_OF_A_HIDDEN_SHEET
        rows, more = cells_of(sheet, merged, marks.cells, most, most_columns)
        found.append(
            {
                "name": about.name,
                "visible": visible,
                "rows": rows,
                "more": more,
                "hidden_rows": [number for number, _ in rows if number - 1 in marks.hidden_rows],
                "hidden_columns": sorted(marks.hidden_columns),
            }
        )
    return json.dumps(found).encode()


def cells_of(
    sheet: Any,
    merged: dict[tuple[int, int], tuple[int, int]],
    marked: Cells,
    most_rows: int,
    most_columns: int,
) -> tuple[list[tuple[int, list[Any]]], bool]:
    """Return the rows of a sheet that have content, and whether there are more than that many."""
    rows: list[tuple[int, list[Any]]] = []
    meant: dict[tuple[int, int], Any] = {}
    for number, row in values_of(sheet, marked):
        if not merged and number not in marked and row.count("") == len(row):
            continue  # quickly: there may be a million of them
        cells = [plain(value) for value in row[:most_columns]]
        for column, mark in marked.get(number, {}).items():
            cells += [""] * (column + 1 - len(cells))
            cells[column] = mark
        for column, value in enumerate(cells):
            if value != "" and (number, column) in merged:
                down, right = merged[number, column]
                for y in range(number, min(down, number + most_rows) + 1):
                    for x in range(column, min(right, most_columns) + 1):
                        meant[y, x] = value
        if meant:
            cells = [meant.get((number, column), value) for column, value in enumerate(cells)]
        if all(value == "" for value in cells):
            continue
        if len(rows) == most_rows:
            return rows, True
        rows.append((number + 1, cells))
    return rows, False


def values_of(sheet: Any, marked: Cells) -> Iterator[tuple[int, list[Any]]]:
    """Yield each row's number from 0 and its values; marked cells may lie below the last value."""
    left = [""] * (sheet.start[1] if sheet.start else 0)  # a row is read from the first column that is used
    number = -1
    for number, row in enumerate(sheet.iter_rows()):
        yield number, left + row
    for below in sorted(row for row in marked if row > number):
        yield below, []


def plain(value: Any) -> Any:
    """Return what a cell holds as JSON can say it."""
    if isinstance(value, str | int | float):
        return value
    return {"date": str(value)}


def sheet_paths(file: BinaryIO) -> dict[str, str]:
    """Return where in the package each sheet's XML lies, by the sheet's name; nothing where the package is unusual."""
    targets: dict[str, str] = {}
    ids: dict[str, str] = {}

    def relationship(name: str, given: dict[str, str]) -> None:
        if name == "Relationship":
            targets[given["Id"]] = posixpath.normpath(posixpath.join("/xl", given["Target"])).lstrip("/")

    def sheet(name: str, given: dict[str, str]) -> None:
        if name == "sheet":
            ids[given["name"]] = next(value for key, value in given.items() if key.endswith(":id"))

    if not (
        parsed(file, "xl/_rels/workbook.xml.rels", relationship) and parsed(file, "xl/workbook.xml", sheet)
    ):
        return {}
    return {name: targets[id_] for name, id_ in ids.items() if id_ in targets}


def marks_of(file: BinaryIO, path: str, most_columns: int) -> Marks:
    """Return the marks of a sheet; none where its XML cannot be read so."""
    marks = Marks()
    row = column = -1
    kind, formula, saved = "", False, ""
    elements = 0
    inside = ""

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal row, column, kind, formula, saved, elements, inside
        if name == "c":
            place = re.match("[A-Z]+", given.get("r", ""))
            column = column_number(place[0]) if place else column + 1
            kind, formula, saved = given.get("t", ""), False, ""
        elif name == "row":
            row = int(given["r"]) - 1 if "r" in given else row + 1
            if not 0 <= row < LAST_ROW:
                raise ValueError
            column = -1
            if hides(given) or float(given.get("ht", 1)) == 0:
                marks.hidden_rows.add(row)
        elif name == "col":
            if hides(given) or float(given.get("width", 1)) == 0:
                last = min(int(given["max"]), most_columns)
                marks.hidden_columns.update(range(int(given["min"]) - 1, last))
        elif name == "f":
            formula = True
        inside = name
        elements += 1
        if elements > MOST_ELEMENTS:
            raise _Enough

    def text(some: str) -> None:
        nonlocal saved
        if inside == "v":
            saved += some

    def end(name: str) -> None:
        nonlocal inside
        inside = ""
        if name == "sheetData":
            raise _Enough
        if name != "c" or column >= most_columns:
            return
        if kind == "e":
            marks.cells.setdefault(row, {})[column] = {"error": saved.strip() or "#N/A"}
        elif formula and not saved and kind != "str":  # of type "str" its result is the empty text
            marks.cells.setdefault(row, {})[column] = {"formula": True}

    return marks if may_have_marks(file, path) and parsed(file, path, start, text, end) else Marks()


def may_have_marks(file: BinaryIO, path: str) -> bool:
    """Say whether a sheet's XML holds anything that looks like a mark, by a quick search of its bytes."""
    last = b""
    try:
        with zipfile.ZipFile(file) as package, package.open(path) as part:
            while piece := part.read(1 << 20):
                piece = last + piece
                if any(mark in piece for mark in MARKS):
                    return True
                last = piece[-16:]
    except KeyError:
        return False
    return False


def hides(given: dict[str, str]) -> bool:
    """Say whether a row's or a column's attributes hide it: by hand, by a filter or by a folded outline."""
    return given.get("hidden") in ("1", "true")


def column_number(letters: str) -> int:
    """Return the number of a column from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def parsed(file: BinaryIO, path: str, start: Any, text: Any = None, end: Any = None) -> bool:
    """Parse one part of the package, names without their prefix; False where it is not there or is no such XML."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, given: start(name.rpartition(":")[2], given)
    if text and end:
        parser.CharacterDataHandler = text
        parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    parser.StartDoctypeDeclHandler = _refuse  # no office program writes one, and entities can grow
    try:
        with zipfile.ZipFile(file) as package, package.open(path) as part:
            parser.ParseFile(part)
    except _Enough:
        return True
    except (KeyError, ValueError, StopIteration, expat.ExpatError):
        return False
    return True


def _refuse(*_given: Any) -> None:
    raise ValueError
