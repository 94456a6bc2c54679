"""企业导入 in a browser with a real worker, and an imported enterprise that registers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from xlsxwriter import Workbook

from administration.import_table import COLUMNS
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.people import Enterprise, credit_code, login
from tests.factories import credit_code as another_code
from tests.machine.site import Site

pytestmark = pytest.mark.browser
PICTURES = Path("build/screens")


@pytest.fixture(scope="module")
def live_server(start_site: Callable[..., Site]) -> Iterator[Site]:
    site = start_site("sqlite", WORKER="beside")
    yield site
    site.stop()


def checked(page: ChromiumPage, name: str) -> None:
    """Check the page at both widths: no axe finding, no horizontal scrolling."""
    for width, height in ((1366, 768), (390, 844)):
        page.set_viewport(width, height)
        page.screenshot(PICTURES / f"importing-{name}-{width}.png")
        assert page.axe() == [], f"{name} at {width}"
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), f"{name} at {width}"
    page.set_viewport(1366, 768)


def book(path: Path, *rows: list[str]) -> Path:
    with Workbook(path) as made:
        sheet = made.add_worksheet("企业")
        for place, row in enumerate([list(COLUMNS.values()), *rows]):
            sheet.write_row(place, 0, row)
    return path


def log_in(chromium: Chromium, site: Site, role: str, region: str = "") -> ChromiumPage:
    account = next(
        each for each in site.accounts if each["role"] == role and region in (each["region"] or "")
    )
    page = chromium.new_page(site.url)
    login(page, "工作人员入口", account["login"], account["password"])
    return page


@pytest.mark.guide("D1", "E1", "E2")
def test_enterprises_are_imported_after_two_rows_are_corrected_and_one_registers(
    chromium: Chromium, live_server: Site, tmp_path: Path
) -> None:
    page = log_in(chromium, live_server, "administrator")
    first = ["东胜区导入氢能有限公司", credit_code(), "东胜区", "何欣", "0477-8123456"]
    second = ["康巴什导入光伏有限公司", another_code(), "康巴什区", "何欣", "13847710000"]
    page.click("企业")
    page.leave_by("批量导入")
    checked(page, "begin")
    page.click("上传并核对")
    page.see("请先选择要上传的文件")
    page.upload(
        "Excel 文件",
        book(tmp_path / "旧.xlsx", first, [*second[:2], "康巴", *second[3:]], ["没有代码的公司"]),
    )
    page.leave_by("上传并核对")
    page.evaluate("() => { window.stayed = true; }")
    page.see("共 3 行：可导入 1 行，未通过 2 行")
    assert page.evaluate("() => window.stayed"), "the page is renewed where it is"
    page.see("没有这个地区，请从模板的下拉列表中选择")
    page.see("统一社会信用代码：这一格是空的")
    checked(page, "preview")
    page.click("可导入", within="核对结果")
    page.see("东胜区导入氢能有限公司")
    page.click("放弃")
    page.see("这次导入已放弃，没有写入任何企业")

    page.click("重新上传")
    page.upload("Excel 文件", book(tmp_path / "新.xlsx", first, second))
    page.click("上传并核对")
    page.see("共 2 行：可导入 2 行，未通过 0 行")
    page.click("确认导入 2 家")
    page.see("已导入 2 家企业")
    checked(page, "done")
    page.leave_by("批量导入企业")  # left, and come back to
    checked(page, "records")
    page.click("新.xlsx")
    page.click("查看待注册的企业")
    page.see("康巴什导入光伏有限公司")
    page.see("已导入，待注册")

    company = Enterprise(chromium.new_page(live_server.url), name="写错的名称", code=first[1])
    company.register(tmp_path)
    company.page.see("东胜区导入氢能有限公司")
    office = log_in(chromium, live_server, "office", "东胜区")
    office.click("企业账号")
    office.choose_row("东胜区导入氢能有限公司")
    office.see("注册时填写的单位名称“写错的名称”与导入的不同。")
    checked(office, "office")
    office.click("通过")
    office.see("审核通过，已通知企业")
    company.page.goto("/enterprise/registration/")
    company.page.see("企业账号已审核通过")
    assert page.console_errors == []
