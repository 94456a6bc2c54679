"""Marks from the desk to the applicant and back: written by key, sent without a reason, mended on a phone, compared by the desk."""

from __future__ import annotations

import pytest

from models import State
from tests.browser import world
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.people import save
from tests.browser.world import come_in
from tests.machine.site import Site

pytestmark = pytest.mark.browser

NOTE, OTHER = "少了一位，请对照手机卡核对。", "与证书不一致。"
DESK, PHONE = (1366, 768), (390, 844)


def states(page: ChromiumPage, place: str) -> set[str]:
    """What the marks at a place say of themselves, as far as it is seen."""
    script = """(place) => [...document.querySelectorAll(`${place} [data-returned] [data-changed]`)]
        .filter((one) => one.checkVisibility()).map((one) => one.innerText.trim())"""
    return set(page.evaluate(script, place))


def marked(page: ChromiumPage, note: str) -> None:
    page.window.keyboard.type(note)
    page.window.keyboard.press("Control+Enter")
    page.window.locator("[data-mark-note]", has_text=note).wait_for()


@pytest.mark.guide("W1", "A23", "W2")
def test_a_mark_goes_from_the_desk_to_the_applicant_and_back(chromium: Chromium, live_server: Site) -> None:
    employer = world.workplace(live_server)
    case = world.submitted(live_server, employer)
    path = f"/enterprise/{case.number}/"
    page = chromium.new_page(live_server.url)
    page.set_viewport(*DESK)
    come_in(page, employer.reviewer, path)
    page.window.hover('[id="field:phone"]')
    page.press("m")
    page.window.keyboard.type("没写完")
    page.press("Escape")
    page.press("m")
    assert page.window.locator("#mark-note").input_value() == "没写完", "Escape does not lose it"
    page.window.locator("#mark-note").clear()
    assert page.axe() == []
    marked(page, NOTE)
    page.window.hover('[id="field:name"]')
    page.press("m")
    assert page.window.locator('[id="field:name"] #mark-note').count() == 1, (
        "where one points, not where one marked"
    )
    page.press("Escape")
    page.window.locator('[id="field:education"] .mark-add').focus()
    page.press("M")  # Caps Lock is on
    marked(page, OTHER)
    world.has_focus(page, "修改标记")
    page.leave_by("退出")
    come_in(page, employer.reviewer, path)
    assert page.window.locator("[data-mark-note]").all_inner_texts() == [NOTE, OTHER]
    page.press("r")
    panel = page.window.locator("#return")
    assert panel.locator(".mark-list a").all_inner_texts() == ["手机号码", "学历"]
    assert page.axe() == []
    page.leave_by("确定回退")
    assert world.state_of(live_server, case) is State.RETURNED

    applicant = chromium.new_page(live_server.url)
    applicant.set_viewport(*PHONE)
    come_in(applicant, case.person, case.sheet)
    world.becomes(applicant, lambda: states(applicant, ".band"), {"未修改"}, "the marks")
    # Before anything is typed: a window that finds what another one has not sent yet sends it and reloads, perhaps after the saving.
    older = ChromiumPage(applicant.window.context.new_page(), applicant.base_url)
    older.set_viewport(*PHONE)
    older.goto(case.sheet)
    applicant.window.locator(".band .mark-list a", has_text="手机号码").click()
    applicant.window.locator("#phone").fill("13900001234")
    world.waited_for(
        applicant, lambda: states(applicant, ".field-marked:has(#phone)") == {"已修改"}, "no 已修改"
    )
    applicant.window.locator("#phone").fill("138 4771 0000".replace(" ", ""))
    world.waited_for(
        applicant, lambda: states(applicant, ".field-marked:has(#phone)") == {"未修改"}, "no 未修改"
    )
    applicant.window.locator("#phone").fill("13900001234")
    save(applicant)
    older.evaluate("() => { window.dispatchEvent(new Event('focus')); }")
    older.see("此申请在另一窗口保存过")
    assert older.window.locator(".mark-list #changed-elsewhere").count() == 0
    assert older.evaluate("() => document.documentElement.scrollWidth") == PHONE[0]
    older.window.close()

    applicant.leave_by("重新提交")
    applicant.see("有 1 处标记还没有修改")
    assert applicant.axe() == []
    applicant.click("确定提交")  # the browser asks for the box
    assert world.state_of(live_server, case) is State.RETURNED
    applicant.check("这些内容无需修改，仍要提交")
    applicant.leave_by("确定提交")
    applicant.see("提交成功")

    page.goto(path)
    card = page.window.locator("#changes")
    assert card.locator(".before-name").all_inner_texts() == ["手机号码\n已修改", "学历\n未修改"]
    assert card.locator(".before-text").all_inner_texts()[:2] == ["13847710000", "13900001234"]
    for size in (DESK, PHONE):
        page.set_viewport(*size)
        assert page.axe() == []
