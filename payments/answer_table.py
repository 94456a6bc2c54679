"""Reads the table in the bank's answer: which text encoding, which row is the header, what each row says (P4).

The files come from banks, not from us: every spelling of a heading or outcome that we know stands in a table below, and what
we do not know is refused with its row. Knows no database and no file format: the cells come from uploads/tables.py.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from common.identity import normalised
from common.row_faults import RowFaults
from common.text import SCIENTIFIC_NOTATION, one_line
from common.wording import N_, Sentence
from models import BankOutcome
from payments.bank_file import ACCOUNT, AMOUNT, NUMBER, Layout

OUTCOME, REASON = "outcome", "reason"
COLUMNS: Mapping[str, str] = {
    NUMBER: N_("付款编号"),
    ACCOUNT: N_("收款账号"),
    AMOUNT: N_("金额"),
    OUTCOME: N_("处理结果"),
    REASON: N_("原因"),
}
REQUIRED = (NUMBER, ACCOUNT, AMOUNT, OUTCOME)

HEADINGS: Mapping[str, tuple[str, ...]] = {  # stays Chinese
    NUMBER: (
        "付款编号",
        "业务编号",
        "业务序号",
        "明细编号",
        "明细号",
        "客户流水号",
        "企业流水号",
        "商户订单号",
        "流水号",
    ),
    ACCOUNT: ("收款账号", "收款人账号", "收款方账号", "收款账户", "对方账号", "卡号", "账号", "账户"),
    AMOUNT: ("金额", "交易金额", "付款金额", "代发金额", "发生额"),
    OUTCOME: ("处理结果", "交易结果", "处理状态", "交易状态", "付款状态", "代发结果", "结果", "状态"),
    REASON: (
        "原因",
        "失败原因",
        "退回原因",
        "退票原因",
        "处理信息",
        "返回信息",
        "银行返回信息",
        "错误信息",
        "备注",
        "附言",
    ),
}
"""How banks head these columns, the most telling first. Our own file's headings are recognised besides."""

OUTCOMES: Mapping[BankOutcome, tuple[str, ...]] = {  # stays Chinese
    BankOutcome.PAID: ("成功", "交易成功", "处理成功", "付款成功", "代发成功", "支付成功", "已入账", "入账成功", "已付款", "已发放", "已支付"),
    BankOutcome.REFUSED: (
        *("失败", "交易失败", "处理失败", "付款失败", "代发失败", "支付失败", "入账失败"),
        *("退回", "已退回", "银行退回", "退票", "已退票", "退汇", "已退汇", "拒绝", "已拒绝"),
    ),
    BankOutcome.UNKNOWN: ("处理中", "待处理", "已受理", "受理中", "银行处理中", "交易可疑", "可疑", "未知", "结果未知"),
}  # fmt: skip
BY_WORD = {word: outcome for outcome, words in OUTCOMES.items() for word in words}

MOST_ROWS = 10_000
MOST_ROWS_ABOVE_HEADER = 20
DELIMITERS = (",", "\t", "|", ";", "，")
EXACT_DIGITS = 15
"""Digits that a spreadsheet's number holds (IEEE 754 double). Excel shows no more, but stores 17: a sum of 15000 may be
15000.000000000002 in the file."""
AS_FORMULA = re.compile(r'="([^"]*)"')
"""A .csv cell that Excel must not take for a number: ="6217000012345678901". Other programs read it with the signs around it."""

USUAL_ENCODINGS: tuple[str, ...] = ("utf-8", "gb18030")
MARKS: Mapping[bytes, tuple[str, ...]] = {
    b"\xef\xbb\xbf": ("utf-8",),
    b"\xff\xfe": ("utf-16",),
    b"\xfe\xff": ("utf-16",),
    b"\x84\x31\x95\x33": ("gb18030",),
}
"""The byte order mark in each encoding. Our own file for the bank may have it in GB18030."""
UNREADABLE = "\ufffd"
LEAST_READABLE = 8
"""Of so many characters beyond ASCII at most one may be unreadable. In a wrong encoding most are."""

