"""A reviewer's day: the list, what narrows it, one application with its papers, deciding by hand and by key, and colleagues."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from models import Action, Application, Disclosure, Experience, ExperienceKind, Role, State, db
from tests.browser import world
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.world import Case, Workplace, come_in, forgive
from tests.files import samples as files
from tests.machine.site import Site
from workflow.form import answers

pytestmark = pytest.mark.browser

PAGE = 20
CONSOLE = "/enterprise/"
NOTHING_WAITS = "没有等待您审核的申请"
PICTURE = ".viewer-paper:not([hidden]) img.viewer-sheet"


@pytest.fixture
def employer(live_server: Site) -> Workplace:
    """Nobody else's applications stand in this one's list."""
    return world.workplace(live_server)


@pytest.fixture
def page(chromium: Chromium, live_server: Site) -> ChromiumPage:
    return chromium.new_page(live_server.url)


@pytest.fixture(scope="module")
def crowded(live_server: Site) -> tuple[Workplace, list[Case]]:
    """An enterprise with more applications than fit on a page, the one that has waited longest first."""
    employer = world.workplace(live_server)
    names = [f"列表{'甲乙丙丁戊己庚辛壬癸'[number % 10]}" for number in range(PAGE + 5)]
    cases = world.many_submitted(live_server, employer, [*names, "欧阳晓燕"], education="doctor")
    return employer, cases


class List:
    """The list as it is on the screen. What it should show is waited for: a page is on its way after each click."""

    def __init__(self, page: ChromiumPage) -> None:
        self.page = page

    def numbers(self) -> list[str]:
        return self._texts("td.cell-quiet")

    def shows(self, numbers: list[str]) -> None:
        self._until(lambda: self.numbers() == numbers, f"the list does not show {numbers}")

    def begins_with(self, name: str) -> None:
        self._until(lambda: self.names()[:1] == [name], f"the list does not begin with {name}")

    def names(self) -> list[str]:
        return self._texts(".cell-title")

    def is_full(self) -> None:
        self._until(lambda: len(self.numbers()) == PAGE, f"the list does not have {PAGE} rows")

    def _texts(self, cell: str) -> list[str]:
        script = (
            "(cell) => [...document.querySelectorAll(`table tbody tr ${cell}`)].map((one) => one.innerText)"
        )
        texts: list[str] = self.page.evaluate(script, cell)
        return texts

    def _until(self, true: Callable[[], bool], complaint: str) -> None:
        world.waited_for(self.page, true, complaint)


def before_one(page: ChromiumPage, case: Case) -> None:
    """This application's page is open."""
    path = f"/{case.number}/"
    world.waited_for(page, lambda: urlsplit(page.url).path.endswith(path), f"not at {path}")
    page.see(case.number)


def show(page: ChromiumPage, title: str) -> None:
    page.window.locator(".papers-list a", has_text=title).click()


def box(page: ChromiumPage) -> tuple[float, float]:
    """Width and height of the picture as it is seen."""
    seen = page.window.locator(PICTURE).first.bounding_box()
    assert seen is not None
    return seen["width"], seen["height"]


def drawn(page: ChromiumPage) -> bool:
    width: int = page.evaluate("(selector) => document.querySelector(selector)?.naturalWidth ?? 0", PICTURE)
    return width > 0


# --- the list


