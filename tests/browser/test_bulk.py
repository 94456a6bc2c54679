"""Many applications decided at once, by keys and by mouse, on a desk and on a telephone; then one decision taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desk import assignments
from models import Account, Action, State, db
from tests.browser import world
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.world import Somebody, come_in
from tests.machine.site import Site
from worker import bulk_decisions

pytestmark = pytest.mark.browser

DESK, PHONE = (1366, 768), (390, 844)
NAMES = ["王晓敏", "李娜", "张伟", "刘洋", "阿拉坦其其格", "陈静"]
REASON = "请补充劳动合同的签字页。"


def looked_at(page: ChromiumPage, name: str, path: str, arrange: Callable[[], object] = lambda: None) -> None:
    """Open the page in both languages, bring it into the state by `arrange`, and look at it in both sizes."""
    for code in ("en", "zh"):
        page.goto(f"/language/{code}")
        page.goto(path)
        arrange()
        for size in (PHONE, DESK):
            page.set_viewport(*size)
            page.screenshot(Path(f"build/screens/bulk-{name}-{code}-{size[0]}.png"))
            assert page.axe() == []
            assert page.evaluate("() => document.documentElement.scrollWidth") == size[0]


def box(page: ChromiumPage, name: str) -> str:
    return f'tr:has-text("{name}") input[name=row]'


def take(site: Site, case: world.Case, who: Somebody) -> None:
    with site.app_context():
        assignments.assign(case.number, db.session.get_one(Account, who.id), to=who.id, seen=None)


@pytest.mark.guide("W6", "W13")
def test_many_are_decided_at_once_and_one_is_taken_back(chromium: Chromium, live_server: Site) -> None:
    employer = world.workplace(live_server)
    qian = world.colleague(live_server, employer, "钱进")
    cases = world.many_submitted(live_server, employer, NAMES)
    take(live_server, cases[1], qian)
    page = chromium.new_page(live_server.url)
    come_in(page, employer.reviewer, "/enterprise/")

    page.press("?")
    page.see("选中这一行，或不选")
    page.press("Escape")
    page.press("j")
    for _ in range(2):
        page.window.keyboard.down("x")  # the second time as a key that is held down
    page.see("已选 1 件")
    page.window.keyboard.up("x")
    page.press("x")
    page.not_see("已选 1 件")
    page.window.focus(box(page, NAMES[0]))
    page.press("Space")
    page.window.click(f'tr:has-text("{NAMES[2]}") .cell-choose', position={"x": 4, "y": 4})  # beside the box
    page.see("已选 2 件")
    page.check("本页")
    page.see("已选 6 件")
    page.check("全部符合条件的 6 件")
    world.waited_for(page, lambda: page.window.is_disabled(box(page, NAMES[0])), "a box can be ticked")
    page.leave_by("批量通过")
    page.see("可以通过的 5 件")
    page.see("钱进已领取")
    page.leave_by("确定通过 5 件")
    progress = page.path
    looked_at(page, "progress", progress)
    page.leave_by("取消其余的")
    page.see("一件也没有办理，申请都没有改动。")
    looked_at(page, "cancelled", progress)

    def tick() -> None:
        for name in NAMES[:4]:
            page.window.focus(box(page, name))
            page.press("Space")

    looked_at(page, "list", "/enterprise/", tick)
    page.leave_by("批量回退")
    page.see("可以回退的 3 件")
    summary = page.path
    looked_at(page, "summary", summary)
    looked_at(page, "wrong", summary, lambda: page.window.click("[form=bulk-confirm]"))
    page.see("请填写原因，申请人会看到这段文字。")
    page.fill("回退原因", REASON)
    world.act(live_server, cases[0], Action.PASS, qian)
    page.leave_by("确定回退 3 件")
    with live_server.app_context():
        bulk_decisions.process_due()
    page.see("回退了 2 件")  # the page has noticed by itself
    page.see("钱进已办理，没有重复办理。")
    looked_at(page, "report", summary)
    assert [row.split()[1] for row in page.rows()] == NAMES[:2]
    page.choose_row(NAMES[1])
    page.see("钱进已领取")
    looked_at(page, "jobs", "/enterprise/bulk/")
    assert [world.state_of(live_server, case) for case in cases[1:4]] == [
        State.ENTERPRISE_REVIEW,
        State.RETURNED,
        State.RETURNED,
    ]

    page.goto(f"/enterprise/{cases[4].number}/")
    page.press("p")
    with page.leaving():
        page.press("Enter")
    page.see("企业审核通过")
    page.leave_by("收回")
    world.has_focus(page, "reason-take_back")
    page.press("Escape")
    looked_at(page, "take-back", f"/enterprise/{cases[4].number}/", lambda: page.press("b"))
    page.window.keyboard.type("按错了键，应当回退。")
    page.leave_by("确定收回")
    page.see("审核决定已收回，现在待您重新审核")
    assert world.state_of(live_server, cases[4]) is State.ENTERPRISE_REVIEW
