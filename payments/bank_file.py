"""Writes the file for the bank, .xlsx or .csv, in the layout that the administrator set (P4).

Every cell is text: no number loses a digit and nothing is a formula. Knows no database.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, BinaryIO, NamedTuple

from common.money import as_typed_yuan, in_yuan
from common.text import one_line
from common.wording import N_, Sentence

POSITION, NUMBER, HOLDER, ACCOUNT, BANK, AMOUNT, PURPOSE = (
    "position", "number", "holder", "account", "bank", "amount", "purpose",
)  # fmt: skip
COLUMNS: Mapping[str, str] = {
    POSITION: N_("序号"),
    NUMBER: N_("付款编号"),
    HOLDER: N_("收款人姓名"),
    ACCOUNT: N_("收款账号"),
    BANK: N_("开户银行"),
    AMOUNT: N_("金额"),
    PURPOSE: N_("用途"),
}
"""What a column can hold, in the usual order."""

NEEDED = (NUMBER, HOLDER, ACCOUNT, AMOUNT)
"""Without these the bank cannot pay, or its answer cannot be matched."""

GB18030, UTF_8 = "gb18030", "utf-8"
ENCODINGS: Mapping[str, str] = {GB18030: N_("GB18030（GBK）"), UTF_8: N_("UTF-8")}
YUAN, FEN = "yuan", "fen"
UNITS: Mapping[str, str] = {YUAN: N_("元，两位小数"), FEN: N_("分，整数")}
SHEET, NAME = "sheet", "name"
TOTALS: Mapping[str, str] = {SHEET: N_("另加一张控制表"), NAME: N_("写在文件名里")}
"""Where count and total stand in the file. A .csv has no second sheet: there it is always the name."""

XLSX, CSV = "xlsx", "csv"
KINDS: Mapping[str, str] = {
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    CSV: "text/csv",
}
"""The files of a run and their content types."""

LONGEST_HEADING, LONGEST_PURPOSE = 30, 40
UNSAFE_BEGINNINGS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""A spreadsheet takes a .csv cell that begins so for a formula."""

MOVED_IN_GB18030 = frozenset(  # stays Chinese
    "\u1e3f\u9fb4\u9fb5\u9fb6\u9fb7\u9fb8\u9fb9\u9fba\u9fbb\U00020087\U00020089\U000200cc\U000215d7\U0002298f\U000241fe"
)
"""Characters whose bytes differ between the editions of GB 18030 of 2000, 2005 and 2022: Python writes those of 2000, and glibc 2.36
refuses them. All are parts of characters or Latin, none is used in a name."""

MOVED = N_("户名或开户银行中的“%(character)s”在 GB18030 各版本里编码不同，不能写入银行文件，请本人更正。")
UNWRITABLE = Sentence(N_("户名或开户银行以 =、+、-、@ 开头，不能写入银行文件，请本人更正。"))


class PaymentLine(NamedTuple):
    """One payment as the bank gets it."""

    position: int
    number: str
    holder: str
    account: str
    bank: str
    amount_fen: int


@dataclass(frozen=True)
class Layout:
    """How the bank wants its file: `columns` are pairs of key and heading, in their order."""

    columns: tuple[tuple[str, str], ...] = field(
        default_factory=lambda: tuple((key, heading) for key, heading in COLUMNS.items() if key != PURPOSE)
    )
    encoding: str = GB18030
    bom: bool = False
    unit: str = YUAN
    totals: str = SHEET
    headings: bool = True
    purpose: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "columns": [list(each) for each in self.columns],
            **{
                key: getattr(self, key)
                for key in ("encoding", "bom", "unit", "totals", "headings", "purpose")
            },
        }

    def row(self, line: PaymentLine) -> list[str]:
        """Return the cells of one payment."""
        amount = as_typed_yuan(line.amount_fen) if self.unit == YUAN else str(line.amount_fen)
        cells = {
            POSITION: str(line.position),
            NUMBER: line.number,
            HOLDER: line.holder,
            ACCOUNT: line.account,
            BANK: line.bank,
            AMOUNT: amount,
            PURPOSE: self.purpose,
        }
        return [cells[key] for key, _ in self.columns]


def layout_from_json(content: Mapping[str, Any]) -> Layout:
    """Return the layout that `as_json` described."""
    columns = tuple((key, heading) for key, heading in content["columns"])
    return Layout(columns, **{key: value for key, value in content.items() if key != "columns"})