@pytest.mark.guide("E5")
def test_paging_turns_without_losing_what_narrows_and_sorts(
    page: ChromiumPage, crowded: tuple[Workplace, list[Case]]
) -> None:
    employer, cases = crowded
    come_in(page, employer.reviewer, CONSOLE)
    assert page.window.locator(".tabs a").all_inner_texts()[0].split() == ["待我审核", str(len(cases))]
    page.select("学历", "硕士研究生")
    page.leave_by("查询")
    page.click("编号")
    masters = sorted(case.number for case in cases)[:-1]  # the doctor came last

    def page_is(shown: list[str], *, ways: set[str]) -> None:
        List(page).shows(shown)
        assert page.value("学历") == "硕士研究生"
        assert set(page.window.locator(".pager a").all_inner_texts()) == ways

    page_is(masters[:PAGE], ways={"下一页", "最后"})
    page.click("下一页")
    page_is(masters[PAGE:], ways={"最前", "上一页"})
    page.click("上一页")
    page_is(masters[:PAGE], ways={"下一页", "最后"})
    page.click("最后")
    page_is(masters[-PAGE:], ways={"最前", "上一页"})
    page.click("上一页")
    page_is(masters[:PAGE], ways={"下一页", "最后"})
    page.click("最后")
    page.click("最前")
    page_is(masters[:PAGE], ways={"下一页", "最后"})

    page.click("编号")  # the other way round
    List(page).shows(masters[::-1][:PAGE])
    assert page.window.locator("th[aria-sort=descending]").inner_text() == "编号"
    page.set_viewport(390, 844)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert page.window.locator(".pager a").first.bounding_box()["height"] >= 44
    page.set_viewport(1366, 768)
    page.select("学历", "不限")
    page.click("查询")
    List(page).shows(sorted((case.number for case in cases), reverse=True)[:PAGE])


@pytest.mark.guide("E5")
def test_a_list_is_sorted_by_a_click_on_a_heading(
    page: ChromiumPage, crowded: tuple[Workplace, list[Case]]
) -> None:
    employer, cases = crowded
    come_in(page, employer.reviewer, CONSOLE)
    by_waiting = [case.number for case in cases]
    List(page).shows(by_waiting[:PAGE])  # who has waited longest comes first
    page.click("姓名")
    List(page).begins_with("列表丙")
    page.click("姓名")
    List(page).begins_with("欧阳晓燕")
    page.click("等待")
    List(page).shows(by_waiting[:PAGE])
    page.click("等待")
    List(page).shows(by_waiting[::-1][:PAGE])


@pytest.mark.guide("E5")
def test_one_application_is_found_by_whatever_one_knows_of_it(
    page: ChromiumPage, crowded: tuple[Workplace, list[Case]], live_server: Site
) -> None:
    employer, cases = crowded
    wanted = cases[-1]
    come_in(page, employer.reviewer, CONSOLE)
    for words in (
        "晓燕",
        "oyxy",
        "OYX",
        wanted.number,
        wanted.person.login,
        f" {wanted.person.login.lower()} ",
    ):
        page.fill("姓名、拼音首字母、编号、电话、单位或证件号码", words)
        with page.leaving():
            page.press("Enter")
        List(page).shows([wanted.number])
        assert page.value("姓名、拼音首字母、编号、电话、单位或证件号码") == words.strip()
    page.fill("姓名、拼音首字母、编号、电话、单位或证件号码", employer.name[1:6])
    page.press("Enter")
    List(page).is_full()

    page.fill("姓名、拼音首字母、编号、电话、单位或证件号码", "没有这个人")
    page.press("Enter")
    page.see("没有符合条件的申请")
    page.leave_by("全部")  # another tab looks for the same
    page.see("没有符合条件的申请")
    page.leave_by("清除条件")
    List(page).is_full()


@pytest.mark.guide("E5")
def test_what_narrows_the_list_is_still_there_when_one_comes_back(
    page: ChromiumPage, crowded: tuple[Workplace, list[Case]]
) -> None:
    employer, _ = crowded
    come_in(page, employer.reviewer, CONSOLE)
    page.select("学历", "硕士研究生")
    page.fill("姓名、拼音首字母、编号、电话、单位或证件号码", "lb")
    page.leave_by("查询")
    page.click("下一页")
    page.see("上一页")
    before = List(page).numbers()
    page.window.locator("table tbody tr").nth(2).locator("td").nth(4).click()  # anywhere in the row
    page.see("下一件")
    assert urlsplit(page.url).path.endswith(f"/{before[2]}/")
    page.window.locator(".crumbs a").click()
    page.see("清除")
    List(page).shows(before)
    assert page.value("学历") == "硕士研究生"
    page.leave_by("清除")
    assert page.value("学历") == "不限"


@pytest.mark.guide("E5")
def test_an_empty_list_says_so_and_where_to_go(page: ChromiumPage, employer: Workplace) -> None:
    come_in(page, employer.reviewer, CONSOLE)
    page.see(NOTHING_WAITS)
    page.see("有新的申请提交到这里时，系统会提醒您。")
    page.leave_by("查看全部")
    page.see("这里还没有申请")
    page.leave_by("已审核")
    page.see("这里还没有申请")


