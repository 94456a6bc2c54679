"""One telephone number has one spelling, however people, papers and browsers write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.telephones import LANDLINE, MOBILE, is_mobile, normalised_telephone, telephone_fault

MOBILES = [
    "13800138000",
    "+86 138 0013 8000",
    "+8613800138000",
    "+86-138-0013-8000",
    "(+86)13800138000",
    "+86(0)13800138000",
    "0086 13800138000",
    "0086-13800138000",
    "86 138 0013 8000",
    "8613800138000",
    "013800138000",
    "138-0013-8000",
    "138.0013.8000",
    "138　0013　8000",
    "１３８００１３８０００",
    "＋８６　１３８００１３８０００",
    "138－0013—8000",
    "\u200b138\u00a00013\u202f8000\ufeff",
    "\u202d13800138000\u202c",  # as contacts of a telephone are copied
    "手机：13800138000",
]


@pytest.mark.parametrize("typed", MOBILES)
def test_a_mobile_number_is_normalised_to_eleven_digits(typed):
    assert normalised_telephone(typed) == "13800138000"
    assert is_mobile(normalised_telephone(typed))
    assert not telephone_fault(normalised_telephone(typed))


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("0477-8123456", "0477-8123456"),
        ("04778123456", "0477-8123456"),
        ("0477 8123456", "0477-8123456"),
        ("（0477）8123456", "0477-8123456"),
        ("(0477) 812-3456", "0477-8123456"),
        ("０４７７－８１２３４５６", "0477-8123456"),
        ("0477—8123456", "0477-8123456"),
        ("0477——8123456", "0477-8123456"),
        ("0477–8123456", "0477-8123456"),
        ("0477−8123456", "0477-8123456"),
        ("0477一8123456", "0477-8123456"),
        ("0477ー8123456", "0477-8123456"),
        ("0477_8123456", "0477-8123456"),
        ("+86 477 812 3456", "0477-8123456"),
        ("+86-0477-8123456", "0477-8123456"),
        ("86-477-8123456", "0477-8123456"),
        ("0086-10-65529988", "010-65529988"),
        ("01065529988", "010-65529988"),
        ("075581234567", "0755-81234567"),
        ("02988886666", "029-88886666"),
        ("0477-8123456-801", "0477-8123456-801"),
        ("0477-8123456转801", "0477-8123456-801"),
        ("0477-8123456 转 801", "0477-8123456-801"),
        ("0477-8123456（转801）", "0477-8123456-801"),
        ("0477-8123456分机801", "0477-8123456-801"),
        ("0477-8123456转分机号801", "0477-8123456-801"),
        ("0477-8123456 ext. 801", "0477-8123456-801"),
        ("0477-8123456x801", "0477-8123456-801"),
        ("8123456", "8123456"),
        ("812-3456", "8123456"),
        ("8123456转801", "8123456-801"),
        ("4008123456", "4008123456"),
        ("400-812-3456", "4008123456"),
        ("400 8123 456", "4008123456"),
        ("400-812-3456转1", "4008123456-1"),
        ("电话：0477-8123456", "0477-8123456"),
    ],
)
def test_a_landline_is_normalised_to_area_number_and_extension(typed, stored):
    assert normalised_telephone(typed) == stored
    assert not telephone_fault(normalised_telephone(typed))


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1380013800",
        "+86 1380013800",
        "138001380001",
        "12800138000",
        "+852 9123 4567",
        "+1 415 555 2671",
        "0477-8123456、0477-8123457",
        "13800138000/13900139000",
        "4778123456",
        "没有",
        "١٣٨٠٠١٣٨٠٠٠",
        "13800138000转1",
    ],
)
def test_text_that_is_no_number_stays_as_typed_and_is_refused(typed):
    assert normalised_telephone(typed) == typed
    assert telephone_fault(normalised_telephone(typed))


@given(st.from_regex(f"({MOBILE}|{LANDLINE})", fullmatch=True))
def test_every_accepted_number_has_one_spelling(number):
    once = normalised_telephone(number)
    assert normalised_telephone(once) == once
    assert normalised_telephone(f"  {once}\u200b ") == once


@given(st.text(alphabet="0123456789+-() 转一—x８６", max_size=24))
def test_normalising_a_normalised_number_changes_nothing(text):
    assert normalised_telephone(normalised_telephone(text)) == normalised_telephone(text)
