"""Nothing typed is lost, whatever happens to the line, the browser, the session, or in another window (A20)."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from models import ApplicationDraft, db
from tests.browser import world
from tests.browser.chromium import PROGRAMS, QUIETLY, Chromium, ChromiumPage
from tests.browser.driver import PATIENCE
from tests.browser.people import save
from tests.browser.world import CUT, Case, Workplace, come_in, forgive
from tests.machine.site import Site
from workflow.form import answers

pytestmark = [pytest.mark.browser, pytest.mark.guide("A20")]

STORED = "草稿已存"
TYPED = "首席工程师"


@pytest.fixture(scope="module")
def employer(live_server: Site) -> Workplace:
    return world.workplace(live_server)


@pytest.fixture
def page(chromium: Chromium, live_server: Site) -> ChromiumPage:
    return chromium.new_page(live_server.url)


def saved(site: Site, case: Case, key: str) -> Any:
    with world.stored(site, case) as application:
        return answers.value(application, key)


def drafts(site: Site, case: Case) -> list[dict[str, Any]]:
    """What the server keeps beside the application, a dictionary for each browser."""
    with site.app_context():
        rows = db.session.query(ApplicationDraft).filter_by(application_id=case.id)
        return [{key: entry["value"] for key, entry in row.fields.items()} for row in rows]


KEPT = """() => new Promise((resolve) => {
    const asked = indexedDB.open("drafts", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("unsent");
    asked.onsuccess = () => {
        const all = asked.result.transaction("unsent").objectStore("unsent").getAll();
        all.onsuccess = () => {
            asked.result.close();
            resolve(all.result.map((one) => [one.content.byteLength, new TextDecoder("utf-8").decode(one.content)]));
        };
    };
})"""


def kept_here(page: ChromiumPage) -> list[str]:
    """What lies in the browser itself, as it lies there."""
    return [text for _, text in page.evaluate(KEPT)]


def bytes_kept_here(page: ChromiumPage) -> int:
    return sum(size for size, _ in page.evaluate(KEPT))


def looks_again(page: ChromiumPage) -> None:
    """The person comes back to this window."""
    page.evaluate("() => { window.dispatchEvent(new Event('focus')); }")


def another_window(page: ChromiumPage) -> ChromiumPage:
    return ChromiumPage(page.window.context.new_page(), page.base_url)


class OwnBrowser:
    """A Chromium of its own, whose process can be killed, with what it keeps on the disk."""

    def __init__(self, chromium: Chromium, home: Path) -> None:
        self._chromium, self._home = chromium, home
        self._port = home / "DevToolsActivePort"
        self._port.unlink(missing_ok=True)
        program = next(path for path in PROGRAMS if Path(path).exists())
        own = ("--headless=new", f"--user-data-dir={home}", "--remote-debugging-port=0", "about:blank")
        self._process = subprocess.Popen(
            [program, *QUIETLY, *own],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def page(self, base_url: str) -> ChromiumPage:
        end = time.monotonic() + PATIENCE
        while not (self._port.exists() and "\n" in self._port.read_text()):
            assert time.monotonic() < end, "Chromium does not start"
            time.sleep(0.05)
        address = f"http://127.0.0.1:{self._port.read_text().splitlines()[0]}"
        return ChromiumPage(self._chromium.connect(address).contexts[0].pages[0], base_url)

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def test_a_cut_line_and_a_dead_browser_lose_nothing(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    come_in(page, case.person, case.sheet)
    page.fill("岗位职务", TYPED)
    page.see(STORED)
    assert drafts(live_server, case) == [{"position": TYPED}]
    assert kept_here(page) == []

    line = page.window.context
    line.set_offline(True)
    page.fill("开户银行", "断网时填的银行")
    page.see("网络中断，已填内容保存在本机，恢复后自动补存。")
    colour = page.evaluate("() => getComputedStyle(document.querySelector('[data-draft-status]')).color")
    assert colour == "rgb(179, 38, 30)"
    assert [one for one in kept_here(page) if "bank" in one or "断网" in one] == [], "it is encrypted"
    assert len(kept_here(page)) == 1
    line.set_offline(False)
    page.see(STORED)
    assert drafts(live_server, case) == [{"position": TYPED, "bank": "断网时填的银行"}]
    assert kept_here(page) == []

    forgive(page, CUT)
    page.goto(case.sheet)
    page.see("未保存的修改")
    save(page)
    page.see("未保存的修改")  # what was not on the saved page is still offered


def test_a_killed_browser_loses_nothing(
    live_server: Site, chromium: Chromium, employer: Workplace, tmp_path: Path
) -> None:
    case = world.draft(live_server, employer)
    running = OwnBrowser(chromium, tmp_path)
    page = running.page(live_server.url)
    come_in(page, case.person, case.sheet)
    page.fill("岗位职务", TYPED)
    page.see(STORED)
    page.window.context.set_offline(True)
    page.fill("开户银行", "断网时填的银行")
    page.see("网络中断")
    world.waited_for(page, lambda: len(kept_here(page)) == 1, "nothing is kept")
    only_the_bank = bytes_kept_here(page)
    page.click("修改", within="内蒙古大学")
    page.fill("专业或职务", "没点确定的专业")
    world.waited_for(page, lambda: bytes_kept_here(page) > only_the_bank, "the row is not kept")
    running.kill()

    running = OwnBrowser(chromium, tmp_path)
    page = running.page(live_server.url)
    page.goto(case.sheet)
    if "忘记密码" in page.text():
        world.log_in(page, case.person)
    page.see("学习工作经历")
    page.see("未保存的修改")
    page.see("开户银行、学习工作经历")
    assert saved(live_server, case, "position") == "工程师"
    with page.leaving():
        page.click("恢复", within="开户银行、学习工作经历")
    page.see("还没有保存")
    assert page.value("开户银行") == "断网时填的银行"
    page.see("没点确定的专业")
    save(page)
    if "未保存的修改" in page.text():  # the cookie that names the browser was not on the disk yet
        page.leave_by("恢复")
        save(page)
    page.not_see("未保存的修改")
    assert saved(live_server, case, "position") == TYPED
    assert saved(live_server, case, "bank") == "断网时填的银行"
    assert drafts(live_server, case) == []
    running.kill()


def test_a_session_that_ends_while_one_types_loses_nothing(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    come_in(page, case.person, case.sheet)
    page.window.context.clear_cookies()
    page.fill("岗位职务", TYPED)
    page.see("登录已过期，已填内容保存在本机。登录后回到本页，会自动补存。")
    assert [one for one in kept_here(page) if TYPED in one] == []
    with page.window.context.expect_page() as opened:
        page.click("先登录（在新窗口打开）")
    world.log_in(ChromiumPage(opened.value, page.base_url), case.person)
    looks_again(page)
    page.see(STORED)
    assert drafts(live_server, case) == [{"position": TYPED}]
    forgive(page, "419", "400")
    save(page)
    assert drafts(live_server, case) == []

    stranger = world.person(live_server, "刘洋")
    page.fill("岗位职务", "别人看不到的岗位")
    page.window.context.set_offline(True)
    page.fill("开户银行", "别人看不到的银行")
    page.see("网络中断")
    page.window.context.clear_cookies()
    page.window.context.set_offline(False)
    page.see("登录已过期")
    forgive(page, CUT)
    other = another_window(page)
    come_in(other, stranger, world.SHEET)
    other.see("申请须知")
    assert "别人看不到" not in other.text()
    assert [one for one in kept_here(other) if "别人看不到" in one] == []
    forgive(page, "419", "400")


def test_what_is_typed_while_the_form_is_on_its_way_is_saved_too(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    come_in(page, case.person, case.sheet)
    held: list[Any] = []

    def slow(route: Any) -> None:
        if route.request.method == "POST" and not held:
            held.append(route)
        else:
            route.continue_()

    page.window.route(f"**{case.sheet}", slow)
    page.fill("岗位职务", "先写的岗位")
    page.click("保存")
    world.waited_for(page, lambda: bool(held), "nothing was sent")
    page.fill("岗位职务", TYPED)
    page.see(STORED)
    with page.leaving():
        held[0].continue_()
    page.see("已保存")
    assert page.value("岗位职务") == TYPED
    assert saved(live_server, case, "position") == TYPED
    assert drafts(live_server, case) == []


def test_two_browsers_choose_field_by_field(
    live_server: Site, chromium: Chromium, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    come_in(page, case.person, case.sheet)
    phone = chromium.new_page(live_server.url, width=390, height=844)
    come_in(phone, case.person, f"{case.sheet}?check=1")
    page.fill("岗位职务", "电脑上的岗位")
    page.fill("开户银行", "电脑上的银行")
    page.fill("户籍所在地", "电脑上的户籍")
    save(page)

    phone.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    phone.fill("岗位职务", "手机上的岗位")
    phone.fill("开户银行", "手机上的银行")
    phone.fill("毕业院校", "手机上的学校")
    looks_again(phone)
    phone.see("此申请在另一窗口保存过")
    for text in ("电脑上的岗位", "手机上的岗位", "电脑上的银行", "手机上的银行", "电脑上的户籍"):
        phone.see(text)
    assert phone.axe() == []
    phone.leave_by("逐项核对")
    phone.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert phone.axe() == []
    assert phone.value("户籍所在地") == "电脑上的户籍"
    assert phone.value("毕业院校") == "手机上的学校"
    phone.click("保存")
    phone.see("请逐项选择保留哪一份")
    forgive(phone, "422")
    phone.evaluate(
        "() => { document.getElementById('choose-position-mine').click(); document.getElementById('choose-bank-theirs').click(); }"
    )
    save(phone)
    found = {key: saved(live_server, case, key) for key in ("position", "bank", "household", "school")}
    assert found == {
        "position": "手机上的岗位",
        "bank": "电脑上的银行",
        "household": "电脑上的户籍",
        "school": "手机上的学校",
    }

    basic = "() => document.getElementById('household').closest('details').open"
    assert phone.evaluate(basic) is False, "what is complete folds on a phone"
    phone.evaluate("() => { document.getElementById('household').closest('details').open = true; }")
    phone.fill("户籍所在地", "内蒙古自治区包头市")
    save(phone)
    assert phone.evaluate(basic) is True, "but not where one works"
