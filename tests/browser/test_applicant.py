"""The applicant's main page when things go otherwise than in the guide: nothing typed is lost, nothing is kept that may not be."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pypdfium2 import PdfDocument
from sqlalchemy import func, select

from common.calendar import today
from models import Action, Application, Review, State, db
from tests.browser import world
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.people import save
from tests.browser.world import CUT, SHEET, Case, Somebody, Workplace, come_in, forgive
from tests.machine.site import Site
from workflow.form import answers as form_answers

pytestmark = pytest.mark.browser

WAITS = "请阅读，还有"


@pytest.fixture(scope="module")
def employer(live_server: Site) -> Workplace:
    return world.workplace(live_server)


@pytest.fixture
def page(chromium: Chromium, live_server: Site) -> ChromiumPage:
    return chromium.new_page(live_server.url)


def second_window(page: ChromiumPage) -> ChromiumPage:
    """Another window of the same person: it has the same cookies."""
    return ChromiumPage(page.window.context.new_page(), page.base_url)


def kept(site: Site, case: Case, key: str) -> object:
    """What the database has in a field."""
    with world.stored(site, case) as application:
        return form_answers.value(application, key)


def begun(site: Site, who: Somebody) -> int:
    """How many applications this person has."""
    with site.app_context():
        return (
            db.session.scalar(select(func.count(Application.id)).where(Application.applicant_id == who.id))
            or 0
        )


def submissions(site: Site, case: Case) -> int:
    with site.app_context():
        count = select(func.count(Review.id)).where(
            Review.application_id == case.id, Review.action == Action.SUBMIT
        )
        return db.session.scalar(count) or 0


# --- 「申请须知」


@pytest.mark.guide("A5")
def test_nothing_is_saved_within_the_thirty_seconds_however_the_browser_is_tricked(
    live_server: Site, page: ChromiumPage
) -> None:
    person = world.person(live_server)
    come_in(page, person, SHEET)
    page.see(WAITS)
    page.press("Escape")
    page.press("Escape")
    page.see(WAITS)
    page.evaluate("() => { document.getElementById('notice').remove(); }")
    page.fill("毕业院校", "内蒙古大学")
    page.click("保存")
    page.see("请先阅读“申请须知”，还有")
    assert page.value("毕业院校") == "内蒙古大学"
    forgive(page, "422")

    token = page.evaluate("() => document.querySelector('#application [name=csrf_token]').value")
    answer = page.window.context.request.post(
        f"{page.base_url}{SHEET}", form={"csrf_token": token, "school": "直接寄来的学校"}
    )
    assert answer.status == 422
    assert "请先阅读“申请须知”" in answer.text()
    assert "直接寄来的学校" in answer.text()
    assert begun(live_server, person) == 0

    world.let_time_pass(live_server, person, 31)
    save(page)
    assert page.value("毕业院校") == "内蒙古大学"
    assert begun(live_server, person) == 1


@pytest.mark.guide("A5")
def test_who_has_read_the_notice_is_not_made_to_wait_again_until_it_says_something_new(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    come_in(page, case.person, case.sheet)
    for _ in range(2):
        page.see("已保存")
        page.not_see(WAITS)
        page.goto(SHEET)
    world.publish_notice(live_server, "2026 年补充版")
    page.fill("岗位职务", "高级工程师")
    page.click("保存")  # the page was open before the new version came
    page.see("请先阅读“申请须知”，还有")
    forgive(page, "422")
    assert kept(live_server, case, "position") == "工程师"
    page.window.once("dialog", lambda dialog: dialog.accept())
    page.goto(case.sheet)
    page.see(WAITS)
    page.see("2026 年补充版")
    world.let_time_pass_but(live_server, case.person, 9)
    page.goto(case.sheet)
    page.see(WAITS)
    page.not_see(WAITS, timeout=30)
    world.has_focus(page, "战略性新兴产业引进人才生活补贴申请")


# --- saving, leaving, and what lies between


@pytest.mark.guide("A10")
def test_leaving_with_unsaved_changes_asks_first(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    come_in(page, case.person, case.sheet)
    asked: list[str] = []
    answers = iter([False, True])

    def answer(dialog) -> None:
        asked.append(dialog.type)
        dialog.accept() if next(answers) else dialog.dismiss()

    page.window.on("dialog", answer)
    page.fill("岗位职务", "高级工程师")
    page.see("有未保存的修改")
    page.window.get_by_role("link", name="查询历史").click(no_wait_after=True)
    world.waited_for(page, lambda: asked == ["beforeunload"], "nobody asked")
    assert page.path == case.sheet
    assert page.value("岗位职务") == "高级工程师"

    page.window.get_by_role("link", name="查询历史").click()
    page.see("选中一条")
    page.goto(case.sheet)
    assert page.value("岗位职务") == "工程师"
    page.fill("岗位职务", "高级工程师")
    save(page)
    page.window.get_by_role("link", name="查询历史").click()
    page.see("选中一条")
    assert asked == ["beforeunload"] * 2


@pytest.mark.guide("A10")
def test_rows_change_on_the_page_and_in_the_application_once_the_page_is_saved(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    come_in(page, case.person, case.sheet)

    def rows() -> int:
        return page.window.locator("[data-experiences] > li").count()

    def stored() -> list[str]:
        with world.stored(live_server, case) as application:
            return [row.subject for row in application.experiences]

    before = stored()
    for way in ("取消", "关闭", "Escape"):
        page.click("修改", within="内蒙古大学")
        page.fill("专业或职务", "写错了")
        page.check("工作")
        if way == "Escape":
            page.press("Escape")  # as the back gesture of a phone does: once takes nothing away
            page.see("这条经历还没有保存")
            assert page.value("专业或职务") == "写错了"
            page.fill("专业或职务", "又写错了")  # and once more after something else was typed
            page.press("Escape")
            page.see("这条经历还没有保存")
            assert page.value("专业或职务") == "又写错了"
            page.press("Escape")
        else:
            page.click(way)
        page.not_see("写错了")
        page.click("修改", within="内蒙古大学")
        assert page.value("专业或职务") == before[0]
        assert page.evaluate("() => document.querySelector('dialog[open] input:checked').value") == "study"
        page.click("取消")
        page.not_see("有未保存的修改")

    page.click("新增")
    page.fill("学校或单位", "不要的单位")
    page.fill("起始年月", "2031-01")
    page.fill("终止年月", "2030-12")
    page.click("保存")
    for key, sentence in (
        ("kind", "请填写类别。"),
        ("start", "起始年月不能晚于今天。"),
        ("end", "终止年月不能早于起始年月。"),
        ("place", ""),
        ("subject", "请填写专业或职务。"),
        ("witness", "请填写证明人。"),
    ):
        world.says_beside(page, f"experiences-2-{key}", sentence)
    world.has_focus(page, "experiences-2-kind-0")
    assert page.value("学校或单位") == "不要的单位"
    page.click("取消")
    page.not_see("不要的单位")
    world.becomes(page, rows, 2, "the rows")

    page.click("修改", within="内蒙古大学")
    page.fill("专业或职务", "化学")
    page.click("保存")
    page.see("有未保存的修改")
    page.click("删除", within="示例新材料有限公司")
    page.see("删除这条经历？")
    page.see("2020-07 至 今 示例新材料有限公司 工程师")
    page.click("取消")
    assert rows() == 2
    page.click("删除", within="示例新材料有限公司")
    page.click("删除")
    page.see("有未保存的修改")
    world.becomes(page, rows, 1, "the rows")
    assert stored() == before
    save(page)
    assert stored() == ["化学"]
    assert rows() == 1


def test_a_row_added_and_one_removed_at_once_are_kept_apart(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    come_in(page, case.person, case.sheet)
    page.click("删除", within="内蒙古大学")
    page.click("删除")
    for place, start, end in (("北京大学", "2012-09", "2016-06"), ("某研究院", "2016-07", "2020-06")):
        page.click("新增")
        page.check("学习" if place.endswith("大学") else "工作")
        page.fill("起始年月", start)
        page.fill("终止年月", end)
        page.fill("学校或单位", place)
        page.fill("专业或职务", "化学")
        page.fill("证明人", "李四")
        page.click("保存")
    save(page)
    with world.stored(live_server, case) as application:
        assert sorted(row.place for row in application.experiences) == [
            "北京大学",
            "某研究院",
            "示例新材料有限公司",
        ]
    page.not_see("之间有间断")
    page.click("修改", within="某研究院")
    page.fill("终止年月", "2020-03")
    page.click("保存")
    page.set_viewport(390, 844)  # where what is complete folds
    page.click("保存")
    page.see("之间有间断")
    page.click("删除", within="某研究院")
    page.click("删除")
    page.not_see("之间有间断")


def test_a_phone_shows_the_whole_name_of_the_employer(live_server: Site, page: ChromiumPage) -> None:
    case = world.draft(live_server, world.workplace(live_server))
    with world.stored(live_server, case) as application:
        assert application.enterprise is not None
        application.enterprise.name = "鄂尔多斯市高新技术产业开发区示例新材料科技股份有限公司"
        db.session.commit()
    page.set_viewport(390, 844)
    come_in(page, case.person, case.sheet)
    page.click("工作单位 完整")
    hidden = """() => { const box = document.getElementById("enterprise_id");
        return [box.scrollWidth - box.clientWidth, box.scrollHeight - box.clientHeight]; }"""
    assert page.evaluate(hidden) == [0, 0]
    # What folds only when the scripts have come lets the page jump below a finger.
    empty = {"content_type": "text/javascript", "body": ""}
    page.window.route("**/js/app.js", lambda asked: asked.fulfill(**empty))
    page.goto(case.sheet)
    assert page.evaluate("() => document.querySelectorAll('[data-fold][open]').length") == 0
    page.click("工作单位 完整")
    assert page.evaluate(hidden) == [0, 0]


# --- what is wrong is said beside its field, all at once


@pytest.mark.guide("A15")
def test_everything_wrong_is_named_beside_its_field_at_once_and_linked_from_the_list(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    with world.stored(live_server, case) as application:
        application.experiences[0].end = date(2010, 1, 1)
        db.session.commit()
    come_in(page, case.person, case.sheet)
    tomorrow = (today() + timedelta(days=1)).isoformat()
    page.check("男")
    page.fill("出生日期", "1991-02-03")
    page.fill("手机号码", "12345")
    page.fill("电子邮箱", "nobody@")
    page.fill("毕业院校", "")
    page.fill("毕业时间", "2099-06")
    page.fill("来鄂(引进)时间", tomorrow)
    page.fill("劳动合同起始时间", "2025-03-01")
    page.fill("劳动合同终止时间", "2025-02-01")
    page.fill("银行账号", "6217abc")
    save(page)
    wrong = {
        "sex": "性别与公民身份号码不一致。",
        "birth_date": "出生日期与公民身份号码不一致。",
        "phone": "请填写 11 位手机号码。",
        "email": "电子邮箱格式不正确，例如：name@example.com。",
        "graduated_on": "毕业时间不能晚于今天。",
        "arrived_on": "来鄂(引进)时间不能晚于今天。",
        "contract_end": "劳动合同终止时间应晚于起始时间。",
        "bank_account": "银行账号应为 8 至 30 位数字。",
    }
    for field, sentence in wrong.items():
        world.says_beside(page, field, sentence)
    assert "第 1 条经历：终止年月不能早于起始年月。" in page.text()
    assert page.value("手机号码") == "12345"
    assert page.value("银行账号") == "6217abc"
    assert page.value("毕业院校") == ""
    page.click("修改", within="内蒙古大学")
    world.says_beside(page, "experiences-0-end", "终止年月不能早于起始年月。")
    page.click("取消")

    page.click("提交")
    page.see("还不能提交")
    world.waited_for(
        page, lambda: world.focused(page).startswith("还不能提交"), "the list has not got the focus"
    )
    listed = page.window.locator(".summary a").all_inner_texts()
    assert set(wrong.values()) <= set(listed)
    assert {"请填写毕业院校。", "请上传身份证。", "请上传银行卡复印件。"} <= set(listed)
    assert world.state_of(live_server, case) is State.DRAFT


@pytest.mark.guide("A15")
@pytest.mark.parametrize("width", [1366, 390])
def test_each_link_of_the_list_opens_its_place_and_puts_the_cursor_into_it(
    live_server: Site, page: ChromiumPage, employer: Workplace, width: int
) -> None:
    case = world.draft(live_server, employer, phone="12345", school=None, promise=None, full_time=None)
    with world.stored(live_server, case) as application:
        application.experiences[1].witness = ""
        db.session.commit()
    page.set_viewport(width, 768 if width == 1366 else 844)
    come_in(page, case.person, case.sheet + "?check=1")
    page.see("还不能提交")

    def fold_everything() -> None:
        page.evaluate(
            "() => document.querySelectorAll('details.card').forEach((one) => { one.open = false; })"
        )

    for sentence, field in (
        ("请填写毕业院校。", "school"),
        ("请填写 11 位手机号码。", "phone"),
        ("请选择是否全日制。", "full_time-0"),
        ("请阅读承诺并勾选", "promise"),
    ):
        fold_everything()
        page.click(sentence)
        world.has_focus(page, field)
        world.comes_in_sight(page, f"#{field}")
    fold_everything()
    page.click("第 2 条经历：请填写证明人。")
    page.see("学校或单位")
    world.has_focus(page, "experiences-1-witness")
    page.press("Escape")
    page.click("第 2 条经历：请填写证明人。")  # a second time, although the address is the same
    world.has_focus(page, "experiences-1-witness")
    page.press("Escape")

    page.click("请上传劳动合同。")
    page.see("须所在企业审核人审核无误")
    slot = world.slot(live_server, "劳动合同")
    control = f"slot-{slot.removeprefix('#material-')}-input"
    world.waited_for(page, lambda: world.focused(page) == control, "the cursor is not in the slot")
    world.comes_in_sight(page, slot)


def test_what_is_no_date_stays_as_typed_and_everything_else_is_saved(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    """As in a browser that draws a date as plain text."""
    case = world.draft(live_server, employer)
    come_in(page, case.person, case.sheet)
    page.evaluate(
        "() => document.querySelectorAll('input[type=date], input[type=month]').forEach((one) => { one.type = 'text'; })"
    )
    page.fill("出生日期", "1990年2月30日")
    page.fill("社保缴纳起始时间", "三月")
    page.fill("来鄂(引进)时间", "2021年3月5日")
    page.fill("岗位职务", "高级工程师")
    page.click("修改", within="内蒙古大学")
    page.fill("起始年月", "去年")
    page.click("保存")
    world.says_beside(page, "experiences-0-start", "起始年月：请按“年-月”填写，例如：2018-09。")
    page.click("取消")
    page.evaluate("() => { document.getElementById('experiences-0-start').value = '去年'; }")
    page.click("保存")
    page.see("有填写不正确的内容没有保存，已在相应位置标出；其余内容已保存。")
    forgive(page, "422")
    world.says_beside(page, "birth_date", "出生日期：1990年2月30日 不存在，请核对月份和日期。")
    world.says_beside(page, "insurance_start", "社保缴纳起始时间：请按“年-月”填写，例如：2018-09。")
    world.comes_in_sight(page, "#birth_date")
    assert page.value("出生日期") == "1990年2月30日"
    assert kept(live_server, case, "position") == "高级工程师"
    assert kept(live_server, case, "arrived_on") == date(2021, 3, 5)
    page.click("修改", within="内蒙古大学")
    page.see("起始年月：请按“年-月”填写，例如：2018-09。")
    assert page.value("起始年月") == "去年"
    world.has_focus(page, "experiences-0-start")
    page.fill("起始年月", "2016-09")
    page.click("保存")
    page.fill("出生日期", "1990-01-01")
    page.fill("社保缴纳起始时间", "2021.3")
    save(page)
    assert kept(live_server, case, "insurance_start") == date(2021, 3, 1)


# --- when the connection, the session or another window is in the way


def test_a_network_cut_while_saving_loses_nothing(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    come_in(page, case.person, case.sheet)
    page.fill("岗位职务", "高级工程师")
    page.window.context.set_offline(True)
    page.click("保存")
    page.see("保存失败：网络不通。内容还在本页，请检查网络后再点“保存”。")
    red = page.evaluate("() => getComputedStyle(document.querySelector('.save-failed')).color")
    assert red == "rgb(179, 38, 30)"
    assert page.value("岗位职务") == "高级工程师"
    assert kept(live_server, case, "position") == "工程师"
    page.window.context.set_offline(False)
    page.window.route(f"**{case.sheet}", lambda asked: asked.fulfill(status=503), times=1)
    page.click("保存")
    page.see("保存失败：系统繁忙。内容还在本页，请过一会儿再点“保存”。")
    save(page)
    page.not_see("保存失败")
    assert kept(live_server, case, "position") == "高级工程师"
    forgive(page, CUT)


def test_a_session_that_ended_while_one_typed_loses_nothing(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    come_in(page, case.person, case.sheet)
    page.fill("岗位职务", "高级工程师")
    page.window.context.clear_cookies()
    page.click("保存")
    page.see("登录已过期")
    assert page.value("岗位职务") == "高级工程师"
    assert page.path == case.sheet
    page.click("保存")
    page.see("登录已过期")
    with page.window.context.expect_page() as opened:
        page.click("先登录（在新窗口打开）")
    world.log_in(ChromiumPage(opened.value, page.base_url), case.person)
    save(page)
    assert page.value("岗位职务") == "高级工程师"
    assert kept(live_server, case, "position") == "高级工程师"
    forgive(page, "419", "400")


def test_what_another_window_saved_meanwhile_is_said_before_it_is_overwritten(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.draft(live_server, employer)
    come_in(page, case.person, case.sheet)
    other = second_window(page)
    other.goto(case.sheet)
    other.fill("开户银行", "另一家银行")
    save(other)
    page.fill("岗位职务", "高级工程师")
    page.click("保存")
    page.see("此申请在另一窗口保存过")
    forgive(page, "409")
    assert page.value("岗位职务") == "高级工程师"
    assert kept(live_server, case, "position") == "工程师"
    assert kept(live_server, case, "bank") == "另一家银行"
    save(page)
    assert kept(live_server, case, "position") == "高级工程师"


# --- 「提交」


@pytest.mark.guide("A14")
def test_a_double_click_submits_once(live_server: Site, page: ChromiumPage, employer: Workplace) -> None:
    case = world.complete(live_server, employer)
    come_in(page, case.person, case.sheet)
    page.see("上传附件 6/6")  # what is 选填 does not count
    page.window.locator(".footbar button", has_text="提交").dblclick(no_wait_after=True)
    page.see("提交后不可修改")
    page.window.locator(".footbar button", has_text="确定提交").dblclick(no_wait_after=True)
    page.see("提交成功")
    assert submissions(live_server, case) == 1
    assert world.state_of(live_server, case) is State.ENTERPRISE_REVIEW
    forgive(page, "409")


@pytest.mark.guide("A14")
def test_going_back_after_the_submission_changes_nothing_any_more(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.complete(live_server, employer)
    come_in(page, case.person, case.sheet)
    other = second_window(page)
    other.goto(case.sheet)
    page.click("提交")
    page.see("提交后不可修改")
    page.click("确定提交")
    page.see("提交成功")
    for _ in range(2):
        page.window.go_back()
        page.see("现由")
        page.not_see("确定提交")
        assert page.window.locator(".footbar button", has_text="保存").count() == 0

    other.fill("岗位职务", "偷改")  # a window in which the form still stands
    for button in ("保存", "提交"):
        other.click(button)
        other.see("申请已提交，提交后的信息不可修改。")
        assert other.value("岗位职务") == "偷改"
    assert kept(live_server, case, "position") == "工程师"
    token = other.evaluate("() => document.querySelector('#application [name=csrf_token]').value")
    with world.stored(live_server, case) as application:
        version = application.version
    replayed = page.window.context.request.post(
        f"{page.base_url}{case.sheet}",
        form={"csrf_token": token, "version": str(version), "position": "偷改"},
    )
    assert replayed.status == 409
    assert "申请已提交，提交后的信息不可修改。" in replayed.text()
    assert kept(live_server, case, "position") == "工程师"


def test_what_was_submitted_can_be_taken_back_until_the_enterprise_has_decided(
    live_server: Site, page: ChromiumPage, employer: Workplace
) -> None:
    case = world.submitted(live_server, employer)
    come_in(page, case.person, case.sheet)
    page.click("撤回")
    page.see("需要重新提交")
    page.press("Escape")
    page.not_see("需要重新提交")
    page.click("撤回")
    page.click("确定撤回")
    page.see("已撤回，请在")
    page.fill("岗位职务", "高级工程师")
    page.click("提交")
    page.click("确定提交")
    page.see("提交成功")

    sheets = [one.get_textpage().get_text_bounded() for one in PdfDocument(page.window.pdf())]
    assert len(sheets) <= 3
    assert all(len(one.splitlines()) > 15 for one in sheets[:-1]), "no half-empty sheet before the last"
    assert "".join(sheets).count("SHA-256") == 6, "each paper is listed, none is drawn"

    world.act(live_server, case, Action.PASS, employer.reviewer)
    page.click("撤回")
    page.click("确定撤回")
    page.see("企业已经办理，不能再撤回。")
    assert world.state_of(live_server, case) is State.PRELIMINARY_REVIEW
