"""Numbers of identity papers: what is right, what is wrong, and that one number has one spelling."""

from datetime import date

import pytest

from workflow import people

RIGHT = "11010519491231002X"
"""The example of GB 11643-1999."""


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (RIGHT, ""),
        ("440524188001010014", ""),
        ("110105194912310021", "身份证号码校验位不正确，请核对每一位数字。"),
        ("110105491231002", "身份证号码应为 18 位：17 位数字，末位是数字或 X。"),
        ("11010519491231002Y", "身份证号码应为 18 位：17 位数字，末位是数字或 X。"),
        ("", "身份证号码应为 18 位：17 位数字，末位是数字或 X。"),
    ],
)
def test_a_citizens_number_is_checked_to_its_last_digit(number: str, sentence: str) -> None:
    assert people.fault(people.CITIZEN, number) == sentence


def test_every_single_wrong_digit_is_noticed() -> None:
    for place in range(17):
        for digit in "0123456789":
            if digit != RIGHT[place]:
                wrong = RIGHT[:place] + digit + RIGHT[place + 1 :]
                assert people.fault(people.CITIZEN, wrong), wrong


def test_a_birth_date_that_does_not_exist_is_noticed() -> None:
    from stdnum.cn import ric

    body = "15060219910230001"
    sentence = people.fault(people.CITIZEN, body + ric.calc_check_digit(body + "0"))
    assert sentence == "身份证号码中的出生日期不存在，请核对第 7 至 14 位。"


def test_a_number_says_when_its_holder_was_born_and_which_sex() -> None:
    assert people.birth_date(RIGHT) == date(1949, 12, 31)
    assert people.sex(RIGHT) == "female"
    assert people.sex("440524188001010014") == "male"


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "110105-19491231-002X",
        "１１０１０５１９４９１２３１００２Ｘ",
        "1101051949123１002Ｘ",
        "110105\u300019491231002X",
    ],
)
def test_one_number_has_one_spelling_however_it_was_typed(typed: str) -> None:
    assert people.normalised(typed) == RIGHT


@pytest.mark.parametrize("digits", ["１１０１０５１９４９１２３１００２X", "١١٠١٠٥١٩٤٩١٢٣١٠٠٢X"])
def test_digits_of_other_scripts_are_no_digits(digits: str) -> None:
    assert people.fault(people.CITIZEN, digits)


@pytest.mark.parametrize(
    ("paper", "right", "wrong"),
    [
        ("hk_mo", "H12345678", "X12345678"),
        ("hmt_residence", "810000199001010018", "150000199001010018"),
        ("taiwan", "12345678", "1234567"),
        ("passport", "E12345678", "E1"),
        ("permanent_residence", "911124198108030024", "123"),
    ],
)
def test_papers_of_people_from_elsewhere_have_their_own_shapes(paper: str, right: str, wrong: str) -> None:
    assert people.fault(paper, right) == ""
    assert people.fault(paper, wrong) == "证件号码与所选证件类型的格式不符。"


def test_an_unknown_paper_is_not_taken() -> None:
    assert people.fault("library_card", RIGHT) == "请选择证件类型。"


@pytest.mark.parametrize(
    ("number", "shown"), [(RIGHT, "1101************2X"), ("12345", "*****"), ("", ""), (None, "")]
)
def test_a_masked_number_shows_its_ends_and_a_short_one_nothing(number: str | None, shown: str) -> None:
    assert people.masked(number) == shown
