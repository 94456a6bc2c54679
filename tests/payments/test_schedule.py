"""An amount is split to the fen, and its payments are due on the right days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.schedule import add_months, fits_in_year, instalments, split, whole_schedule

DAYS = st.dates(date(2020, 1, 1), date(2080, 12, 31))
SHAPES = st.tuples(st.integers(1, 12), st.integers(0, 12)).filter(lambda shape: fits_in_year(*shape))


@pytest.mark.guide("P3")
def test_the_odd_fen_go_one_each_to_the_first_payments() -> None:
    assert split(10_000_01, 3) == [333334, 333334, 333333]
    assert split(10_000_00, 3) == [333334, 333333, 333333]
    assert split(60_000_00, 2) == [30_000_00, 30_000_00]


@pytest.mark.guide("P3", "P5")
@given(st.integers(1, 12), st.integers(0, 10**12))
def test_the_parts_are_the_amount_to_the_fen(count: int, further: int) -> None:
    amount = count + further
    parts = split(amount, count)
    assert sum(parts) == amount
    assert len(parts) == count
    assert parts == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] in (0, 1)


@pytest.mark.guide("P3")
@pytest.mark.parametrize(("amount", "count"), [(2, 3), (0, 1), (-5, 1), (5, 0)])
def test_no_payment_is_empty(amount: int, count: int) -> None:
    with pytest.raises(ValueError, match="at least one fen"):
        split(amount, count)


@pytest.mark.guide("P3")
@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ("2027-01-31", 1, "2027-02-28"),
        ("2027-01-31", 2, "2027-03-31"),
        ("2027-01-31", 3, "2027-04-30"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2026-05-05", 0, "2026-05-05"),
    ],
)
def test_a_month_too_short_ends_on_its_last_day(start: str, months: int, expected: str) -> None:
    assert add_months(date.fromisoformat(start), months) == date.fromisoformat(expected)


@pytest.mark.guide("P3")
@given(DAYS, st.integers(0, 120))
def test_months_are_added_to_the_month_and_the_day_stays_where_it_can(start: date, months: int) -> None:
    later = add_months(start, months)
    assert later.year * 12 + later.month == start.year * 12 + start.month + months
    assert later.day == start.day or (later.day < start.day and (later + timedelta(days=1)).day == 1)


@pytest.mark.guide("P3", "P6")
@given(st.integers(12, 10**10), SHAPES, DAYS, st.integers(1, 10))
def test_every_year_pays_the_same_amount_in_order(
    amount: int, shape: tuple[int, int], start: date, years: int
) -> None:
    count, interval = shape
    schedule = whole_schedule(amount, count, start, interval, years)
    assert [each.ordinal for each in schedule] == list(range(1, count + 1)) * years
    assert schedule[:count] == instalments(amount, count, start, interval)
    for year in range(1, years + 1):
        payments = [each for each in schedule if each.year == year]
        assert sum(each.fen for each in payments) == amount
        assert payments[0].due_on == add_months(start, 12 * (year - 1))
    dates = [each.due_on for each in schedule]
    assert dates == sorted(dates)


@pytest.mark.guide("P3")
def test_payments_that_reach_into_the_next_year_are_refused() -> None:
    assert [each.due_on.isoformat() for each in instalments(900, 3, date(2027, 1, 31), 5)] == [
        "2027-01-31",
        "2027-06-30",
        "2027-11-30",
    ]
    with pytest.raises(ValueError, match="do not fit"):
        instalments(900, 3, date(2027, 1, 31), 6)
