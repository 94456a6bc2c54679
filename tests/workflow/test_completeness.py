"""What an application lacks or has wrong: everything at once, each beside its field."""

from datetime import date, timedelta
from typing import Any

import pytest
from stdnum.cn import ric

from common.calendar import today
from common.errors import Incomplete, PeriodClosed
from drafts.remarks import timeline_remarks
from models import Action, Application, Experience, ExperienceKind, Period, Registration, State, db
from tests.factories import (
    World,
    act,
    applicant,
    complete_application,
    empty_application,
    enterprise,
    experiences,
    identity_number,
    materials,
    saved,
    submit,
    upload,
)
from tests.workflow.observing import stored_rows
from workflow import completeness, periods
from workflow.form import answers, living_allowance

TODAY = today()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def _the_day_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    # midnight may come between reading this file and running its tests
    for module in (completeness, periods):
        monkeypatch.setattr(module, "today", lambda: TODAY)


def problem_texts(application: Application) -> dict[str, str]:
    """What the person reads, by the place it stands at."""
    return {one.anchor: one.sentence % one.words for one in completeness.problems(application)}


@pytest.mark.guide("A15")
def test_an_empty_application_lists_everything_that_is_missing(ordos: World) -> None:
    application = empty_application()
    required = [key for key, asked in living_allowance.FIELDS.items() if asked.required and not asked.fixed]
    papers = [f"material-{one.id}" for one in materials() if one.required]
    found = problem_texts(application)
    assert set(found) == {*required, "experiences", *papers}
    assert found["position"] == "请填写岗位职务。"
    assert found["education"] == "请选择学历。"
    assert found["enterprise_id"] == "请点击放大镜选择工作单位。"
    assert found["promise"] == "请阅读承诺并勾选“本人承诺”。"
    assert found["experiences"] == "请点击“新增”填写学习工作经历。"
    assert found[papers[0]] == "请上传身份证。"
    assert all(one.missing for one in completeness.problems(application))


@pytest.mark.guide("A15")
def test_problems_are_in_the_order_of_the_page(ordos: World) -> None:
    sections = [one.section for one in completeness.problems(empty_application())]
    order = [section.key for section in living_allowance.SECTIONS]
    assert sections == sorted(sections, key=order.index)


@pytest.mark.guide("A15")
def test_an_incomplete_application_is_not_submitted_and_a_complete_one_goes_to_its_enterprise(
    ordos: World,
) -> None:
    application = empty_application()
    before = stored_rows(application)
    with pytest.raises(Incomplete) as refused:
        submit(application)
    assert len(refused.value.problems) == len(problem_texts(application)) > 20
    assert stored_rows(application) == before

    complete = complete_application(ordos.banner.enterprise)
    assert problem_texts(complete) == {}
    submit(complete)
    assert complete.state is State.ENTERPRISE_REVIEW
    assert complete.submitted_enterprise_id == ordos.banner.enterprise.id


WRONG: list[tuple[str, Any, str]] = [
    ("sex", "male", "性别与公民身份号码不一致。"),
    ("sex", "neither", "请选择性别。"),
    ("birth_date", date(1985, 1, 1), "出生日期与公民身份号码不一致。"),
    ("ethnicity", "火星族", "请选择民族。"),
    ("phone", "0477-8587631", "请填写 11 位手机号码。"),
    ("phone", "1384771000", "请填写 11 位手机号码。"),
    ("phone", "23847710000", "请填写 11 位手机号码。"),
    ("phone", "１３８４７７１００００", "请填写 11 位手机号码。"),
    ("email", "wang.example.com", "电子邮箱格式不正确，例如：name@example.com。"),
    ("education", "professor", "请选择学历。"),
    ("graduated_on", TOMORROW, "毕业时间不能晚于今天。"),
    ("arrived_on", TOMORROW, "来鄂(引进)时间不能晚于今天。"),
    ("contract_start", TOMORROW, "劳动合同起始时间不能晚于今天。"),
    ("insurance_start", TOMORROW, "社保缴纳起始时间不能晚于今天。"),
    ("insurance_start", date(1980, 1, 1), "社保缴纳起始时间不能早于出生日期。"),
    ("graduated_on", date(1950, 7, 1), "毕业时间不能早于出生日期。"),
    ("graduated_on", date(1890, 7, 1), "毕业时间的年份“1890”不对，请填写四位数字，不早于 1900 年。"),
    ("contract_end", date(2021, 3, 1), "劳动合同终止时间应晚于起始时间。"),
    ("contract_end", date(2020, 3, 1), "劳动合同终止时间应晚于起始时间。"),
    ("contract_end", YESTERDAY, "劳动合同已到期，请按现行合同填写。"),
    ("bank_account", "6217-0000", "银行账号应为 8 至 30 位数字。"),
    ("bank_account", "1234567", "银行账号应为 8 至 30 位数字。"),
    ("bank_account", "1" * 31, "银行账号应为 8 至 30 位数字。"),
    ("bank_account", "６２１７００００１２３４５６７８", "银行账号应为 8 至 30 位数字。"),
]


