"""Time limits agree with the calendar's count of working days (W8)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.calendar import ORDOS, start_of
from common.working_days import Calendar
from desk.time_limits import SOON, Standing, bounds, left, limits_of

DAYS = st.dates(date(2024, 12, 20), date(2028, 1, 20))
CALENDARS = st.builds(
    lambda holidays, workdays: Calendar(holidays - workdays, workdays, frozenset({2027})),
    st.frozensets(st.dates(date(2026, 12, 20), date(2027, 12, 31)), max_size=20),
    st.frozensets(st.dates(date(2026, 12, 20), date(2027, 12, 31)), max_size=20),
)


@pytest.mark.guide("W8")
@given(DAYS, st.integers(0, 60), st.integers(1, 30), st.times(), CALENDARS)
def test_the_bounds_of_a_list_agree_with_the_days_counted_for_each_row(
    today: date, days_ago: int, limit: int, time: object, calendar: Calendar
) -> None:
    arrived = today - timedelta(days=days_ago)
    at = datetime.combine(arrived, time, ORDOS)  # type: ignore[arg-type]
    found, divided = left(arrived, limit, today, calendar), bounds(limit, today, calendar)
    waited = calendar.waited(arrived, today).days
    last = calendar.after(arrived, limit).last

    assert (found.standing is Standing.OVERDUE) == (last < today) == (at < divided.overdue)
    assert (
        (found.standing is Standing.DUE_TODAY) == (last == today) == (divided.overdue <= at < divided.today)
    )
    assert found.days == abs(waited - limit)
    due_soon = last >= today and limit - waited <= SOON
    assert due_soon == (divided.overdue <= at < divided.soon)


@given(DAYS, st.integers(1, 30), CALENDARS)
def test_a_day_counted_back_is_the_first_that_has_not_waited_so_long(
    end: date, number: int, calendar: Calendar
) -> None:
    first = calendar.back(end, number)
    assert calendar.waited(first, end).days == number - 1
    assert calendar.waited(first - timedelta(days=1), end).days >= number
    assert calendar.back(end, 0) == end + timedelta(days=1)


def test_a_limit_of_none_leaves_nothing_overdue_and_what_is_not_set_has_its_default() -> None:
    limits = limits_of("days_city 0\ndays_enterprise 7")
    assert limits == (7, 10, 0, 5)
    nothing = bounds(0, date(2026, 11, 27), Calendar())
    assert nothing.overdue == nothing.today == nothing.soon < start_of(date(2000, 1, 1))
