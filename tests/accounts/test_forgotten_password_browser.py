"""Somebody has forgotten the password, is locked, gets a code by a real mail server, and sets a new one."""

import re
from collections.abc import Callable

import pytest

from models import Account, db
from tests import factories
from tests.accounts.test_pages_browser import check_page
from tests.browser.chromium import Chromium
from tests.browser.people import come_in
from tests.browser.world import forgive
from tests.machine.site import Site
from tests.worker.receivers import MailSink
from worker import outbox

pytestmark = pytest.mark.browser

EMAIL = "wang@example.com"


@pytest.mark.guide("A2", "E4")
def test_a_locked_login_can_reset_the_password_with_a_sent_code(
    start_site: Callable[..., Site], mail: MailSink, chromium: Chromium
) -> None:
    site = start_site(
        RATE_LIMITS="yes", SMTP_URL=f"smtp://127.0.0.1:{mail.port}?tls=none", MAIL_FROM="talent@example.com"
    )
    with site.app_context():
        person = factories.applicant()
        db.session.get_one(Account, person.id).email = EMAIL
        db.session.commit()
        number = person.identity_number or ""

    page = chromium.new_page(site.url, width=390, height=844)
    page.goto("/login/personal")
    page.fill("证件号码", number)
    for _ in range(5):
        page.fill("密码", "Wangjile2026")
        page.leave_by("登录")
        page.see("证件号码或密码不正确")
    page.fill("密码", "Wangjile2026")
    page.click("登录")
    page.see("尝试的次数太多")
    page.see("请在 1 分钟后")
    check_page(page)

    page.click("忘记密码")
    page.fill("证件号码", number)
    check_page(page)
    page.click("获取验证码")
    page.see("如果这个登录名有账号")
    check_page(page)
    with site.app_context():
        outbox.process_due()
    (letter,) = mail.received
    assert letter["To"] == EMAIL
    code = re.search(r"验证码是(\d{6})", letter.get_content())
    assert code is not None
    page.fill("验证码", "000000" if code[1] != "000000" else "111111")
    page.fill("新密码", "Xiaomin2027")
    page.fill("再填写一次新密码", "Xiaomin2027")
    page.click("重设密码")
    page.see("验证码不正确，密码没有改变")
    check_page(page)
    page.fill("验证码", code[1])
    page.fill("新密码", "Xiaomin2027")
    page.fill("再填写一次新密码", "Xiaomin2027")
    page.click("重设密码")
    page.see("人才经办快捷入口")
    page.see("密码已重设")
    page.click("退出")
    page.see("您已退出登录。")
    page.goto("/login/personal")
    come_in(page, "证件号码", number, "Xiaomin2027")
    page.see("人才经办快捷入口")
    forgive(page, "422", "429")
