"""What does not fit in one submission, as rules over its snapshot; and what is the same with somebody else, on both databases."""

from __future__ import annotations

import re
from datetime import date
from itertools import combinations
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from common import identity
from desk.contradictions import FIELD_RULES, Submitted, crossing_rows, field_contradictions
from desk.page_context import page_context
from desk.same_elsewhere import FILE
from models import Account, Action, Application, Attachment, State, db
from tests import factories
from tests.factories import REASON, act, application_at
from tests.site.test_plans import Planned
from workflow.form import answers
from workflow.form.living_allowance import FIELDS

pytestmark = pytest.mark.guide("W3")

TODAY = date(2026, 11, 29)
FITTING: dict[str, Any] = {
    "paper": identity.CITIZEN,
    "identity_number": factories.identity_number("female", date(1998, 3, 12)),
    "sex": "female",
    "birth_date": "1998-03-12",
    "education": "bachelor",
    "degree": "bachelor",
    "graduated_on": "2020-06-01",
    "full_time": "yes",
    "contract_start": "2024-07-01",
    "contract_end": "2027-06-30",
}
STUDY = {"kind": "学习", "start": "2016-09", "end": "2020-06", "place": "内蒙古大学"}
WORK = {"kind": "工作", "start": "2020-06", "end": "", "place": "示例新材料有限公司"}


def texts(
    changes: dict[str, Any] | None = None,
    rows: list[dict[str, str]] | None = None,
    without: str = "",
    under_review: bool = True,
    due: date | None = None,
) -> dict[str, str]:
    form = {key: asked for key, asked in FIELDS.items() if key != without}
    snapshot = {"fields": FITTING | (changes or {}), "experiences": [STUDY, WORK] if rows is None else rows}
    submitted = Submitted.of(snapshot, form, TODAY, under_review, due)
    found: dict[str, str] = {}
    for key, sentence in field_contradictions(submitted):
        found[key] = found.get(key, "") + sentence.text % sentence.words
    return found


def test_a_submission_that_fits_has_no_contradiction() -> None:
    assert texts() == {}
    assert list(crossing_rows([STUDY, WORK])) == []


@pytest.mark.parametrize(
    ("changes", "key", "said"),
    [
        ({"sex": "male"}, "sex", "与证件号码中的性别不一致"),
        ({"birth_date": "1998-03-13"}, "birth_date", "与证件号码中的出生日期不一致"),
        ({"degree": "doctor"}, "degree", "学位（博士）高于所填学历（大学本科）"),
        ({"education": "other"}, "degree", "学位（学士）高于所填学历（其他）"),
        ({"graduated_on": "2021-06-01"}, "graduated_on", "最后一段到 2020-06"),
        ({"contract_start": "2014-03-11"}, "contract_start", "出生日期 1998-03-12"),
        ({"contract_start": "2020-05-31"}, "contract_start", "早于全日制毕业时间（2020-06）"),
        ({"contract_end": "2024-07-01"}, "contract_end", "劳动合同在审核结束前已到期"),
        ({"contract_end": "2026-11-28"}, "contract_end", "劳动合同在审核结束前已到期"),
    ],
)
def test_what_does_not_fit_stands_beside_its_field(changes: dict[str, Any], key: str, said: str) -> None:
    assert said in texts(changes)[key]


@pytest.mark.parametrize(
    "changes",
    [
        {"degree": "none"},
        {"education": "doctor", "degree": "master"},
        {"graduated_on": "2020-09-01"},
        {"contract_start": "2020-06-01"},
        {"contract_start": "2020-01-01", "full_time": "no"},
        {"contract_end": TODAY.isoformat()},
        {"graduated_on": "", "contract_end": "something"},
    ],
)
def test_what_is_possible_is_not_pointed_out(changes: dict[str, Any]) -> None:
    assert texts(changes) == {}


def test_a_graduation_without_a_study_is_pointed_out() -> None:
    assert "没有学习经历" in texts(rows=[WORK])["graduated_on"]
    assert "都还没有结束" in texts(rows=[STUDY | {"end": ""}])["graduated_on"]


def test_a_decided_application_is_compared_with_the_day_of_its_decision() -> None:
    assert (
        "（2026-11-29）前已到期" in texts({"contract_end": "2026-11-28"}, under_review=False)["contract_end"]
    )


def test_a_contract_that_ends_within_the_step_is_pointed_out() -> None:
    end = {"contract_end": "2026-12-03"}
    assert "办理期限（2026-12-04）前到期" in texts(end, due=date(2026, 12, 4))["contract_end"]
    assert texts(end, due=date(2026, 12, 3)) == texts(end) == {}


@given(
    st.fixed_dictionaries(
        {
            key: st.one_of(
                st.none(),
                st.dates(date(1950, 1, 1), date(2099, 12, 31)).map(date.isoformat),
                st.sampled_from(["", "doctor", "none", "yes", "male", "citizen", "2020-06", 7]),
            )
            for key in FITTING
        }
    ),
    st.sampled_from(sorted(FITTING)),
)
def test_no_answer_breaks_a_rule_and_a_form_without_a_field_skips_its_rules(
    fields: dict[str, Any], without: str
) -> None:
    found = texts(fields, without=without)
    assert without not in found
    assert set(found) <= {rule.key for rule in FIELD_RULES if without not in rule.reads}


MONTHS = st.integers(0, 60)


