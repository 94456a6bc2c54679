"""Without a mouse, and on a phone: every control is reached, seen when it is, and large enough for a thumb."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from models import Action, Role
from tests.browser import world
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.people import save
from tests.browser.world import SHEET, Case, Workplace, come_in
from tests.files import samples as files
from tests.machine.site import Site

pytestmark = pytest.mark.browser

PHONE = (390, 844)
THUMB = 44  # px: what a thumb hits
MANY_STOPS = 150
PRESSES = 3
FRAMES = 30
"""Pictures that the browser draws until whatever has moved is at its place."""

FOCUS = """() => {
    const stop = document.activeElement;
    if (!stop || stop === document.body) return null;
    const seen = stop.matches("input[type=file]") ? stop.labels[0] : stop;
    const style = getComputedStyle(seen);
    const { left, top, width, height } = seen.getBoundingClientRect();
    const there = document.elementFromPoint(left + width / 2, top + Math.min(height / 2, innerHeight / 3));
    return {
        name: (stop.getAttribute("aria-label") || stop.labels?.[0]?.innerText || stop.innerText || stop.id).trim().split("\\n")[0],
        ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        covered: !there || !(seen.contains(there) || there.contains(seen)) || there.matches("html, body, main"),
        first: Boolean(window.firstStop) && stop === window.firstStop,
        html: stop.outerHTML.slice(0, 120),
    };
}"""

SMALL = """(thumb) => [...document.querySelectorAll(
        "button:not(.button-link, .toast-close, .password-show), a.button, summary, select, textarea, .tabs a, .top-nav a, .pager a," +
        "input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), .slot-drop > label, .employer, .choice"
    )]
    .filter((one) => one.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true }))
    .filter((one) => !one.matches(".visually-hidden, .visually-hidden *"))
    .filter((one) => one.getBoundingClientRect().height < thumb - 0.5)
    .map((one) => `${Math.round(one.getBoundingClientRect().height)} px: ${one.outerHTML.slice(0, 120)}`)"""


@pytest.fixture(scope="module")
def employer(live_server: Site) -> Workplace:
    return world.workplace(live_server)


@pytest.fixture
def page(chromium: Chromium, live_server: Site) -> ChromiumPage:
    return chromium.new_page(live_server.url)


def stops(page: ChromiumPage) -> Iterator[str]:
    """Press Tab from the beginning of the page to its end; each stop must be seen, with its ring."""
    for _ in range(MANY_STOPS):
        page.window.keyboard.press("Tab")
        stop = at_rest(page)
        if stop is None or stop["first"]:
            return
        page.evaluate("() => { window.firstStop ??= document.activeElement; }")
        assert stop["name"], f"no label: {stop['html']}"
        assert stop["ring"], f"no ring: {stop['html']}"
        assert not stop["covered"], f"covered: {stop['html']}"
        yield stop["name"]


def at_rest(page: ChromiumPage) -> dict[str, Any] | None:
    """What has the focus. What is covered yet may be on its way into sight, as 「跳到正文」 is for a moment."""
    for _ in range(FRAMES):
        stop: dict[str, Any] | None = page.evaluate(FOCUS)
        if not stop or not stop["covered"]:
            break
        page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    return stop


def tab_to(page: ChromiumPage, name: str, key: str = "Tab") -> None:
    """Press Tab until the control of this name has the focus."""
    seen = []
    for _ in range(MANY_STOPS):
        page.window.keyboard.press(key)
        stop = page.evaluate(FOCUS)
        seen.append(stop and stop["name"])
        if stop and stop["name"].startswith(name):
            assert stop["ring"]
            return
    raise AssertionError(f"「{name}」 is not reached: {seen}")


def choose(page: ChromiumPage, control: str, file: Path) -> None:
    """Choose a file by the space bar on the control that has the focus.

    It is pressed again where nothing opens: a browser opens the dialog only if it hears of the key soon after it was
    pressed, and on a machine with too much to do it once did not.
    """
    for left in reversed(range(PRESSES)):
        assert page.evaluate(FOCUS)["name"].startswith(control)
        try:
            with page.window.expect_file_chooser() as asked:
                page.press("Space")
        except PlaywrightTimeoutError:
            if not left:
                raise
        else:
            asked.value.set_files(file)
            return


# --- by keyboard


@pytest.mark.guide("A3")
def test_one_comes_in_and_fills_in_a_field_by_keyboard_alone(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    page.goto("/")
    tab_to(page, "跳到正文")
    tab_to(page, "个人登录")
    page.press("Enter")
    page.see("忘记密码")
    world.has_focus(page, "login")
    page.window.keyboard.type(case.person.login)  # the cursor stands in the first field already
    tab_to(page, "密码")
    page.window.keyboard.type(case.person.password)
    page.press("Enter")
    page.see("人才经办快捷入口")
    tab_to(page, "战略性新兴产业引进人才生活补贴申请")
    page.press("Enter")
    page.see("岗位职务")
    tab_to(page, "岗位职务")
    page.press("Control+a")
    page.window.keyboard.type("高级工程师")
    page.press("Enter")  # saves, as 「保存」 does
    page.see("已保存")
    assert page.value("岗位职务") == "高级工程师"
    with world.stored(live_server, case) as application:
        assert (application.answers or {})["position"] == "高级工程师"


@pytest.mark.guide("A3")
@pytest.mark.parametrize("place", ["sheet", "attachments", "history", "confirm", "list", "review"])
def test_every_stop_of_the_tab_key_is_seen(
    live_server: Site, page: ChromiumPage, employer: Workplace, place: str
) -> None:
    if place in ("list", "review"):
        case = world.submitted(live_server, employer)
        path = "/enterprise/" if place == "list" else f"/enterprise/{case.number}/"
        come_in(page, employer.reviewer, path)
    else:
        case = world.complete(live_server, employer)
        paths = {
            "sheet": "",
            "attachments": "attachments/",
            "confirm": "submit/",
            "history": "../history/",
        }
        path = f"{SHEET}history/" if place == "history" else case.sheet + paths[place]
        come_in(page, case.person, path)
    reached = list(stops(page))
    assert reached[0] == "跳到正文"
    expected = {
        "sheet": {"毕业院校", "查询", "修改", "新增", "保存", "提交", "申请须知"},
        "attachments": {"选择文件", "上传材料", "确认", "删除 身份证.jpg"},
        "history": {"确定"},
        "confirm": {"确定提交", "返回修改"},
        "list": {"待我审核", "查询", "王晓敏", "学历"},
        "review": {"旋转", "放大", "下载", "显示全部公民身份号码", "回退", "1"},
    }
    for name in expected[place]:
        assert any(each.startswith(name) for each in reached), f"{name} is not among {reached}"


@pytest.mark.guide("A7", "A10")
def test_each_dialog_opens_and_closes_by_keyboard_and_gives_the_focus_back(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    come_in(page, case.person, case.sheet)

    # 「工作单位」: search, arrow keys, Enter
    other = world.workplace(live_server, "市直属")
    page.window.locator("[data-dialog-open=employers]").focus()
    page.press("Enter")
    page.see("选择工作单位")
    world.has_focus(page, "employer-words")
    page.press("Escape")
    page.not_see("选择工作单位")
    world.has_focus(page, "查询")
    page.press("Enter")
    page.window.keyboard.type(other.name)
    page.press("Enter")
    page.see(other.name)
    tab_to(page, other.name)
    page.press("Space")
    page.press("Enter")
    page.see("个人申请 → 企业审核 → 市专家服务中心审核")
    assert page.value("工作单位") == other.name
    world.has_focus(page, "查询")
    save(page)

    # 「学习工作经历」
    for name in ("新增", "修改"):
        page.window.locator("#experiences").get_by_role("button", name=name).first.focus()
        page.press("Enter")
        page.see("学校或单位")
        assert page.evaluate("() => document.activeElement.matches('dialog[open] input')")
        assert page.axe() == []
        page.press("Escape")
        page.not_see("学校或单位")
        world.has_focus(page, name)
    page.press("Enter")
    tab_to(page, "专业或职务")
    page.press("Control+a")
    page.window.keyboard.type("化学")
    page.press("Enter")
    page.see("化学")
    world.has_focus(page, "修改")
    page.window.locator("#experiences").get_by_role("button", name="删除").first.focus()
    page.press("Enter")
    page.see("删除这条经历？")
    assert page.axe() == []
    page.press("Escape")
    page.not_see("删除这条经历？")
    world.has_focus(page, "删除")
    page.press("Enter")
    tab_to(page, "删除")
    page.press("Enter")
    page.not_see("化学")
    world.has_focus(page, "新增")  # the row's own button is gone with it

    # 「申请须知」
    page.window.get_by_role("link", name="申请须知").first.focus()
    opener = world.focused(page)
    page.press("Enter")
    page.window.wait_for_selector("#notice[open]")
    page.press("Escape")
    page.window.wait_for_selector("#notice:not([open])", state="attached")
    world.has_focus(page, opener)


@pytest.mark.guide("A11")
def test_files_are_chosen_and_removed_by_keyboard(
    live_server: Site, page: ChromiumPage, employer: Workplace, tmp_path: Path
) -> None:
    case = world.draft(live_server, employer)
    world.upload(live_server, case, "身份证", "jpg", "正面")
    come_in(page, case.person, f"{case.sheet}attachments/")
    tab_to(page, "选择文件")
    choose(page, "选择文件", files.save(tmp_path, "png", "证书"))
    page.see("证书.png")
    tab_to(page, "上传材料")
    page.press("Enter")
    page.see("还有 4 项必需材料未上传")
    page.window.locator("button[aria-label='删除 正面.jpg']").focus()
    page.press("Enter")
    page.see("删除这个文件？")
    assert page.axe() == []
    page.press("Escape")
    world.has_focus(page, "删除")
    page.press("Enter")
    tab_to(page, "删除")
    page.press("Enter")
    page.see("已删除文件。")
    assert world.paper_names(live_server, case, "身份证") == []


# --- on a phone


@pytest.fixture
def phone(chromium: Chromium, live_server: Site) -> ChromiumPage:
    return chromium.new_page(live_server.url, width=PHONE[0], height=PHONE[1])


def fits(page: ChromiumPage, name: str) -> None:
    """Nothing is wider than the screen, and what one presses is as high as a thumb."""
    page.window.screenshot(path=Path("build/screens") / f"phone-{name}.png")
    wide = page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll("dialog[open], dialog[open] .dialog-body")]
            .map((one) => one.scrollWidth - one.clientWidth)"""
    )
    assert not any(wide), f"{name} is too wide: {wide}"
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE[0], name
    assert page.evaluate(SMALL, THUMB) == [], name


