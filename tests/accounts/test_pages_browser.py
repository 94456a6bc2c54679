"""The account screens as a person meets them, in Chromium: at a desk, on a phone, by keyboard, without scripts."""

import json
import os
from pathlib import Path

import pytest

from models import RegionKind
from tests import factories
from tests.accounts.people import person as typed
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.people import come_in
from tests.browser.world import has_focus, waited_for
from tests.factories import PASSWORD
from tests.files import samples as files
from tests.machine.site import Site
from uploads.limits import MAX_BYTES

pytestmark = pytest.mark.browser

SIZES = ((1366, 768), (390, 844))


@pytest.fixture
def licence(tmp_path: Path) -> Path:
    path = tmp_path / "营业执照.png"
    path.write_bytes(files.png())
    return path


def check_page(page: ChromiumPage) -> None:
    """Nothing hinders anybody on the page as it is now, at a desk and on a phone, and nothing runs out of it."""
    for width, height in SIZES:
        page.set_viewport(width, height)
        assert page.axe() == []
        wider = page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wider == 0, f"{page.path} is {wider} px too wide at {width}"
    page.set_viewport(*SIZES[0])


@pytest.mark.guide("A1", "A2")
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/notice/",
        "/login/personal",
        "/login/enterprise",
        "/login/staff",
        "/register/personal",
        "/register/enterprise",
        "/reset/personal",
        "/invitation/enterprise",
        "/nowhere",
    ],
)
def test_every_page_before_the_login_is_open_to_everybody(
    live_server: Site, chromium: Chromium, path: str
) -> None:
    page = chromium.new_page(live_server.url)
    page.goto(path)
    check_page(page)


def test_the_next_person_at_a_shared_computer_sees_who_is_logged_in_and_logs_them_out(
    live_server: Site, chromium: Chromium
) -> None:
    with live_server.app_context():
        account = factories.applicant("王晓敏")
    page = chromium.new_page(live_server.url)
    page.goto("/login/personal")
    come_in(page, "证件号码", account.identity_number or "", PASSWORD)
    for path in ("/", "/login/enterprise"):
        page.goto(path)
        page.see("王*敏")
        page.not_see("王晓敏")
        check_page(page)
        for width, height in SIZES:
            page.set_viewport(width, height)
            page.screenshot(Path("build/screens") / f"present-{path.count('/')}-{width}.png")
    page.set_viewport(390, 844)
    page.click("不是您？退出")
    page.see("您已退出登录。")
    page.not_see("王*敏")
    page.click("个人登录")
    page.see("忘记密码")


@pytest.mark.guide("A1", "A2")
def test_a_person_registers_on_a_phone_from_the_portal(live_server: Site, chromium: Chromium) -> None:
    given = typed()
    page = chromium.new_page(live_server.url, width=390, height=844)
    page.goto("/")
    page.see("鄂尔多斯人事人才公共服务大厅")
    page.click("个人登录")
    page.click("马上注册")
    page.fill("姓名", given["name"])
    page.fill("证件号码", given["number"][:-1])
    page.click("注册")
    page.see("还有 4 处需要修改")
    check_page(page)
    page.click("证件号码：身份证号码应为 18 位")
    has_focus(page, "number")
    assert page.value("姓名") == given["name"]
    asked: list[str] = []
    page.window.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.window.get_by_role("link", name="English").click(no_wait_after=True)
    waited_for(page, lambda: asked == ["beforeunload"], "nobody asked")
    assert page.value("姓名") == given["name"]
    page.fill("证件号码", given["number"])
    page.fill("手机号码", given["phone"])
    page.fill("密码", PASSWORD)
    page.fill("再填写一次密码", PASSWORD)
    page.click("注册")
    page.see("注册信息已收到")
    check_page(page)
    code = page.evaluate("() => document.getElementById('recovery-code').lastChild.textContent.trim()")
    page.click("我已记下")
    come_in(page, "证件号码", given["number"], PASSWORD)
    page.see("人才经办快捷入口")
    page.click(given["name"])
    page.see("我的账号")
    check_page(page)
    page.click("退出登录")
    page.see("您已退出登录。")
    page.goto("/reset/personal")
    page.fill("公民身份号码(证件号码)", given["number"])
    page.fill("找回码", code.lower())
    page.fill("新密码", "Xiaomin2027")
    page.fill("再填写一次新密码", "Xiaomin2027")
    page.click("重设密码")
    page.see("请记下您的找回码")
    page.not_see(code)