@pytest.mark.guide("A15")
def test_each_wrong_field_has_its_own_sentence_and_no_other_field_has_one(ordos: World) -> None:
    application = complete_application(ordos.banner.enterprise)
    right = {key: answers.value(application, key) for key in living_allowance.FIELDS}
    for key, given, sentence in WRONG:
        answers.set_value(application, key, given)
        assert problem_texts(application) == {key: sentence}, (key, given)
        answers.set_value(application, key, right[key])
    assert problem_texts(application) == {}
    db.session.rollback()


@pytest.mark.guide("A15")
def test_today_is_a_valid_date_and_an_email_is_optional(ordos: World) -> None:
    application = complete_application(
        ordos.banner.enterprise,
        email="",
        arrived_on=TODAY,
        contract_start=YESTERDAY,
        contract_end=TODAY,
    )
    assert problem_texts(application) == {}


@pytest.mark.guide("A15")
@pytest.mark.parametrize("ethnicity", ["穿青人", "其他未识别民族", "外国血统", "外国国籍"])
def test_people_who_belong_to_none_of_the_56_ethnicities_can_submit(ordos: World, ethnicity: str) -> None:
    application = complete_application(ordos.banner.enterprise, ethnicity=ethnicity)
    assert problem_texts(application) == {}


@pytest.mark.guide("A15")
@pytest.mark.parametrize(
    ("days", "reasonable"),
    [(16 * 365, False), (16 * 366, True), (100 * 365, True), (101 * 366, False)],
)
def test_a_birth_date_is_checked_even_without_one_in_the_number(
    ordos: World, days: int, reasonable: bool
) -> None:
    person = applicant("Anna Petrova", number=f"P{identity_number()[-8:]}", paper="passport")
    # A few days on either side of a birthday, by the leap years between.
    born = TODAY - timedelta(days=days)
    application = complete_application(ordos.banner.enterprise, person, birth_date=born, sex="male")
    assert problem_texts(application) == ({} if reasonable else {"birth_date": "出生日期不合理，请核对。"})


@pytest.mark.parametrize(
    ("paper", "number"),
    [
        ("hmt_residence", "81000019900101001"),
        ("hmt_residence", "83000019900101001"),
        ("permanent_residence", "91512419900101001"),
    ],
)
def test_a_residence_permits_number_is_compared_with_the_answers(
    ordos: World, paper: str, number: str
) -> None:
    person = applicant("陈大文", number=number + ric.calc_check_digit(number + "0"), paper=paper)
    right = {"birth_date": date(1990, 1, 1), "sex": "male"}
    application = complete_application(ordos.banner.enterprise, person, **right)
    assert problem_texts(application) == {}
    answers.set_value(application, "birth_date", date(1990, 1, 10))
    answers.set_value(application, "sex", "female")
    assert problem_texts(application) == {
        "birth_date": "出生日期与证件号码不一致。",
        "sex": "性别与证件号码不一致。",
    }


def test_an_old_residence_card_has_a_birth_date_without_century_and_no_sex(ordos: World) -> None:
    person = applicant("Anna Petrova", number="RUS150690010111", paper="permanent_residence")
    application = complete_application(
        ordos.banner.enterprise, person, birth_date=date(1990, 1, 1), sex="male"
    )
    assert problem_texts(application) == {}
    answers.set_value(application, "birth_date", date(1990, 1, 10))
    assert problem_texts(application) == {"birth_date": "出生日期与证件号码不一致。"}


def experience(**changes: Any) -> Experience:
    whole = {
        "position": 0,
        "kind": ExperienceKind.WORK,
        "start": date(2020, 1, 1),
        "end": date(2021, 1, 1),
        "place": "示例公司",
        "subject": "工程师",
        "witness": "张三",
    }
    return Experience(**whole | changes)


@pytest.mark.guide("A10", "A15")
def test_each_problem_of_an_experience_names_its_row(ordos: World) -> None:
    def rows(application: Application) -> None:
        application.experiences = [
            experience(),
            experience(position=1, kind=None, start=None, end=None, place="", subject="", witness=""),
            experience(position=2, end=date(2019, 12, 1)),
            experience(position=3, start=TOMORROW, end=None),
            experience(position=4, start=date(2020, 5, 1), end=date(2020, 5, 1)),
        ]

    application = complete_application(ordos.banner.enterprise)
    act(application, Action.SAVE, application.applicant, change=rows)
    assert problem_texts(application) == {
        "experiences-1-kind": "第 2 条经历：请填写类别。",
        "experiences-1-start": "第 2 条经历：请填写起始年月。",
        "experiences-1-place": "第 2 条经历：请填写学校或单位。",
        "experiences-1-subject": "第 2 条经历：请填写专业或职务。",
        "experiences-1-witness": "第 2 条经历：请填写证明人。",
        "experiences-2-end": "第 3 条经历：终止年月不能早于起始年月。",
        "experiences-3-start": "第 4 条经历：起始年月不能晚于今天。",
    }


