"""Finds the table of enterprises in the sheets of an Excel file, and the cells that Excel has changed (administration/imports.py).

Uses no database. A cell that Excel has changed gets a fault that says how; it is never read as an empty cell.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from common import telephones
from common.identity import normalised
from common.row_faults import RowFaults
from common.text import SCIENTIFIC_NOTATION, one_line
from common.wording import N_, Sentence

MOST_ROWS = 10_000
MOST_ROWS_ABOVE_HEADER = 20
"""Rows that are searched for the header: a title and a date may stand above the table."""

MOST_NAMED_ROWS = 10
"""Row numbers that a note lists; the rest are only counted."""

NAME, CODE, REGION, CONTACT, TELEPHONE = "name", "credit_code", "region", "contact_name", "contact_phone"
COLUMNS: Mapping[str, str] = {
    NAME: N_("单位名称"),
    CODE: N_("统一社会信用代码"),
    REGION: N_("所属地区"),
    CONTACT: N_("联系人"),
    TELEPHONE: N_("联系电话"),
}
"""The columns of the file, in the template's order; other columns are ignored."""

HEADER_REMARK = re.compile(r"^[*※]+|[*※:]+$|[(\[【].*[)\]】]$")
"""Marks that may surround the name in a header: 「*单位名称」, 「统一社会信用代码（18位）」."""

ERROR = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA|FIELD!|BLOCKED!)")
"""Error values of formulas, also when pasted as text."""

NO_NAME = re.compile(r"[0-9.,/—-]+")
"""Cell values that are no name: the result of a formula that refers to an empty cell, or a dash."""


class Unreadable(Exception):
    """The file has no table that can be imported. `sentence` says what to do."""

    def __init__(self, text: str, **words: str) -> None:
        super().__init__(text)
        self.sentence = Sentence(text, words)


class ReadableSheet(Protocol):
    """A sheet as uploads/sheets.py reads it: rows are their number in the file and their cells."""

    @property
    def name(self) -> str: ...
    @property
    def rows(self) -> Sequence[tuple[int, Sequence[Any]]]: ...
    @property
    def more(self) -> bool: ...
    @property
    def visible(self) -> bool: ...
    @property
    def hidden_rows(self) -> frozenset[int]: ...
    @property
    def hidden_columns(self) -> frozenset[int]: ...


@dataclass
class ParsedRow(RowFaults):
    """A row as it was read, with its faults by column."""

    number: int
    cells: dict[str, str]
    hidden: bool = False
    region_id: int | None = None


@dataclass
class ParsedTable:
    """The rows below the header, and notes on the file that the administrator must read before confirming."""

    rows: list[ParsedRow]
    notes: list[Sentence]


def find_table(sheets: Iterable[ReadableSheet]) -> ParsedTable:
    """Return the first table with rows among the visible sheets. Raises Unreadable."""
    sheets = list(sheets)
    headers = [(sheet, *header) for sheet in sheets if (header := _header(sheet))]
    tables = [
        (sheet, positions, rows)
        for sheet, positions, at in headers
        if (rows := [row for each in sheet.rows[at + 1 :] if (row := _row_of(each, positions))])
    ]
    if chosen := next((each for each in tables if each[0].visible), None):
        sheet, positions, rows = chosen
        if sheet.more or len(rows) > MOST_ROWS:
            raise Unreadable(N_("一次最多导入 %(most)s 行，请分成几个文件。"), most=str(MOST_ROWS))
        for row in rows:
            row.hidden = row.number in sheet.hidden_rows
        others = [other for other, *_ in tables if other is not sheet]
        return ParsedTable(
            rows, [*_notes_on_hidden(sheet, positions, rows), *_notes_on_others(sheet, others)]
        )
    if tables:
        raise Unreadable(
            N_("工作表%(sheet)s是隐藏的，没有读取；请取消隐藏后重新上传。"), sheet=_quoted(tables[0][0])
        )
    if headers:
        raise Unreadable(N_("表头下面没有内容，请填写后再上传。"))
    if missing := next(
        (columns for sheet in sheets if sheet.visible and (columns := _missing_columns(sheet))), None
    ):
        raise Unreadable(N_("表头缺少：%(columns)s。请使用本页下载的模板。"), columns="、".join(missing))
    raise Unreadable(N_("没有找到表头“统一社会信用代码”，请使用本页下载的模板。"))


def _notes_on_hidden(
    sheet: ReadableSheet, positions: Mapping[str, int], rows: Sequence[ParsedRow]
) -> Iterator[Sentence]:
    if numbers := [str(row.number) for row in rows if row.hidden]:
        more = N_(
            "文件中有 %(count)s 行是隐藏的或被筛选掉的（第 %(rows)s 行等），也已读取。不需要的请从文件中删除，再重新上传。"
        )
        all_ = N_(
            "文件中有 %(count)s 行是隐藏的或被筛选掉的（第 %(rows)s 行），也已读取。不需要的请从文件中删除，再重新上传。"
        )
        text = more if len(numbers) > MOST_NAMED_ROWS else all_
        yield Sentence(text, {"count": str(len(numbers)), "rows": "、".join(numbers[:MOST_NAMED_ROWS])})
    if columns := [COLUMNS[key] for key, position in positions.items() if position in sheet.hidden_columns]:
        yield Sentence(
            N_("文件中“%(columns)s”列是隐藏的，也已读取，请核对。"), {"columns": "、".join(columns)}
        )


