"""make pictures: a site of its own, invented people, the real workflow, Chromium; writes docs/pictures/*.png.

Needs what `make test` installs; looks as it does in the README with fonts-noto-cjk and chromium-l10n as well.
Nothing of the site is left afterwards.
"""

import io
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from pypdfium2 import PdfDocument

from commands.sample_data import command
from config import ROOT
from documents import printed_forms
from models import Batch, BatchState, PaymentRun, RunState, db
from tests.browser.chromium import PROGRAMS, QUIETLY, ChromiumPage
from tests.browser.people import login
from tests.machine.site import Site
from tools.pictures import papers, story
from tools.pictures.people import COLLEAGUE, MARKED, NEWCOMER, NOTED, PEOPLE, SAME, Person

PICTURES = ROOT / "docs" / "pictures"
MOST_EACH, MOST_TOGETHER = 150_000, 1_000_000
"""Bytes: a README must open on a slow connection too."""
DESK, PHONE = (1366, 768), (390, 844)
COLOURS, GREYS = 256, 16
FORM_WIDTH = 760
LOGIN_PAGES = {"applicant": "个人登录", "enterprise": "企业登录"}

Look = Callable[[ChromiumPage], None]


class Studio:
    """The running site and a browser with a Chinese surface; every sitting is a person of their own."""

    def __init__(self, site: Site, browser: Browser) -> None:
        self.site, self.browser = site, browser

    def sit_down(self, size: tuple[int, int] = DESK, scale: int = 1) -> ChromiumPage:
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="zh-CN", device_scale_factor=scale
        )
        return ChromiumPage(context.new_page(), self.site.url)

    def enter(
        self, role: str, region: str = "", *, size: tuple[int, int] = DESK, scale: int = 1
    ) -> ChromiumPage:
        """Log in as the first sample account of this role and region."""
        account = next(a for a in self.site.accounts if a["role"] == role and a["region"] == region)
        page = self.sit_down(size, scale)
        login(page, LOGIN_PAGES.get(role, "工作人员入口"), account["login"], account["password"])
        return page

    def photograph(self) -> None:
        """Take every picture of the README and of docs/."""
        with self.site.app_context():
            numbers = {person.name: story.application_of(person).number for person in PEOPLE}
        self.strangers()
        self.applicants(f"/personal/application/{numbers[MARKED]}/")
        self.reviewers(f"/office/{numbers[NOTED]}/", f"/office/{numbers[SAME]}/")
        self.administrators()

    def photograph_what_follows(self) -> None:
        """Take the pictures of a site with sample data: publicity, money, statistics."""
        with self.site.app_context():
            batch, run = add_sample_data(command.NUMBER)
        page = self.sit_down()
        page.goto(f"/publicity/{batch}/")
        page.see("公示")
        shoot(page, "publicity")
        page = self.enter("city")
        page.goto(f"/city/runs/{run}/")
        page.see("批准")
        shoot(page, "payment-run")
        page.goto("/city/statistics/")
        page.see("统计")
        shoot(page, "statistics")

    def strangers(self) -> None:
        page = self.sit_down()
        page.goto("/")
        page.see("申报进行中")
        shoot(page, "portal")
        page = self.sit_down()
        login(page, "个人登录", story.whole(NEWCOMER[1]), story.PASSWORD)
        page.click("战略性新兴产业引进人才生活补贴申请")
        page.see("请阅读，还有 26 秒")
        shoot(page, "notice")

    def applicants(self, returned: str) -> None:
        page = self.enter("applicant")
        page.goto(returned)
        page.see("已回退，请修改后重新提交")
        shoot(page, "application")
        page.goto(f"{returned}attachments/")
        page.see("必需材料已全部上传")
        with tempfile.TemporaryDirectory() as home:
            page.upload("继续添加文件 身份证", papers.heavy(Path(home)))
            page.see("压缩到约 3 MB")
            shoot(page, "attachments")

        page = self.enter("applicant", size=PHONE, scale=2)
        page.goto(returned)
        page.see("已回退，请修改后重新提交")
        shoot(page, "application-phone")
        page.window.locator("#position").fill("高级数据工程师")
        page.see("草稿已存")
        page.goto(returned)
        page.see("未保存的修改")
        shoot(page, "draft-phone")

    def reviewers(self, resubmitted: str, same: str) -> None:
        page = self.enter("city")
        page.goto("/city/")
        page.see("待我审核")
        shoot(page, "list")

        colleague = self.sit_down()
        login(colleague, "工作人员入口", COLLEAGUE.login, story.PASSWORD)
        colleague.goto(resubmitted)
        colleague.see("经过")
        page = self.enter("office", "东胜区")
        page.goto(resubmitted)
        page.see("上次办理以来的改动")
        shoot(page, "review")
        page.press("?")
        page.see("启用快捷键")
        shoot(page, "keys")
        page.goto(same)
        page.window.locator('[id="field:bank_account"] .mark-add').focus()
        page.press("m")
        page.window.keyboard.type("与另一人所填相同，请核对本人的卡号。")
        shoot(page, "mark")
        page.window.keyboard.press("Control+Enter")
        page.window.locator("[data-mark-note]").wait_for()
        page.press("r")
        page.see("会随回退告诉申请人")
        shoot(page, "return")
        page.goto("/office/")
        page.check("本页")
        page.leave_by("批量通过")
        page.see("现在不能办理")
        shoot(page, "bulk")

    def administrators(self) -> None:
        page = self.enter("administrator")
        page.goto("/administration/")
        page.see("概览")
        shoot(page, "administration")
        page.goto("/administration/form/")
        page.see("申请表")
        shoot(page, "form")


