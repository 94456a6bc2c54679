"""The form from year to year: versions, what each asks, and that an application keeps the one it was begun with."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from administration import form_draft, form_rules
from common.errors import ChangedMeanwhile, ConfirmationRequired, NotPermitted, Unacceptable
from common.wording import Bilingual
from models import Account, Action, Application, AuditEntry, FormVersion, Review, State, db
from tests.factories import (
    REASON,
    World,
    act,
    administrator,
    complete_application,
    fresh,
    submit,
)
from tests.workflow.test_completeness import problem_texts
from workflow.form import answers, living_allowance, versions
from workflow.form.fields import Field, Kind
from workflow.form.versions import Form

WAGE = Field(
    "",
    Bilingual("月工资", "Monthly wage"),
    Kind.QUANTITY,
    further=True,
    least="1000",
    most="99999.5",
    decimals=1,
)
HOBBY = Field("", "特长", Kind.TEXT, required=False, further=True, longest=20)
MOVED = Field("", "迁入日期", Kind.DATE, further=True, least="2020-01-01", most="2026-12-31")
HOUSING = Field(
    "",
    "住房",
    Kind.CHOICE,
    further=True,
    choices={f"{form_draft.NEW_CHOICE_PREFIX}1": "自有", f"{form_draft.NEW_CHOICE_PREFIX}2": "租住"},
)
STAYS = Field("", "留用承诺", Kind.PROMISE, further=True, help="本人承诺三年内不离开。")


def keep(person: Account, section: str, one: Field) -> Field:
    now = form_draft.current_draft().form.known.get(one.key)
    return form_draft.save_field(section, one, person, seen=form_draft.fingerprint(now))


def publish(person: Account) -> tuple[FormVersion, ConfirmationRequired]:
    """Publish as an administrator does: be told, then say yes."""
    seen = form_draft.current_draft().fingerprint
    with pytest.raises(ConfirmationRequired) as asked:
        form_draft.publish(person, seen=seen, confirmed="")
    return form_draft.publish(person, seen=seen, confirmed=asked.value.token), asked.value


def version_with(person: Account, **fields: Field) -> dict[str, str]:
    """Publish a version with further fields, named by section and a word; return their keys by the word."""
    keys = {}
    for name, one in fields.items():
        section, _, word = name.partition("_")
        keys[word] = keep(person, section, one).key
    publish(person)
    return keys


@pytest.mark.guide("D2")
def test_an_application_keeps_the_version_it_was_begun_with_through_a_return(own_ordos: World) -> None:
    person = own_ordos.administrator
    at = own_ordos.city
    older = complete_application(at.enterprise)
    submit(older)
    keep(person, "basic", replace(living_allowance.FIELDS["political"], used=False))
    keep(person, "basic", replace(living_allowance.FIELDS["email"], required=True))
    wage = keep(person, "employment", WAGE)
    statement = keep(person, "promise", STAYS)
    row, question = publish(person)
    assert (row.number, versions.published().number) == (2, 2)
    assert any(each.words["count"] == "1" for each in question.consequences), "one is under way"

    newer = complete_application(at.enterprise, email="", political=None)
    assert (older.form_version, newer.form_version) == (1, 2)
    assert problem_texts(newer) == {
        "email": "请填写电子邮箱。",
        wage.key: "请填写月工资。",
        statement.key: "请阅读承诺并勾选“留用承诺”。",
    }

    act(older, Action.RETURN, at.reviewer, REASON)
    assert problem_texts(fresh(older)) == {}
    submit(older)
    assert older.state is State.ENTERPRISE_REVIEW
    assert wage.key not in versions.form_of(older).fields
    assert "political" in versions.form_of(older).fields
    with pytest.raises(LookupError):
        versions.version(3)


ANSWERS: list[tuple[str, Any, str | None]] = [
    ("wage", None, "请填写月工资。"),
    ("wage", "999.9", "月工资不能小于 1000。"),
    ("wage", "99999.6", "月工资不能大于 99999.5。"),
    ("wage", "1000.25", "月工资最多 1 位小数。"),
    ("wage", "1000", None),
    ("moved", date(2019, 12, 31), "迁入日期不能早于 2020-01-01。"),
    ("moved", date(2027, 1, 1), "迁入日期不能晚于 2026-12-31。"),
    ("moved", date(2020, 1, 1), None),
    ("housing", "castle", "请选择住房。"),
    ("hobby", None, None),
    ("hobby", "长调", None),
]


@pytest.mark.guide("D2", "A15")
def test_an_added_field_of_each_kind_is_asked_checked_and_shown(own_ordos: World) -> None:
    keys = version_with(
        own_ordos.administrator,
        employment_wage=WAGE,
        basic_hobby=HOBBY,
        basic_moved=MOVED,
        basic_housing=HOUSING,
        promise_stays=STAYS,
    )
    at = own_ordos.city
    described = versions.published()
    (rented,) = [key for key, label in described.fields[keys["housing"]].choices.items() if label == "租住"]
    right = {"wage": "5000.5", "hobby": "摔跤", "moved": date(2024, 2, 29), "housing": rented, "stays": True}
    application = complete_application(at.enterprise, **{keys[word]: given for word, given in right.items()})
    assert problem_texts(application) == {}
    for word, given, sentence in ANSWERS:
        answers.set_value(application, keys[word], given)
        assert problem_texts(application) == ({keys[word]: sentence} if sentence else {}), (word, given)
        answers.set_value(application, keys[word], right[word])
    assert problem_texts(application) == {}
    db.session.commit()

    submit(application)
    act(application, Action.RETURN, at.reviewer, REASON)
    act(
        application,
        Action.SAVE,
        application.applicant,
        change=lambda a: answers.set_value(a, keys["wage"], "6000"),
    )
    submit(application)
    now, before = db.session.scalars(
        select(Review.snapshot)
        .where(Review.application_id == application.id, Review.action == Action.SUBMIT)
        .order_by(Review.sequence.desc())
    )
    read = {
        shown.asked.label: (shown.text, shown.before)
        for section in versions.form_of(application).sections
        for shown in answers.shown_fields(section, now, before)
        if shown.asked.further
    }
    assert read == {
        "特长": ("摔跤", None),
        "迁入日期": ("2024-02-29", None),
        "住房": ("租住", None),
        "月工资": ("6000", "5000.5"),
        "留用承诺": ("已承诺", None),
    }


def test_zero_is_an_answer(own_ordos: World) -> None:
    keys = version_with(own_ordos.administrator, employment_n=replace(WAGE, least="", most=""))
    application = complete_application(
        own_ordos.city.enterprise, **{keys["n"]: form_rules.normalised_number("0.0")}
    )
    assert problem_texts(application) == {}


@pytest.mark.guide("D2")
def test_a_removed_choice_stays_for_applications_begun_before(own_ordos: World) -> None:
    older = complete_application(own_ordos.city.enterprise, degree="master")
    left = {key: label for key, label in living_allowance.DEGREES.items() if key != "master"}
    left["doctor"] = "博士学位"
    person = own_ordos.administrator
    keep(
        person,
        "schooling",
        replace(
            living_allowance.FIELDS["degree"], choices={**left, f"{form_draft.NEW_CHOICE_PREFIX}0": "双学士"}
        ),
    )
    publish(person)
    newer = complete_application(own_ordos.city.enterprise, degree="master")
    assert problem_texts(older) == {}
    assert problem_texts(newer) == {"degree": "请选择学位。"}
    assert list(versions.form_of(newer).fields["degree"].choices.values()) == [
        "博士学位",
        "学士",
        "无学位",
        "双学士",
    ]
    assert answers.answer_text(versions.form_of(older).fields["degree"], "doctor") == "博士"


@pytest.mark.guide("D2")
@pytest.mark.parametrize("key", [key for key, one in living_allowance.FIELDS.items() if one.needed])
def test_fields_that_the_procedure_needs_cannot_be_removed(own_ordos: World, key: str) -> None:
    for changed in ({"used": False}, {"required": False}):
        with pytest.raises(Unacceptable) as refused:
            keep(
                own_ordos.administrator,
                versions.DECLARED.section_of[key],
                replace(living_allowance.FIELDS[key], **changed),
            )
        assert refused.value.sentence.text == living_allowance.FIELDS[key].needed
    assert form_draft.current_draft().row is None


def test_every_field_that_has_a_column_of_its_own_is_needed() -> None:
    typed = {key for key in living_allowance.FIELDS if hasattr(Application, key)}
    assert {key for key, one in living_allowance.FIELDS.items() if one.needed} == typed | {"promise"}


def _changed(key: str, **how: Any) -> Callable[[], tuple[str, Field]]:
    return lambda: (versions.DECLARED.section_of[key], replace(living_allowance.FIELDS[key], **how))


WRONG = [
    (_changed("school", label=" "), "label"),
    (_changed("school", label="校" * 41), "label"),
    (_changed("school", label="所学专业"), "label"),
    (_changed("school", help="写" * 201), "help"),
    (_changed("promise", help=" "), "help"),
    (_changed("degree", choices={"doctor": "博士"}), "choices"),
    (_changed("degree", choices={"doctor": "同", "master": "同"}), "choices"),
    (_changed("degree", choices={"doctor": "博" * 41, "master": "硕"}), "choices"),
    (
        _changed(
            "education", choices={**living_allowance.EDUCATIONS, f"{form_draft.NEW_CHOICE_PREFIX}0": "博士后"}
        ),
        "choices",
    ),
    (lambda: ("basic", replace(HOBBY, longest=401)), "longest"),
    (lambda: ("basic", replace(WAGE, least="x")), "least"),
    (lambda: ("basic", replace(WAGE, least="3", most="2")), "most"),
    (lambda: ("basic", replace(WAGE, decimals=5)), "decimals"),
    (lambda: ("basic", replace(MOVED, most="2026-02-30")), "most"),
    (lambda: ("basic", STAYS), ""),
    (lambda: ("promise", WAGE), ""),
]


def test_an_invalid_form_version_is_refused_beside_its_property(own_ordos: World) -> None:
    for made, where in WRONG:
        section, one = made()
        with pytest.raises(Unacceptable) as refused:
            keep(own_ordos.administrator, section, one)
        assert refused.value.field == where, one
    assert form_draft.current_draft().row is None


@pytest.mark.guide("D1")
def test_the_second_of_two_concurrent_changes_of_a_field_is_refused(
    own_ordos: World,
) -> None:
    first, second = own_ordos.administrator, administrator()
    seen = form_draft.fingerprint(living_allowance.FIELDS["school"])
    stale = form_draft.current_draft().fingerprint
    form_draft.save_field(
        "schooling", replace(living_allowance.FIELDS["school"], label="学校"), first, seen=seen
    )
    form_draft.save_field(
        "schooling",
        replace(living_allowance.FIELDS["major"], label="专业"),
        second,
        seen=form_draft.fingerprint(living_allowance.FIELDS["major"]),
    )
    with pytest.raises(ChangedMeanwhile):
        form_draft.save_field(
            "schooling", replace(living_allowance.FIELDS["school"], label="毕业学校"), second, seen=seen
        )
    with pytest.raises(ChangedMeanwhile):
        form_draft.publish(second, seen=stale, confirmed="")
    with pytest.raises(ChangedMeanwhile):
        form_draft.discard(second, seen=stale)
    assert [form_draft.current_draft().form.known[key].label for key in ("school", "major")] == [
        "学校",
        "专业",
    ]
    with pytest.raises(NotPermitted):
        keep(own_ordos.centre, "basic", HOBBY)


@pytest.mark.guide("D1")
def test_the_audit_trail_contains_each_change_and_the_publication(own_ordos: World) -> None:
    person = own_ordos.administrator
    keep(person, "basic", replace(living_allowance.FIELDS["email"], required=True))
    added = keep(person, "basic", HOBBY)
    keep(person, "basic", replace(added, label="爱好"))
    publish(person)
    lines = db.session.scalars(
        select(AuditEntry).where(AuditEntry.table_name == "form_versions").order_by(AuditEntry.id)
    ).all()
    assert [(line.actor_name, line.row_key) for line in lines] == [(person.name, "2")] * 4
    assert [(line.before, line.after) for line in lines] == [
        ({"电子邮箱·required": False}, {"电子邮箱·required": True}),
        (
            {"特长·kind": None, "特长·required": None, "特长·longest": None},
            {"特长·kind": "text", "特长·required": False, "特长·longest": "20"},
        ),
        ({"爱好·label": "特长"}, {"爱好·label": "爱好"}),
        ({"·published": ""}, {"·published": "2"}),
    ]


def test_a_key_is_never_reused_and_an_unpublished_field_can_be_deleted(own_ordos: World) -> None:
    person = own_ordos.administrator
    mistake = keep(person, "basic", HOBBY)
    keep(person, "basic", replace(mistake, used=False))
    assert mistake.key not in form_draft.current_draft().form.known
    wage = keep(person, "basic", WAGE)
    assert wage.key != mistake.key
    publish(person)
    keep(person, "basic", replace(wage, used=False))
    form_draft.discard(person, seen=form_draft.current_draft().fingerprint)
    assert form_draft.current_draft().differences == []
    keep(person, "basic", replace(wage, used=False))
    publish(person)
    assert wage.key in versions.published().known, "what was published is known for good"
    assert wage.key not in versions.published().fields
    assert keep(person, "basic", HOBBY).key not in {mistake.key, wage.key}


def test_a_published_version_cannot_be_changed(own_ordos: World) -> None:
    person = own_ordos.administrator
    keep(person, "basic", HOBBY)
    row, _ = publish(person)
    before = row.content
    keep(person, "basic", WAGE)
    assert form_draft.current_draft().form.number == 3
    assert db.session.get_one(FormVersion, 2, populate_existing=True).content == before


def test_the_first_version_equals_the_declaration() -> None:
    again = versions.from_json(versions.FIRST, versions.to_json(versions.DECLARED))
    assert form_rules.differences(versions.DECLARED, again) == []
    assert again.everything == living_allowance.SECTIONS


def test_a_field_declared_later_is_used_in_old_versions_only_if_needed() -> None:
    content = versions.to_json(versions.DECLARED)
    content["sections"]["basic"] = [
        each for each in content["sections"]["basic"] if each["key"] not in {"phone", "email"}
    ]
    older: Form = versions.from_json(7, content)
    assert "phone" in older.fields
    assert "email" not in older.fields
    assert "email" in older.known
