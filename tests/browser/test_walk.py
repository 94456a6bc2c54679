"""The guide from beginning to end, in its own words, in a real browser with real files; once by each way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.chromium import ChromiumPage
from tests.browser.driver import Browser, Page
from tests.browser.people import Applicant, Enterprise, Reviewer, pass_on, send_back
from tests.machine.site import Site

pytestmark = pytest.mark.browser

SIZES = ((1366, 768), (390, 844))
INSPECTED: set[str] = set()
"""Pages are the same by each way: the first that comes by looks at them."""


@dataclass(frozen=True)
class Way:
    """One of the guide's ways of review: 一、审核流程."""

    region: str
    words: str
    preliminary: str | None
    """The step of the office in between, as the screens name it."""


WAYS = {
    "市直属": Way("市直属", "个人申请 → 企业审核 → 市专家服务中心审核", None),
    "旗区": Way(
        "东胜区", "个人申请 → 企业审核 → 东胜区初审 → 市专家服务中心审核", "东胜区人力资源和社会保障局"
    ),
    "市管园区": Way(
        "高新技术产业开发区",
        "个人申请 → 企业审核 → 高新技术产业开发区初审 → 市专家服务中心审核",
        "高新技术产业开发区人才业务主管部门",
    ),
}


def inspector(found: list[str]) -> Callable[[Page, str], None]:
    """Look at a page as it is now: axe at both sizes, and nothing wider than the screen."""

    def look(page: Page, name: str) -> None:
        if name in INSPECTED or not isinstance(page, ChromiumPage):
            return
        INSPECTED.add(name)
        for width, height in SIZES:
            page.set_viewport(width, height)
            page.window.screenshot(path=Path("build/walk") / f"{name}-{width}.png")
            wide = page.evaluate("() => document.documentElement.scrollWidth")
            if wide > width:
                found.append(f"{name}: {wide} px wide on a screen of {width}")
            # Whole in sight: else axe measures what lies half under the bar at the foot.
            page.set_viewport(
                width, max(height, page.evaluate("() => document.documentElement.scrollHeight") + 120)
            )
            found.extend(f"{name} at {width}: {violation}" for violation in page.axe())
        page.set_viewport(*SIZES[0])

    return look


@pytest.mark.parametrize("live_server", ["sqlite"], indirect=True, scope="module")
@pytest.mark.parametrize(
    ("kind", "browser"),
    [(kind, "chromium") for kind in WAYS] + [("旗区", "firefox")],
    indirect=["browser"],
    ids=["city-chromium", "banner-chromium", "park-chromium", "banner-firefox"],
)
@pytest.mark.guide(
    "R1", "R2", "R3", "A1", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "A11", "A12", "A13", "A14", "A15", "A16",
    "A17", "A18", "A19", "E1", "E2", "E3", "E5", "E6", "O1", "O2", "O3",
)  # fmt: skip
def test_an_application_goes_its_whole_way(
    kind: str, browser: Browser, live_server: Site, tmp_path: Path
) -> None:
    way = WAYS[kind]
    found: list[str] = []
    look = inspector(found)

    def account(role: str, region: str = "") -> dict[str, str]:
        return next(a for a in live_server.accounts if a["role"] == role and a["region"] == region)

    def new_page() -> Page:
        return browser.new_page(live_server.url)

    name = f"{kind}步行{browser.name}材料有限公司"
    enterprise = Enterprise(new_page(), look, name=name, region=way.region)
    office = Reviewer(new_page(), look, account=account("office", way.region))
    city = Reviewer(new_page(), look, account=account("city"))
    person = Applicant(new_page(), look, name=f"步{kind[0]}晓{browser.name[0]}")

    # 二(一) 注册登录; while 「申请须知」 stays its thirty seconds, the employer registers its account
    person.register()
    person.open_notice()
    enterprise.register(tmp_path)
    enterprise.page.see("8586912" if kind == "市直属" else "联系电话见通知里第六部分")
    enterprise.login_refused_console()
    person.wait_for_notice()

    # 二(二) 填写基本信息
    person.fill_in()
    person.page.see("有未保存的修改")
    person.save()
    person.page.click("提交")
    person.page.see("还不能提交")
    look(person.page, "application-incomplete")
    person.page.click("请点击“新增”填写学习工作经历。")
    person.find_no_employer(name)

    office.login()
    office.approve_enterprise(name)
    person.choose_employer(name[:6], name, way.words)
    person.add_experience("学习", "2008-09", "2015-06", "内蒙古大学", "材料科学与工程")
    person.add_experience("工作", "2015-07", "2024-02", "某材料研究院", "助理工程师")
    person.page.click("修改", within="某材料研究院")
    person.page.fill("专业或职务", "工程师")
    person.page.click("保存")
    person.save()
    look(person.page, "application")

    # 4. 保存后未提交，下次进入: 「查询历史」, 「个人保存状态」, 「确定」
    assert "个人保存状态" in person.history()
    look(person.page, "history")
    person.page.choose_row("个人保存状态")
    person.page.leave_by("确定")
    assert person.page.value("岗位职务") == "工程师"
    person.page.click("申请须知", within="办理情况")
    person.page.see("审核流程")
    person.page.press("Escape")

    # 3. 上传附件, 5. 提交
    person.upload_all(tmp_path)
    person.submit()
    person.page.see(f"现由{name}办理")

    # 企业审核: 回退, then 修改、提交 anew
    enterprise.page.goto("/enterprise/")
    enterprise.page.see("待我审核")
    look(enterprise.page, "console")
    send_back(enterprise, person.name, "劳动合同缺少盖章页，请补充后重新上传。")
    row = person.history()
    assert "回退到申请" in row
    assert "劳动合同缺少盖章页，请补充后重新上传。" in row
    person.page.choose_row("回退到申请")
    person.page.click("确定")
    person.page.see("已回退，请修改后重新提交")
    look(person.page, "application-returned")
    person.page.fill("岗位职务", "高级工程师")
    person.save()
    person.submit("重新提交")

    # ... and the whole way again
    enterprise.page.goto("/enterprise/")
    enterprise.page.choose_row(person.name)
    enterprise.page.see("上次：工程师")
    look(enterprise.page, "review")
    enterprise.page.click("通过并提交至")
    enterprise.page.see(f"现由{way.preliminary or '鄂尔多斯市专家服务中心'}办理")
    enterprise.page.see("系统已提醒该单位")
    if way.preliminary:
        office.page.goto("/office/")
        pass_on(office, person.name, "通过并提交至鄂尔多斯市专家服务中心", "现由鄂尔多斯市专家服务中心办理")
    else:
        office.page.goto("/office/?tab=all")
        office.page.not_see(person.name)
    city.login()
    pass_on(city, person.name, "通过，业务结束", "市专家服务中心审核通过")

    # 二(三) 查看审核结果
    row = person.history()
    assert "业务结束" in row
    assert "通过" in row
    assert "企业审核通过" in row
    look(person.page, "history-finished")
    person.page.choose_row("业务结束")
    person.page.click("确定")
    person.page.see("审核通过，业务结束")
    person.page.not_see("确定提交")
    look(person.page, "finished")
    assert not found, "\n".join(found)
