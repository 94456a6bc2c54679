"""Numbers of identity documents: valid ones, invalid ones, and one spelling for each number."""

from datetime import date

import pytest

from common import identity

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
def test_the_check_digit_of_a_citizens_number_is_verified(number: str, sentence: str) -> None:
    assert identity.fault(identity.CITIZEN, number) == sentence


def test_one_wrong_digit_makes_a_citizens_number_invalid() -> None:
    for place in range(17):
        for digit in "0123456789":
            if digit != RIGHT[place]:
                wrong = RIGHT[:place] + digit + RIGHT[place + 1 :]
                assert identity.fault(identity.CITIZEN, wrong), wrong


def test_a_number_with_an_impossible_birth_date_is_refused() -> None:
    from stdnum.cn import ric

    body = "15060219910230001"
    sentence = identity.fault(identity.CITIZEN, body + ric.calc_check_digit(body + "0"))
    assert sentence == "身份证号码中的出生日期不存在，请核对第 7 至 14 位。"


@pytest.mark.parametrize(
    ("paper", "body"),
    [
        (identity.CITIZEN, "15060220990307001"),
        (identity.HMT_RESIDENCE, "81000020990307001"),
        (identity.PERMANENT_RESIDENCE, "91156820990307001"),
    ],
)
def test_a_number_with_a_future_birth_date_is_refused(paper: str, body: str) -> None:
    from stdnum.cn import ric

    assert "第 7 至 14 位" in identity.fault(paper, body + ric.calc_check_digit(body + "0"))
    born = body.replace("2099", "1999")
    assert identity.fault(paper, born + ric.calc_check_digit(born + "0")) == ""


def test_a_citizens_number_contains_birth_date_and_sex() -> None:
    assert identity.birth_date(RIGHT) == date(1949, 12, 31)
    assert identity.sex(RIGHT) == "female"
    assert identity.sex("440524188001010014") == "male"


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "110105-19491231-002X",
        "１１０１０５１９４９１２３１００２Ｘ",
        "1101051949123１002Ｘ",
        "110105\u300019491231002X",
        "11010519491231002×",
        "11010519491231002х",
        "110105—19491231—002X",
    ],
)
def test_all_spellings_of_a_number_are_normalised_to_one(typed: str) -> None:
    assert identity.normalised(typed) == RIGHT


def test_a_passport_typed_on_a_cyrillic_keyboard_is_a_passport_and_a_name_stays_as_it_is() -> None:
    number = identity.normalised("Е1234567")
    assert (number, identity.fault("passport", number)) == ("E1234567", "")
    assert [identity.normalised(name) for name in ("ХУХ", "1×2", "王—1")] == ["ХУХ", "1×2", "王—1"]


@pytest.mark.parametrize("digits", ["１１０１０５１９４９１２３１００２X", "١١٠١٠٥١٩٤٩١٢٣١٠٠٢X"])
def test_digits_of_other_scripts_are_refused(digits: str) -> None:
    assert identity.fault(identity.CITIZEN, digits)


HMT, RESIDENT = identity.HMT_RESIDENCE, identity.PERMANENT_RESIDENCE
PERMIT, CARD, OLDER_CARD = "810000199001010019", "911124198108030024", "CAN110081080302"
"""Invented; the card's is the specimen that was shown when the card was announced."""


@pytest.mark.parametrize(
    ("paper", "right", "wrong"),
    [
        ("hk_mo", "H12345678", "X12345678"),
        ("hk_mo", "M1234567801", "M12345678012"),
        (HMT, PERMIT, "81000019900101001"),
        ("taiwan", "12345678", "1234567"),
        ("passport", "E12345678", "E1"),
        ("passport", "H12345678", "E" * 18),  # as passports of 香港 have it
        (RESIDENT, CARD, "123"),
        (RESIDENT, OLDER_CARD, "CAN11008108030"),
    ],
)
def test_each_identity_document_has_its_own_number_format(paper: str, right: str, wrong: str) -> None:
    assert identity.fault(paper, right) == ""
    assert identity.fault(paper, wrong) == "证件号码与所选证件类型的格式不符。"


@pytest.mark.parametrize("number", ["HA1234567", "MA1234567"])
def test_a_foreigner_from_hong_kong_or_macau_is_told_to_use_the_passport(number: str) -> None:
    assert "选护照" in identity.fault("hk_mo", number)
    assert identity.fault("passport", number) == ""


def eighteen(body: str) -> str:
    """Seventeen digits with the check digit that belongs to them."""
    from stdnum.cn import ric

    return str(body + ric.calc_check_digit(body + "0"))


@pytest.mark.parametrize(("paper", "right"), [(HMT, PERMIT), (RESIDENT, CARD)])
def test_one_wrong_digit_makes_a_residents_number_invalid(paper: str, right: str) -> None:
    for place in range(18):
        for digit in "0123456789X"[: 10 if place < 17 else 11]:
            wrong = right[:place] + digit + right[place + 1 :]
            assert bool(identity.fault(paper, wrong)) == (wrong != right), wrong


