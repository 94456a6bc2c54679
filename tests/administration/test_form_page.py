"""申请表: an administrator's changes on the pages, and what applicants and reviewers see afterwards."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import escape
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from admin_views.personal.form import form_class
from administration import form_draft, form_rules
from common.wording import Bilingual
from models import Account, Application, FormVersion, State, db
from tests import factories
from tests.administration.test_pages import change, confirm_question, fields, hidden, text
from tests.factories import World
from tests.machine.site import Client
from tests.machine.worlds import Person
from workflow import completeness
from workflow.form import answers, living_allowance
from workflow.form import versions as form_versions
from workflow.form.fields import Field, Kind, Section
from workflow.form.versions import Form

FORM = "/administration/form/"
HOSTILE = "<b>工资\"'{{7*7}}%(label)s"


@pytest.fixture
def admin(prepared: World, person: Person) -> Client:
    return person(prepared.administrator)


def publish(admin: Client) -> None:
    path = f"{FORM}publishing/"
    question_page = change(admin, path)
    assert question_page.status_code == 200
    assert "还没有发布，请先确认" in text(question_page)
    assert confirm_question(admin, path, question_page).status_code == 302


def newcomer(app: Flask) -> Account:
    with app.app_context():
        person = factories.applicant()
        factories.make_read_notice(person)
        db.session.expunge_all()
        return person


@pytest.mark.guide("D2")
def test_a_field_and_a_statement_are_added_and_only_new_applications_have_them(
    app: Flask, prepared: World, person: Person, admin: Client
) -> None:
    with app.app_context():
        older = factories.complete_application(prepared.city.enterprise)
        old_person = older.applicant
        db.session.expunge_all()
    added = change(
        admin,
        f"{FORM}sections/employment/new/?kind=quantity",
        label=HOSTILE,
        english="Monthly <i>wage",
        least="1,000",
        most="99 999",
        help="税前<script>",
    )
    assert added.status_code == 422, "a limit is typed as a number"
    added = change(
        admin,
        f"{FORM}sections/employment/new/?kind=quantity",
        label=HOSTILE,
        english="Monthly <i>wage",
        least="1000",
        help="税前<script>",
        used="y",
        required="y",
    )
    assert added.status_code == 302
    assert (
        change(
            admin, f"{FORM}sections/promise/new/", label="留用承诺", help="三年内不离开。", used="y"
        ).status_code
        == 302
    )
    for page in ("", "publishing/", "preview/", "versions/2/", "fields/x1/"):
        shown = text(admin.get(FORM + page))
        assert escape(HOSTILE) in shown or page == "fields/x1/", page
        assert "<b>工资" not in shown, page
        assert "税前<script>" not in shown, page
    assert "x1" not in text(person(old_person).get(f"/personal/application/{older.number}/"))
    publish(admin)
    assert 'name="x1"' not in text(person(old_person).get(f"/personal/application/{older.number}/"))

    somebody = person(newcomer(app))
    sheet = somebody.get("/personal/application/")
    assert escape(HOSTILE) in text(sheet)
    typed = {**fields(sheet), "x1": "五千"}
    refused = somebody.send("/personal/application/", typed)
    assert refused.status_code == 422
    assert "请填写数字，例如：3 或 3.5。" in text(refused)
    assert 'value="五千"' in text(refused)
    with app.app_context():
        begun = db.session.scalars(select(Application).order_by(Application.id.desc())).first()
        assert begun.form_version == 2
        number = begun.number
    path = f"/personal/application/{number}/"
    assert somebody.send(path, {**fields(somebody.get(path)), "x1": "５00"}).status_code == 302
    checked = text(somebody.get(f"{path}?check=1"))
    assert f"{escape(HOSTILE)}不能小于 1000。" in checked
    assert "请阅读承诺并勾选“留用承诺”。" in checked
    somebody.get("/language/en")
    english = text(somebody.get(f"{path}?check=1"))
    assert "Monthly &lt;i&gt;wage cannot be less than 1000." in english


def test_the_audit_trail_is_translated_into_english(admin: Client) -> None:
    change(admin, f"{FORM}fields/email/", english="E-post")
    publish(admin)
    admin.get("/language/en")
    page = text(admin.get("/administration/changes/"))
    assert "E-mail · Name in English" in page
    assert "Version 2" in page
    assert ">第 2 版<" not in page


@pytest.mark.guide("D2")
def test_reviewers_read_the_version_of_the_application(
    app: Flask, prepared: World, person: Person, admin: Client
) -> None:
    change(admin, f"{FORM}sections/basic/new/?kind=text", label="特长", used="y", required="")
    change(admin, f"{FORM}fields/school/", label="毕业学校")
    change(admin, f"{FORM}fields/promise/", help="本人同意今年的规定。")
    change(admin, f"{FORM}fields/education/", **{"choices-1-label": "硕士（含专硕）"})
    publish(admin)
    with app.app_context():
        numbers = []
        for changes in ({"x1": "摔跤"}, {"x1": None}):
            application = factories.complete_application(prepared.city.enterprise, **changes)
            factories.submit(application)
            numbers.append(application.number)
        factories.act(application, factories.Action.RETURN, prepared.city.reviewer, factories.REASON)
        factories.act(
            application,
            factories.Action.SAVE,
            application.applicant,
            change=lambda a: answers.set_value(a, "x1", "长调"),
        )
        factories.submit(application)
        db.session.expunge_all()
    reviewer = person(prepared.city.reviewer)
    assert text(reviewer.get("/enterprise/")).count("硕士（含专硕）") == 2
    first, second = (text(reviewer.get(f"/enterprise/{number}/")) for number in numbers)
    assert "特长" in first
    assert "摔跤" in first
    assert "毕业学校" in first
    assert "本人同意今年的规定。" in first, "what was agreed to, in the words of that version"
    assert "长调" in second
    assert "<del>未填</del>" in second


@pytest.mark.guide("D1")
def test_a_second_administrator_does_not_overwrite_a_changed_field(
    app: Flask, prepared: World, person: Person, admin: Client
) -> None:
    path = f"{FORM}fields/school/"
    with app.app_context():
        other = person(factories.administrator("另一位管理员"))
    opened = fields(other.get(path))
    assert change(admin, path, label="毕业学校").status_code == 302
    late = other.send(path, {**opened, "label": "最高学历学校"})
    assert late.status_code == 409
    assert "别人改了同一项" in text(late)
    assert "毕业学校" in text(late)
    assert 'value="最高学历学校"' in text(late)
    assert other.send(path, fields(late)).status_code == 302
    assert "最高学历学校" in text(admin.get(FORM))


def test_a_field_that_the_procedure_needs_cannot_be_switched_off(admin: Client) -> None:
    page = admin.get(f"{FORM}fields/bank_account/")
    assert "补贴发到这个账号" in text(page)
    assert not {"used", "required"} & fields(page).keys()
    sent = change(admin, f"{FORM}fields/bank_account/", label="银行卡号", used="", required="")
    assert sent.status_code == 302
    assert text(admin.get(f"{FORM}publishing/")).count("银行卡号") >= 1
    assert "不询问" not in text(admin.get(FORM))


def test_all_errors_of_a_field_form_are_shown_and_the_input_stays(admin: Client) -> None:
    wrong = change(
        admin,
        f"{FORM}sections/basic/new/?kind=quantity",
        label="",
        least="多",
        decimals="9",
        english="e" * 121,
    )
    assert wrong.status_code == 422
    for sentence in (
        "请填写名称。",
        "请填写数字，例如：3 或 3.5。",
        "请填写 0 至 4 的数字。",
        "最多 120 个字。",
    ):
        assert sentence in text(wrong), sentence
    assert 'value="多"' in text(wrong)


def test_choices_keep_their_keys_when_they_are_renamed(app: Flask, admin: Client) -> None:
    path = f"{FORM}fields/degree/"
    more = change(admin, path, do="more", **{"choices-4-label": "双学士"})
    assert "choices-9-label" in fields(more)
    assert fields(more)["choices-4-label"] == "双学士"
    with app.app_context():
        assert form_draft.current_draft().row is None
    typed = {
        "choices-0-label": "博士学位",
        "choices-1-label": "",
        "choices-4-label": "双学士",
        "choices-4-english": "Double bachelor",
        "choices-4-place": "2",
        "choices-4-key": "doctor",
    }
    assert change(admin, path, **typed).status_code == 302
    with app.app_context():
        choices = form_draft.current_draft().form.known["degree"].choices
    assert list(choices.items()) == [
        ("doctor", "博士学位"),
        ("x1", "双学士"),
        ("bachelor", "学士"),
        ("none", "无学位"),
    ]
    assert form_versions.in_english(choices["x1"]) == "Double bachelor"


@pytest.mark.guide("D2")
def test_a_new_form_version_during_an_application_keeps_its_answers_and_is_announced(
    app: Flask, prepared: World, person: Person, admin: Client
) -> None:
    somebody = person(newcomer(app))
    opened = fields(somebody.get("/personal/application/"))
    change(admin, f"{FORM}sections/basic/new/?kind=date", label="迁入日期", used="y", required="y")
    publish(admin)
    begun = somebody.send("/personal/application/", {**opened, "school": "内蒙古大学"}, follow_redirects=True)
    assert "申请表刚刚更新" in text(begun)
    assert 'name="x1"' in text(begun)
    assert 'value="内蒙古大学"' in text(begun)
    change(admin, f"{FORM}sections/basic/new/?kind=text", label="特长", used="y", required="y")
    publish(admin)
    again = somebody.send("/personal/application/", {**opened, "x1": "2026-02-30"})
    assert again.status_code == 409, "there is one already, of the version before"
    assert 'value="2026-02-30"' in text(again)
    assert 'name="x2"' not in text(again)


def test_discarding_the_draft_restores_the_published_form(app: Flask, admin: Client) -> None:
    change(admin, f"{FORM}fields/political/", used="")
    page = admin.get(f"{FORM}publishing/")
    assert admin.send(f"{FORM}discard/", {"seen": hidden(page, "seen")}).status_code == 302
    assert "没有要发布的改动" in text(admin.get(f"{FORM}publishing/"))
    with app.app_context():
        assert (
            db.session.scalars(select(FormVersion).where(FormVersion.published_at.is_not(None))).all() == []
        )


# --- whatever an administrator can describe can be filled in

TEXT = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=20
).filter(str.strip)
WORDING = st.builds(Bilingual, TEXT, st.just("") | TEXT)
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(date.isoformat) | st.just("")
NUMBERS = st.decimals(-(10**6), 10**6, places=2).map(str).map(form_rules.normalised_number) | st.just("")
CHOICES = st.lists(WORDING, min_size=2, max_size=6, unique_by=str.strip).map(
    lambda labels: {f"c{n}": label for n, label in enumerate(labels)}
)
FURTHER = st.builds(
    Field,
    st.just(""),
    WORDING,
    st.sampled_from(list(form_rules.ADDABLE_KINDS)),
    required=st.booleans(),
    help=WORDING,
    used=st.booleans(),
    further=st.just(True),
    longest=st.integers(1, 400),
    decimals=st.integers(0, 4),
)


def _limited(one: Field, draw: Any) -> Field:
    if one.kind is Kind.CHOICE:
        return replace(one, choices=draw(CHOICES))
    if one.kind in (Kind.DATE, Kind.QUANTITY):
        limits = [draw(DAYS if one.kind is Kind.DATE else NUMBERS) for _ in range(2)]
        least, most = sorted(limits, key=lambda given: given if one.kind is Kind.DATE else float(given or 0))
        return replace(one, least=least, most=most)
    return one


@st.composite
def versions(draw: Any) -> Form:
    """Any version that the rules permit: changed built-in fields, added fields in every section."""
    sections = []
    issued = 0
    for section in living_allowance.SECTIONS:
        found = [
            one if one.needed else replace(one, used=draw(st.booleans()), required=draw(st.booleans()))
            for one in section.fields
        ]
        if section.fields and section.key != form_rules.STATEMENTS:
            for one in draw(st.lists(FURTHER, max_size=3)):
                issued += 1
                found.append(_limited(replace(one, key=f"x{issued}"), draw))
        sections.append(Section(section.key, section.title, tuple(found)))
    return form_versions.from_json(2, form_versions.to_json(Form(2, tuple(sections), issued)))


ANSWERED = st.text(max_size=30) | NUMBERS | DAYS | st.sampled_from(["c0", "c1", "male", "1e9", "-0", "", "y"])


@pytest.mark.guide("D2")
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(version=versions(), data=st.data())
def test_any_valid_version_can_be_rendered_filled_in_checked_and_read(
    app: Flask, monkeypatch: pytest.MonkeyPatch, version: Form, data: st.DataObject
) -> None:
    labels = [one.label for one in version.fields.values()]
    if len(labels) == len(set(labels)):
        form_rules.check(FormVersion(number=2, content=form_versions.to_json(version)))
    assert form_rules.differences(version, form_versions.from_json(2, form_versions.to_json(version))) == []
    with app.test_request_context():
        monkeypatch.setattr(form_versions, "form_of", lambda _application: version)
        made = form_class(version)
        given = {key: data.draw(ANSWERED, label=key) for key in made.described if key != "enterprise_id"}
        sheet = made(formdata=MultiDict(given))
        sheet.validate()
        application = Application(
            name="王晓敏", paper="passport", identity_number="P1234567", answers={}, state=State.DRAFT
        )
        sheet.apply_to(application)
        for key, field in sheet.described_fields():
            assert str(field(class_="x"))
            assert str(field.label.text)
            if not field.errors and version.fields[key].kind is Kind.QUANTITY and field.data:
                assert form_rules.normalised_number(field.data) == field.data
        problems = completeness.problems(application)
        assert {one.anchor for one in problems if one.missing} >= {
            key
            for key in made.described
            if version.fields[key].required and not answers.value(application, key)
        }
        snapshot = answers.snapshot(application)
        for section in version.sections:
            for shown in answers.shown_fields(section, snapshot, snapshot):
                assert shown.before is None
