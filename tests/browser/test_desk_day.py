"""What a clerk meets three hundred times a day: reading a paper, the next one, sending by key, and a case on paper (issue 13)."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest

from models import State
from tests.browser import world
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.test_reviewers import CONSOLE, before_one, box, drawn, looked_at, show
from tests.browser.world import come_in
from tests.machine.site import Site

pytestmark = pytest.mark.browser

READABLE = 1000
"""Pixels: at this width the text of an A4 page is as large as on paper."""


def reachable(page: ChromiumPage) -> bool:
    """Whether the picture lies within what the stage can be scrolled over, from its left edge to its right one."""
    return bool(
        page.evaluate(
            """() => {
              const stage = document.querySelector('.viewer-paper:not([hidden]) .viewer-stage');
              const seen = stage.querySelector('img').getBoundingClientRect(), at = stage.getBoundingClientRect();
              const left = seen.left - at.left + stage.scrollLeft, top = seen.top - at.top + stage.scrollTop;
              return left >= -1 && top >= -1 && left + seen.width <= stage.scrollWidth + 1
                && top + seen.height <= stage.scrollHeight + 1;
            }"""
        )
    )


def drawn_picture(page: ChromiumPage) -> None:
    world.waited_for(page, lambda: drawn(page), "the paper is not drawn")


def readable(page: ChromiumPage) -> None:
    """The paper is drawn so wide that one reads it."""
    world.waited_for(
        page, lambda: drawn(page) and box(page)[0] >= READABLE, "the paper is not over the whole width"
    )


@pytest.mark.guide("W3", "E5")
def test_a_case_is_read_wide_skipped_printed_and_returned_by_keys(
    live_server: Site, chromium: Chromium, tmp_path: Path
) -> None:
    employer = world.workplace(live_server)
    first, second = (world.submitted(live_server, employer, name) for name in ("甲一", "乙二"))
    page = chromium.new_page(live_server.url)
    come_in(page, employer.reviewer, f"{CONSOLE}{first.number}/")
    page.see("与另一人的申请相同")
    looked_at(page, "review-contradictions")
    page.set_viewport(1366, 768)

    # the first 「＋」 enlarges, however the page lies
    show(page, "身份证")
    drawn_picture(page)
    whole = box(page)[0]
    page.click("适合宽度")
    world.waited_for(page, lambda: box(page)[0] > whole, "not as wide as the stage")
    fitted = box(page)[0]
    page.click("放大")
    world.waited_for(page, lambda: box(page)[0] > fitted * 1.2, "not enlarged")
    page.click("旋转")
    world.waited_for(
        page, lambda: box(page)[0] > box(page)[1] and reachable(page), "not within reach, turned"
    )
    turned = box(page)[0]
    page.click("放大")
    world.waited_for(page, lambda: box(page)[0] > turned and reachable(page), "not within reach, enlarged")
    for _ in range(4):
        page.click("缩小")
    page.click("旋转")

    # the full numbers by key, one after the other
    for masked in ('[data-disclosed="identity_number"]', '[data-disclosed="bank_account"]'):
        page.press("s")
        assert "*" in page.window.locator(masked).inner_text(), "a key alone shows nothing"
        world.comes_in_sight(page, ":focus")
        page.press("Enter")
        page.window.locator(masked, has_not_text="*").wait_for()
        world.waited_for(page, lambda: world.focused(page).startswith("field:"), "m does not mark it")

    # from paper to paper by key
    shown = page.window.locator("[data-paper][aria-current]")
    page.press("j")
    world.waited_for(page, lambda: "学历学位证书" in shown.inner_text(), "not the next paper")
    assert page.evaluate("() => document.activeElement.matches('.viewer-stage')"), "the arrows scroll it"
    page.press("m")
    page.window.locator("#mark-note").press("Escape")
    world.has_focus(page, "标记")
    assert page.evaluate("() => document.activeElement.dataset.mark").startswith("paper:")
    page.press("k")
    world.waited_for(page, lambda: "身份证" in shown.inner_text(), "not the paper before")

    # the whole width by a key, on the next page too
    page.press("w")
    readable(page)
    looked_at(page, "review-wide")
    page.set_viewport(1366, 768)
    wait_for_ahead(page)
    page.press("n")
    before_one(page, second)
    readable(page)  # without a click
    first_picture = page.evaluate(
        "() => performance.getEntriesByType('resource').filter((one) => one.name.endsWith('.jpg'))[0].toJSON()"
    )
    print(
        f"the next one with its paper after {first_picture['responseEnd']:.0f} ms"
    )  # on a quiet machine 150 to 400
    assert first_picture["transferSize"] < first_picture["decodedBodySize"], "it was there already"
    page.press("w")
    world.waited_for(page, lambda: box(page)[0] < READABLE, "still over the whole width")

    page.press("?")
    for words in (
        "打开下一件",
        "标记光标所在的一项",
        "发送所写的内容",
        "材料占满宽度",
        "下一份材料",
        "显示全部号码",
    ):
        page.see(words)
    looked_at(page, "review-keys")
    page.set_viewport(1366, 768)
    page.press("Escape")

    # on paper
    printed = tmp_path / "case.pdf"
    page.window.pdf(path=printed, prefer_css_page_size=True)
    pages = [sheet.get_textpage().get_text_bounded() for sheet in pypdfium2.PdfDocument(printed)]
    text = "".join(pages)
    assert 1 <= len(pages) <= 3
    for there in ("乙二", second.number, "基本信息", "劳动合同", "SHA-256", "经过"):
        assert there in text
    for absent in ("退出", employer.reviewer.name, "快捷键", "内部备注", "领取", "申请的文件", "下载"):
        assert absent not in text
    assert all(len(one.strip().splitlines()) > 15 for one in pages[:-1]), (
        "no half-empty sheet before the last"
    )
    assert "经过" in pages[-1], "and none with a heading and a sentence"

    # a note and a return by Ctrl+Enter
    page.press("r")
    page.window.keyboard.type("缺少盖章页。")
    page.press("Control+Enter")
    before_one(page, first)
    assert world.state_of(live_server, second) is State.RETURNED

    # what opens on the page
    page.press("m")
    page.window.locator(".note-add > summary").click()
    page.window.locator("#note-text").fill("Asked by telephone.")
    looked_at(page, "review-note")
    page.set_viewport(1366, 768)
    page.window.locator("#note-text").press("Control+Enter")
    page.see("Asked by telephone.")


def wait_for_ahead(page: ChromiumPage) -> None:
    """The pictures are there that the next one opens with."""
    script = """async () => {
        const fetched = () => performance.getEntriesByType("resource").map((one) => one.name);
        if (!fetched().some((name) => name.includes("/ahead/"))) return false;
        const { small } = await (await fetch(document.querySelector("[data-ahead]").dataset.ahead)).json();
        return small.every((address) => fetched().includes(new URL(address, location.href).href));
    }"""
    world.waited_for(page, lambda: page.evaluate(script), "nothing is fetched ahead")
