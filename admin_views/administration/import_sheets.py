"""The Excel files of 企业导入: the template to fill in, and the report of refused rows.

Every cell is written as text, so that typed content never becomes a formula or a link.
"""

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from admin_views.site.wording import translated
from administration.import_table import CODE, COLUMNS, CONTACT, MOST_ROWS, NAME, REGION, TELEPHONE

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
WIDTHS = {NAME: 36, CODE: 24, REGION: 26, CONTACT: 14, TELEPHONE: 20}
EXAMPLE = {  # stays Chinese: example values
    NAME: "内蒙古示例新材料有限公司",
    CODE: "91150602MA0Q4XY20Q",
    REGION: "东胜区",
    CONTACT: "其其格",
    TELEPHONE: "0477-8123456",
}


def template(regions: Sequence[str]) -> bytes:
    """Return the file to fill in. Its columns have text format, and regions are chosen from a list."""
    with io.BytesIO() as file:
        with _book(file) as book:
            sheet = _table(book, gettext("企业"))
            region_sheet = _table_of_regions(book, regions)
            _explanations(book)
            if regions:
                column = list(COLUMNS).index(REGION)
                sheet.data_validation(
                    1,
                    column,
                    MOST_ROWS,
                    column,
                    {
                        "validate": "list",
                        "source": f"='{region_sheet.get_name()}'!$A$2:$A${len(regions) + 1}",
                        "error_title": gettext("没有这个地区"),
                        "error_message": gettext("请从下拉列表中选择。"),
                    },
                )
        return file.getvalue()


def report(rows: Iterable[Any]) -> bytes:
    """Return the refused rows in the template's columns, with row number and faults. Once corrected, the file can be uploaded again."""
    with io.BytesIO() as file:
        with _book(file) as book:
            sheet = _table(book, gettext("未通过的行"), (gettext("原文件行号"), 12), (gettext("问题"), 70))
            for line, row in enumerate(rows, 1):
                for column, key in enumerate(COLUMNS):
                    sheet.write_string(line, column, getattr(row, key))
                sheet.write_number(line, len(COLUMNS), row.number)
                sheet.write_string(line, len(COLUMNS) + 1, gettext("；").join(fault_texts(row.faults)))
        return file.getvalue()


def fault_texts(faults: Sequence[Any]) -> list[str]:
    """Return the faults of a row, each sentence after the name of its column."""
    return [
        gettext(
            "%(column)s：%(fault)s",
            column=translated(COLUMNS[column]),
            fault=translated(text, words).rstrip("。."),
        )
        for column, text, words in faults
    ]


def _book(file: io.BytesIO) -> "Workbook":
    from xlsxwriter import Workbook  # imported late: 42 modules for two rare downloads

    return Workbook(file, {"in_memory": True, **AS_TEXT})


def _table(book: "Workbook", name: str, *further: tuple[str, int]) -> "Worksheet":
    """Add a sheet with the columns of the file. Their names stay Chinese: the import looks for them."""
    head = book.add_format({"bold": True, "bg_color": "#E8F0FB", "border": 1, "border_color": "#C5D3E8"})
    text = book.add_format({"num_format": "@"})
    sheet = book.add_worksheet(name)
    columns = [(label, WIDTHS[key]) for key, label in COLUMNS.items()] + list(further)
    for place, (label, width) in enumerate(columns):
        sheet.set_column(place, place, width, text)
        sheet.write_string(0, place, label, head)
    sheet.freeze_panes(1, 0)
    return sheet


def _table_of_regions(book: "Workbook", regions: Sequence[str]) -> "Worksheet":
    sheet = book.add_worksheet(gettext("地区"))
    sheet.set_column(0, 0, 30)
    for place, name in enumerate((gettext("可以填写的地区"), *regions)):
        sheet.write_string(place, 0, name, book.add_format({"bold": not place}))
    return sheet


def _explanations(book: "Workbook") -> None:
    sheet = book.add_worksheet(gettext("填写说明"))
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    bold = book.add_format({"bold": True})
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 60, wrapped)
    sheet.set_column(2, 2, 32)
    for place, words in enumerate((gettext("列"), gettext("怎么填"), gettext("示例"))):
        sheet.write_string(0, place, words, bold)
    how = {
        NAME: gettext("与营业执照一致的全称，最多 100 个字。"),
        CODE: gettext("18 位，与营业执照一致；单元格须为文本格式（模板已设好）。"),
        REGION: gettext("从下拉列表中选择；审核流程由它决定。"),
        CONTACT: gettext("最多 60 个字。"),
        TELEPHONE: gettext("手机号码，或带区号的固定电话。"),
    }
    for place, (key, label) in enumerate(COLUMNS.items(), 1):
        sheet.write_string(place, 0, label)
        sheet.write_string(place, 1, how[key])
        sheet.write_string(place, 2, EXAMPLE[key])
    notes = (
        gettext("每行一家企业，五列都要填写；填在“企业”工作表里，不要改动表头。"),
        gettext("一次最多 %(most)s 行。不要使用公式和合并单元格。", most=MOST_ROWS),
        gettext("导入的企业还没有账号：由企业在首页注册，地区主管部门审核通过后，才能被选为工作单位。"),
    )
    for place, note in enumerate(notes, len(COLUMNS) + 2):
        sheet.write_string(place, 1, note)
