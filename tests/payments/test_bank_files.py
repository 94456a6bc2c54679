"""The bank's file and its answer as bytes: what is written can be read again as it was, and what a bank sends is read or refused by row."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from models import BankOutcome
from payments import bank_file
from payments.answer_table import (
    AnsweredRow,
    UnreadableAnswer,
    decoded,
    find_rows,
    notes_on_text,
    rows_of_text,
)
from payments.bank_amounts import fen_of_fen, fen_of_yuan
from payments.bank_file import CSV, EXAMPLES, FEN, GB18030, SHEET, UTF_8, XLSX, Layout, PaymentLine
from payments.judging import SentRow, judge, same_account
from uploads import decoding

HAN = st.characters(categories=["Lo"], min_codepoint=0x3400, max_codepoint=0x323AF)
NAMES = st.text(HAN, min_size=1, max_size=8)
LINES = st.lists(
    st.builds(
        PaymentLine,
        st.integers(1, 99999),
        st.from_regex(r"F20[0-9]{10}", fullmatch=True),
        NAMES,
        st.from_regex(r"[0-9]{8,30}", fullmatch=True),
        NAMES,
        st.integers(1, 10**12),
    ),
    min_size=1,
    max_size=5,
)
LAYOUTS = st.builds(
    Layout,
    st.permutations([(key, heading) for key, heading in bank_file.COLUMNS.items()]).map(tuple),
    st.sampled_from([GB18030, UTF_8]),
    st.booleans(),
    st.sampled_from(list(bank_file.UNITS)),
    st.sampled_from(list(bank_file.TOTALS)),
    st.booleans(),
    st.just("人才生活补贴"),
)


def written(kind: str, layout: Layout, lines: list[PaymentLine]) -> bytes:
    stream = io.BytesIO()
    bank_file.write_bank_file(kind, stream, layout, lines, bank_file.control_rows("2026-001", 3, 123, "ab"))
    return stream.getvalue()


@pytest.mark.guide("P4")
@settings(max_examples=20)
@given(LAYOUTS, LINES)
def test_every_name_account_and_amount_survives_the_file_in_every_layout(
    layout: Layout, lines: list[PaymentLine]
) -> None:
    expected = [layout.row(line) for line in lines]
    heading = [[name for _, name in layout.columns]] if layout.headings else []
    text = written(CSV, layout, lines).decode(layout.encoding)
    assert text.startswith("\ufeff") is layout.bom
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff")))) == heading + expected
    book = CalamineWorkbook.from_filelike(io.BytesIO(written(XLSX, layout, lines)))
    assert book.get_sheet_by_index(0).to_python() == heading + expected  # text, every cell
    assert len(book.sheet_names) == (2 if layout.totals == SHEET else 1)


@pytest.mark.guide("P4")
def test_no_cell_is_a_formula_and_what_would_be_one_is_left_out() -> None:
    hostile = PaymentLine(1, "F1", "=1+1", "6217000012345678901", "@SUM(A1)", 1)
    book = CalamineWorkbook.from_filelike(io.BytesIO(written(XLSX, Layout(), [hostile])))
    assert book.get_sheet_by_index(0).to_python()[1][2:5] == ["=1+1", "6217000012345678901", "@SUM(A1)"]
    for text in ("=1+1", "+1", "-1", "@a", "＝1", "a\tb", " a", "龴"):
        assert bank_file.unwritable(text)
    for line in EXAMPLES:
        assert bank_file.unwritable(line.holder) is None


@pytest.mark.guide("P4")
def test_a_layout_without_what_the_bank_needs_is_refused() -> None:
    assert list(bank_file.layout_faults(Layout())) == []
    assert bank_file.layout_from_json(Layout(purpose="补贴").as_json()) == Layout(purpose="补贴")
    broken = Layout((("number", "编号"), ("holder", "编号"), ("account", ""), ("bank", "=A1")))
    assert [field for field, _ in bank_file.layout_faults(broken)] == [
        "columns",
        "number",
        "holder",
        "account",
        "bank",
    ]


BANKS = "代发结果\n批次,001\n付款编号,户名,收款人账号,交易金额(元),交易状态,失败原因\n{}"


def answer(rows: str, encoding: str) -> tuple[list[AnsweredRow], str]:
    plain = encoding.removesuffix("-sig")
    content = BANKS.format(rows).encode(plain)
    text, found = decoded(content if plain == encoding else "\ufeff".encode(plain) + content)
    return find_rows(rows_of_text(text), Layout()), found


@pytest.mark.guide("P4")
@pytest.mark.parametrize(
    ("encoding", "read_as"),
    [
        ("gb18030", "gb18030"),
        ("gb18030-sig", "gb18030"),
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", "utf-16"),
    ],
)
def test_a_text_answer_is_read_in_every_usual_encoding(encoding: str, read_as: str) -> None:
    row = 'F202600100001,𠮷田䶮,6217000012345678901,"15,000.00",交易成功,\r\n'
    [found], encoding_found = answer(row, encoding)
    assert encoding_found == read_as
    assert found.cells == {
        "number": "F202600100001",
        "account": "6217000012345678901",
        "amount": "15,000.00",
        "outcome": "交易成功",
        "reason": "",
    }
    assert found.line == 4


@pytest.mark.guide("P4")
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_a_remark_cut_within_a_character_costs_that_character_alone(encoding: str) -> None:
    cut = "户名不符".encode(encoding)[:-1]
    row = "F1,王晓敏,6217000012345678901,1.00,失败,".encode(encoding) + cut + b"\r\n"
    text, found = decoded(BANKS.format("").encode(encoding) + row * 3)
    rows = find_rows(rows_of_text(text), Layout())
    assert (found, [each.cells["reason"].rstrip("\ufffd") for each in rows]) == (encoding, ["户名不"] * 3)
    _, cut_note = notes_on_text(text, found)
    assert cut_note.words == {"count": "3"}


@pytest.mark.guide("P4")
def test_cells_are_read_as_excel_shows_them() -> None:
    row = '="F202600100001",王晓敏,="6217000012345678901","=""15,000.00""",成功,\r\n'
    [found], _ = answer(row, "gb18030")
    assert found.cells["number"] == "F202600100001"
    assert found.cells["account"] == "6217000012345678901"
    assert found.cells["amount"] == "15,000.00"
    heading = ("付款编号", "收款账号", "金额", "处理结果")
    for number, shown in ((0.1 + 0.2, "0.3"), (15000.000000000002, "15000"), (14999.999999999998, "15000")):
        [found] = find_rows([(1, heading), (2, ("F1", "6217", number, "成功"))], Layout())
        assert found.cells["amount"] == shown