def test_gaps_and_overlaps_are_remarks_and_prevent_nothing(ordos: World) -> None:
    rows = [
        experience(place="大学", start=date(2016, 9, 1), end=date(2020, 6, 1)),
        experience(place="甲公司", start=date(2020, 7, 1), end=date(2021, 1, 1)),
        experience(place="乙公司", start=date(2021, 6, 1), end=None),
        experience(place="丙公司", start=date(2022, 1, 1), end=None),
    ]
    said = [sentence % names for sentence, names in timeline_remarks(rows)]
    assert said == ["“甲公司”与“乙公司”之间有间断。", "“乙公司”与“丙公司”的时间有重叠。"]
    assert timeline_remarks(experiences()) == []
    within = [
        experience(place="甲公司", start=date(2010, 1, 1), end=date(2020, 1, 1)),
        experience(place="乙公司", start=date(2012, 1, 1), end=date(2013, 1, 1)),
        experience(place="丙公司", start=date(2016, 1, 1), end=date(2017, 1, 1)),
        experience(place="丁公司", start=date(2020, 2, 1), end=None),
    ]
    said = [sentence % names for sentence, names in timeline_remarks(within)]
    assert said == ["“甲公司”与“乙公司”的时间有重叠。", "“甲公司”与“丙公司”的时间有重叠。"]


@pytest.mark.guide("A8")
@pytest.mark.parametrize("registration", [Registration.PENDING, Registration.REFUSED])
def test_an_enterprise_that_is_not_approved_cannot_be_submitted_to(
    ordos: World, registration: Registration
) -> None:
    application = complete_application(enterprise(ordos.banner.region, registration))
    with pytest.raises(Incomplete) as refused:
        submit(application)
    assert [one.anchor for one in refused.value.problems] == ["enterprise_id"]
    assert application.state is State.DRAFT


@pytest.mark.guide("A8")
def test_an_enterprise_that_has_lost_its_approval_cannot_be_submitted_to(ordos: World) -> None:
    application = complete_application(ordos.banner.enterprise)
    assert application.enterprise.registration is Registration.APPROVED
    with db.engine.begin() as elsewhere:
        elsewhere.exec_driver_sql(
            f"UPDATE enterprises SET registration = 'refused' WHERE id = {application.enterprise_id}"
        )
    with pytest.raises(Incomplete):
        submit(application)


@pytest.mark.guide("A8")
def test_an_enterprise_of_a_closed_region_cannot_be_submitted_to(ordos: World) -> None:
    application = complete_application(ordos.elsewhere.enterprise)
    ordos.elsewhere.region.active = False
    db.session.commit()
    assert list(problem_texts(application)) == ["enterprise_id"]


@pytest.mark.guide("A11", "A15", "D2")
def test_the_required_materials_are_those_of_the_administrator(own_ordos: World) -> None:
    application = complete_application(own_ordos.banner.enterprise)
    first, *_ = materials()
    first.active = False
    added = saved(type(first)(name="户口簿", required=True, position=9))
    assert problem_texts(application) == {f"material-{added.id}": "请上传户口簿。"}
    paper = upload(application, added)
    assert problem_texts(application) == {}
    paper.removed_after = 0
    db.session.commit()
    assert problem_texts(application) == {f"material-{added.id}": "请上传户口簿。"}
    assert [material.name for material, _ in completeness.slots(application)] == [
        "劳动合同",
        "其他材料",
        "户口簿",
    ]


@pytest.mark.guide("D2")
def test_outside_the_period_a_submission_is_refused_with_the_next_opening_day(own_ordos: World) -> None:
    application = complete_application(own_ordos.banner.enterprise)
    period = db.session.query(Period).one()
    period.opens, period.closes = TODAY - timedelta(days=30), YESTERDAY
    db.session.commit()
    with pytest.raises(PeriodClosed) as closed:
        submit(application)
    assert closed.value.opens is None

    for days in (90, 40):
        opens = TODAY + timedelta(days=days)
        saved(Period(name=f"{days}", opens=opens, closes=opens + timedelta(days=9)))
    with pytest.raises(PeriodClosed) as closed:
        submit(application)
    assert closed.value.opens == TODAY + timedelta(days=40)
    assert application.state is State.DRAFT

    act(application, Action.SAVE, application.applicant)
    period.closes = TODAY
    db.session.commit()
    submit(application)
    assert application.state is State.ENTERPRISE_REVIEW


@pytest.mark.guide("D2")
def test_the_first_and_the_last_day_belong_to_the_period(
    own_ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    period = db.session.query(Period).one()
    period.opens, period.closes = date(2026, 3, 1), date(2026, 3, 31)
    db.session.commit()
    days = (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1))
    found = []
    for day in days:
        monkeypatch.setattr(periods, "today", lambda day=day: day)
        found.append(periods.open_period() is not None)
    assert found == [False, True, True, False]
