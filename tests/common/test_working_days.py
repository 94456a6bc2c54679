"""Working days: known days exactly, unknown years Monday to Friday, and what an administrator enters counts at once."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from administration import changes
from common import working_days
from common.calendar_years import UnreadableDays, days_as_text, days_of
from common.errors import ConfirmationRequired, Unacceptable
from common.working_days import Calendar, Span, Term
from models import AuditEntry, CalendarYear, db
from tests import clock
from tests.factories import World, calendar_year

LIBRARY = Calendar()
DAYS = st.dates(date(2003, 1, 1), date(2029, 12, 31))
HOLIDAYS_2027 = """元旦：1月1日（周五）至3日（周日）放假
2月5日至11日
4月3日-4月5日
5月1日（周六）至5日（周三）
2027-06-09
9.15
10月1日 ～ 7日"""
"""Invented: the notice for 2027 was not published when this was written."""


NOTICES = {  # 国办发明电〔2024〕12号 and 〔2025〕7号, the sentences about holidays
    2025: """一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。""",
    2026: """一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。""",
}


@pytest.mark.parametrize("year", NOTICES)
def test_the_sentences_of_a_real_notice_are_read_as_they_stand(year: int) -> None:
    assert days_of(NOTICES[year], year) == tuple(working_days.built_in(year)[0])


def test_the_known_part_of_a_wait_that_runs_into_an_unknown_year_stays_exact() -> None:
    # 2026: New Year's Day of 2026 to 2026-10-07 are holidays, 2026-10-10 is a Saturday that is worked.
    assert LIBRARY.waited(date(2026, 9, 30), date(2026, 10, 12)) == Span(4)
    assert LIBRARY.waited(date(2026, 9, 30), date(2027, 1, 4)) == Span(64, (2027,))
    assert LIBRARY.waited(date(2026, 12, 31), date(2027, 1, 4)) == Span(2, (2027,))
    assert LIBRARY.waited(date(2026, 12, 1), date(2026, 12, 31)).unknown == ()


@given(DAYS, DAYS, DAYS)
def test_two_consecutive_waits_add_up_to_the_whole(one: date, two: date, three: date) -> None:
    first, second, third = sorted((one, two, three))
    both = LIBRARY.waited(first, second).days + LIBRARY.waited(second, third).days
    assert LIBRARY.waited(first, third).days == both


@given(DAYS, st.integers(1, 60))
def test_the_last_day_of_a_term_is_its_last_working_day(start: date, number: int) -> None:
    term = LIBRARY.after(start, number)
    assert LIBRARY.is_working_day(term.last)
    assert LIBRARY.waited(start, term.last) == Span(number, term.unknown)
    assert LIBRARY.waited(start, term.last - timedelta(days=1)).days == number - 1


def test_an_unknown_current_year_is_missing_and_from_november_the_next_too() -> None:
    assert LIBRARY.missing(date(2026, 10, 31)) == []
    assert LIBRARY.missing(date(2026, 11, 1)) == [2027]
    assert LIBRARY.missing(date(2027, 1, 1)) == [2027]


def test_a_run_longer_than_the_maximum_entry_can_be_read_again() -> None:
    days = tuple(date(2027, 1, 1) + timedelta(days=n) for n in range(70))
    assert days_of(days_as_text(days), 2027) == days


@pytest.mark.parametrize("year", range(2004, 2027))
def test_every_year_of_the_library_survives_storing_and_reading(year: int) -> None:
    holidays, workdays = working_days.built_in(year)
    entered = Calendar(
        frozenset(days_of(days_as_text(holidays), year)),
        frozenset(days_of(days_as_text(workdays), year)),
        frozenset({year}),
    )
    day = date(year, 1, 1)
    while day.year == year:
        assert entered.is_working_day(day) == LIBRARY.is_working_day(day), day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("1月4日（周日）", "的星期与 2027-01-04 不符"),
        ("2月29日", "不是真实的日期"),
        ("2028-01-01", "不在 2027 年"),
        ("2026-11-30", "不在 2027 年"),
        ("5月5日至1日", "起止日期不对"),
        ("春节放假", ""),
        ("1月1日放假，1月9日（周六）上班", "看不懂“上班”"),
        ("正月初一", "看不懂“正月初一”"),
        ("2月6日（农历正月初一、周日）", "的星期与 2027-02-06 不符"),
    ],
)
def test_text_that_is_no_day_of_the_year_is_quoted_in_the_error(typed: str, said: str) -> None:
    if not said:
        assert days_of(typed, 2027) == ()
        return
    with pytest.raises(UnreadableDays) as fault:
        days_of(typed, 2027)
    assert said in fault.value.sentence.text % fault.value.sentence.words


def enter(by: World, year: int = 2027, holidays: str = HOLIDAYS_2027, workdays: str = "") -> CalendarYear:
    """Enter a year as an administrator who confirms."""

    def row() -> CalendarYear:
        return CalendarYear(year=year, holidays=holidays, workdays=workdays, source="", active=True)

    with pytest.raises(ConfirmationRequired) as question:
        changes.add(row(), by.administrator)
    return changes.add(row(), by.administrator, confirmed=question.value.token)


def test_an_entered_year_counts_at_once_and_is_in_the_audit_trail(own_ordos: World) -> None:
    assert working_days.current_calendar().waited(date(2026, 12, 31), date(2027, 1, 10)) == Span(6, (2027,))
    enter(own_ordos, workdays="1月9日（周六）上班")
    calendar = working_days.current_calendar()
    assert calendar.waited(date(2026, 12, 31), date(2027, 1, 10)) == Span(6)
    assert calendar.after(date(2027, 2, 4), 1) == Term(date(2027, 2, 12))
    line = db.session.query(AuditEntry).filter_by(table_name="calendar_years").one()
    assert line.after["holidays"].startswith("2027-01-01 - 2027-01-03\n2027-02-05 - 2027-02-11")


def test_a_year_entered_or_stopped_by_another_process_counts_without_a_restart(own_ordos: World) -> None:
    new_year = date(2027, 1, 1)
    assert working_days.current_calendar().is_working_day(new_year)
    for change, works in (
        (
            "INSERT INTO calendar_years (year, holidays, workdays, source, active, version)"
            " VALUES (2027, '2027-01-01', '', '', true, 1)",
            False,
        ),
        ("UPDATE calendar_years SET active = false, version = 2", True),
        ("UPDATE calendar_years SET active = true, version = 3", False),
    ):
        with db.engine.begin() as other:
            other.execute(text(change))
        db.session.commit()  # a request begins with a session of its own
        assert working_days.current_calendar().is_working_day(new_year) is works


def test_a_notice_that_reaches_back_into_december_changes_those_days_too(own_ordos: World) -> None:
    """That for 2019 made 2018-12-29, a Saturday, a working day and 2018-12-31 a holiday."""
    enter(own_ordos, holidays=HOLIDAYS_2027 + "\n2026年12月31日", workdays="2026年12月26日（周六）")
    calendar = working_days.current_calendar()
    assert calendar.is_working_day(date(2026, 12, 26))
    assert not calendar.is_working_day(date(2026, 12, 31))
    assert calendar.is_working_day(date(2026, 12, 30))
    assert not calendar.is_working_day(date(2026, 10, 1))


def test_an_entered_year_replaces_the_librarys_data(own_ordos: World) -> None:
    """A published year is changed now and then: the holiday of May 2019 was lengthened in March."""
    holidays, workdays = working_days.built_in(2026)
    more = [*holidays, date(2026, 10, 8)]
    with clock.at("2026-03-22 09:00"):
        enter(own_ordos, 2026, days_as_text(more), days_as_text(workdays))
    calendar = working_days.current_calendar()
    assert not calendar.is_working_day(date(2026, 10, 8))
    assert calendar.working_days_of(2026) == LIBRARY.working_days_of(2026) - 1


@pytest.mark.parametrize(
    ("holidays", "workdays", "field", "said"),
    [
        ("1月1日", "", "holidays", "缺少法定节假日：2027-05-01、2027-05-02"),
        ("1月1日、5月1日至2日、10月1日至3日", "", "holidays", "只有 6 天"),
        (HOLIDAYS_2027, "1月8日", "workdays", "2027-01-08 不是周六或周日"),
        (HOLIDAYS_2027, "1月2日", "workdays", "2027-01-02 同时写在放假里"),
    ],
)
def test_days_that_break_a_rule_are_refused_beside_their_field(
    own_ordos: World, holidays: str, workdays: str, field: str, said: str
) -> None:
    row = CalendarYear(year=2027, holidays=holidays, workdays=workdays, source="", active=True)
    with clock.at("2026-11-20 09:00"), pytest.raises(Unacceptable) as fault:
        changes.add(row, own_ordos.administrator)
    assert fault.value.field == field
    assert said in fault.value.sentence.text % fault.value.sentence.words


def test_a_year_can_be_entered_once_and_not_too_far_away(own_ordos: World) -> None:
    calendar_year(2027)
    for year in (2027, 2107):
        row = CalendarYear(year=year, holidays="1月1日", workdays="", source="", active=True)
        with clock.at("2026-11-20 09:00"), pytest.raises(Unacceptable) as fault:
            changes.add(row, own_ordos.administrator)
        assert fault.value.field == "year"