def opens(page: ChromiumPage, dialog: str, name: str) -> None:
    page.window.wait_for_function("(id) => document.getElementById(id).open", arg=dialog)
    fits(page, name)
    page.click("取消")


@pytest.mark.guide("A3")
def test_the_applicants_pages_fit_a_phone(
    live_server: Site, phone: ChromiumPage, employer: Workplace
) -> None:
    for path, name in (("/", "portal"), ("/login/personal", "login"), ("/register/personal", "register")):
        phone.goto(path)
        fits(phone, name)
    person = world.person(live_server)
    come_in(phone, person, SHEET)
    phone.see("请阅读，还有")
    fits(phone, "notice")

    case = world.draft(live_server, employer, school=None, phone="12345")
    phone.window.context.clear_cookies()
    come_in(phone, case.person, "/personal/")
    fits(phone, "home")
    phone.goto(case.sheet)
    fits(phone, "sheet")
    for section in ("employment", "experience"):  # they are complete, and so folded
        phone.window.locator(f"#section-{section} > summary").click()
    phone.window.locator("[data-dialog-open=employers]").click()
    phone.fill("单位名称", "示例")
    phone.press("Enter")
    phone.see("个人申请 → 企业审核")
    opens(phone, "employers", "employers")
    phone.click("修改", within="内蒙古大学")
    opens(phone, "experience-dialog", "experience")
    phone.click("删除", within="内蒙古大学")
    opens(phone, "experience-remove", "experience-remove")
    for path, name in (
        (f"{case.sheet}?check=1", "incomplete"),
        (f"{case.sheet}attachments/", "attachments"),
        (f"{SHEET}history/", "history"),
        ("/account/", "account"),
        ("/messages/", "messages"),
    ):
        phone.goto(path)
        fits(phone, name)


