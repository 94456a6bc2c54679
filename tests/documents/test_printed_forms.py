"""The form comes out filled in, with a code; the signed paper is compared with the application, and forbids nothing (A22)."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import select

from admin_views.site import rate_limits
from common import paper_codes
from models import Account, Action, Application, Attachment, Material, PrintedForm, State, db
from tests import factories
from tests.documents.photographs import photograph
from tests.files.samples import jpg
from tests.machine.site import Client
from workflow.form import answers

pytestmark = [
    pytest.mark.guide("A22"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
FORM = "引进人才生活补贴申请表"
UNREADABLE = jpg()
"""A picture without a code, such as the second page, or one that is out of focus."""


def shown(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    return "\n".join(page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document)


def code_on(pdf: bytes) -> str:
    [code, *_] = re.findall(r"表格编号\s*([-0-9A-Z]+)", text_of(pdf))
    return str(code)


class Desk:
    """An applicant with a filled-in form, at the page 「上传附件」; the form is one of the materials."""

    def __init__(self, app: Flask, client: Client) -> None:
        self.app, self.client = app, client
        with app.app_context():
            self.everywhere = factories.world()
            self.at = self.everywhere.banner
            self.reviewer = self.at.reviewer.id
            self.material = factories.saved(
                Material(name=FORM, required=False, position=9, printed_form=True)
            ).id
            found = factories.complete_application(self.at.enterprise)
            self.id, self.number = found.id, found.number
            self.become(found.applicant)
        self.sheet = f"/personal/application/{self.number}/"

    def become_reviewer(self) -> str:
        """Submit, and return the reviewer's page."""
        with self.app.app_context():
            factories.submit(db.session.get_one(Application, self.id))
            self.become(db.session.get_one(Account, self.reviewer))
        return shown(self.client.get(f"/enterprise/{self.number}/").text)

    def become(self, account: Account) -> None:
        with self.client.session_transaction() as session:
            session.update(factories.session_of(account))

    def token(self, path: str) -> str:
        page = self.client.get(path).text
        return re.findall(r'name="csrf_token"[^>]* value="([^"]+)"', page)[0]

    def page(self, path: str = "attachments/") -> str:
        answer = self.client.get(self.sheet + path)
        assert answer.status_code == 200
        return shown(answer.text)

    def printed(self) -> bytes:
        path = f"{self.sheet}form/"
        answer = self.client.post(path, data={"csrf_token": self.token(path)})
        assert answer.status_code == 200
        assert answer.mimetype == "application/pdf"
        assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]
        assert answer.headers["Cache-Control"] == "private, no-store"
        return answer.data

    def upload(self, content: bytes, name: str = "签字.jpg") -> Any:
        path = f"{self.sheet}attachments/"
        data = {"csrf_token": self.token(path), f"material-{self.material}": (io.BytesIO(content), name)}
        answer = self.client.post(path, data=data, content_type="multipart/form-data")
        assert answer.status_code == 302
        with self.app.app_context():
            return db.session.scalars(select(Attachment.id).order_by(Attachment.id.desc())).first()

    def change(self, **changes: Any) -> None:
        def apply(application: Application) -> None:
            for key, given in changes.items():
                answers.set_value(application, key, given)

        with self.app.app_context():
            found = db.session.get_one(Application, self.id)
            factories.act(found, Action.SAVE, found.applicant, change=apply)

    def type_code(self, key: int, code: str) -> Any:
        token = self.token(f"{self.sheet}attachments/")
        return self.client.post(
            f"{self.sheet}attachments/{key}/code/", data={"csrf_token": token, "form_code": code}
        )


@pytest.fixture
def desk(app: Flask, client: Client) -> Desk:
    return Desk(app, client)


def test_the_form_has_everything_that_was_saved_and_is_recorded_once(desk: Desk) -> None:
    desk.change(household="#panic() $x$ 东胜区")
    pdf = desk.printed()
    text = text_of(pdf)
    with desk.app.app_context():
        found = db.session.get_one(Application, desk.id)
        number, enterprise = found.identity_number, found.enterprise
        assert enterprise is not None
        wanted = [desk.number, "王晓敏", number, "蒙古族", "硕士研究生", "2021年3月1日", "2020年6月", "6217000012345678", enterprise.name,
                  enterprise.credit_code, "内蒙古大学", "2016.09-2020.06", "2020.07-至今", "张三", "#panic() $x$ 东胜区",
                  "申请人（签字）", "单位公章", "本人承诺所填信息"]  # fmt: skip
    assert [each for each in wanted if each not in text.replace("\n", "")] == []
    assert "未填完" not in text
    assert desk.printed() == pdf
    with desk.app.app_context():
        [row] = db.session.scalars(select(PrintedForm))
        assert row.code == code_on(pdf)
        assert row.application_id == desk.id
        stored = db.session.connection().exec_driver_sql("SELECT snapshot FROM printed_forms").scalar()
        assert number not in str(stored)
    assert "与现在保存的内容一致" in desk.page("form/")


def test_what_is_missing_is_said_before_and_across_the_form(desk: Desk) -> None:
    assert "未填完" not in desk.page("form/")
    desk.change(school="", promise=False)
    page = desk.page("form/")
    assert "还有 1 处没有填好" in page
    assert "请填写毕业院校。" in page
    text = text_of(desk.printed())
    assert "未填完" in text
    assert re.search(r"毕业院校\s+（未填）", text)


