"""The changes that reviewers see: against the submission they know, by the employer's credit code, row by row."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from admin_views.review.submitted_content import history_with_submissions, read_by
from desk.comparison import RowDifference, compare_rows, credit_code, same_employer
from models import Account, Action, Application, Enterprise, Review, State, db
from tests.factories import REASON, World, act, application_at, complete_application, submit
from workflow.form import answers, versions

CODE, OTHER_CODE = "91150602000000017X", "911506020000000252"


def snapshot(name: str = "甲公司", code: str = CODE, region: str = "东胜区", key: int = 1) -> dict[str, Any]:
    employer = {"id": key, "credit_code": code, "name": name, "region": region}
    return {
        "fields": {"enterprise_id": f"{name}（{code}，{region}）"},
        "experiences": [],
        "employer": employer,
    }


def old(of: dict[str, Any]) -> dict[str, Any]:
    """A snapshot from before December 2026, without the employer's code as a field."""
    return {key: part for key, part in of.items() if key != "employer"}


@pytest.mark.parametrize("first", [snapshot(), old(snapshot())])
@pytest.mark.parametrize(
    "later", [snapshot("乙集团（东胜）", region="高新区"), old(snapshot("乙（二）", region="康（一）区"))]
)
def test_an_employer_with_a_new_name_or_region_is_the_same_employer(first, later) -> None:
    assert credit_code(first) == CODE
    assert same_employer(first, later)
    assert same_employer(later, first)


@pytest.mark.parametrize("first", [snapshot(), old(snapshot())])
def test_two_employers_with_one_name_are_different(first) -> None:
    other = snapshot(code=OTHER_CODE, key=2)
    assert not same_employer(first, other)
    assert not same_employer(first, old(other))
    nobody = {"fields": {"enterprise_id": None}, "experiences": []}
    assert not same_employer(nobody, nobody)


def test_an_employer_with_a_corrected_credit_code_is_the_same_employer() -> None:
    assert same_employer(snapshot(), snapshot(code=OTHER_CODE))


# --- 学习工作经历


def row(place: str = "内蒙古大学", start: str = "2016-09", **further: str) -> dict[str, str]:
    given = {
        "kind": "学习",
        "start": start,
        "end": "2020-06",
        "place": place,
        "subject": "材料",
        "witness": "张三",
    }
    return given | further


def marks(now: list[dict[str, str]], before: list[dict[str, str]]) -> list[tuple[str, RowDifference]]:
    return [(each.row["place"], each.difference) for each in compare_rows(now, before)]


def test_rows_are_marked_as_added_changed_and_removed() -> None:
    school, firm, other = (
        row(),
        row("甲公司", "2020-07", kind="工作"),
        row("乙公司", "2023-01", kind="工作", end=""),
    )
    mended = firm | {"end": "2022-12"}
    assert marks([school, mended, other], [school, firm]) == [
        ("内蒙古大学", RowDifference.SAME),
        ("甲公司", RowDifference.CHANGED),
        ("乙公司", RowDifference.ADDED),
    ]
    assert marks([school], [firm, school]) == [
        ("内蒙古大学", RowDifference.SAME),
        ("甲公司", RowDifference.REMOVED),
    ]
    assert marks([firm, school], [school, firm]) == [
        ("甲公司", RowDifference.SAME),
        ("内蒙古大学", RowDifference.SAME),
    ]
    [changed] = compare_rows([mended], [firm])
    assert changed.changed == [("起止年月", ("start", "end"))]
    assert changed.before == firm


def test_a_different_job_at_a_different_time_is_not_a_changed_row() -> None:
    one, other = row("甲公司", "2016-09", subject="会计"), row("乙公司", "2021-03", end="", witness="李四")
    assert marks([other], [one]) == [("乙公司", RowDifference.ADDED), ("甲公司", RowDifference.REMOVED)]


def test_normalisation_of_stored_text_is_no_change() -> None:
    assert marks([row(witness="阿拉坦·仓")], [row(witness="阿拉坦•仓")]) == [
        ("内蒙古大学", RowDifference.SAME)
    ]
    section = versions.DECLARED.sections[0]
    now, before = {"fields": {"name": "阿拉坦·仓"}}, {"fields": {"name": "阿拉坦‧仓"}}
    assert not [
        each.asked.key for each in answers.shown_fields(section, now, before) if each.before is not None
    ]


