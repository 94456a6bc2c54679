"""Cells of an import as Excel, WPS and people leave them: each is read correctly or gets a fault, and never counts as empty."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from administration import import_table, region_names
from common import telephones
from models import Account, ImportState, RegionKind, db
from tests.administration.test_imports import HEAD, book, faults, good, rows_of, upload
from tests.factories import World, region
from tests.machine.worlds import Person
from uploads import sheets, workbook


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("0477－8586912", "0477-8586912"),
        ("0477—8586912", "0477-8586912"),
        ("0477-8586912转801", "0477-8586912-801"),
        ("0477-8586912 ext. 801", "0477-8586912-801"),
        ("4778586912", "0477-8586912"),
        (4778586912, "0477-8586912"),
        ("477-8586912", "0477-8586912"),
        ("1065529988", "010-65529988"),
        (75583123456, "0755-83123456"),
        ("13847710000.0", "13847710000"),
        ("1.3847710000E+10", "13847710000"),
        (13847710000.0, "13847710000"),
        (4001234567, "4001234567"),
    ],
)
def test_a_telephone_is_normalised(typed: Any, stored: str) -> None:
    assert one_cell(import_table.TELEPHONE, typed) == (stored, "")


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("contact_phone", "0477-8586912/13847710000", "不止一个号码（0477-8586912、13847710000）"),
        ("contact_phone", "13847710000、13847710001", "不止一个号码"),
        ("contact_phone", "13847710000\n0477-8586912转2", "不止一个号码（13847710000、0477-8586912-2）"),
        ("contact_phone", "13847710000 13847710001", "不止一个号码"),
        ("contact_phone", "1.38E+10", "科学计数法"),
        ("credit_code", "9.11506E+17", "科学计数法"),
        ("credit_code", 9.11506e17, "数字格式"),
        ("credit_code", {"error": "#N/A"}, "错误值 #N/A"),
        ("region", {"error": "#REF!"}, "错误值 #REF!"),
        ("name", "#N/A", "错误值 #N/A"),
        ("name", {"formula": True}, "没有保存它的结果"),
        ("name", 0, "没有文字"),
        ("contact_name", "-", "没有文字"),
        ("contact_phone", {"date": "2026-01-02"}, "日期格式"),
    ],
)
def test_a_cell_changed_by_excel_gets_a_fault_that_says_how(column: str, cell: Any, words: str) -> None:
    assert words in one_cell(column, cell)[1]


def one_cell(column: str, cell: Any) -> tuple[str, str]:
    """The text and the fault of a cell in this column."""
    values = {
        "name": "甲公司",
        "credit_code": "91150602MA0Q4XY20Q",
        "region": "东胜区",
        "contact_name": "周婷",
    }
    values |= {"contact_phone": "0477-8123456", column: cell}
    table = import_table.find_table([sheets.Sheet("企业", [(1, HEAD), (2, list(values.values()))])])
    (row,) = table.rows
    noted = {key: sentence.text % sentence.words for key, sentence in row.faults}
    assert not noted.keys() - {column}
    return row.cells[column], noted.get(column, "")


@pytest.mark.parametrize(
    "header",
    [
        ["单位 名称", "统一社会\n信用代码", "所属地区 ", "联 系 人", "联系电话"],
        ["*单位名称", "统一社会信用代码（18位）", "所属地区*", "联系人【必填】", "联系电话："],
    ],
)
def test_a_header_is_found_with_spaces_line_breaks_stars_and_remarks(header: list[str]) -> None:
    cells = ["甲公司", "91150602MA0Q4XY20Q", "东胜区", "周婷", "0477-8123456"]
    reordered = [list(reversed(each)) for each in (header, cells)]
    table = import_table.find_table([sheets.Sheet("企业", [(3, reordered[0]), (4, reordered[1])])])
    assert [*table.rows[0].cells.values()] == cells


def test_of_a_header_with_two_merged_rows_the_lower_one_counts() -> None:
    upper = [*HEAD[:3], "联系方式", "联系方式"]
    cells = ["甲公司", "91150602MA0Q4XY20Q", "东胜区", "周婷", "0477-8123456"]
    table = import_table.find_table([sheets.Sheet("企业", [(1, upper), (2, HEAD), (3, cells)])])
    assert [row.number for row in table.rows] == [3]


def test_an_empty_first_sheet_is_skipped_and_unread_sheets_are_reported() -> None:
    row = ["甲公司", "91150602MA0Q4XY20Q", "东胜区", "周婷", "0477-8123456"]
    empty = sheets.Sheet("模板", [(1, HEAD)])
    filled, further = (sheets.Sheet(name, [(1, HEAD), (2, row)]) for name in ("甲", "乙"))
    hidden = sheets.Sheet("丙", [(1, HEAD), (2, row)], visible=False)
    table = import_table.find_table([hidden, empty, filled, further])
    assert [note.words for note in table.notes] == [{"sheet": "“丙”"}, {"read": "“甲”", "sheet": "“乙”"}]
    with pytest.raises(import_table.Unreadable, match="是隐藏的"):
        import_table.find_table([empty, hidden])


@pytest.mark.guide("D1")
def test_regions_are_found_by_name_full_name_and_code(ordos: World) -> None:
    dongsheng = region(RegionKind.BANNER)
    dongsheng.code, dongsheng.name = "150602", "东胜区"
    city = region(RegionKind.CITY)
    city.code, city.name = "150600", "市直属"
    front, banner = region(RegionKind.BANNER), region(RegionKind.BANNER)
    front.name, banner.name = "鄂托克前旗", "鄂托克旗"
    park = region(RegionKind.PARK)
    park.name = "空港物流园区(综合保税区)"
    known = region_names.by_spelling([dongsheng, city, front, banner, park])

    def found(written: str) -> str:
        which = region_names.find(written, known)
        return which.name if which else ""

    for written in (
        "东胜区", " 东 胜 区 ", "鄂尔多斯市东胜区", "内蒙古自治区鄂尔多斯市东胜区", "内蒙古鄂尔多斯东胜区",
        "东胜", "150602", "150602000000", "150602 东胜区", "１５０６０２",
    ):  # fmt: skip
        assert found(written) == "东胜区", written
    for written in ("市直属", "鄂尔多斯市直属", "鄂尔多斯市市直属"):
        assert found(written) == "市直属", written
    assert found("空港物流园区") == found("鄂尔多斯空港物流园区（综合保税区）") == park.name
    assert (found("鄂托克"), found("内蒙古鄂托克前旗")) == ("鄂托克旗", "鄂托克前旗")
    for written in ("", "鄂尔多斯市", "内蒙古自治区", "火星", "150602 康巴什区", "15060", "1506021"):
        assert found(written) == "", written


@pytest.mark.guide("D1")
def test_a_workbook_with_hidden_filtered_and_changed_cells_is_reported_row_by_row(
    prepared: World, person: Person, app: Flask
) -> None:
    where = prepared.banner.region.name

    def formula(text: str, came_to: str) -> Callable[..., None]:
        return lambda _book, sheet, row, column: sheet.write_formula(row, column, text, None, came_to)

    def finish(made: Any, sheet: Any) -> None:
        sheet.set_row(1, None, None, {"hidden": True})
        sheet.autofilter(0, 0, 6, 4)
        sheet.filter_column("D", "x == 周婷")
        sheet.set_row(3, None, None, {"hidden": True})
        sheet.set_column(3, 3, 14, None, {"hidden": True})
        second = made.add_worksheet("达拉特旗")
        second.write_row(0, 0, HEAD)
        second.write_row(1, 0, good(where))
        dictionary = made.add_worksheet("字典")
        dictionary.write_row(0, 0, ["地区", where])
        dictionary.hide()

    file = book(
        good(where, name="隐藏的公司"),
        good(where, name=formula("=VLOOKUP(1,字典!A1,1)", "#N/A")),
        good("火星", contact_name="筛掉的"),
        good(where, credit_code=formula('=A1&""', "")),
        [formula("=字典!B9", "#REF!"), formula("=A1", ""), None, None, None],
        good(f"鄂尔多斯市{where}"),
        finish=finish,
    )
    with app.app_context():
        job = upload(file, db.session.get_one(Account, prepared.administrator.id))
        assert (job.state, job.accepted, job.refused) == (ImportState.PREVIEW, 2, 4), job.error
        said, number = faults(job), job.id
        assert [row.number for row in rows_of(job) if row.hidden] == [2, 4]
    assert said[3] == {"name": "这一格是公式的错误值 #N/A，请改为正确的内容。"}
    assert "没有保存它的结果" in said[5]["credit_code"]
    assert "错误值 #REF!" in said[6]["name"]
    assert "没有保存它的结果" in said[6]["credit_code"]
    browser = person(prepared.administrator)
    page = browser.get(f"/administration/imports/{number}/").text
    for words in (
        "2 行是隐藏的或被筛选掉的（第 2、4 行）",
        "“联系人”列是隐藏的",
        "工作表“达拉特旗”也有表头和内容，没有读取",
        "隐藏行",
    ):
        assert words in page, words
    assert "字典" not in page
    browser.get("/language/en")
    english = browser.get(f"/administration/imports/{number}/").text
    assert "Rows that the file hides or has filtered out: 2 (numbers 2、4)" in english


def test_telephones_that_lost_no_zero_stay_unchanged() -> None:
    for number in ("13847710000", "8586912", "0477-8586912", "4001234567", "12345", "", "1384771000"):
        assert telephones.with_lost_zero(number) == telephones.normalised_telephone(number)


def test_a_cell_in_a_row_beyond_the_end_of_a_sheet_is_ignored() -> None:
    def marks(row: int) -> workbook.SheetDetails:
        file = io.BytesIO()
        cell = '<c r="A1" t="e"><v>#N/A</v></c>'
        with zipfile.ZipFile(file, "w") as package:
            package.writestr(
                "sheet.xml", f'<worksheet><sheetData><row r="{row}">{cell}</row></sheetData></worksheet>'
            )
        return workbook.details_of(file, "sheet.xml", 40)

    assert marks(workbook.LAST_ROW).cells == {workbook.LAST_ROW - 1: {0: {"error": "#N/A"}}}
    for row in (workbook.LAST_ROW + 1, 99_999_999_999, 0, -5):
        assert marks(row).cells == {}, row