ENCODING_NOTES = {
    "utf-8": N_("文件按 UTF-8 读取。"),
    "gb18030": N_("文件按 GB18030（GBK）读取。"),
    "utf-16": N_("文件按 UTF-16 读取。"),
}


class UnreadableAnswer(Exception):
    """The file has no table that can be an answer. `sentence` says what to do."""

    def __init__(self, text: str, **words: str) -> None:
        super().__init__(text)
        self.sentence = Sentence(text, words)


@dataclass
class AnsweredRow(RowFaults):
    """A row of the file: its line, its cells as text, and its faults by column."""

    line: int
    cells: dict[str, str]
    outcome: BankOutcome | None = None
    position: int | None = None
    unchanged: bool = False


def decoded(content: bytes) -> tuple[str, str]:
    """Return the text of a .csv and its encoding: by its byte order mark, else UTF-8 if it can be that, else GB18030.

    Text of more than a few Chinese characters in GB18030 can never be UTF-8. A few bytes that are no character become U+FFFD:
    banks' programs cut a remark at a number of bytes, in the middle of a character. Raises UnreadableAnswer.
    """
    encodings = next((given for mark, given in MARKS.items() if content.startswith(mark)), USUAL_ENCODINGS)
    if encodings is USUAL_ENCODINGS and b"\0" in content[:200]:
        little = content[1:200:2].count(0) >= content[0:200:2].count(0)
        encodings = ("utf-16-le",) if little else ("utf-16-be",)
    for encoding in encodings:
        text = content.decode(encoding, "replace")
        beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
        if text.count(UNREADABLE) * LEAST_READABLE <= beyond_ascii:
            return text.removeprefix("\ufeff"), "utf-16" if encoding.startswith("utf-16") else encoding
    raise UnreadableAnswer(N_("文件的文字编码无法识别。请在银行系统中重新下载，或另存为 .xlsx 后上传。"))


def notes_on_text(text: str, encoding: str) -> list[Sentence]:
    """Return what the page says of a text that `decoded` has read."""
    notes = [Sentence(ENCODING_NOTES[encoding])]
    if lost := text.count(UNREADABLE):
        notes.append(
            Sentence(
                N_("有 %(count)s 处文字不完整，显示为“�”，多半是银行系统截断了过长的内容。"),
                {"count": str(lost)},
            )
        )
    return notes


def rows_of_text(text: str) -> list[tuple[int, Sequence[Any]]]:
    """Return the rows of a .csv with their numbers; the delimiter is the one that divides the header."""
    head = text.splitlines()[:MOST_ROWS_ABOVE_HEADER]
    words = {word for names in HEADINGS.values() for word in names}
    best = max(
        DELIMITERS,
        key=lambda mark: max(
            (sum(_heading(cell.strip(' "')) in words for cell in line.split(mark)) for line in head),
            default=0,
        ),
    )
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=best)
    try:
        return [(rows.line_num, cells) for cells in rows if any(cell.strip() for cell in cells)]
    except csv.Error:
        raise UnreadableAnswer(N_("文件的格式无法识别，请另存为 .xlsx 后上传。")) from None


class AnswerSheet(Protocol):
    """A sheet as uploads/sheets.py reads it."""

    @property
    def name(self) -> str: ...
    @property
    def rows(self) -> Sequence[tuple[int, Sequence[Any]]]: ...
    @property
    def visible(self) -> bool: ...
    @property
    def hidden_rows(self) -> frozenset[int]: ...


def rows_of_sheets(sheets: Iterable[AnswerSheet], layout: Layout) -> tuple[list[AnsweredRow], list[Sentence]]:
    """Return the rows of the first visible sheet that is an answer, and notes on what was not read. Raises UnreadableAnswer."""
    visible = [sheet for sheet in sheets if sheet.visible and sheet.rows]
    fault = UnreadableAnswer(N_("文件里没有看得见的内容。"))
    for sheet in visible:
        try:
            rows = find_rows(sheet.rows, layout)
        except UnreadableAnswer as unreadable:
            fault = unreadable
            continue
        notes = []
        if hidden := [str(row.line) for row in rows if row.line in sheet.hidden_rows]:
            notes.append(
                Sentence(
                    N_("文件中有隐藏的行（第 %(rows)s 行等），也已读取。"), {"rows": "、".join(hidden[:10])}
                )
            )
        if len(visible) > 1:
            notes.append(Sentence(N_("只读取了工作表“%(sheet)s”。"), {"sheet": sheet.name}))
        return rows, notes
    raise fault