# --- deciding


@pytest.mark.guide("E5", "E6")
def test_after_a_decision_the_next_waiting_one_opens_and_says_what_was_done(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    first, second, third = world.many_submitted(live_server, employer, ["甲一", "乙二", "丙三"])
    come_in(page, employer.reviewer, CONSOLE)
    List(page).shows([first.number, second.number, third.number])
    page.choose_row("甲一")
    page.see("下一件：乙二")
    page.click("跳过")
    before_one(page, second)
    page.goto(f"{CONSOLE}{first.number}/")
    page.click("通过并提交至东胜区人力资源和社会保障局")
    before_one(page, second)
    page.see(f"甲一（{first.number}）：企业审核通过。现由东胜区人力资源和社会保障局办理")
    page.see("系统已提醒该单位，请及时通知。")
    page.click("回退")
    page.click("附件不清晰，请重新上传。")
    page.click("所填信息与佐证材料不一致。")
    both = "附件不清晰，请重新上传。\n所填信息与佐证材料不一致。"
    world.becomes(page, lambda: page.value("回退原因"), both, "the reason")
    page.click("附件不清晰，请重新上传。")
    world.becomes(page, lambda: page.value("回退原因"), "所填信息与佐证材料不一致。", "the reason")
    page.click("确定回退")
    before_one(page, third)
    page.see(f"乙二（{second.number}）：企业回退。")
    page.click("通过并提交至东胜区人力资源和社会保障局")
    page.see(NOTHING_WAITS)
    page.click("已审核")
    List(page).shows([third.number, second.number, first.number])
    page.see("回退到申请")
    page.see("待初审")
    with world.stored(live_server, second) as application:
        assert application.state is State.RETURNED


@pytest.mark.guide("E5")
def test_a_whole_case_is_decided_by_keys(live_server: Site, page: ChromiumPage, employer: Workplace) -> None:
    first, second = world.many_submitted(live_server, employer, ["甲一", "乙二"])
    come_in(page, employer.reviewer, CONSOLE)
    for key, name in (("j", "甲一"), ("j", "乙二"), ("j", "乙二"), ("k", "甲一")):
        page.press(key)
        world.has_focus(page, name)
    page.press("Enter")
    page.see("经过")
    page.press("r")
    world.has_focus(page, "reason-return")
    page.window.keyboard.type("prjx缺页")  # letters are letters where one writes
    assert page.value("回退原因") == "prjx缺页"
    page.press("Escape")
    assert not page.window.locator("#reason-return").is_visible()
    world.waited_for(page, lambda: world.focused(page).startswith("回退"), "the focus is not back")
    page.press("Enter")
    world.has_focus(page, "reason-return")
    assert page.value("回退原因") == "prjx缺页"
    page.press("Escape")
    page.press("p")
    world.waited_for(page, lambda: world.focused(page).startswith("通过并提交至"), "p does not lead there")
    assert page.evaluate("() => window.scrollY") == 0  # what one is reading stays in sight
    assert world.state_of(live_server, first) is State.ENTERPRISE_REVIEW  # a slip decides nothing
    page.press("Enter")
    before_one(page, second)
    assert world.state_of(live_server, first) is State.PRELIMINARY_REVIEW
    page.press("r")
    page.window.keyboard.type("缺少盖章页。")
    for _ in range(20):
        page.press("Tab")
        if world.focused(page) == "确定回退":
            break
    page.press("Enter")
    page.see(NOTHING_WAITS)
    assert world.state_of(live_server, second) is State.RETURNED


@pytest.mark.guide("E5")
def test_of_two_reviewers_the_second_reads_who_did_what(
    live_server: Site, chromium: Chromium, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.submitted(live_server, employer)
    colleague = world.colleague(live_server, employer, "钱进")
    come_in(page, employer.reviewer, f"{CONSOLE}{case.number}/")
    other = chromium.new_page(live_server.url)
    come_in(other, colleague, f"{CONSOLE}{case.number}/")
    other.click("回退")
    other.fill("回退原因", "劳动合同缺少盖章页。")
    other.click("确定回退")
    other.see(NOTHING_WAITS)

    page.click("通过并提交至")
    page.see("此申请刚刚已由他人办理，您的操作没有执行")
    page.see(f"{employer.name} 钱进")
    page.see("企业回退。原因：劳动合同缺少盖章页。")
    page.see("回退到申请")
    assert page.window.locator(".footbar button").count() == 0
    page.screenshot(Path("build/screens/review-meanwhile-1366.png"))
    page.click("返回列表")
    page.see(NOTHING_WAITS)
    assert world.state_of(live_server, case) is State.RETURNED


@pytest.mark.guide("O1", "A19")
def test_an_office_refuses_with_a_reason_and_the_person_may_begin_anew(
    live_server: Site, chromium: Chromium, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.submitted(live_server, employer)
    world.act(live_server, case, Action.PASS, employer.reviewer)
    office = world.sample(live_server, Role.OFFICE, "东胜区")
    come_in(page, office, f"/office/{case.number}/")
    page.press("x")
    world.has_focus(page, "reason-refuse")
    page.see("业务随即结束，申请人会看到这段文字；申请人可以重新申请。")
    page.click("不符合申报条件。")
    page.press("Escape")
    page.press("r")  # one question at a time
    assert not page.window.locator("#reason-refuse").is_visible()
    page.press("Escape")
    page.press("x")
    page.click("确定不通过")
    page.see("初审不通过")
    with world.stored(live_server, case) as application:
        assert application.state is State.FINISHED

    person = chromium.new_page(live_server.url)
    come_in(person, case.person, case.sheet)
    person.see("审核不通过，业务结束")
    person.see("原因：不符合申报条件。")
    person.click("开始新的申请")
    person.see("请阅读，还有")


# --- one application


@pytest.mark.guide("E5")
def test_a_number_is_shown_in_full_only_when_asked_for_and_the_look_is_noted(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.submitted(live_server, employer, bank_account="6217000099998888")
    come_in(page, employer.reviewer, CONSOLE)
    assert case.person.login not in page.window.content()
    page.goto(f"{CONSOLE}{case.number}/")
    content = page.window.content()
    assert case.person.login not in content
    assert "6217000099998888" not in content
    page.see("1506**********")
    page.click("显示全部银行账号")
    page.see("6217000099998888")
    page.click("显示全部公民身份号码")
    page.see(case.person.login)
    with live_server.app_context():
        looks = db.session.execute(
            select(Disclosure.account_id, Disclosure.field)
            .where(Disclosure.application_id == case.id)
            .order_by(Disclosure.id)
        ).all()
    assert [tuple(look) for look in looks] == [
        (employer.reviewer.id, "bank_account"),
        (employer.reviewer.id, "identity_number"),
    ]
    page.goto(f"{CONSOLE}{case.number}/")
    assert case.person.login not in page.window.content()


@pytest.mark.guide("E5")
def test_papers_are_drawn_turned_and_enlarged_in_place(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.submitted(live_server, employer)
    come_in(page, employer.reviewer, f"{CONSOLE}{case.number}/")
    for title in ("身份证", "学历学位证书"):  # a photograph, and a PDF of two pages
        show(page, title)
        world.waited_for(page, lambda: drawn(page), f"{title} is not drawn")
        width, height = box(page)
        assert height > width
        page.click("旋转")
        stage = page.window.locator(".viewer-paper:not([hidden]) .viewer-stage").bounding_box()
        assert stage is not None
        within = stage["width"]
        world.waited_for(
            page, lambda within=within: within >= box(page)[0] > box(page)[1], "not turned in the stage"
        )
        for _ in range(3):
            page.click("旋转")
        upright = pytest.approx((width, height), abs=1)
        world.waited_for(page, lambda upright=upright: box(page) == upright, "not upright again")
        page.click("放大")
        page.click("放大")
        world.waited_for(page, lambda within=within: box(page)[0] > within, "not wider than the stage")
        wider = box(page)
        page.click("放大")
        world.waited_for(page, lambda wider=wider: box(page)[0] > wider[0], "not wider still")
        page.click("缩小")
        former = pytest.approx(wider, abs=1)
        world.waited_for(page, lambda former=former: box(page) == former, "not as wide as before")
        page.screenshot(Path(f"build/screens/review-enlarged-{title}.png"))
        page.click("适合宽度")
        world.waited_for(page, lambda within=within: box(page)[0] <= within, "does not fit")
    assert page.window.locator(PICTURE).count() == 2
    page.window.locator(PICTURE).nth(1).scroll_into_view_if_needed()
    world.waited_for(
        page, lambda: page.window.locator(PICTURE).nth(1).evaluate("(one) => one.naturalWidth > 0"), "page 2"
    )


@pytest.mark.guide("E5", "A11")
def test_what_cannot_be_shown_is_downloaded_under_its_own_name(
    live_server: Site, page: ChromiumPage, employer: Workplace, tmp_path: Path
) -> None:
    case = world.submitted(live_server, employer)
    come_in(page, employer.reviewer, f"{CONSOLE}{case.number}/")
    show(page, "劳动合同")
    page.see("DOCX 文件不能在此显示，请下载后查看。")
    with page.window.expect_download() as download:
        page.click("下载")
    assert download.value.suggested_filename == "劳动合同.docx"
    download.value.save_as(tmp_path / "劳动合同.docx")
    assert (tmp_path / "劳动合同.docx").read_bytes() == files.word()

    beside = """() => { const parts = [...document.querySelectorAll(".papers-missing > span")];
        parts[1].textContent = "引进人才生活补贴申请表";
        return new Set(parts.map((one) => Math.round(one.getBoundingClientRect().top))).size; }"""
    assert page.evaluate(beside) == 1  # number, name and 「未上传」 of what is missing


@pytest.mark.guide("A19", "E5")
def test_what_changed_since_the_return_is_marked_beside_what_stood_there(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.submitted(live_server, employer, position="助理工程师")
    world.act(live_server, case, Action.RETURN, employer.reviewer, "请更正岗位，并补充劳动合同。")
    world.upload(live_server, case, "劳动合同", "png", "盖章页")
    world.act(
        live_server,
        case,
        Action.SAVE,
        case.person,
        change=lambda application: answers.set_value(application, "position", "工程师"),
    )
    world.act(live_server, case, Action.SUBMIT, case.person)
    come_in(page, employer.reviewer, f"{CONSOLE}{case.number}/")
    changed = page.window.locator(".facts-changed")
    assert changed.count() == 1
    assert changed.inner_text().split() == ["岗位职务", "工程师", "上次：助理工程师", "标记"]
    marked = page.window.locator(".papers-list a", has_text="新")
    assert marked.count() == 1
    marked.click()
    page.see("盖章页.png")
    page.see("请更正岗位，并补充劳动合同。")  # in the history
    page.screenshot(Path("build/screens/review-changed-1366.png"))


@pytest.mark.guide("A19", "E5")
def test_a_reason_that_came_too_late_is_copied_and_rows_are_marked_on_a_phone_too(
    live_server: Site, chromium: Chromium, employer: Workplace
) -> None:
    def mended(application: Application) -> None:
        work = application.experiences[1]
        work.witness = "李四"
        further = Experience(
            position=2,
            kind=ExperienceKind.WORK,
            start=date(2023, 1, 1),
            place="后来的公司",
            subject="主管",
            witness="王五",
        )
        application.experiences = [work, further]

    reason = "劳动合同第 3 页没有盖章。"
    case = world.submitted(live_server, employer)
    world.act(live_server, case, Action.RETURN, employer.reviewer, "请补充劳动合同。")
    world.act(live_server, case, Action.SAVE, case.person, change=mended)
    world.act(live_server, case, Action.SUBMIT, case.person)
    for width, height in ((1366, 768), (390, 844)):
        page = chromium.new_page(live_server.url, width=width, height=height)
        come_in(page, employer.reviewer, f"{CONSOLE}{case.number}/")
        page.see("有修改 上次：证明人 张三")
        page.see("新增")
        page.see("已删除")
        page.screenshot(Path(f"build/screens/review-rows-{width}.png"))
        page.click("回退")
        page.fill("回退原因", reason)
        world.act(live_server, case, Action.WITHDRAW, case.person)
        page.click("确定回退")
        page.see("您填写的内容没有保存，可以从这里复制")
        assert page.value("原因（回退）") == reason
        page.click("复制")
        page.see("已复制")
        page.screenshot(Path(f"build/screens/review-typed-back-{width}.png"))
        forgive(page, "409")
        own = chromium.new_page(live_server.url, width=width, height=height)
        come_in(own, case.person, case.sheet)
        own.see("此前的回退原因，提交前请确认已经改正")
        own.screenshot(Path(f"build/screens/sheet-return-in-sight-{width}.png"))
        world.act(live_server, case, Action.SUBMIT, case.person)
        own.goto(case.sheet)
        own.screenshot(Path(f"build/screens/submitted-return-in-sight-{width}.png"))
        own.goto("/personal/application/history/")
        own.see("请补充劳动合同。")
        own.screenshot(Path(f"build/screens/history-return-in-sight-{width}.png"))


@pytest.mark.guide("A3", "E5")
def test_a_case_is_read_and_decided_on_a_phone(
    live_server: Site, chromium: Chromium, employer: Workplace
) -> None:
    case = world.submitted(live_server, employer)
    page = chromium.new_page(live_server.url, width=390, height=844)
    come_in(page, employer.reviewer, CONSOLE)
    page.screenshot(Path("build/screens/console-390.png"))
    page.choose_row("王晓敏")
    page.see("经过")
    show(page, "身份证")
    world.waited_for(page, lambda: drawn(page), "the picture is not drawn")
    page.click("回退")
    page.see("回退原因")
    world.comes_in_sight(page, "#reason-return")
    page.window.screenshot(path=Path("build/screens/review-reason-390.png"))
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    page.press("Escape")
    page.click("通过并提交至")
    page.see(NOTHING_WAITS)
    assert world.state_of(live_server, case) is State.PRELIMINARY_REVIEW


# --- who reviews


@pytest.mark.guide("E5")
def test_a_colleague_is_invited_decides_and_is_removed(
    page: ChromiumPage, chromium: Chromium, live_server: Site, employer: Workplace
) -> None:
    case = world.submitted(live_server, employer)
    come_in(page, employer.reviewer, CONSOLE)
    page.click("本单位审核人员")
    page.click("发出邀请")
    page.see("还有 2 处需要修改")
    page.fill("姓名", "钱多")
    page.fill("手机号码", "13847710001")
    looked_at(page, "reviewers-invite")
    page.click("发出邀请")
    page.see("邀请码只显示这一次")
    looked_at(page, "reviewers-handover")
    address, login, code = page.window.locator(".handover code").all_inner_texts()
    assert login == f"{employer.reviewer.login}-2"

    invited = chromium.new_page(live_server.url)
    invited.goto(urlsplit(address).path + "?" + urlsplit(address).query)
    assert invited.value("登录名") == login
    looked_at(invited, "invitation")
    invited.fill("邀请码", code)
    invited.fill("密码", "Qianduo2027")
    invited.fill("再填写一次密码", "Qianduo2027")
    invited.click("接受邀请，登录")
    invited.see("请记下您的找回码")
    invited.click("我已记下")
    invited.choose_row(case.number)
    invited.click("通过并提交至")
    invited.see("企业审核通过")
    assert world.state_of(live_server, case) is State.PRELIMINARY_REVIEW

    page.click("已交给本人，返回")
    page.see("接受邀请")
    looked_at(page, "reviewers")
    page.click("移除钱多")
    page.see("立即退出系统，不能再登录")
    looked_at(page, "reviewers-question")
    page.click("确定移除")
    page.see("已移除：钱多")
    invited.goto(CONSOLE)
    invited.see("企业登录")


def looked_at(page: ChromiumPage, name: str) -> None:
    """At a desk and on a phone: nothing for axe to find, nothing to scroll sideways."""
    for width, height in ((390, 844), (1366, 768)):
        page.set_viewport(width, height)
        page.screenshot(Path(f"build/screens/{name}-{width}.png"))
        assert page.axe() == [], f"{name} at {width}"
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), f"{name} at {width}"
