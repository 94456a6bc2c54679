"""Days and months are parsed as people write them, and typing mistakes are refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.days import EARLIEST, InvalidDay, parse_day


@pytest.mark.parametrize(
    "typed",
    [
        "2018-09-05",
        "2018-9-5",
        "2018/9/5",
        "2018.9.5",
        "2018.09.05.",
        "2018。9。5",
        "2018、9、5",
        "2018·9·5",
        "20180905",
        "2018年9月5日",
        "2018年9月5号",
        "2018 年 9 月 5 日",
        "2018 9 5",
        "2018-09-05 00:00:00",
        "2018/9/5 0:00",
        "2018-09-05T00:00:00.000",
        "２０１８－０９－０５",
        "２０１８年９月５日",
        "２０１８．９．５",
        "2018–9–5",
        "2018—9—5",
        "\u200b2018-09-05\ufeff ",
    ],
)
def test_a_day_is_parsed_in_every_common_notation(typed):
    assert parse_day(typed) == date(2018, 9, 5)
    assert parse_day(typed, month=True) == date(2018, 9, 1)


@pytest.mark.parametrize(
    "typed",
    [
        "2018-09",
        "2018-9",
        "2018.9",
        "2018/9",
        "2018、9",
        "2018·9",
        "2018年9月",
        "2018年9月份",
        "201809",
        "２０１８．９",
        "２０１８年９月",
    ],
)
def test_a_month_is_parsed_in_every_notation_but_is_not_a_day(typed):
    assert parse_day(typed, month=True) == date(2018, 9, 1)
    with pytest.raises(InvalidDay, match="要写到日"):
        parse_day(typed)


def test_the_parts_of_a_day_with_spaces_between_them_are_not_joined():
    assert parse_day("2018 1 2") == date(2018, 1, 2)
    assert parse_day("2018 1 2", month=True) == date(2018, 1, 1)
    with pytest.raises(InvalidDay):
        parse_day("2018-09-05 12:30")


@pytest.mark.parametrize("typed", ["", "  ", "　", "\u200b"])
def test_an_empty_text_is_no_day_and_no_error(typed):
    assert parse_day(typed) is None
    assert parse_day(typed, month=True) is None


@pytest.mark.parametrize(
    ("typed", "sentence", "words"),
    [
        ("202-05-01", "的年份“", {"year": "202"}),
        ("0202-05-01", "的年份“", {"year": "0202"}),
        ("18-9-5", "的年份“", {"year": "18"}),
        ("1899-12-31", "的年份“", {"year": "1899"}),
        ("20180-09-05", "的年份“", {"year": "20180"}),
        ("2018-02-30", "不存在", {"typed": "2018-02-30"}),
        ("2018.13.1", "不存在", {"typed": "2018.13.1"}),
        ("2018-0-5", "不存在", {"typed": "2018-0-5"}),
        ("昨天", "请按“年-月-日”", {}),
        ("2018", "请按“年-月-日”", {}),
        ("5/9/2018", "请按“年-月-日”", {}),
        ("٢٠١٨-٠٩-٠٥", "请按“年-月-日”", {}),
    ],
)
def test_each_invalid_day_has_its_own_sentence(typed, sentence, words):
    with pytest.raises(InvalidDay) as fault:
        parse_day(typed)
    assert sentence in fault.value.sentence
    assert "%(label)s" in fault.value.sentence
    assert fault.value.words == words


@given(st.dates(min_value=EARLIEST))
def test_a_stored_day_can_be_typed_again(day):
    assert parse_day(day.isoformat()) == day
    assert parse_day(f"{day.year}年{day.month}月{day.day}日") == day
    assert parse_day(f"{day.year}.{day.month}", month=True) == day.replace(day=1)


@given(st.text(alphabet="0123456789-/.年月日 ０１９", max_size=14))
def test_any_text_is_a_day_since_1900_or_is_refused(typed):
    try:
        day = parse_day(typed)
    except InvalidDay:
        return
    assert day is None or day >= EARLIEST