@st.composite
def rows_of_experience(draw: st.DrawFn) -> list[dict[str, str]]:
    spans = draw(st.lists(st.tuples(MONTHS, st.one_of(st.none(), st.integers(0, 12))), max_size=7))
    return [
        {
            "kind": "工作",
            "place": f"单位{index}",
            "start": _month(start),
            "end": "" if length is None else _month(start + length),
        }
        for index, (start, length) in enumerate(spans)
    ]


def _month(number: int) -> str:
    return f"{2000 + number // 12}-{number % 12 + 1:02}"


def _crosses(one: dict[str, str], other: dict[str, str]) -> bool:
    """The two have a month in common that neither begins nor ends with; both may begin in the same one."""
    first, later = sorted((one, other), key=lambda row: row["start"])
    return not first["end"] or first["end"] > later["start"]


@given(rows_of_experience(), st.randoms())
def test_rows_cross_when_any_two_do_whatever_their_order(rows: list[dict[str, str]], random: Any) -> None:
    pairs = [pair for pair in combinations(rows, 2) if _crosses(*pair) or _crosses(*reversed(pair))]
    found = list(crossing_rows(rows))
    assert bool(found) <= bool(pairs)
    strict = [
        pair for pair in combinations(rows, 2) if pair[0]["start"] != pair[1]["start"] and _crosses(*pair)
    ]
    assert bool(strict) <= bool(found)
    assert len({index for index, _ in found}) == len(found)
    shuffled = random.sample(rows, len(rows))
    assert bool(list(crossing_rows(shuffled))) == bool(found)


def test_a_crossing_row_names_the_other_and_its_period() -> None:
    [(index, sentence)] = crossing_rows([WORK | {"start": "2020-05"}, STUDY])
    assert (index, sentence.text % sentence.words) == (0, "与“内蒙古大学”（2016-09 至 2020-06）的时间交叉")


# --- with somebody else


def with_numbers(state: State, at: Any, world: Any, **numbers: str) -> Application:
    """An application whose numbers and files nobody else has but by these."""
    application = application_at(state, at, world, factories.applicant(f"申请人{state.value}"))
    application.bank_account, application.phone = f"62{application.id:014}", f"139{application.id:08}"
    for key, value in numbers.items():
        setattr(application, key, value)
    for attachment in attachments_of(application):
        attachment.sha256 = f"{attachment.id:064}"
    db.session.commit()
    return application


def attachments_of(application: Application) -> list[Any]:
    return db.session.query(Attachment).filter_by(application_id=application.id).all()


def same(application: Application, actor: Account) -> dict[str, tuple[str, ...]]:
    fields = answers.snapshot(application)["fields"]
    return {each.key: each.numbers for each in page_context(application, actor, fields).same}


def test_what_is_the_same_is_numbered_within_the_scope_alone(app_context: Flask) -> None:
    world = factories.world()
    one = with_numbers(State.PRELIMINARY_REVIEW, world.banner, world)
    theirs = {"bank_account": one.bank_account, "phone": "139-" + one.phone[3:]}
    other = with_numbers(State.CITY_REVIEW, world.banner, world, **theirs)
    file, copy = attachments_of(one)[0], attachments_of(other)[0]
    clerk, reviewer = world.banner.clerk, factories.reviewer(factories.enterprise(), "外人")
    assert same(one, clerk) == {"bank_account": (other.number,), "phone": (other.number,)}
    copy.sha256 = file.sha256
    db.session.commit()
    assert same(one, clerk)[FILE] == (other.number,)
    assert same(one, reviewer) == {"bank_account": (), "phone": (), FILE: ()}, (
        "no number outside of the scope"
    )
    assert same(other, clerk)["bank_account"] == (one.number,)


def test_what_is_typed_since_the_last_submission_is_compared_by_nobody(app_context: Flask) -> None:
    world = factories.world()
    one = with_numbers(State.PRELIMINARY_REVIEW, world.banner, world)
    other = with_numbers(State.PRELIMINARY_REVIEW, world.banner, world)
    act(other, Action.RETURN, world.banner.clerk, REASON)
    other.bank_account, other.phone = one.bank_account, one.phone
    db.session.commit()
    assert same(one, world.banner.clerk) == {}


def test_a_person_s_own_earlier_application_contradicts_nothing(app_context: Flask) -> None:
    world = factories.world()
    one = with_numbers(State.FINISHED, world.banner, world)
    numbers = {"bank_account": one.bank_account, "phone": one.phone}
    again = application_at(State.PRELIMINARY_REVIEW, world.banner, world, one.applicant)
    for key, value in numbers.items():
        setattr(again, key, value)
    db.session.commit()
    assert same(again, world.banner.clerk) == {}


def test_what_is_the_same_is_looked_up_by_indexes_alone(app_context: Flask) -> None:
    world = factories.world()
    application = with_numbers(State.PRELIMINARY_REVIEW, world.banner, world)
    fields = answers.snapshot(application)["fields"]
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET enable_seqscan = off"))  # the tables are short here
    for actor in (world.banner.clerk, world.banner.reviewer, world.administrator):
        with Planned(db.engine) as planned:
            page_context(application, actor, fields)
        [plan] = [plan for sent, plan in planned.plans.items() if "sha256" in sent]
        for column in ("identity_digest", "bank_digest", "telephone"):
            assert f"ix_applications_{column}" in plan
        assert "ix_attachments_sha256" in plan
        assert "ix_attachments_application_id" in plan
        assert not re.search(r"SCAN (applications|attachments)|Seq Scan on (applications|attachments)", plan)
