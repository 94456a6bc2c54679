"""The statistics page reads as much however many applications there are: rows of sums, and numbers in each row."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from figures import counting
from figures.facts import DecisionFacts, Facts, Sums
from figures.packing import packed, unpacked
from figures.report import Narrowing, Sight, figures
from models import REACHED_BITS, State, db, exclusive
from models.statistics import statistic_counts

REGIONS, PERIODS, FIRST_DAY = 5, 6, date(2021, 1, 1)
STEPS = tuple(REACHED_BITS)
STATUSES = (*(step.value for step in STEPS), "returned", "finished_passed", "finished_refused")


def some_applications(number: int) -> Sums:
    """So many applications of several years, each decided three times; few decisions take long."""
    dice, sums = Random(number), Sums()
    for key in range(1, number + 1):
        day = FIRST_DAY + timedelta(days=dice.randrange(5 * 365))
        period, region, reached = 1 + (day.year - 2021), 1 + dice.randrange(REGIONS), dice.choice((1, 3, 7))
        education, industry = dice.choice(("doctor", "master")), f"industry{dice.randrange(9)}"
        status = dice.choice(STATUSES)
        sums.add(Facts(key, period, region, 1, reached, status, education, industry, day))
        for step in STEPS:
            took = int(dice.expovariate(1 / 6))
            sums.add_decision(DecisionFacts(0, key, period, region, 1, step, day, took, None))
    return sums


@contextmanager
def numbers_read() -> Iterator[list[int]]:
    """Count the numbers in the rows of sums that are read: of each row how many keys."""
    found: list[int] = []

    def look(connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if "FROM statistic_counts" in statement:
            again = connection.connection.cursor()
            again.execute(statement, values)
            place = [column[0] for column in again.description].index("numbers")
            found.extend(len(json.loads(row[place])) for row in again.fetchall())

    event.listen(db.engine, "before_cursor_execute", look)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", look)


@pytest.mark.guide("W11")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_page_reads_no_more_numbers_of_ten_times_the_applications(app: Flask) -> None:
    read = []
    with app.app_context():
        for number in (1_000, 10_000):
            with exclusive():
                db.session.execute(statistic_counts.delete())
                counting.add_to_sums(some_applications(number))
            with numbers_read() as found:
                shown = figures(Sight(REACHED_BITS[State.CITY_REVIEW]), Narrowing())
            assert len(found) == REGIONS
            assert sum(shown.days()[State.CITY_REVIEW]) == number
            assert sum(shown.submitted().values()) == shown.of("status").total()
            read.append(sum(found))
    assert read[1] <= 1.1 * read[0]


@given(
    st.dictionaries(
        st.one_of(
            st.builds("days:{}={}:7".format, st.sampled_from([step.value for step in STEPS]), st.integers(0, 300)),
            st.builds("month:20{}={}:{}".format, st.integers(10, 99), st.integers(1, 12), st.integers(1, 7)),
            st.builds("reason:{}:7".format, st.sampled_from(["phrase=a=3:b", "field=phone", "other"])),
            st.builds("status:{}:{}".format, st.sampled_from(STATUSES), st.integers(1, 7)),
        ),
        st.integers(-5, 5).filter(bool),
    )
)  # fmt: skip
def test_packed_numbers_say_the_same(numbers: dict[str, int]) -> None:
    assert unpacked(json.loads(json.dumps(packed(numbers)))) == numbers
