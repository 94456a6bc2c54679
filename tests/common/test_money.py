"""Amounts are typed in yuan with two decimals and stored in fen; nothing about an amount is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import InvalidAmount, as_typed_yuan, in_yuan, parse_yuan


@pytest.mark.guide("P3")
@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("60000.00", 6_000_000),
        ("0.01", 1),
        (" 1234.56 ", 123_456),
        ("999999999.99", 99_999_999_999),
        ("00.10", 10),
    ],
)
def test_an_amount_is_yuan_with_two_decimals(typed: str, fen: int) -> None:
    assert parse_yuan(typed) == fen


@pytest.mark.guide("P3")
@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "请填写金额"),
        ("６００００．００", "半角"),
        ("6０000.00", "半角"),
        ("60000．00", "半角"),
        ("60,000.00", "千位分隔符"),
        ("60，000.00", "千位分隔符"),
        ("60 000.00", "千位分隔符"),
        ("6万", "不写“万”"),
        ("6.00万元", "不写“万”"),
        ("￥60000.00", "不写“万”"),
        ("60000", "两位小数"),
        ("60000.0", "两位小数"),
        ("60000.", "两位小数"),
        ("60000.000", "两位小数"),
        ("-60000.00", "负数"),
        ("1234567890.00", "最多"),
        ("六万", "不写“万”"),
        ("6e4", "请按元填写"),
        ("60000.00.00", "请按元填写"),
        ("٦٠٠٠٠.٠٠", "请按元填写"),
        (".50", "请按元填写"),
    ],
)
def test_anything_else_is_refused_with_what_is_wrong(typed: str, says: str) -> None:
    with pytest.raises(InvalidAmount) as refused:
        parse_yuan(typed)
    assert says in refused.value.sentence.text % refused.value.sentence.words


@pytest.mark.guide("P3")
@given(st.integers(0, 10**11 - 1))
def test_an_amount_shown_in_a_field_is_read_back(fen: int) -> None:
    assert parse_yuan(as_typed_yuan(fen)) == fen


@pytest.mark.guide("P3")
def test_an_amount_is_shown_with_separators() -> None:
    assert [in_yuan(fen) for fen in (0, 5, 99, 100, 6_000_000, 123_456_705, -123_456)] == [
        "0.00",
        "0.05",
        "0.99",
        "1.00",
        "60,000.00",
        "1,234,567.05",
        "-1,234.56",
    ]
