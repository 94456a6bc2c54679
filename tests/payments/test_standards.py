"""Which standard applies to an application, that no two compete, and what the rule says (P3)."""

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from administration import changes
from common.calendar import today
from common.errors import ActionRefused, ConfirmationRequired, NotPermitted, Unacceptable
from models import FormVersion, Standard, StandardState, db, now
from payments import preview, standards
from tests import factories
from tests.factories import World
from workflow.form import versions
from workflow.form.fields import Field, Kind

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
VALUES = {"education": ("doctor", "master", "bachelor"), "full_time": ("yes", "no")}
ON = date(2027, 3, 1)


def made(**columns: Any) -> Standard:
    """A standard that is not stored."""
    first = {"name": "甲", "conditions": {}, "priority": 1, "amount_fen": 100, "instalments": 1, "years": 1}
    return Standard(**first | {"interval_months": 0, "valid_from": date(2027, 1, 1), "version": 1} | columns)


def case(period_id: int = 1, education: str | None = None, **answers: Any) -> Any:
    return SimpleNamespace(period_id=period_id, education=education, answers=answers)


def standard_for(of: Any, on: date) -> Standard | None:
    return standards.first_match(standards.standards_of(on), of)


DAY = st.dates(date(2027, 1, 1), date(2027, 12, 31))
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        key: st.lists(st.sampled_from(values), min_size=1, unique=True) for key, values in VALUES.items()
    },
)
STANDARDS = st.builds(
    lambda conditions, priority, period, days, open_end: made(
        conditions=conditions,
        priority=priority,
        period_id=period,
        valid_from=min(days),
        valid_until=None if open_end else max(days),
    ),
    CONDITIONS,
    st.integers(1, 2),
    st.sampled_from([None, 1, 2]),
    st.tuples(DAY, DAY),
    st.booleans(),
)
CASES = st.builds(
    lambda period, education, full_time: case(period, education, full_time=full_time),
    st.integers(1, 2),
    st.sampled_from([None, *VALUES["education"]]),
    st.sampled_from([None, *VALUES["full_time"]]),
)


def holds(one: Standard, on: date) -> bool:
    return one.valid_from <= on and (one.valid_until is None or one.valid_until >= on)


@pytest.mark.guide("P3")
@given(st.lists(STANDARDS, max_size=6), CASES, DAY)
def test_of_standards_that_do_not_compete_at_most_one_of_a_priority_applies(
    offered: list[Standard], application: Any, on: date
) -> None:
    accepted: list[Standard] = []
    for one in offered:
        if not any(standards.compete(one, other) for other in accepted):
            accepted.append(one)
    matching = [one for one in accepted if holds(one, on) and standards.matches(one, application)]
    priorities = [one.priority for one in matching]
    assert len(priorities) == len(set(priorities))


@pytest.mark.guide("P3")
@given(STANDARDS, STANDARDS)
def test_competing_goes_both_ways_and_needs_a_common_day(one: Standard, other: Standard) -> None:
    assert standards.compete(one, other) == standards.compete(other, one)
    if standards.compete(one, other):
        first = max(one.valid_from, other.valid_from)
        assert holds(one, first)
        assert holds(other, first)


@pytest.mark.guide("P3")
def test_standards_of_two_periods_do_not_compete_but_one_for_all_competes_with_each() -> None:
    first, second, every = (made(period_id=number) for number in (1, 2, None))
    assert not standards.compete(first, second)
    assert standards.compete(first, every)
    assert standards.compete(every, second)


@pytest.mark.guide("P3")
def test_the_smallest_priority_that_matches_applies(app_context: Flask) -> None:
    factories.standard(name="一般", priority=9, valid_from=ON)
    doctor = factories.standard(name="博士", conditions={"education": ["doctor"]}, valid_from=ON)
    factories.standard(name="已结束", priority=1, valid_from=date(2026, 1, 1), valid_until=date(2027, 2, 28))
    factories.standard(name="草稿", priority=1, valid_from=ON, state=StandardState.DRAFT)
    tried = standards.standards_of(ON)
    assert standards.first_match(tried, case(education="doctor")) is doctor
    assert [each.name for each in tried] == ["博士", "一般"]
    found = standards.first_match(tried, case(education=None))
    assert found is not None
    assert found.name == "一般"
    assert standard_for(case(education="doctor"), date(2027, 2, 28)).name == "已结束"  # type: ignore[union-attr]
    assert standard_for(case(education="doctor"), date(2025, 12, 31)) is None


@pytest.mark.guide("P3")
def test_a_standard_of_a_period_is_for_that_period_alone() -> None:
    only = made(period_id=2)
    assert standards.matches(only, case(period_id=2))
    assert not standards.matches(only, case(period_id=1))


@pytest.mark.guide("P3")
def test_a_field_that_the_form_version_did_not_ask_for_meets_no_condition() -> None:
    titled = made(conditions={"x1": ["senior"]})
    assert standards.matches(titled, case(x1="senior"))
    assert not standards.matches(titled, case())


