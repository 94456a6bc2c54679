"""Every dialog can be left by touch, by key and by pointer. A dialog that this file does not list fails the first test."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from config import ROOT
from models import Action
from tests.browser import world
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.world import SHEET, Somebody, Workplace, come_in
from tests.machine.site import Site

pytestmark = pytest.mark.browser

PHONE = (390, 844)
THUMB = 44
WAITS = "请阅读，还有"
RING = """async () => {
    const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 5)));
    await drawn();
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
    return outlineStyle !== "none" && parseFloat(outlineWidth) > 0 || boxShadow !== "none";
}"""


@dataclass(frozen=True)
class Dialog:
    """One dialog: its page for somebody, and what opens it there."""

    id: str
    prepare: Callable[[Site, Workplace], tuple[Somebody, str]]
    opener: str
    fold: str = ""
    """The section that hides the opener on a phone."""


def sheet(site: Site, employer: Workplace) -> tuple[Somebody, str]:
    case = world.draft(site, employer)
    return case.person, case.sheet


def attachments(site: Site, employer: Workplace) -> tuple[Somebody, str]:
    case = world.draft(site, employer)
    world.upload(site, case, "身份证", "jpg")
    return case.person, f"{case.sheet}attachments/"


def submitted(site: Site, employer: Workplace) -> tuple[Somebody, str]:
    case = world.submitted(site, employer)
    return case.person, case.sheet


def returned(site: Site, employer: Workplace) -> tuple[Somebody, str]:
    case = world.submitted(site, employer)
    world.act(site, case, Action.RETURN, employer.reviewer, "劳动合同缺少盖章页。")
    return case.person, case.sheet


SHEET_PAGE, SUBMITTED_PAGE = "personal/application.html", "personal/submitted.html"
DIALOGS: dict[tuple[str, str], list[Dialog]] = {
    ("personal/experience_dialogs.html", "experience-dialog"): [
        Dialog("experience-dialog", sheet, "[data-experience-edit]", "#section-experience"),
        Dialog("experience-dialog", sheet, "[data-experience-add]", "#section-experience"),
    ],
    ("personal/experience_dialogs.html", "experience-remove"): [
        Dialog("experience-remove", sheet, "[data-experience-remove]", "#section-experience")
    ],
    (SHEET_PAGE, "employers"): [
        Dialog("employers", sheet, "[data-dialog-open=employers]", "#section-employment")
    ],
    (SHEET_PAGE, "notice"): [
        Dialog("notice", sheet, "[data-dialog-open=notice]"),
        Dialog("notice", returned, "[data-dialog-open=notice]"),
    ],
    (SUBMITTED_PAGE, "notice"): [Dialog("notice", submitted, "[data-dialog-open=notice]")],
    ("personal/attachments.html", "file-remove"): [
        Dialog("file-remove", attachments, "button[aria-label^='删除 身份证']")
    ],
}
EACH = [pytest.param(one, id=f"{one.id}-{one.prepare.__name__}") for some in DIALOGS.values() for one in some]


def dialogs_in_templates() -> set[tuple[str, str]]:
    """Find each use of a dialog macro: `dialog("id", ...)`, and macros named `..._dialog` for what stands on several pages."""
    found = set()
    for path in sorted((ROOT / "templates").rglob("*.html")):
        text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        name = str(path.relative_to(ROOT / "templates"))
        wrapped = re.search(r"macro \w+_dialog\(", text) is not None
        for macro, given in re.findall(r"(?<!macro )\b(\w+_dialog|dialog)\((\"[\w-]+\")?", text):
            if macro != "dialog":
                found.add((name, macro.removesuffix("_dialog")))
            elif not wrapped:
                assert given, f"{name}: the id of a dialog stands in the call itself"
                found.add((name, given.strip('"')))
    return found


def test_every_dialog_of_the_templates_is_tested_here() -> None:
    assert dialogs_in_templates() == set(DIALOGS)


def test_nothing_opens_as_a_dialog_but_by_the_one_macro_and_the_one_script() -> None:
    macro, script = ROOT / "templates/components/dialog.html", ROOT / "static/js/dialog.js"
    for path in sorted((ROOT / "templates").rglob("*.html")):
        assert path == macro or "<dialog" not in path.read_text(encoding="utf-8"), path
    own = (
        r"showModal|\.show\(|createElement\(.dialog|popover|(?<![\w.])(?:window\.)?(?:alert|confirm|prompt)\("
    )
    for path in sorted((ROOT / "static/js").rglob("*.js")):
        assert path == script or not re.search(own, path.read_text(encoding="utf-8")), path


@pytest.fixture(scope="module")
def employer(live_server: Site) -> Workplace:
    return world.workplace(live_server)


def is_open(page: ChromiumPage, dialog: str) -> bool:
    return bool(page.evaluate("(id) => document.getElementById(id).open", dialog))


def opened(page: ChromiumPage, dialog: str) -> None:
    """A tap becomes a click a moment after the finger has left the screen."""
    world.waited_for(page, lambda: is_open(page, dialog), f"{dialog} does not open")


def closed(page: ChromiumPage, dialog: str) -> None:
    world.waited_for(page, lambda: not is_open(page, dialog), f"{dialog} stays open")


def cross(dialog: str) -> str:
    return f"#{dialog} .dialog-cross"


def unfold(page: ChromiumPage, dialog: Dialog) -> None:
    if dialog.fold:
        page.evaluate("(fold) => { document.querySelector(fold).open = true; }", dialog.fold)


@pytest.mark.guide("A3")
@pytest.mark.parametrize("dialog", EACH)
def test_a_dialog_is_left_by_touch_on_a_phone(
    live_server: Site, chromium: Chromium, employer: Workplace, dialog: Dialog
) -> None:
    width, height = PHONE
    page = chromium.new_page(live_server.url, width=width, height=height, touch=True)
    come_in(page, *dialog.prepare(live_server, employer))
    unfold(page, dialog)
    for _ in range(2):
        page.window.locator(dialog.opener).first.tap()
        opened(page, dialog.id)
        world.comes_in_sight(page, cross(dialog.id))
        box = page.window.locator(cross(dialog.id)).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= THUMB
        page.window.locator(cross(dialog.id)).tap()
        closed(page, dialog.id)
        assert not page.evaluate(RING)


@pytest.mark.guide("A3")
@pytest.mark.parametrize("dialog", EACH)
def test_a_dialog_is_left_by_pointer_and_by_key_and_only_the_key_leaves_a_ring(
    live_server: Site, chromium: Chromium, employer: Workplace, dialog: Dialog
) -> None:
    page = chromium.new_page(live_server.url)
    come_in(page, *dialog.prepare(live_server, employer))
    unfold(page, dialog)
    opener = page.window.locator(dialog.opener).first
    opener.click()
    opened(page, dialog.id)
    page.window.locator(cross(dialog.id)).click()
    closed(page, dialog.id)
    assert not page.evaluate(RING)

    for leave in ("Escape", "Enter"):
        opener.focus()
        page.press("Enter")
        opened(page, dialog.id)
        if leave == "Enter":
            for _ in range(30):
                page.press("Shift+Tab")
                if page.evaluate("() => document.activeElement.matches('.dialog-cross')"):
                    break
            assert page.evaluate(RING)
        page.press(leave)
        closed(page, dialog.id)
        world.waited_for(
            page, lambda: opener.evaluate("(one) => one === document.activeElement"), "the focus is not back"
        )
        assert page.evaluate(RING), "who uses the keyboard sees where they are"


def the_seconds_pass(site: Site, page: ChromiumPage, person: Somebody) -> None:
    """The thirty seconds of 「申请须知」 end, for the server and in the browser, while one looks at it."""
    world.let_time_pass(site, person, 30)
    page.window.clock.fast_forward(30_000)
    closed(page, "notice")


@pytest.mark.guide("A5", "A6")
def test_the_notice_opened_again_after_its_seconds_has_its_cross(
    live_server: Site, chromium: Chromium
) -> None:
    width, height = PHONE
    page = chromium.new_page(live_server.url, width=width, height=height, touch=True)
    person = world.person(live_server)
    come_in(page, person, "/personal/")
    page.window.clock.install()
    page.goto(SHEET)
    page.see(WAITS)
    assert not page.window.locator(cross("notice")).is_visible()
    page.press("Escape")
    assert is_open(page, "notice")
    page.goto(SHEET)
    page.see(WAITS)
    the_seconds_pass(live_server, page, person)
    world.waited_for(page, lambda: page.evaluate("() => document.activeElement.matches('h1')"), "no heading")
    assert not page.evaluate(RING), "a heading has no frame for people who use a finger or a pointer"
    page.window.locator("[data-dialog-open=notice]").tap()
    opened(page, "notice")
    world.comes_in_sight(page, cross("notice"))
    page.window.locator(cross("notice")).tap()
    closed(page, "notice")
    page.window.locator("[data-dialog-open=notice]").tap()
    opened(page, "notice")
    page.press("Escape")
    closed(page, "notice")


@pytest.mark.guide("A5")
def test_who_uses_the_keyboard_sees_the_focus_on_the_heading_after_the_notice(
    live_server: Site, chromium: Chromium
) -> None:
    page = chromium.new_page(live_server.url)
    person = world.person(live_server)
    come_in(page, person, "/personal/")
    page.window.clock.install()
    page.goto(SHEET)
    page.see(WAITS)
    page.press("Tab")
    the_seconds_pass(live_server, page, person)
    world.waited_for(page, lambda: page.evaluate("() => document.activeElement.matches('h1')"), "no heading")
    assert page.evaluate(RING)
    page.window.mouse.click(5, 300)
    page.evaluate("() => document.querySelector('h1').focus()")
    assert not page.evaluate(RING)
