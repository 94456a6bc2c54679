"""统一社会信用代码 by GB 32100-2015: every department that registers somebody, and every wrong character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from common import checks
from common.checks import DEPARTMENTS, code_fault, kind_of_organisation

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015, section 4: no I, O, S, V and Z."""


def code(body: str) -> str:
    """An invented code: seventeen characters and the check character that belongs to them."""
    return str(body + uscc.calc_check_digit(body))


BODIES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(sorted(DEPARTMENTS)),
    st.sampled_from(ALPHABET),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=9, max_size=9),
)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("91150602MA0N8C102", ("工商", "企业")),
        ("N2150602MF1234567", ("农业", "村级集体经济组织")),
        ("N3150621ME8765432", ("农业", "乡镇级集体经济组织")),
        ("A1110000MA0000017", ("中央军委改革和编制办公室", "军队事业单位")),
        ("Y1150600MD1234567", ("其他", "其他")),
        ("31150000MD0212345", ("司法行政", "律师执业机构")),
        ("12150600460000012", ("机构编制", "事业单位")),
        ("54150602MF1234567", ("民政",)),  # a category that the department added later
    ],
)
def test_codes_of_every_department_are_valid_and_have_labels(body: str, kind: tuple[str, ...]) -> None:
    assert code_fault(code(body)) == ""
    assert kind_of_organisation(code(body)) == kind


@given(BODIES)
def test_every_code_that_the_standard_allows_is_valid(body: str) -> None:
    assert code_fault(code(body)) == ""


@given(BODIES, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_makes_a_code_invalid(body: str, place: int, wrong: str) -> None:
    right = code(body)
    typed = right[:place] + wrong + right[place + 1 :]
    assert (code_fault(typed) == "") == (typed == right)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "应为 18 位"),
        ("91150602MA0N8C10", "应为 18 位"),
        ("91150602MAON8C102X", "不使用字母 I、O、S、V、Z"),
        ("0" * 18, "第 1 位（登记管理部门）不正确"),
        ("B" + code("91150602MA0N8C102")[1:], "第 1 位（登记管理部门）不正确"),
        ("9115A602MA0N8C102X", "第 3 至 8 位是行政区划代码"),
        ("91150602MA0N8C102A", "校验位不正确"),
        ("91１50602MA0N8C102A", "应为 18 位"),
    ],
)
def test_each_fault_of_a_code_has_its_own_sentence(typed: str, sentence: str) -> None:
    assert sentence in code_fault(typed)


def test_the_table_contains_no_letter_that_the_standard_excludes() -> None:
    for letter, department in checks.DEPARTMENTS.items():
        assert letter in ALPHABET
        assert set(department.categories) <= set("123456789")