@ON_SQLITE
@pytest.mark.guide("P3")
def test_the_rule_names_version_conditions_and_amount_in_words(app_context: Flask) -> None:
    title = Field("x1", "职称", Kind.CHOICE, further=True, choices={"a": "正高级", "b": "副高级"})
    schooling = [
        section
        if section.key != "basic"
        else type(section)(section.key, section.title, (*section.fields, title))
        for section in versions.SECTIONS
    ]
    newer = versions.to_json(versions.Form(2, tuple(schooling), 1))
    factories.saved(FormVersion(number=2, content=newer, published_at=now()))
    fields = standards.condition_fields()
    assert {"education", "degree", "full_time", "industry", "x1"} == fields.keys()
    rule = made(
        name="博士",
        version=2,
        conditions={"education": ["doctor"], "x1": ["a", "b"]},
        amount_fen=6_000_001,
        instalments=2,
        interval_months=6,
        years=5,
    )
    assert standards.rule_text(rule) == (
        "博士（第 2 版）；学历：博士研究生；职称：正高级、副高级；"
        "每年 60,000.01 元，分 2 次发放，每 6 个月一次，共 5 年。"
    )
    assert standards.rule_text(made(amount_fen=123_456_700)) == "甲（第 1 版）；一次发放 1,234,567.00 元。"


# --- what an administrator changes


@pytest.fixture
def put_into_force(ordos: World) -> Callable[[Standard], Standard]:
    """Put a draft into force and confirm what that changes."""

    def put(row: Standard) -> Standard:
        def apply(each: Standard) -> None:
            each.state = StandardState.IN_FORCE

        try:
            changes.change(Standard, row.id, ordos.administrator, apply)
        except ConfirmationRequired as question:
            return changes.change(Standard, row.id, ordos.administrator, apply, confirmed=question.token)
        raise AssertionError("asked nothing")

    return put


@pytest.mark.guide("P3")
def test_of_two_overlapping_drafts_only_one_comes_into_force_and_the_refusal_names_both(
    ordos: World, put_into_force: Callable[[Standard], Standard]
) -> None:
    day = today()
    first = factories.standard(name="博士甲", state=StandardState.DRAFT, valid_from=day)
    second = factories.standard(
        name="博士乙", conditions={"education": ["doctor"]}, state=StandardState.DRAFT, valid_from=day
    )
    put_into_force(first)
    with pytest.raises(Unacceptable) as refused:
        put_into_force(second)
    said = refused.value.sentence.text % refused.value.sentence.words
    assert "“博士乙”第 1 版" in said
    assert "“博士甲”第 1 版" in said
    assert f"{day} 至 长期" in said
    db.session.expire_all()
    assert second.state is StandardState.DRAFT


@ON_SQLITE
@pytest.mark.guide("P3")
def test_a_version_in_force_is_never_edited(ordos: World) -> None:
    row = factories.standard()
    for name, value in (
        ("amount_fen", 1_000),
        ("name", "改名"),
        ("valid_from", date(2020, 1, 1)),
        ("conditions", {"degree": ["none"]}),
        ("state", StandardState.DRAFT),
    ):
        with pytest.raises(NotPermitted):
            changes.change(
                Standard,
                row.id,
                ordos.administrator,
                lambda each, name=name, value=value: setattr(each, name, value),
            )


@ON_SQLITE
@pytest.mark.guide("P3")
def test_a_new_version_ends_the_one_before_on_the_day_before(
    ordos: World, put_into_force: Callable[[Standard], Standard]
) -> None:
    day = today()
    old = factories.standard(conditions={"education": ["doctor"]})
    begins = date(day.year + 1, 1, 1)
    new = factories.standard(
        conditions={"education": ["doctor"]},
        valid_from=begins,
        version=2,
        replaces_id=old.id,
        amount_fen=7_000_000,
        state=StandardState.DRAFT,
    )
    put_into_force(new)
    db.session.expire_all()
    assert old.valid_until == date(day.year, 12, 31)
    doctor = case(education="doctor")
    assert standard_for(doctor, date(day.year, 12, 31)) is old
    assert standard_for(doctor, begins) is new
    too_early = factories.standard(
        valid_from=begins, version=3, replaces_id=new.id, state=StandardState.DRAFT
    )
    with pytest.raises(Unacceptable, match="新版本最早"):
        changes.change(
            Standard, too_early.id, ordos.administrator, lambda row: setattr(row, "valid_from", day)
        )


@ON_SQLITE
@pytest.mark.guide("P3")
def test_nobody_but_an_administrator_adds_a_standard(ordos: World) -> None:
    for somebody in (ordos.centre, ordos.banner.clerk, ordos.banner.reviewer):
        with pytest.raises(ActionRefused):
            changes.add(made(state=StandardState.DRAFT), somebody)


@pytest.mark.guide("P3")
def test_the_preview_shows_what_each_case_gets_now_and_with_the_draft(ordos: World) -> None:
    rows = {
        education: factories.complete_application(ordos.city.enterprise, education=education)
        for education in ("doctor", "master", "bachelor")
    }
    for row in rows.values():
        factories.submit(row)
    factories.complete_application(ordos.city.enterprise, education="doctor")  # never submitted
    factories.standard(name="博士", conditions={"education": ["doctor"]}, amount_fen=1_000_000)
    draft = factories.standard(
        name="硕博",
        conditions={"education": ["doctor", "master"]},
        priority=2,
        amount_fen=700_000,
        valid_from=today(),
        state=StandardState.DRAFT,
    )
    found = preview.compare(draft)
    shown = {each.application.number: each for each in found.sample}
    assert shown.keys() == {row.number for row in rows.values()}
    master = shown[rows["master"].number]
    assert (master.now, master.then, master.difference_fen) == (None, draft, 700_000)
    assert not shown[rows["doctor"].number].differs
    assert shown[rows["bachelor"].number].then is None
    numbers = found.numbers
    assert (numbers.cases, numbers.differ, numbers.newly, numbers.without) == (3, 1, 1, 1)
    assert (numbers.more_fen, numbers.less_fen) == (700_000, 0)
    assert found.sample[0] is master
