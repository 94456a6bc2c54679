"""One name has one stored spelling and is found by all of them; its initials follow its reading."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.initials import initials, of_person
from common.readings import READINGS
from common.surnames import SURNAMES, TRANSLITERATED
from common.text import as_name
from models.spelling import DOT, FULL_STOPS, MIDDLE_DOTS, search_key, with_one_dot

LATER = {("谌", "shen")}
"""Readings of dictionaries that pypinyin 0.55.0 lacks."""


@pytest.mark.parametrize("dot", [*MIDDLE_DOTS, *FULL_STOPS])
@pytest.mark.parametrize("around", ["{}", " {} ", "{} ", "　{}", "{0}{0}"])
def test_every_dot_in_a_minority_name_is_stored_as_the_standard_dot(dot: str, around: str) -> None:
    assert as_name(f"阿拉坦{around.format(dot)}仓") == "阿拉坦\u00b7仓"


def test_full_stops_of_abbreviations_and_dots_between_latin_letters_stay() -> None:
    assert as_name("J. Smith") == "J. Smith"
    assert as_name("Gal•la Puig") == "Gal·la Puig"


@given(st.text(st.sampled_from("阿仓aZé ·•．.。"), max_size=12))
def test_normalising_the_dots_twice_changes_nothing(name: str) -> None:
    once = as_name(name)
    assert as_name(once) == once
    assert not set(once) & (set(MIDDLE_DOTS) - {DOT})


@given(st.text(max_size=30))
def test_all_spellings_of_a_name_have_one_search_key(name: str) -> None:
    key = search_key(name)
    for other in (name.upper(), with_one_dot(name), unicodedata.normalize("NFD", name), f" {name}\u2027"):
        assert search_key(search_key(other)) == search_key(key)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("阿拉坦·仓", "阿拉坦仓"),
        ("Müller", "muller"),
        ("ＳＭＩＴＨ　Ｊ．", "smithj"),
        ("Søren Łukasz Đặng", "sorenlukaszdang"),
        ("İpek Işık", "ipekisik"),
        ("O’Brien", "obrien"),
        ("O`Brien", "obrien"),
        ("O´Brien", "obrien"),
        ("Anne-Marie", "anne-marie"),
        ("Anne\u2010Marie", "anne-marie"),
        ("Anne\u2011Marie", "anne-marie"),
        ("Anne－Marie", "anne-marie"),
        ("Anne \u2013 Marie", "anne-marie"),
        ("Straße", "strasse"),
        ("김민수", "김민수"),
        ("王\U0002ebf0", "王\U0002ebf0"),
    ],
)
def test_a_search_key_has_no_case_accent_or_dot(name: str, key: str) -> None:
    assert search_key(name) == key


@pytest.mark.parametrize(
    ("name", "first", "other"),
    [
        ("单晓明", "sxm", "dxm"),
        ("仇英", "qy", "cy"),
        ("解缙", "xj", "jj"),
        ("查良镛", "zly", "cly"),
        ("曾国藩", "zgf", "cgf"),
        ("朴槿惠", "pjh", None),  # both readings begin with p
        ("区寄", "oj", "qj"),
        ("尉迟恭", "ycg", "wcg"),
        ("澹台灭明", "ttmm", "dtmm"),
        ("万俟雪", "mqx", "wsx"),
        ("长孙无忌", "zswj", "cswj"),
        ("王晓敏", "wxm", None),
        ("欧阳晓敏", "oyxm", None),
        ("任盈盈", "ryy", None),
        # no surnames: names of other languages that begin with such a character
        ("查干巴特尔", "cgbte", "zgbte"),
        ("查干", "cg", "zg"),
        ("单增旺堆", "dzwd", "szwd"),
        ("曾·巴特尔", "cbte", "zbte"),
        ("阿拉坦·仓", "altc", None),
        ("José Müller", "jose muller", None),
        ("单", "s", "d"),
        ("", "", None),
    ],
)
def test_a_surname_is_read_as_a_surname_and_found_by_its_other_reading(
    name: str, first: str, other: str | None
) -> None:
    assert of_person(name) == (first, other)


def test_a_compatibility_ideograph_has_the_initial_of_the_character_it_stands_for() -> None:
    assert of_person("\uf92c小\ufa0c").initials == "lxw"


def test_names_of_enterprises_have_the_ordinary_readings() -> None:
    assert initials("单县解放·新材料有限公司") == "dxjfxclyxgs"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("鄂尔多斯银行", "eedsyh"),
        ("长庆油田", "cqyt"),
        ("重庆成长教育", "cqczjy"),
        ("内蒙古某某会计师事务所", "nmgmmkjssws"),
        ("伊金霍洛旗畜牧业发展中心", "yjhlqxmyfzzx"),
        ("内蒙古重工行政", "nmgzgxz"),
    ],
)
def test_a_word_in_an_enterprise_s_name_has_its_own_reading(name: str, letters: str) -> None:
    assert initials(name) == letters


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("李长春", "lcc"),
        ("王晟", "ws"),
        ("单长青", "scq"),
        ("周朝晖", "zzh"),
        ("长孙晟", "zss"),
        ("晟长江", "ccj"),
    ],
)
def test_a_given_name_has_the_readings_of_given_names(name: str, letters: str) -> None:
    assert of_person(name).initials == letters


def test_the_readings_of_words_are_those_of_pypinyin_s_phrases() -> None:
    from pypinyin.contrib.tone_convert import to_normal
    from pypinyin.phrases_dict import phrases_dict

    for word, reading in READINGS.items():
        if known := phrases_dict.get(word):
            assert reading == " ".join(to_normal(each[0]) for each in known)
        assert len(reading.split()) == len(word)
    assert sum(word in phrases_dict for word in READINGS) > len(READINGS) * 0.8


def test_the_readings_in_the_table_belong_to_their_characters() -> None:
    from pypinyin import Style, pinyin

    for beginning, readings in {**SURNAMES, **TRANSLITERATED}.items():
        for spelled in readings:
            for letter, syllable in zip(beginning, spelled.split(), strict=True):
                [known] = pinyin(letter, style=Style.NORMAL, heteronym=True)
                assert syllable in known or (letter, syllable) in LATER, (beginning, syllable, known)
        first, other = ("".join(part[0] for part in spelled.split()) for spelled in readings)
        assert first != other, f"{beginning} needs no row: initials do not tell its readings apart"