def add_sample_data(number: int) -> tuple[str, str]:
    """Add so many sample applications; return the numbers of the batch and of the payment run that are photographed."""
    # The sample data is written on one connection while another reads: reading must not begin as a writer here.
    db.engine.update_execution_options(immediate=False)
    list(command.fill(number, command.SEED))
    batch = story.one(Batch, Batch.state == BatchState.PUBLIC)
    return batch.number, story.one(PaymentRun, PaymentRun.state == RunState.FROZEN).number


def shoot(page: ChromiumPage, name: str) -> None:
    """Write what the window shows, once all its pictures are there."""
    page.window.wait_for_load_state("networkidle")
    page.evaluate("() => document.fonts.ready.then(() => true)")
    write(Image.open(io.BytesIO(page.window.screenshot())).convert("RGB"), name)


def print_the_form(of: Person) -> None:
    """Write the first page of somebody's printed application form."""
    made = printed_forms.print_form(story.application_of(of))
    page = PdfDocument(made.document.pdf)[0]
    scale = FORM_WIDTH / page.get_width()
    write(page.render(scale=scale).to_pil().convert("RGB"), "printed-form", GREYS)


def write(taken: Image.Image, name: str, colours: int = COLOURS) -> None:
    """Write a picture in few colours."""
    few = taken.quantize(colours, Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE)
    path = PICTURES / f"{name}.png"
    few.save(path, optimize=True)
    print(f"  {path.relative_to(ROOT)}  {path.stat().st_size // 1000} kB", flush=True)


def weigh() -> None:
    """End the program when a picture, or all of them, weigh too much."""
    sizes = {path.name: path.stat().st_size for path in sorted(PICTURES.glob("*.png"))}
    heavy = [name for name, size in sizes.items() if size > MOST_EACH]
    if heavy or sum(sizes.values()) > MOST_TOGETHER:
        sys.exit(f"图片过大 · too many bytes: {', '.join(heavy) or sum(sizes.values())}")


def main() -> None:
    papers.face()
    PICTURES.mkdir(parents=True, exist_ok=True)
    os.environ["LANGUAGE"] = "zh_CN"  # how Chromium writes dates in date fields
    program = next((path for path in PROGRAMS if Path(path).exists()), PROGRAMS[0])
    with tempfile.TemporaryDirectory(prefix="pictures-") as home, sync_playwright() as playwright:
        site = Site(Path(home), f"sqlite:///{home}/pictures.sqlite")
        try:
            with site.app_context():
                story.play()
                print_the_form(next(person for person in PEOPLE if person.name == NOTED))
            browser = playwright.chromium.launch(executable_path=program, args=list(QUIETLY))
            Studio(site, browser).photograph()
            site.stop()
            site = Site(Path(home) / "samples", f"sqlite:///{home}/samples.sqlite")
            Studio(site, browser).photograph_what_follows()
            browser.close()
        finally:
            site.stop()
    weigh()


if __name__ == "__main__":
    main()
