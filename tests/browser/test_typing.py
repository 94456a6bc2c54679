"""What a browser fills in and what an input method writes, on the real page."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from models import Account, db
from tests.browser import world
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.people import save
from tests.browser.world import come_in
from tests.machine.site import Site
from workflow.form import answers

pytestmark = pytest.mark.browser

RARE = "\U0002ebf0"


def press_while_composing(page: ChromiumPage, composed: str, key: str, code: int) -> None:
    """Press a key while an input method shows what it has composed so far in the field in focus."""
    session = page.window.context.new_cdp_session(page.window)
    session.send(
        "Input.imeSetComposition",
        {"selectionStart": len(composed), "selectionEnd": len(composed), "text": composed},
    )
    for kind in ("rawKeyDown", "keyUp"):
        session.send(
            "Input.dispatchKeyEvent",
            {"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code},
        )
    session.detach()


def test_enter_and_escape_of_an_input_method_neither_confirm_nor_close_a_dialog(
    live_server: Site, chromium: Chromium
) -> None:
    case = world.draft(live_server, world.workplace(live_server))
    page = chromium.new_page(live_server.url)
    come_in(page, case.person, case.sheet)
    page.click("修改", within="内蒙古大学")
    dialog = page.window.locator("dialog:modal")
    dialog.get_by_label("证明人").focus()
    for key, code in (("Enter", 13), ("Escape", 27)):
        press_while_composing(page, "li", key, code)
        assert dialog.is_visible(), key
    page.window.keyboard.insert_text("李")
    page.window.keyboard.press("Enter")
    dialog.wait_for(state="hidden")


def test_a_rare_name_shows_its_code_point_and_rows_take_any_writing_of_a_month(
    live_server: Site, chromium: Chromium
) -> None:
    case = world.draft(live_server, world.workplace(live_server))
    with live_server.app_context():
        account = db.session.get_one(Account, case.person.id)
        account.name = f"王{RARE}"
        db.session.commit()
    page = chromium.new_page(live_server.url)
    come_in(page, case.person, case.sheet)
    code = page.window.locator(".code-point", has_text="U+2EBF0").first
    assert code.is_visible()
    assert (
        page.window.evaluate("getComputedStyle(document.querySelector('.code-point')).userSelect") == "none"
    )
    page.fill("手机号码", "+86 138 0013 8000")
    page.click("修改", within="内蒙古大学")
    page.evaluate(
        "() => { for (const one of document.querySelectorAll('dialog input[type=month]')) one.type = 'text'; }"
    )
    page.fill("起始年月", "０２０２．９")
    page.fill("证明人", f"李{RARE}")
    page.click("保存")
    world.says_beside(page, "experiences-0-start", "起始年月：请按“年-月”填写，例如：2018-09。")
    page.fill("起始年月", "２０１６年９月")
    page.click("保存")
    line = page.window.locator("[data-experience-line]").first
    world.waited_for(page, lambda: f"李{RARE}U+2EBF0" in line.inner_text(), "the row does not say it")
    save(page)
    with world.stored(live_server, case) as application:
        assert answers.value(application, "phone") == "13800138000"
        assert application.experiences[0].start == date(2016, 9, 1)
        assert application.experiences[0].witness == f"李{RARE}"
    for width, height in ((1366, 768), (390, 844)):
        page.set_viewport(width, height)
        page.screenshot(Path("build/screens") / f"rare-{width}.png")