def test_one_person_does_not_keep_the_compiler_busy(
    desk: Desk, limited: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "PRINTING", "1 per minute")
    client = limited.test_client()
    assert isinstance(client, Client)
    desk.client = client
    with desk.app.app_context():
        desk.become(db.session.get_one(Application, desk.id).applicant)
    desk.printed()
    path = f"{desk.sheet}form/"
    assert desk.client.post(path, data={"csrf_token": desk.token(path)}).status_code == 429


def test_a_character_that_the_font_lacks_is_named_beside_the_download(desk: Desk) -> None:
    desk.change(school="\U0003134a大学", major="\U000323af学")
    assert "\U0003134a U+3134A、\U000323af U+323AF" in desk.page("form/")
    text = text_of(desk.printed())
    assert "〔U+3134A〕大学" in text
    assert "〔U+323AF〕学" in text


def test_the_scan_of_the_printed_form_is_recognised_until_the_form_is_changed(desk: Desk) -> None:
    pdf = desk.printed()
    code = code_on(pdf)
    desk.upload(photograph(pdf))
    assert f"表格编号 {code}，与现在填写的内容一致。" in desk.page()
    desk.change(phone="13947710001", promise=False)
    page = desk.page()
    assert "之后改过：手机号码，与现在填写的内容不一致" in page
    assert "之后改过：手机号码" in desk.page("")
    assert "与现在保存的内容不一致：手机号码" in desk.page("form/")
    desk.change(phone="13847710000", promise=True)
    assert "与现在填写的内容一致" in desk.page()


def test_reviewers_read_whether_the_signed_form_agrees_and_can_pass_it_all_the_same(desk: Desk) -> None:
    pdf = desk.printed()
    desk.upload(photograph(pdf, grey=True, turned=185))
    desk.change(position="总工程师", graduated_on=date(2020, 7, 1))
    assert "之后改过：毕业时间、岗位职务" in desk.page("submit/")
    page = desk.become_reviewer()
    assert "签字的表与提交的内容不一致" in page
    assert f"{FORM} 不一致" in page
    assert "之后改过：毕业时间、岗位职务。" in page
    with desk.app.app_context():
        found = db.session.get_one(Application, desk.id)
        factories.act(found, Action.PASS, db.session.get_one(Account, desk.reviewer))
        assert found.state is State.PRELIMINARY_REVIEW


def test_a_page_without_a_code_is_no_remark_beside_the_one_that_has_it(desk: Desk) -> None:
    desk.upload(UNREADABLE, "第二页.jpg")
    assert "没有读到表格编号" in desk.page()
    desk.upload(desk.printed(), "扫描.pdf")
    assert "没有读到表格编号" not in desk.page()


def test_a_code_that_cannot_be_read_can_be_typed(desk: Desk) -> None:
    pdf = desk.printed()
    code = code_on(pdf)
    key = desk.upload(UNREADABLE)
    assert "没有读到表格编号" in desk.page()
    wrong = f"{code[:-1]}{'2' if code[-1] != '2' else '3'}"
    answer = desk.type_code(key, wrong)
    assert answer.status_code == 422
    assert "编号不对" in answer.text
    assert f'value="{wrong}"' in answer.text
    assert desk.type_code(key, f" {code.lower().replace('-', ' ')} ").status_code == 302
    assert f"表格编号 {code}，与现在填写的内容一致。" in desk.page()
    page = desk.become_reviewer()
    assert f"表格编号 {code}，与本次提交的内容一致。（编号由申请人输入，请与图片核对。）" in page


def test_a_code_that_is_typed_after_a_return_is_not_shown_before_the_next_submission(desk: Desk) -> None:
    code, key = code_on(desk.printed()), desk.upload(UNREADABLE)
    assert "没有读到表格编号" in desk.become_reviewer()
    with desk.app.app_context():
        found = db.session.get_one(Application, desk.id)
        factories.act(found, Action.RETURN, db.session.get_one(Account, desk.reviewer), "请补签字。")
        desk.become(found.applicant)
    assert desk.type_code(key, code).status_code == 302
    with desk.app.app_context():
        desk.become(db.session.get_one(Account, desk.reviewer))
    assert code not in desk.client.get(f"/enterprise/{desk.number}/").text
    assert code in desk.become_reviewer()


def test_the_form_of_another_application_or_of_nobody_is_pointed_out(desk: Desk) -> None:
    key = desk.upload(UNREADABLE)
    other = paper_codes.code_for("2026-999998", "f" * 64)
    desk.type_code(key, other)
    assert f"表格编号 {other} 属于另一份申请" in desk.page()
    assert "属于另一份申请" in desk.page("")
    never = paper_codes.code_for(desk.number, "f" * 64)
    desk.type_code(key, never)
    assert f"没有为本申请生成过编号为 {never} 的表" in desk.page()


def test_a_code_that_was_read_cannot_be_typed_over_nor_given_to_another_paper(desk: Desk) -> None:
    pdf = desk.printed()
    read = desk.upload(photograph(pdf))
    other = paper_codes.code_for("2026-999998", "f" * 64)
    assert desk.type_code(read, other).status_code == 404
    with desk.app.app_context():
        contract = db.session.scalars(
            select(Attachment.id).where(Attachment.material_id != desk.material)
        ).first()
    assert desk.type_code(contract, other).status_code == 404
    assert "与现在填写的内容一致" in desk.page()
