"""After 「通过」: from the last review to 「已发放」, by everybody whose work it is, on a desk and on a phone (issue 14)."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from accounts import logins
from common.calendar import today
from models import Action, Batch, Role, State, db
from tests import factories
from tests.browser import world
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.world import Somebody, come_in
from tests.files import samples as files
from tests.machine.site import Site
from worker import bank_answers, publicity

pytestmark = pytest.mark.browser

DESK, PHONE = (1366, 768), (390, 844)
DESK_ONLY, BOTH = (DESK,), (PHONE, DESK)
OBJECTED, REFUSED = "乌云其其格", "王晓敏"
ANSWER = ("付款编号", "收款账号", "金额", "处理结果", "原因")
NOT_HIS = "账号与户名不符"
DECISION = "社会保险由本单位缴纳，异议不成立。"
OLD_CARD, NEW_CARD = "6217000087654321", "6228480000001234567"
GRANTS, RUNS, OWN = "/city/batches/", "/city/runs/", "/personal/payments/"

Look = Callable[..., None]


def looker(found: list[str]) -> Look:
    """Look at a page as it is now: axe in each of these sizes, and nothing wider than the screen."""

    def look(page: ChromiumPage, name: str, sizes: tuple[tuple[int, int], ...] = DESK_ONLY) -> None:
        before = page.window.viewport_size
        for width, height in sizes:
            page.set_viewport(width, height)
            page.screenshot(Path(f"build/after/{name}-{width}.png"))
            wide = page.evaluate("() => document.documentElement.scrollWidth")
            if wide > width:
                found.append(f"{name}: {wide} px wide on a screen of {width}")
            # Whole in sight: else axe measures what lies half under the bar at the foot.
            page.set_viewport(
                width, max(height, page.evaluate("() => document.documentElement.scrollHeight") + 120)
            )
            found.extend(f"{name} at {width}: {violation}" for violation in page.axe())
        if before:
            page.set_viewport(before["width"], before["height"])

    return look


def seen_before(page: ChromiumPage, name: str, sizes: tuple[tuple[int, int], ...] = DESK_ONLY) -> None:
    """In place of a look at pages that have been looked at."""


def second_clerk(site: Site) -> Somebody:
    """A colleague of the city's sample clerk."""
    with site.app_context():
        made = factories.saved(
            logins.new_account(Role.CITY, "qianjin", "钱进", factories.PASSWORD, office=factories.centre())
        )
        return Somebody(made.id, "staff", "qianjin", made.name)


def sixty_thousand_at_once(site: Site) -> None:
    """A standard that is tried before the site's samples."""
    with site.app_context():
        factories.standard(name="一次发放", priority=0, instalments=1, interval_months=0)


def let_the_publicity_end(site: Site) -> None:
    """As if the batch had been made a month earlier; then the worker comes by."""
    with site.app_context():
        batch = db.session.scalars(select(Batch)).one()
        batch.opens, batch.closes = (day - timedelta(days=30) for day in (batch.opens, batch.closes))
        db.session.commit()
        publicity.process_due()


def run_to_the_bank(maker: ChromiumPage, second: ChromiumPage, number: str, look: Look, folder: Path) -> Path:
    """「发放批次」: one makes and freezes it, the other approves, the first exports it. Returns the bank's file."""
    maker.goto(RUNS)
    look(maker, f"runs-{number}")
    maker.leave_by("建立发放批次")
    maker.see(f"发放批次 {number}")
    maker.leave_by("冻结")
    maker.see("等待另一位同事批准")
    assert maker.window.locator("button[value=approve]").count() == 0, "not offered to the maker"
    look(maker, f"run-{number}-frozen")
    second.goto(RUNS)
    second.choose_row(number)
    second.leave_by("批准")
    second.see("待导出")
    maker.goto(f"{RUNS}{number}/")
    maker.leave_by("导出银行文件")
    with maker.window.expect_download() as download:
        maker.click("下载 .csv")
    file = folder / f"{number}.csv"
    download.value.save_as(file)
    look(maker, f"run-{number}-exported")
    return file