def find_rows(rows: Iterable[tuple[int, Sequence[Any]]], layout: Layout) -> list[AnsweredRow]:
    """Return the rows below the header. Raises UnreadableAnswer."""
    rows = list(rows)
    positions, at = _header(rows, layout)
    found = [
        AnsweredRow(line, {}) if not cells else _row(line, cells, positions) for line, cells in rows[at + 1 :]
    ]
    found = [
        row for row in found if row.cells.get(NUMBER) or row.cells.get(OUTCOME) or row.cells.get(ACCOUNT)
    ]
    if not found:
        raise UnreadableAnswer(N_("表头下面没有内容。"))
    if len(found) > MOST_ROWS:
        raise UnreadableAnswer(N_("一次最多 %(most)s 行。"), most=str(MOST_ROWS))
    return found


def _header(rows: Sequence[tuple[int, Sequence[Any]]], layout: Layout) -> tuple[dict[str, int], int]:
    """Return the position of each column and the index of the header row. Raises UnreadableAnswer."""
    own = {key: _heading(heading) for key, heading in layout.columns}
    missing: list[str] = list(REQUIRED)
    for at, (_, cells) in enumerate(rows[:MOST_ROWS_ABOVE_HEADER]):
        headings = [_heading(cell) for cell in cells]
        positions: dict[str, int] = {}
        for key, names in HEADINGS.items():
            wanted = [own[key], *names] if key in own else names
            place = next((headings.index(name) for name in wanted if name in headings), None)
            if place is not None and place not in positions.values():
                positions[key] = place
        absent = [key for key in REQUIRED if key not in positions]
        if not absent:
            return positions, at
        missing = min(missing, absent, key=len)
    listed = "、".join(COLUMNS[key] for key in missing)
    raise UnreadableAnswer(N_("没有找到这些列：%(columns)s。请上传银行返回的明细。"), columns=listed)


def _heading(cell: Any) -> str:
    text = normalised(str(cell)).replace("（", "(").replace("）", ")").strip("*:： ")
    return re.sub(r"\(.*\)$", "", text)


def _row(line: int, cells: Sequence[Any], positions: Mapping[str, int]) -> AnsweredRow:
    row = AnsweredRow(line, {})
    for key, place in positions.items():
        cell = cells[place] if place < len(cells) else ""
        row.cells[key] = _text(cell)
        if isinstance(cell, dict):
            row.add_fault(key, N_("这一格是公式、错误值或日期，请改为文本。"))
        elif key == ACCOUNT and _lost_digits(cell):
            row.add_fault(key, N_("这一格是数字格式，只保留了前 15 位，账号已经不准确；请用银行原来的文件。"))
    return row


def _lost_digits(cell: Any) -> bool:
    if isinstance(cell, str):
        return bool(SCIENTIFIC_NOTATION.fullmatch(cell.strip()))
    return isinstance(cell, int | float) and abs(cell) >= 10**EXACT_DIGITS


def _text(cell: Any) -> str:
    """Return what a cell shows; a number without the decimals that a spreadsheet adds."""
    if isinstance(cell, dict):
        return str(cell.get("error") or cell.get("date") or "")
    if isinstance(cell, float):
        return repr(cell) if abs(cell) >= 10**EXACT_DIGITS else f"{cell:.{EXACT_DIGITS}g}"
    text = one_line(str(cell))
    if found := AS_FORMULA.fullmatch(text):
        text = found[1]
    return text.strip("'\u2018\u2019` ")


def outcome_of(word: str) -> BankOutcome | None:
    """Return what a word of the bank says; None for one that is not in the table."""
    return BY_WORD.get(normalised(word).strip("。.!！ "))


def known_words() -> Iterator[tuple[BankOutcome, str]]:
    """Yield the words of each outcome, joined, for the page that explains them."""
    for outcome, words in OUTCOMES.items():
        yield outcome, "、".join(words)
