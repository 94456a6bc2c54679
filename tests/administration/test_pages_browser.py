"""The administration in a real browser, on a desktop and on a phone; axe finds nothing on any page."""

from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select

from models import Account, Application, Enterprise, Region, RegionKind, State, db, now
from tests.browser import world as world_of
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.people import come_in, login, save
from tests.factories import application_at, make_read_notice, world
from tests.machine.site import Site

pytestmark = pytest.mark.browser
PLAIN = (
    "",
    "regions/",
    "regions/new/",
    "regions/2/merge/",
    "offices/",
    "enterprises/",
    "enterprises/?q=没有",
    "staff/",
    "staff/new/",
    "form/",
    "form/fields/degree/",
    "form/sections/promise/new/",
    "form/preview/",
    "form/versions/1/",
    "materials/",
    "materials/1/",
    "notices/",
    "notices/1/",
    "notices/new/",
    "periods/",
    "periods/1/",
    "calendar/",
    "calendar/new/",
    "settings/",
    "settings/help_line/",
    "settings/staff_second_factor/",
    "changes/",
)
PICTURES = Path("build/screens")


def checked(page: ChromiumPage, name: str) -> None:
    """Check the page at both widths: no axe finding, no horizontal scrolling."""
    for width, height in ((1366, 768), (390, 844)):
        page.set_viewport(width, height)
        page.screenshot(PICTURES / f"administration-{name}-{width}.png")
        assert page.axe() == [], f"{name} at {width}"
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), f"{name} at {width}"
    page.set_viewport(1366, 768)


@pytest.fixture
def page(chromium: Chromium, live_server: Site) -> ChromiumPage:
    (account,) = [each for each in live_server.accounts if each["role"] == "administrator"]
    page = chromium.new_page(live_server.url)
    login(page, "工作人员入口", account["login"], account["password"])
    page.see("还需要您完善")
    return page


@pytest.mark.guide("A3")
def test_every_page_can_be_used_at_a_desk_and_on_a_phone(page: ChromiumPage) -> None:
    for path in PLAIN:
        page.goto(f"/administration/{path}")
        checked(page, path.replace("/", "-").strip("-") or "overview")


@pytest.mark.guide("D1")
def test_a_clerk_gets_an_account_chooses_a_password_and_is_deactivated(
    live_server: Site, chromium: Chromium, page: ChromiumPage
) -> None:
    page.click("工作人员")
    page.click("新增工作人员")
    page.click("保存")
    page.see("没有保存，请修改以下内容")
    checked(page, "staff-wrong")
    page.fill("姓名", "其其格")
    page.fill("登录名", "qiqige")
    page.check("市、旗区人社部门或市管园区人才业务主管部门")
    page.select("单位", "康巴什区人力资源和社会保障局")
    page.click("保存")
    page.see("密码和找回码只显示这一次")
    checked(page, "staff-handover")
    name, password = (one.inner_text() for one in page.window.locator("dl.handover code").all()[:2])
    page.click("已交给本人，返回")

    clerk = chromium.new_page(live_server.url)
    clerk.goto("/office/")
    come_in(clerk, "账号", name, password)
    clerk.see("请设置自己的密码")
    checked(clerk, "first-password")
    clerk.fill("新密码", "Qiqige2027")
    clerk.fill("再填写一次新密码", "Qiqige2027")
    clerk.click("设置密码")
    clerk.see("待我审核")

    page.click("其其格")
    page.click("停用账号")
    page.see("停用其其格的账号？")
    page.see("立即退出系统，不能再登录")
    checked(page, "staff-question")
    page.click("确定停用")
    page.see("已停用：其其格")
    page.see("恢复登录")
    page.click("操作记录")
    page.see("其其格（qiqige）")
    checked(page, "changes-filled")


@pytest.mark.guide("D3")
def test_an_enterprise_moves_with_what_is_under_review(page: ChromiumPage, live_server: Site) -> None:
    with live_server.app_context():
        ordos = world()
        moving = [application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos).id for _ in range(2)]
        name, there = ordos.banner.enterprise.name, ordos.city.region.name
    page.click("企业")
    page.fill("单位名称、拼音首字母或统一社会信用代码", name)
    page.click("查询")
    page.choose_row(name)
    page.see("待初审 2 件")
    page.select("所属地区", f"{there}（市直属）")
    page.click("保存")
    page.see("还没有保存，请先确认")
    page.see("正在审核的申请 2 件随之划转")
    page.see("待初审的 2 件不再经过初审")
    checked(page, "enterprise-question")
    page.click("确定保存")
    page.see(f"已保存：{name}")
    with live_server.app_context():
        states = db.session.scalars(select(Application.state).where(Application.id.in_(moving))).all()
        assert states == [State.CITY_REVIEW, State.CITY_REVIEW]
        region = (
            db.session.scalars(select(Region).join(Enterprise).where(Enterprise.name == name)).unique().one()
        )
        assert region.kind is RegionKind.CITY