@pytest.mark.parametrize(
    ("paper", "number", "places"),
    [
        (HMT, eighteen("82000019901301001"), "第 7 至 14 位"),
        (HMT, eighteen("83000019900230001"), "第 7 至 14 位"),
        (RESIDENT, eighteen("91512420010229002"), "第 7 至 14 位"),
        (RESIDENT, "CAN110081133102", "第 8 至 13 位"),
    ],
)
def test_month_13_is_refused_for_every_document(paper: str, number: str, places: str) -> None:
    assert identity.fault(paper, number) == f"证件号码中的出生日期不存在，请核对{places}。"


@pytest.mark.parametrize(
    ("chosen", "number", "belongs"),
    [
        (identity.CITIZEN, CARD, "外国人永久居留身份证"),
        (identity.CITIZEN, PERMIT, "港澳台居民居住证"),
        (identity.CITIZEN, "H12345678", "港澳居民来往内地通行证"),
        (identity.CITIZEN, OLDER_CARD, "外国人永久居留身份证"),
        (HMT, RIGHT, "居民身份证"),
        (RESIDENT, RIGHT, "居民身份证"),
        (RESIDENT, PERMIT, "港澳台居民居住证"),
        ("passport", RIGHT, "居民身份证"),
        ("passport", OLDER_CARD, "外国人永久居留身份证"),
        ("passport", "H1234567801", "港澳居民来往内地通行证"),
        ("taiwan", eighteen("83000019900101001"), "港澳台居民居住证"),
        ("hk_mo", eighteen("81000019900101001"), "港澳台居民居住证"),
    ],
)
def test_a_number_of_another_document_than_the_chosen_one_is_recognised(
    chosen: str, number: str, belongs: str
) -> None:
    assert identity.fault(chosen, number) == f"这是{belongs}的号码，请改选证件类型，或核对号码。"


def test_no_number_is_recognised_as_two_documents() -> None:
    for number in (RIGHT, PERMIT, CARD, OLDER_CARD, "H12345678", "H1234567801"):
        held = [paper for paper in identity.IDENTITY_DOCUMENTS.values() if paper.shape.fullmatch(number)]
        assert len([paper for paper in held if paper.wrong_kind]) == 1


@pytest.mark.parametrize(
    ("paper", "number", "born", "sex"),
    [
        (identity.CITIZEN, RIGHT, date(1949, 12, 31), "female"),
        (HMT, PERMIT, date(1990, 1, 1), "male"),
        (RESIDENT, CARD, date(1981, 8, 3), "female"),
        (RESIDENT, OLDER_CARD, date(1981, 8, 3), None),
    ],
)
def test_a_valid_number_contains_facts_about_its_holder(
    paper: str, number: str, born: date, sex: str | None
) -> None:
    holder = identity.holder(paper, number)
    assert holder is not None
    assert holder.born_on(born)
    assert not holder.born_on(date(born.year, born.month, born.day + 1 if born.day < 28 else 1))
    assert holder.sex == sex
    assert holder.birth_date == (None if paper == RESIDENT and number == OLDER_CARD else born)


def test_an_invalid_number_and_a_passport_contain_no_facts() -> None:
    assert identity.holder(HMT, eighteen("81000019901301001")) is None
    assert identity.holder("passport", "E12345678") is None
    assert identity.holder(None, "") is None


def test_an_unknown_document_is_refused() -> None:
    assert identity.fault("library_card", RIGHT) == "请选择证件类型。"


@pytest.mark.parametrize(
    ("number", "shown"), [(RIGHT, "1101************2X"), ("12345", "*****"), ("", ""), (None, "")]
)
def test_a_masked_number_shows_its_ends_and_a_short_one_nothing(number: str | None, shown: str) -> None:
    assert identity.masked(number) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王晓敏", "王*敏"),
        ("王敏", "王*"),
        ("敏", "*"),
        ("欧阳娜娜", "欧**娜"),
        ("阿拉坦·仓", "阿***仓"),
        ("Anna Li", "A*****i"),
        ("葛\U000e0100晓敏", "葛\U000e0100*敏"),
        ("", ""),
    ],
)
def test_a_masked_name_shows_only_its_first_and_last_character(name: str, shown: str) -> None:
    assert identity.masked_name(name) == shown


@pytest.mark.parametrize(
    ("paper", "number", "same"),
    [
        ("hk_mo", "H1234567802", "H12345678"),
        ("hk_mo", "M12345678", "M12345678"),
        ("taiwan", "1234567801", "12345678"),
        ("taiwan", "12345678", "12345678"),
        ("taiwan", "A123456789", "A123456789"),
        ("passport", "1234567801", "1234567801"),
    ],
)
def test_the_digits_that_count_renewals_do_not_make_another_person(
    paper: str, number: str, same: str
) -> None:
    assert identity.lifelong(paper, number) == same