@pytest.mark.guide("E1", "E2", "E3")
def test_an_enterprise_registers_is_refused_corrects_and_is_approved(
    live_server: Site, chromium: Chromium, licence: Path
) -> None:
    sample = json.loads((live_server.instance / "sample-accounts.json").read_text(encoding="utf-8"))
    clerk = next(account for account in sample if account["login"] == "dongsheng")
    company = chromium.new_page(live_server.url)
    company.goto("/")
    company.click("企业登录")
    company.click("马上注册")
    company.fill("单位名称", "东胜区示例氢能有限公司")
    code = factories.credit_code()
    company.fill("统一社会信用代码", code)
    large = licence.with_name("拍照.jpg")
    large.touch()
    os.truncate(large, MAX_BYTES + 1)
    company.upload("营业执照", large)
    company.see("文件“拍照.jpg”有 20.1 MB，超过 20 MB，请压缩或拆分后再选。")
    company.upload("营业执照", licence)
    company.not_see("拍照.jpg")
    company.click("提交注册")
    company.see("营业执照.png")
    check_page(company)
    company.select("所属地区", "东胜区")
    company.fill("联系人", "何欣")
    company.fill("联系电话", "0477-8123456")
    company.fill("密码", PASSWORD)
    company.fill("再填写一次密码", PASSWORD)
    company.click("提交注册")
    company.click("我已记下")
    come_in(company, "统一社会信用代码", code, PASSWORD)
    company.see("注册信息已提交，现由东胜区人力资源和社会保障局审核")
    company.see("见通知里第六部分")
    check_page(company)

    office = chromium.new_page(live_server.url)
    office.goto("/login/staff?next=/messages/")
    office.fill("工作人员账号", clerk["login"])
    office.fill("密码", clerk["password"])
    office.leave_by("登录")
    check_page(office)
    office.click("东胜区示例氢能有限公司注册了企业账号，待您审核。")
    office.click("退回")
    office.fill("退回原因", "联系电话有误。")
    office.leave_by("确定退回")

    company.goto("/messages/")
    check_page(company)
    company.click("企业账号未通过审核，请修改后重新提交。原因：联系电话有误。")
    company.see("未通过")
    company.fill("联系电话", "0477-8000000")
    check_page(company)
    company.click("修改后重新提交")
    company.see("已重新提交，现由东胜区人力资源和社会保障局审核")

    office.goto("/messages/")
    office.click("东胜区示例氢能有限公司注册了企业账号，待您审核。")
    office.click("通过")
    office.see("审核通过，已通知企业")
    company.goto("/enterprise/registration/")
    company.see("企业账号已审核通过")
    check_page(company)
    company.leave_by("进入申请审核")
    assert company.path == "/enterprise/"


@pytest.mark.guide("A2")
def test_the_login_works_by_keyboard_alone(live_server: Site, chromium: Chromium) -> None:
    with live_server.app_context():
        account = factories.applicant()
    page = chromium.new_page(live_server.url)
    page.goto("/login/personal")
    has_focus(page, "login")
    page.window.keyboard.type(account.identity_number or "")
    page.press("Tab")
    page.window.keyboard.type("Falsch2026")
    page.press("Enter")
    page.see("证件号码或密码不正确")
    check_page(page)
    has_focus(page, "password")
    page.window.keyboard.type(PASSWORD)
    page.press("Enter")
    page.see("人才经办快捷入口")


@pytest.mark.guide("E1")
def test_an_enterprise_registers_without_scripts(
    live_server: Site, chromium: Chromium, licence: Path
) -> None:
    with live_server.app_context():
        region = factories.region(RegionKind.PARK)
        office = region.office.name
    page = chromium.new_page(live_server.url, javascript=False)
    page.goto("/register/enterprise")
    page.upload("营业执照", licence)
    page.click("提交注册")
    page.see("不必再选")
    page.fill("单位名称", "园区示例有限公司")
    code = factories.credit_code()
    page.fill("统一社会信用代码", code)
    page.select("所属地区", region.name)
    page.fill("联系人", "何欣")
    page.fill("联系电话", "13847710000")
    page.fill("密码", PASSWORD)
    page.fill("再填写一次密码", PASSWORD)
    page.click("提交注册")
    page.see("注册信息已收到")
    page.click("我已记下")
    come_in(page, "统一社会信用代码", code, PASSWORD)
    page.see(f"现由{office}审核")
    assert page.window.locator("img[alt='营业执照']").count() == 1