@pytest.mark.guide("D2")
def test_the_year_is_opened_the_notice_is_changed_and_a_material_is_added(page: ChromiumPage) -> None:
    page.click("申报期")
    page.click("新增申报期")
    page.fill("名称", "2099 年度申报")
    page.fill("开始日期", "2099-01-01")
    page.fill("结束日期", "2099-12-31")
    page.click("保存")
    page.see("尚未开始")
    page.click("申请须知")
    page.leave_by("发布新版本")
    assert "申请对象" in page.value("正文")
    page.fill("版本", "2099 年第 1 版")
    page.click("发布")
    page.see("申请人须重新阅读 30 秒")
    checked(page, "notice-question")
    page.click("确定发布")
    page.see("已保存：2099 年第 1 版")
    page.click("申请材料")
    page.click("新增材料")
    page.fill("名称", "个人信用报告")
    page.click("保存")
    page.see("个人信用报告")
    page.click("系统设置")
    page.click("咨询电话")
    page.fill("电话", "0477-7654321")
    page.click("保存")
    page.see("0477-7654321")
    page.leave_by("概览")
    checked(page, "overview-filled")


@pytest.mark.guide("D2")
def test_the_form_is_changed_for_those_who_begin_from_then_on(
    page: ChromiumPage, chromium: Chromium, live_server: Site
) -> None:
    case = world_of.draft(live_server, world_of.workplace(live_server))
    newcomer = world_of.person(live_server)
    page.click("申请表")
    page.click("在“工作单位”末尾增加一项（数字）")
    page.click("保存到草稿")
    page.see("请填写名称")
    checked(page, "form-wrong")
    page.fill("名称", "月工资")
    page.fill("下限", "1000")
    page.click("保存到草稿")
    page.see("草稿改动了 1 项")
    page.click("增加一项承诺")
    page.fill("名称", "留用承诺")
    page.fill("承诺的内容", "本人承诺三年内不离开鄂尔多斯。")
    page.click("保存到草稿")
    page.see("草稿改动了 2 项")
    checked(page, "form-draft")
    page.leave_by("查看改动并发布")
    page.click("发布")
    page.see("仍用各自开始时的版本")
    checked(page, "form-question")
    page.click("确定发布")
    page.see("已发布第 2 版")
    page.click("历次版本")
    page.see("改动 2 项 现行版本")
    checked(page, "form-versions")

    began_before = chromium.new_page(live_server.url)
    world_of.come_in(began_before, case.person, case.sheet)
    began_before.see("本人承诺")
    began_before.not_see("月工资")

    with live_server.app_context():
        make_read_notice(db.session.get_one(Account, newcomer.id))
    begins_now = chromium.new_page(live_server.url)
    world_of.come_in(begins_now, newcomer, world_of.SHEET)
    checked(begins_now, "form-begun")
    begins_now.fill("月工资", "500")
    save(begins_now)
    begins_now.click("提交")
    begins_now.see("月工资不能小于 1000。")
    begins_now.see("请阅读承诺并勾选“留用承诺”。")


@pytest.mark.guide("A2")
def test_a_clerk_enrols_a_second_factor_and_logs_in_with_a_code(
    chromium: Chromium, live_server: Site
) -> None:
    account = next(
        each for each in live_server.accounts if each["role"] == "office" and each["region"] == "东胜区"
    )
    page = chromium.new_page(live_server.url)
    login(page, "工作人员入口", account["login"], account["password"])
    page.goto("/account/")
    page.click("设置动态验证码")
    page.click("确认")
    page.see("还有 2 处需要修改")
    checked(page, "second-factor")
    telephone = pyotp.TOTP(page.window.locator(".second-factor-secret").inner_text().replace(" ", ""))
    page.fill("动态验证码", telephone.now())
    page.fill("现在的密码", account["password"])
    page.click("确认")
    page.see("请记下备用码")
    checked(page, "second-factor-codes")
    assert page.window.locator(".spare-codes li").count() == 10
    page.click("我已记下")
    page.see("还剩 10 个")
    checked(page, "second-factor-own")
    page.leave_by("退出")
    page.goto("/login/staff")
    page.fill("工作人员账号", account["login"])
    page.fill("密码", account["password"])
    page.click("登录")
    page.see("请打开手机上的验证器")
    page.fill("动态验证码", "000000")
    page.click("登录")
    page.see("验证码不正确")
    checked(page, "second-factor-step")
    page.fill("动态验证码", telephone.at(now(), counter_offset=1))
    page.click("登录")
    page.see("待我审核")
