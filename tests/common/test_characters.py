"""No character of a name is lost silently; invisible characters are removed; nothing else of a text changes."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.characters import (
    INVISIBLE_RANGES,
    cleaned,
    cleaned_lines,
    code_point,
    find_rare,
    first_forbidden_in_name,
)
from common.text import as_name, name_fault

EXTENSIONS = {
    "A": (0x3400, 0x4DBF),
    "B": (0x20000, 0x2A6DF),
    "C": (0x2A700, 0x2B739),
    "D": (0x2B740, 0x2B81D),
    "E": (0x2B820, 0x2CEA1),
    "F": (0x2CEB0, 0x2EBE0),
    "G": (0x30000, 0x3134A),
    "H": (0x31350, 0x323AF),
    "I": (0x2EBF0, 0x2EE5D),
    "J": (0x323B0, 0x33479),
    "compatibility": (0x2F800, 0x2FA1D),
}


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_every_chinese_character_is_kept_whatever_the_python_version(extension):
    first, last = EXTENSIONS[extension]
    for number in {first, first + 1, (first + last) // 2, last}:
        name = f"王{chr(number)}明"
        assert as_name(name) == name
        assert name_fault(name) is None
        assert as_name(f"王 {chr(number)}") == f"王{chr(number)}"


@pytest.mark.parametrize(
    "name",
    [
        "武〇明",
        "阿依古丽·买买提",
        "O’Neill-Smith, Ann Mary",
        "Nguyễn Thị Ánh",
        "Бат-Эрдэнэ",
        "ᠪᠠᠲᠤ\u180eᠠ",
        "ئابدۇرېھىم",
        "བསྟན་འཛིན་",
        "ꑌꆈꌠ",
        "金昌祐ﺍ",
        "김민준",
        "やまだ々",
        "内蒙古测试新材料（集团）有限公司第2分公司",
        "Müller & Söhne GmbH",
    ],
)
def test_names_of_people_and_enterprises_are_accepted(name):
    assert name_fault(as_name(name)) is None
    assert unicodedata.normalize("NFC", as_name(name)) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("name", "character", "code"),
    [
        ("张\ue863", "\ue863", "U+E863"),
        ("张\U000f0001", "\U000f0001", "U+F0001"),
        ("张\U00100000", "\U00100000", "U+100000"),
        ("王？明", "？", "U+FF1F"),
        ("王?明", "?", "U+003F"),
        ("王\ufffd明", "\ufffd", "U+FFFD"),
        ("王□明", "□", "U+25A1"),
        ("王〓明", "〓", "U+3013"),
        ("王⿰明", "⿰", "U+2FF0"),
        ("王★", "★", "U+2605"),
        ("王\U0001f600", "\U0001f600", "U+1F600"),
        ("王\uffff", "\uffff", "U+FFFF"),
    ],
)
def test_a_character_not_allowed_in_names_is_reported_with_its_code_point(name, character, code):
    fault = name_fault(as_name(name))
    assert fault is not None
    assert fault.words == {"character": character, "code": code}


def test_radicals_copied_from_a_pdf_become_the_characters_they_look_like():
    assert as_name("⻢⽂⻩") == "马文黄"


def test_a_surname_from_a_korean_keyboard_becomes_the_character_that_a_bank_has():
    assert as_name("\uf9e1金\uf90a") == "李金金"
    assert as_name("\uf92c\ufa0c\ufa11") == "\uf92c\ufa0c\ufa11"  # in GBK, or without an equivalent


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("核工业二○八大队", "核工业二〇八大队"),
        ("二◯八", "二〇八"),
        ("第二Ｏ三所", "第二〇三所"),
        ("二O○八0一", "二〇〇八〇一"),
        ("一一○厂", "一一〇厂"),
        ("○一", "〇一"),
        ("王〇一", "王〇一"),
        ("三OK", "三OK"),
        ("第二0厂", "第二0厂"),
    ],
)
def test_a_zero_between_chinese_digits_has_one_code(typed, kept):
    assert as_name(typed) == kept
    assert name_fault(kept) is None


def test_a_hidden_name_is_no_zero():
    fault = name_fault(as_name("张○○"))
    assert fault is not None
    assert fault.words == {"character": "○", "code": "U+25CB"}


UNSEEN = ["\u200b", "\x00", "\ufeff", "\u00ad", "\u2060", "\u202e", "\u200e", "\x7f", "\x1b", "\U000e0041"]


@pytest.mark.parametrize("unseen", UNSEEN)
def test_invisible_characters_are_removed(unseen):
    assert cleaned(f"{unseen}内蒙古{unseen}大学 A{unseen}B{unseen}") == "内蒙古大学 AB"
    assert cleaned_lines(f"一{unseen}\r\n{unseen}二") == "一\n二"
    assert as_name(f"王{unseen}伟") == "王伟"
    assert cleaned(unseen) == ""


@pytest.mark.parametrize("line_break", ["\x0b", "\x0c", "\n", "\r\n", "\x85", "\u2028", "\u2029"])
def test_a_line_break_becomes_a_space_except_between_chinese_characters(line_break):
    assert cleaned(f"内蒙古{line_break}大学") == "内蒙古大学"
    assert cleaned(f"Inner{line_break}Mongolia") == "Inner Mongolia"
    assert cleaned_lines(f"一{line_break}二") == "一\n二"


@pytest.mark.parametrize(
    "text",
    [
        "内蒙古大学（呼和浩特），Ａ栋①号…㎡",
        "材料　科学  与工程",
        "❤\ufe0f\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "می\u200cخواهم",
        "ᠰᠠᠢᠨ\u180bᠠ",
        "王\U0002ebf0\ue000",
    ],
)
def test_cleaning_changes_nothing_else_in_a_text(text):
    assert cleaned(text) == text
    assert cleaned_lines(text) == text


@given(st.text())
def test_cleaning_a_clean_text_changes_nothing(text):
    for clean in (cleaned, cleaned_lines, as_name):
        assert clean(clean(text)) == clean(text)


def test_every_letter_that_python_knows_is_allowed_in_a_name():
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        category = unicodedata.category(character)
        if category[0] in "LM" and character not in "\ufffd":
            assert not first_forbidden_in_name(character), code_point(character)
        if category in ("Co", "Cs"):
            assert first_forbidden_in_name(character) == character


def test_no_letter_counts_as_invisible():
    fillers = {0x115F, 0x1160, 0x3164, 0xFFA0, 0x034F, 0x17B4, 0x17B5}
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        if unicodedata.category(character)[0] in "LMNP" and number not in fillers:
            assert not re.match(f"[{INVISIBLE_RANGES}]", character), code_point(character)


def test_characters_that_most_fonts_lack_are_found():
    found = [code_point(each[0]) for each in find_rare("王伟𠮷\U0002ebf0\ue000鿭")]
    assert found == ["U+20BB7", "U+2EBF0", "U+E000", "U+9FED"]


@pytest.mark.parametrize("name", ["12", "·", "·李", "阿拉坦·", "（）", "１２"])
def test_a_name_without_a_letter_or_with_a_dot_at_an_end_is_refused(name: str) -> None:
    assert name_fault(as_name(name)) is not None


@pytest.mark.parametrize(
    "name", ["3M中国有限公司", "（中国）某某公司", "\U0002ebf0", "李\U0002ebf0", "ᠪᠠᠲᠤ", "O’Neil Jr."]
)
def test_a_name_may_begin_with_a_digit_or_consist_of_new_characters(name: str) -> None:
    assert name_fault(as_name(name)) is None