def bank_answers_it(file: Path, refused: str = "") -> Path:
    """What the bank sends back: everybody is paid but this one."""
    with file.open(encoding="gb18030", newline="") as sent:
        rows = list(csv.DictReader(sent))
    answer = file.with_name(f"{file.stem}回执.csv")
    with answer.open("w", encoding="gb18030", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(ANSWER)
        for row in rows:
            said = ("失败", NOT_HIS) if row["收款人姓名"] == refused else ("成功", "")
            out.writerow([row["付款编号"], row["收款账号"], row["金额"], *said])
    return answer


def enter_answer(page: ChromiumPage, site: Site, answer: Path, rows: int, look: Look) -> None:
    """The bank's answer is uploaded, checked, confirmed and written; each time the worker comes by."""

    def worker_comes() -> None:
        with site.app_context():
            bank_answers.process_due()

    page.upload("银行回执文件", answer)
    page.leave_by("上传并核对")
    look(page, f"answer-{answer.stem}-reading")
    worker_comes()
    page.see(f"可登记 {rows} 行")  # the page has noticed by itself
    look(page, f"answer-{answer.stem}-preview")
    page.leave_by(f"确认登记 {rows} 行")
    worker_comes()
    page.see(f"已登记 {rows} 笔")
    look(page, f"answer-{answer.stem}-done")
    page.leave_by("回到发放批次")


@pytest.mark.guide("P1", "P2", "P3", "P4", "P5")
def test_two_passed_people_are_publicized_and_paid(
    chromium: Chromium, live_server: Site, tmp_path: Path
) -> None:
    found: list[str] = []
    look = looker(found)
    sixty_thousand_at_once(live_server)
    employer = world.workplace(live_server, "市直属")
    first, last = world.many_submitted(live_server, employer, [OBJECTED, REFUSED], bank_account=OLD_CARD)
    maker_account, second_account = world.sample(live_server, Role.CITY), second_clerk(live_server)
    for case in (first, last):
        world.act(live_server, case, Action.PASS, employer.reviewer)
    world.act(live_server, first, Action.PASS, maker_account)

    def new_page(size: tuple[int, int] = DESK) -> ChromiumPage:
        return chromium.new_page(live_server.url, width=size[0], height=size[1], touch=size == PHONE)

    # the last 「通过」
    maker = new_page()
    come_in(maker, maker_account, "/city/")
    maker.choose_row(REFUSED)
    maker.see("经过")
    maker.leave_by("通过，业务结束")
    maker.see("市专家服务中心审核通过")
    assert world.state_of(live_server, last) is State.FINISHED

    # a batch is made
    maker.goto("/city/")
    maker.leave_by("待公示")
    maker.see(OBJECTED)
    look(maker, "waiting")
    maker.check("全部符合条件的 2 件")
    maker.leave_by("拟定公示批次")
    maker.see("120,000.00")
    look(maker, "summary")
    maker.leave_by("确定公示")
    maker.see("已列入公示，共 2 人")
    batch = maker.path
    number = batch.removeprefix(GRANTS).strip("/")
    look(maker, "batch")

    # everybody sees it, with masked names and without a login
    visitor = new_page(PHONE)
    visitor.goto("/")
    visitor.leave_by("补贴公示")
    look(visitor, "public-batches", BOTH)
    visitor.choose_row(number)
    visitor.see("王*敏")
    for name in (OBJECTED, REFUSED):
        visitor.not_see(name)
    look(visitor, "public-batch", BOTH)
    public = visitor.path

    applicant = new_page(PHONE)
    come_in(applicant, last.person, "/personal/")
    applicant.leave_by("已列入第")
    applicant.see("公示中")

    # an objection with a paper, and its decision
    maker.choose_row(OBJECTED)
    maker.fill("异议人", "刘洋")
    maker.fill("联系方式", "13847719999")
    maker.fill("异议内容", "此人不在该单位工作。")
    maker.leave_by("登记异议")
    maker.see("已登记异议，这一行暂缓发放")
    maker.upload("材料", files.save(tmp_path, "pdf", "证明"))
    maker.leave_by("上传材料")
    maker.see("证明.pdf")
    look(maker, "objection")
    other = new_page(PHONE)
    come_in(other, first.person, first.sheet)
    other.see("暂缓发放（有异议）")
    other.not_see("刘洋")
    maker.leave_by("异议不成立")
    maker.see("请填写处理意见，申请人会看到这段文字。")
    look(maker, "objection-wrong")
    maker.fill("处理意见", DECISION)
    maker.leave_by("异议不成立")
    maker.see("公示中")
    other.goto(first.sheet)
    other.see(DECISION)
    look(other, "objection-dismissed", BOTH)

    # the publicity ends
    let_the_publicity_end(live_server)
    maker.goto(batch)
    maker.see("待发放 2 人")
    visitor.goto(public)
    visitor.see("不再显示名单")
    visitor.not_see("王*敏")
    look(visitor, "public-ended", BOTH)

    # a run by two people, and what the bank says
    second = new_page()
    come_in(second, second_account, RUNS)
    run, again = (f"{today().year}-{n:03}" for n in (1, 2))
    answer = bank_answers_it(run_to_the_bank(maker, second, run, look, tmp_path), REFUSED)
    enter_answer(maker, live_server, answer, 2, look)
    look(maker, "run-answered")
    maker.leave_by("银行退回")
    maker.choose_row(REFUSED)
    maker.see(NOT_HIS)
    look(maker, "payment-refused")

    # she is told, and corrects her account on the phone
    applicant.goto("/personal/")
    look(applicant, "home-refused", BOTH)
    applicant.leave_by("被银行退回")
    applicant.see("请更正收款账号")
    applicant.see(NOT_HIS)
    look(applicant, "own-refused", BOTH)
    applicant.fill("开户银行", "中国农业银行东胜支行")
    applicant.fill("银行账号", "62284")
    applicant.leave_by("提交更正的账号")
    applicant.see("请填写 8 至 30 位数字的银行账号")
    look(applicant, "own-wrong", BOTH)
    applicant.fill("银行账号", NEW_CARD)
    applicant.leave_by("提交更正的账号")
    applicant.see("待工作单位确认")

    # her employer confirms it
    boss = new_page()
    come_in(boss, employer.reviewer, "/enterprise/")
    boss.leave_by("账号更正")
    look(boss, "corrections")
    boss.choose_row(REFUSED)
    boss.see("显示全部账号")
    correction = boss.path
    boss.not_see(NEW_CARD)
    look(boss, "correction")
    boss.leave_by("显示全部账号")
    boss.see(NEW_CARD)
    boss.leave_by("确认账号")
    boss.see("已确认，已通知本人")

    # the next run
    file = run_to_the_bank(maker, second, again, seen_before, tmp_path)
    assert NEW_CARD in file.read_text(encoding="gb18030")
    enter_answer(maker, live_server, bank_answers_it(file), 1, seen_before)
    maker.see("已办结")
    for page, case in ((applicant, last), (other, first)):
        page.goto(case.sheet)
        page.see("已发放")
    look(applicant, "paid", BOTH)
    applicant.goto(OWN)
    applicant.see("已发放")
    look(applicant, "own-paid", BOTH)

    in_english(look, visitor, BOTH, {"public": public, "publics": "/publicity/"})
    in_english(look, applicant, BOTH, {"home": "/personal/", "sheet": last.sheet, "own": OWN})
    in_english(look, boss, DESK_ONLY, {"corrections": "/enterprise/accounts/", "correction": correction})
    city = {"waiting": "/city/publicity/", "batches": GRANTS, "batch": batch, "grant": f"{batch}1/"}
    in_english(look, maker, DESK_ONLY, city | {"runs": RUNS, "run": f"{RUNS}{run}/"})
    maker.goto(f"{RUNS}{run}/?tab=refused")
    maker.choose_row(REFUSED)
    look(maker, "en-payment")
    assert not found, "\n".join(found)


def in_english(
    look: Look, page: ChromiumPage, sizes: tuple[tuple[int, int], ...], places: dict[str, str]
) -> None:
    """The main pages once more after the switch at the foot."""
    page.leave_by("English")
    for name, place in places.items():
        page.goto(place)
        page.see("中文")
        look(page, f"en-{name}", sizes)