def layout_faults(layout: Layout) -> Iterator[tuple[str, Sentence]]:
    """Yield what is wrong with a layout, each with its field."""
    keys = [key for key, _ in layout.columns]
    for key in NEEDED:
        if key not in keys:
            yield "columns", Sentence(N_("文件必须有“%(column)s”一列。"), {"column": COLUMNS[key]})
    headings = [heading for _, heading in layout.columns]
    for key, heading in layout.columns:
        if not heading:
            yield key, Sentence(N_("请填写列名。"))
        elif headings.count(heading) > 1:
            yield key, Sentence(N_("列名“%(heading)s”重复了。"), {"heading": heading})
        elif len(heading) > LONGEST_HEADING:
            yield key, Sentence(N_("最多 %(most)s 个字。"), {"most": str(LONGEST_HEADING)})
        elif heading.startswith(UNSAFE_BEGINNINGS):
            yield key, Sentence(N_("不能以 =、+、-、@ 开头。"))
    if len(layout.purpose) > LONGEST_PURPOSE:
        yield "purpose", Sentence(N_("最多 %(most)s 个字。"), {"most": str(LONGEST_PURPOSE)})
    elif layout.purpose.startswith(UNSAFE_BEGINNINGS):
        yield "purpose", Sentence(N_("不能以 =、+、-、@ 开头。"))


@lru_cache(maxsize=20_000)
def unwritable(text: str) -> Sentence | None:
    """Say why a name or a bank cannot stand in the file as it is; None when it can. A run asks it of the same texts twice."""
    if text.startswith(UNSAFE_BEGINNINGS) or text != one_line(text):
        return UNWRITABLE
    if (character := next((each for each in text if each in MOVED_IN_GB18030), None)) is not None:
        return Sentence(MOVED, {"character": character})
    return None


def write_bank_file(
    kind: str,
    stream: BinaryIO,
    layout: Layout,
    lines: Iterable[PaymentLine],
    control: Sequence[tuple[str, str]],
) -> None:
    """Write the file. `control`: names and values of the control sheet, which an .xlsx can have."""
    (_write_xlsx if kind == XLSX else _write_csv)(stream, layout, lines, control)


def _write_csv(
    stream: BinaryIO, layout: Layout, lines: Iterable[PaymentLine], _control: Sequence[tuple[str, str]]
) -> None:
    if layout.bom:
        stream.write("\ufeff".encode(layout.encoding))
    text = codecs.getwriter(layout.encoding)(stream)
    rows = csv.writer(text, lineterminator="\r\n")
    if layout.headings:
        rows.writerow([heading for _, heading in layout.columns])
    rows.writerows(layout.row(line) for line in lines)


def _write_xlsx(
    stream: BinaryIO, layout: Layout, lines: Iterable[PaymentLine], control: Sequence[tuple[str, str]]
) -> None:
    from xlsxwriter import Workbook  # imported late: 42 modules for a rare file

    book = Workbook(stream, {"constant_memory": True})
    text = book.add_format({"num_format": "@"})
    sheet = book.add_worksheet("付款明细")  # stays Chinese
    sheet.set_column(0, len(layout.columns) - 1, 22, text)
    rows: Iterator[list[str]] = (layout.row(line) for line in lines)
    if layout.headings:
        rows = _after([heading for _, heading in layout.columns], rows)
    for number, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            sheet.write_string(number, column, cell, text)
    if layout.totals == SHEET:
        sheet = book.add_worksheet("控制表")  # stays Chinese
        sheet.set_column(0, 1, 30, text)
        for number, pair in enumerate(control):
            for column, cell in enumerate(pair):
                sheet.write_string(number, column, cell, text)
    book.close()


def _after(first: list[str], rows: Iterable[list[str]]) -> Iterator[list[str]]:
    yield first
    yield from rows


def file_name(kind: str, layout: Layout, number: str, count: int, total_fen: int) -> str:
    """Return the name of a run's file; with count and total where the layout has them there."""
    if kind == CSV or layout.totals == NAME:
        return f"发放批次{number}-{count}笔-{as_typed_yuan(total_fen)}元.{kind}"  # stays Chinese
    return f"发放批次{number}.{kind}"  # stays Chinese


def control_rows(number: str, count: int, total_fen: int, lines_sha256: str) -> list[tuple[str, str]]:
    """Return the control sheet: what the bank checks before it pays. A file cannot name its own hash: it names its rows'."""
    return [  # stays Chinese
        ("发放批次", number),
        ("笔数", str(count)),
        ("合计金额（元）", in_yuan(total_fen)),
        ("明细 SHA-256", lines_sha256),
    ]


EXAMPLES = (  # stays Chinese
    PaymentLine(1, "F202600100001", "王晓敏", "6217000012345678901", "鄂尔多斯银行东胜支行", 1500000),
    PaymentLine(
        2, "F202600100002", "阿拉腾其木格", "6228480012345670018", "中国农业银行鄂尔多斯分行", 1000050
    ),
    PaymentLine(3, "F202600100003", "𠮷田䶮", "6212260602001234567", "中国工商银行伊金霍洛支行", 999999),
)
"""Three invented payments for the preview of a layout: a long name, rare characters, odd fen."""


def layout_preview(layout: Layout) -> list[list[str]]:
    """Return the first lines of the .csv as a reader of the bank sees them, decoded again from its bytes."""
    stream = io.BytesIO()
    write_bank_file(CSV, stream, layout, EXAMPLES, ())
    text = stream.getvalue().decode(layout.encoding).removeprefix("\ufeff")
    return list(csv.reader(io.StringIO(text)))