def _notes_on_others(sheet: ReadableSheet, others: Iterable[ReadableSheet]) -> Iterator[Sentence]:
    for other in others:
        if other.visible:
            text = N_(
                "只读取了工作表%(read)s。工作表%(sheet)s也有表头和内容，没有读取：请合并到一个工作表，或者另存为一个文件上传。"
            )
            yield Sentence(text, {"read": _quoted(sheet), "sheet": _quoted(other)})
        else:
            yield Sentence(
                N_("工作表%(sheet)s也有表头和内容，但它是隐藏的，没有读取。"), {"sheet": _quoted(other)}
            )


def _quoted(sheet: ReadableSheet) -> str:
    """Return a sheet's name in quotation marks, so that it is never looked up as a translatable text."""
    return f"“{sheet.name}”"


def _header(sheet: ReadableSheet) -> tuple[dict[str, int], int] | None:
    """Return the position of each column and the index of the header row; None when no row has all columns."""
    for at, names in enumerate(_header_rows(sheet)):
        positions = {key: names.index(label) for key, label in COLUMNS.items() if label in names}
        if len(positions) == len(COLUMNS):
            return positions, at
    return None


def _missing_columns(sheet: ReadableSheet) -> list[str]:
    """Return the columns that the header row lacks; the row that names the code's column counts as the header."""
    for names in _header_rows(sheet):
        if COLUMNS[CODE] in names:
            return [label for label in COLUMNS.values() if label not in names]
    return []


def _header_rows(sheet: ReadableSheet) -> Iterator[list[str]]:
    for _, cells in sheet.rows[:MOST_ROWS_ABOVE_HEADER]:
        yield [HEADER_REMARK.sub("", normalised(cell)) if isinstance(cell, str) else "" for cell in cells]


def _row_of(row: tuple[int, Sequence[Any]], positions: Mapping[str, int]) -> ParsedRow | None:
    """Return the columns of a row as text, with their faults; None for an empty row."""
    number, cells = row
    found = ParsedRow(number, {})
    for key, position in positions.items():
        cell = cells[position] if position < len(cells) else ""
        found.cells[key] = _text(cell)
        _add_cell_fault(cell, key, found)
    return found if any(found.cells.values()) or found.faults else None


def _add_cell_fault(cell: Any, key: str, row: ParsedRow) -> None:
    text = row.cells[key]
    if ERROR.fullmatch(text.upper()):
        row.add_fault(key, N_("这一格是公式的错误值 %(error)s，请改为正确的内容。"), error=text)
    elif isinstance(cell, dict) and "formula" in cell:
        row.add_fault(
            key,
            N_(
                "这一格是公式，文件里没有保存它的结果；请用 Excel 或 WPS 打开并保存，或粘贴为数值后重新上传。"
            ),
        )
    elif isinstance(cell, dict):
        row.add_fault(key, N_("这一格是日期格式，请把格式改为文本后重新填写。"))
    elif key == CODE and not isinstance(cell, str):
        row.add_fault(
            key,
            N_("这一格是数字格式，Excel 只保留前 15 位，代码已经不准确；请把格式改为文本后重新填写。"),
        )
    elif key in (CODE, TELEPHONE) and SCIENTIFIC_NOTATION.fullmatch(text):
        row.add_fault(key, N_("这一格是科学计数法，后面的数字已经丢失；请把格式改为文本后重新填写。"))
    elif key in (NAME, CONTACT) and NO_NAME.fullmatch(text):
        row.add_fault(key, N_("这一格没有文字；如果是公式，请核对它引用的内容。"))
    elif key == TELEPHONE:
        numbers = telephones.several_numbers(text)
        row.cells[key] = telephones.with_lost_zero(text)
        if numbers:
            row.add_fault(
                key, N_("这一格有不止一个号码（%(numbers)s），请只留一个。"), numbers="、".join(numbers)
            )


def _text(cell: Any) -> str:
    """Return the text that a cell shows."""
    if isinstance(cell, dict):
        return str(cell.get("error") or cell.get("date") or "")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = one_line(str(cell))
    if re.fullmatch(r"[0-9]{7,}\.0+", text):  # a number that a program wrote as text
        return text.partition(".")[0]
    return _without_exponent(text) if SCIENTIFIC_NOTATION.fullmatch(text) else text


def _without_exponent(text: str) -> str:
    """Write out a number in scientific notation if the notation holds all its digits; otherwise return the text."""
    number = Decimal(text)
    digits = len(number.as_tuple().digits)
    return (
        f"{number:f}"
        if number == number.to_integral() and digits > 7 and number.adjusted() < digits
        else text
    )