@pytest.mark.guide("A3")
def test_what_follows_the_last_page_fits_a_phone(
    live_server: Site, phone: ChromiumPage, employer: Workplace
) -> None:
    case = world.complete(live_server, employer)
    come_in(phone, case.person, f"{case.sheet}attachments/")
    fits(phone, "attachments-full")
    phone.click("删除 身份证.jpg")
    opens(phone, "file-remove", "file-remove")
    phone.goto(f"{case.sheet}submit/")
    fits(phone, "confirm")
    phone.click("确定提交")
    phone.see("提交成功")
    fits(phone, "submitted")
    world.act(live_server, case, Action.RETURN, employer.reviewer, "劳动合同缺少盖章页，请补充后重新上传。")
    phone.goto(case.sheet)
    fits(phone, "returned")


@pytest.mark.guide("A3")
def test_a_reviewers_pages_fit_a_phone(live_server: Site, phone: ChromiumPage) -> None:
    employer = world.workplace(live_server)
    cases: list[Case] = world.many_submitted(live_server, employer, ["甲一", "乙二"])
    come_in(phone, employer.reviewer, "/enterprise/")
    fits(phone, "list")
    phone.click("筛选")
    fits(phone, "list-filters")
    phone.goto(f"/enterprise/{cases[0].number}/")
    fits(phone, "review")
    phone.click("回退")
    fits(phone, "review-reason")
    world.comes_in_sight(phone, "#return .button-main")
    world.act(live_server, cases[0], Action.PASS, employer.reviewer)
    look: Callable[[str, str], None] = lambda path, name: (phone.goto(path), fits(phone, name))[1]  # noqa: E731
    office = world.sample(live_server, Role.OFFICE, "东胜区")
    phone.window.context.clear_cookies()
    come_in(phone, office, f"/office/{cases[0].number}/")
    fits(phone, "office-review")
    look("/office/enterprises/", "office-enterprises")