def test_tabs_and_bars_divide_too_and_what_is_no_answer_is_said() -> None:
    for mark in "\t|;":
        text = BANKS.format("F1,王,6217,1.00,失败,户名不符").replace(",", mark)
        quoted = "\n".join(f'"{line}"'.replace(mark, f'"{mark}"') for line in text.splitlines())
        for written in (text, quoted):
            [row] = find_rows(rows_of_text(written), Layout())
            assert row.cells["reason"] == "户名不符"
    for text in ("", "a,b\n1,2", "付款编号,金额\nF1,1", BANKS.format("")):
        with pytest.raises(UnreadableAnswer):
            find_rows(rows_of_text(text), Layout())
    with pytest.raises(UnreadableAnswer):
        decoded(b"\xff\xff\xff\xff")


@pytest.mark.guide("P4")
def test_an_old_excel_file_of_a_bank_is_read_in_the_confined_process() -> None:
    with (Path(__file__).parent / "answer.xls").open("rb") as file:
        [sheet] = decoding.read_sheets(file, 100, 40)
    rows = find_rows([(row[0], row[1]) for row in sheet["rows"]], Layout())
    assert [(row.cells["amount"], row.cells["outcome"]) for row in rows] == [
        ("15000", "交易成功"),
        ("10,000.50", "失败"),
        ("9999.99", "处理中"),
    ]


def test_amounts_and_masked_accounts_are_compared_exactly() -> None:
    assert [
        fen_of_yuan(text)
        for text in ("15,000.00", "¥1.5", "1.50元", "0.01", "9999.990", "１５，０００．００", "￥1.5")
    ] == [
        1500000,
        150,
        150,
        1,
        999999,
        1500000,
        150,
    ]
    assert [fen_of_yuan(text) for text in ("", "1,00.00", "1.005", "1e3", "-1", "一百")] == [None] * 6
    assert (fen_of_fen("1500001"), fen_of_fen("150.0"), fen_of_fen("1.5")) == (1500001, 150, None)
    assert same_account("6217 0000 1234 5678 901", "6217000012345678901")
    assert same_account("6217****8901", "6217000012345678901")
    assert not same_account("6217****8902", "6217000012345678901")
    assert same_account("****8901", "6217000012345678901")
    for too_little in ("****", "6217****1", "6217000012345678****", "62*17****8901"):
        assert not same_account(too_little, "6217000012345678901")


def test_the_fen_layout_is_compared_in_fen_and_every_fault_of_a_row_is_named() -> None:
    sent = {
        "F1": SentRow(1, "F1", "62170000", 150, None),
        "F2": SentRow(2, "F2", "62170001", 1, BankOutcome.PAID),
    }
    cells = {"number": "f1", "account": "62170000", "amount": "150", "outcome": "成功", "reason": ""}
    good = AnsweredRow(2, dict(cells))
    wrong = AnsweredRow(3, {**cells, "number": "F2", "account": "1", "amount": "2", "outcome": "失败"})
    judge([good, wrong], sent, Layout(unit=FEN))
    assert (good.faults, good.outcome, good.position) == ([], BankOutcome.PAID, 1)
    assert [column for column, _ in wrong.faults] == ["amount", "account", "outcome"]
