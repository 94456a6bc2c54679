"""Two reviewers of one desk: who has an application open, who has taken it, and what they write to each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import State
from tests.browser import world
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.world import come_in, forgive
from tests.machine.site import Site

pytestmark = pytest.mark.browser

SIGNS = 60
"""Seconds: a page gives a sign every twenty, and one may be overtaken by the farewell of the page before it."""


def looked_at(page: ChromiumPage, name: str) -> None:
    for width, height in ((1366, 768), (390, 844)):
        page.set_viewport(width, height)
        page.screenshot(Path(f"build/screens/{name}-{width}.png"))
        # What lies half under the bar at the foot is called too small a target.
        assert [fault for fault in page.axe() if "data-mark=" not in fault] == []
        assert page.evaluate("() => document.documentElement.scrollWidth") == width
    page.set_viewport(1366, 768)


TOASTS_COVERING_THE_APPLICATION = """() => [...document.querySelectorAll("[data-toast]")].filter(toast =>
  toast.getBoundingClientRect().bottom > document.querySelector(".zones").getBoundingClientRect().top).length"""


@pytest.mark.guide("W4", "W7")
def test_two_colleagues_see_each_other_and_hand_over(chromium: Chromium, live_server: Site) -> None:
    employer = world.workplace(live_server)
    qian = world.colleague(live_server, employer, "钱进")
    case = world.submitted(live_server, employer)
    path = f"/enterprise/{case.number}/"
    page, other = chromium.new_page(live_server.url), chromium.new_page(live_server.url)
    come_in(page, employer.reviewer, path)
    page.press("t")
    page.see("您已领取")
    assert page.evaluate(TOASTS_COVERING_THE_APPLICATION) == 0
    come_in(other, qian, path)
    other.see("周婷（同事）正在看", timeout=SIGNS)
    other.press("t")  # what a colleague has taken needs one key more
    assert "改由我办理" in other.evaluate("() => document.activeElement.textContent")
    other.see("周婷已领取")
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")  # the next sign, at once
    page.see("钱进（同事）正在看", timeout=SIGNS)
    page.click("写备注")
    page.fill("备注", "合同第三页待核。\n已电话联系本人。")
    looked_at(page, "desk-notes")
    page.click("保存备注")
    page.see("周婷")
    page.see("已电话联系本人。")

    other.click("通过并提交至")
    other.see("周婷已领取，仍要通过？")
    looked_at(other, "desk-question")
    other.click("取消")
    other.see("合同第三页待核。")
    other.click("回退")
    other.fill("回退原因", "请补齐合同。")
    other.click("确定回退")
    other.see("周婷已领取，仍要回退？")
    world.comes_in_sight(other, ".band button")  # the panel of the reason does not lie over the question
    other.click("回退")
    world.becomes(other, lambda: other.value("回退原因"), "请补齐合同。", "what was typed")
    forgive(other, "409")
    assert world.state_of(live_server, case) is State.ENTERPRISE_REVIEW
    other.goto("/enterprise/")
    other.see("周婷")
    looked_at(other, "desk-list")
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    page.not_see("钱进（同事）正在看", timeout=SIGNS)

    page.click("交给")
    page.select("交给哪位同事", "钱进")
    looked_at(page, "desk-hand-over")
    page.click("确定交给")
    page.see("已交给钱进。")
    other.goto("/enterprise/?taken=mine")
    other.choose_row("王晓敏")
    other.click("通过并提交至")
    other.see("企业审核通过")