ROWS = st.lists(
    st.builds(
        lambda kind, start, place, witness: row(place, start, kind=kind, witness=witness),
        st.sampled_from(["学习", "工作", ""]),
        st.sampled_from(["2016-09", "2020-07", ""]),
        st.sampled_from(["甲", "乙", ""]),
        st.sampled_from(["张三", "李四"]),
    ),
    max_size=6,
)


@given(ROWS, ROWS)
def test_comparison_is_symmetric(now, before) -> None:
    forth, back = compare_rows(now, before), compare_rows(before, now)

    def rows(compared, mark: RowDifference) -> list[str]:
        return sorted(str(each.row) for each in compared if each.difference is mark)

    assert rows(forth, RowDifference.ADDED) == rows(back, RowDifference.REMOVED)
    assert rows(forth, RowDifference.REMOVED) == rows(back, RowDifference.ADDED)
    pairs = sorted((str(each.row), str(each.before)) for each in forth if each.before)
    assert pairs == sorted((str(each.before), str(each.row)) for each in back if each.before)
    assert [each.row for each in forth if each.difference is not RowDifference.REMOVED] == now
    there = [each.before or each.row for each in forth if each.difference is not RowDifference.ADDED]
    assert sorted(map(str, there)) == sorted(map(str, before))
    assert all(each.difference is RowDifference.SAME for each in compare_rows(now, now))


# --- which submission is compared with


def writes(position: str, employer: Enterprise | None = None):
    def change(application: Application) -> None:
        answers.set_value(application, "position", position)
        if employer is not None:
            answers.set_value(application, "enterprise_id", employer.id)

    return change


def seen(application: Application, actor: Account) -> str | None:
    """The position in the baseline submission of this account."""
    before = read_by(application, history_with_submissions(application), actor).before
    return before.snapshot["fields"]["position"] if before else None


def hand_in(application: Application, position: str, employer: Enterprise | None = None) -> None:
    act(application, Action.SAVE, application.applicant, change=writes(position, employer))
    submit(application)


def test_a_desk_sees_all_changes_since_its_last_decision(ordos: World) -> None:
    at = ordos.banner
    application = complete_application(at.enterprise, position="一")
    submit(application)
    assert seen(application, at.reviewer) is None
    act(application, Action.PASS, at.reviewer)
    act(application, Action.RETURN, at.clerk, REASON)
    hand_in(application, "二")
    act(application, Action.RETURN, at.reviewer, REASON)
    hand_in(application, "三")
    act(application, Action.WITHDRAW, application.applicant)
    hand_in(application, "四")
    assert seen(application, at.reviewer) == "二"
    assert seen(application, application.applicant) == "三"
    act(application, Action.PASS, at.reviewer)
    assert seen(application, at.clerk) == "一"


def test_a_renamed_and_moved_employer_still_sees_the_changes(ordos: World) -> None:
    at = ordos.banner
    application = application_at(State.RETURNED, at, ordos)
    line = db.session.scalars(
        select(Review).where(Review.action == Action.SUBMIT).order_by(Review.id.desc())
    ).first()
    line.snapshot = old(line.snapshot)
    at.enterprise.name, at.enterprise.region = "更名后的新材料有限公司", ordos.park.region
    db.session.commit()
    hand_in(application, "总经理")
    assert seen(application, at.reviewer) == "工程师"


def test_an_enterprise_never_sees_submissions_to_another_employer(ordos: World) -> None:
    one, other = ordos.banner, ordos.park
    application = complete_application(one.enterprise, position="一")
    submit(application)
    act(application, Action.PASS, one.reviewer)
    act(application, Action.RETURN, one.clerk, REASON)
    hand_in(application, "二", other.enterprise)
    assert seen(application, other.reviewer) is None
    assert seen(application, application.applicant) == "一"
    act(application, Action.RETURN, other.reviewer, REASON)
    hand_in(application, "三", one.enterprise)
    assert seen(application, one.reviewer) == "一"
    act(application, Action.PASS, one.reviewer)
    assert seen(application, one.clerk) == "一"


def test_an_office_compares_with_its_own_decision_even_for_another_employer(ordos: World) -> None:
    one, other = ordos.banner, ordos.park
    application = complete_application(one.enterprise, position="一")
    submit(application)
    act(application, Action.PASS, one.reviewer)
    act(application, Action.PASS, one.clerk)
    act(application, Action.RETURN, ordos.centre, REASON)
    hand_in(application, "二", other.enterprise)
    act(application, Action.PASS, other.reviewer)
    assert seen(application, other.clerk) is None
    act(application, Action.PASS, other.clerk)
    assert seen(application, ordos.centre) == "一"
