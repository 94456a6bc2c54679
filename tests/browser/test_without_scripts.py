"""Everything that a person and an enterprise do, in a browser that runs no script at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from models import Action, Disclosure, State, db
from tests.browser import people, world
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.driver import PATIENCE
from tests.browser.people import Applicant, save
from tests.browser.world import SHEET, Workplace, come_in, forgive
from tests.files import samples as files
from tests.machine.site import Site
from workflow.form import answers

pytestmark = pytest.mark.browser

SIZES = ((390, 844), (1366, 768))
NOTICE_LEFT = 15  # seconds: of the thirty only these are really waited for


@pytest.fixture(scope="module")
def employer(live_server: Site) -> Workplace:
    return world.workplace(live_server)


@pytest.fixture
def page(chromium: Chromium, live_server: Site) -> ChromiumPage:
    return chromium.new_page(live_server.url, javascript=False)


class Sight:
    """Looks at pages for axe, whose own script needs a browser that runs one: it is shown what the other browser has."""

    def __init__(self, chromium: Chromium, site: Site) -> None:
        self._glass = chromium.new_page(site.url)
        self._glass.window.route("**/*.js*", lambda route: route.abort())

    def of(self, page: ChromiumPage, name: str) -> None:
        """Nothing hinders anybody on the page as it is now, nothing is wider than the screen."""
        glass, content = self._glass, page.window.content()
        glass.window.context.add_cookies(page.window.context.cookies())
        answer = {"body": content, "content_type": "text/html; charset=utf-8"}
        glass.window.route(page.url, lambda route: route.fulfill(**answer), times=1)
        glass.goto(page.url)
        for width, height in SIZES:
            page.set_viewport(width, height)
            # Whole in sight: else axe measures what lies half under the bar at the foot.
            glass.set_viewport(width, glass.evaluate("() => document.documentElement.scrollHeight") + 200)
            page.screenshot(Path("build/screens") / f"without-scripts-{name}-{width}.png")
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width, f"{name} at {width}"
            assert glass.axe() == [], f"{name} at {width}"
        forgive(glass, "ERR_FAILED")


@pytest.fixture
def sight(chromium: Chromium, live_server: Site) -> Sight:
    return Sight(chromium, live_server)


@pytest.mark.guide("A2", "A5", "A7", "A8", "A9", "A10", "A11", "A12", "A13", "A14", "A15", "A16", "E5", "E6")
def test_an_application_goes_from_the_registration_to_the_office(
    live_server: Site,
    chromium: Chromium,
    page: ChromiumPage,
    sight: Sight,
    employer: Workplace,
    tmp_path: Path,
) -> None:
    person = Applicant(page, name="吴脚本")
    person.register()
    page.click("战略性新兴产业引进人才生活补贴申请")
    page.see("秒后本页自动进入填写")
    assert not page.window.locator("#application").is_visible()
    assert page.window.locator(".footbar").count() == 0 or not page.window.locator(".footbar").is_visible()
    sight.of(page, "notice")
    account = world.registered(live_server, person.number, people.PASSWORD)
    world.let_time_pass_but(live_server, account, NOTICE_LEFT)
    page.goto(SHEET)
    page.see("秒后本页自动进入填写")
    page.see("公民身份号码", timeout=NOTICE_LEFT + PATIENCE)  # words that the notice does not say
    page.not_see("秒后本页自动进入填写")

    # 基本信息
    person.fill_in()
    save(page)
    sight.of(page, "sheet")

    # 学习工作经历
    page.click("新增")
    page.see("第 1 条经历")
    page.see("学习工作经历有改动，还没有保存")
    page.see("有未保存的修改")
    page.not_see("附件已确认")
    page.leave_by("新增")
    assert page.value("岗位职务") == "工程师"
    page.click("删除", within="第 1 条经历")
    page.see("第 2 条经历")
    page.not_see("第 1 条经历")
    page.check("学习")
    page.fill("证明人", "李建国")
    page.fill("起始年月", "2008-09")
    page.fill("终止年月", "2015-06")
    page.fill("学校或单位", "内蒙古大学")
    page.fill("专业或职务", "材料科学与工程")

    # 工作单位, which saves what is typed on its way
    page.click("查询", within="所属战略性新兴产业")
    page.see("选择工作单位")
    page.fill("单位名称", "没有这个单位")
    page.click("查询")
    page.see("若单位未注册账号需先进行注册")
    page.fill("单位名称", employer.name[:6])
    page.click("查询")
    page.choose_row(employer.name)
    sight.of(page, "employer")
    page.click("确定")
    page.see("个人申请 → 企业审核 → 东胜区初审 → 市专家服务中心审核")
    assert page.value("学校或单位") == "内蒙古大学"

    page.click("提交")
    page.see("还不能提交")
    page.click("请上传身份证。")
    page.see("须所在企业审核人审核无误、签字并加盖单位公章后上传")

    # 上传附件: everything in one form
    for material, kinds in people.MATERIALS.items():
        paths = [files.save(tmp_path, kind, f"{material}{kind}") for kind in kinds]
        if material == "劳动合同":
            paths[0].write_bytes(files.truncated(files.pdf()))
        page.upload(f"选择文件 {material}", *paths)
    sight.of(page, "attachments")
    page.click("上传材料")
    page.see("内容却是", timeout=30)  # the one that is broken; the others are kept
    sight.of(page, "attachments-refused")
    page.see("必需材料已全部上传")
    page.click("删除 身份证png.png")
    page.see("已删除文件。")
    page.click("确认")
    page.see("请点击下方“保存”。")
    save(page)

    # 提交
    page.click("提交")
    page.see("提交后不可修改")
    sight.of(page, "confirm")
    page.click("确定提交")
    page.see("提交成功")
    page.see("系统已提醒该单位")
    sight.of(page, "submitted")
    page.goto("/personal/")
    page.click("查询历史")
    page.see("审批不通过/回退原因")
    sight.of(page, "history")
    page.choose_row("待企业审核")
    page.click("确定")
    page.see(f"现由{employer.name}办理")

    # 企业审核
    desk = chromium.new_page(live_server.url, javascript=False)
    come_in(desk, employer.reviewer, "/enterprise/")
    desk.see("待我审核")
    desk.click(person.name)
    desk.see("经过")
    sight.of(desk, "review")
    desk.click("显示全部公民身份号码")
    desk.see(person.number)
    desk.see("已显示，已记录")
    for title in ("学历学位证书 (1/2)", "银行卡复印件"):
        desk.window.locator(".papers-list a", has_text=title).click()
        desk.see("下载")
        picture = desk.window.locator(f".viewer-paper:visible img[alt*='{title[:4]}']").first
        world.waited_for(
            desk, lambda picture=picture: picture.evaluate("(one) => one.naturalWidth > 0"), "no picture"
        )
    desk.click("回退")
    desk.see("回退原因")
    desk.click("确定回退")
    desk.see("请填写原因，申请人会看到这段文字。")
    sight.of(desk, "review-reason-missing")
    desk.fill("回退原因", "劳动合同缺页。")
    desk.click("确定回退")
    desk.see("企业回退")
    desk.see("没有等待您审核的申请")

    # ... and once more
    page.goto("/personal/")
    page.click("战略性新兴产业引进人才生活补贴申请")
    page.see("劳动合同缺页。")
    page.fill("岗位职务", "高级工程师")
    page.click("重新提交")
    page.click("确定提交")
    page.see("提交成功")
    desk.goto("/enterprise/")
    desk.click(person.name)
    desk.see("上次：工程师")
    desk.click("通过并提交至东胜区人力资源和社会保障局")
    desk.see("系统已提醒该单位")
    with live_server.app_context():
        looks = db.session.scalars(
            select(Disclosure.field).where(Disclosure.account_id == employer.reviewer.id)
        ).all()
    assert looks == ["identity_number"]


@pytest.mark.guide("A15")
def test_what_is_wrong_stays_typed_and_is_named_beside_its_field(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    come_in(page, case.person, case.sheet)
    page.evaluate("() => { document.getElementById('birth_date').type = 'text'; }")
    page.fill("出生日期", "去年春天")
    page.fill("手机号码", "12345")
    page.fill("毕业院校", "北京大学")
    page.click("保存")
    page.see("有填写不正确的内容没有保存")
    world.says_beside(page, "birth_date", "出生日期：请按“年-月-日”填写真实的日期，例如：2018-09-05。")
    world.says_beside(page, "phone", "请填写 11 位手机号码。")
    assert page.window.locator("#birth_date").get_attribute("value") == "去年春天"
    with world.stored(live_server, case) as application:
        assert answers.value(application, "school") == "北京大学"


def test_a_notice_that_changed_while_one_typed_takes_nothing_away(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    come_in(page, case.person, case.sheet)
    page.fill("岗位职务", "高级工程师")
    world.publish_notice(live_server, "2026 年再补充版")
    page.click("保存")
    page.see("请先阅读“申请须知”，还有")
    page.see("2026 年再补充版")
    assert page.value("岗位职务") == "高级工程师"
    assert page.window.locator("meta[http-equiv=refresh]").count() == 0
    world.let_time_pass(live_server, case.person, 31)
    save(page)
    assert page.value("岗位职务") == "高级工程师"


def test_a_session_that_ended_gives_back_what_was_typed(
    live_server: Site, page: ChromiumPage, sight: Sight, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    come_in(page, case.person, case.sheet)
    page.fill("岗位职务", "高级工程师")
    page.window.context.clear_cookies()
    page.click("保存")
    page.see("您填写的内容都还在")
    page.see("您的登录也已过期")
    sight.of(page, "expired")
    with page.window.context.expect_page() as opened:
        page.click("先登录（在新窗口打开）")
    world.log_in(ChromiumPage(opened.value, page.base_url), case.person)
    page.leave_by("继续提交")
    if "继续提交" in page.text():  # the page was made for nobody; now it is made for this person
        page.click("继续提交")
    page.see("已保存")
    assert page.value("岗位职务") == "高级工程师"
    forgive(page, "419")


def test_an_application_that_was_submitted_elsewhere_cannot_be_saved(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.complete(live_server, employer)
    come_in(page, case.person, case.sheet)
    world.act(live_server, case, Action.SUBMIT, case.person)
    page.fill("岗位职务", "偷改")
    page.click("保存")
    page.see("申请已提交，提交后的信息不可修改。")
    assert page.value("岗位职务") == "偷改"  # what was typed can be copied
    page.see(f"现由{employer.name}办理")
    assert world.state_of(live_server, case) is State.ENTERPRISE_REVIEW
