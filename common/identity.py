"""Identity documents: the kinds, the rules for their numbers, and what a number says about its holder.

`paper` is the key of a kind in IDENTITY_DOCUMENTS, in parameters as in the columns of the database.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from stdnum.cn.ric import calc_check_digit

from common.calendar import today
from common.wording import N_

CITIZEN, HMT_RESIDENCE, PERMANENT_RESIDENCE = "citizen", "hmt_residence", "permanent_residence"


class IdentityDocument(NamedTuple):
    """A kind of identity document.

    `shape` is the pattern of its normalised number, by the published rule that `source` names. `wrong_kind` is the message for
    such a number under another kind of document; "" where the pattern is too general to tell.
    """

    label: str
    shape: re.Pattern[str]
    source: str
    wrong_kind: str = ""


IDENTITY_DOCUMENTS = {  # stays Chinese: the names of the rules
    CITIZEN: IdentityDocument(
        N_("居民身份证"),
        # The address codes 81 to 83 and a leading 9 belong to other documents, see below.
        re.compile(r"(?!9|8[123]0000)[0-9]{17}[0-9X]"),
        "GB 11643-1999 《公民身份号码》: address 6, birth date 8, sequence 3 (odd for men), ISO 7064 MOD 11-2",
        N_("这是居民身份证的号码，请改选证件类型，或核对号码。"),
    ),
    "hk_mo": IdentityDocument(
        N_("港澳居民来往内地通行证"),
        re.compile(r"[HM][0-9]{8}([0-9]{2})?"),
        "公安部出入境管理局 2010-03-10: H or M, eight digits for life, two for the number of renewals;"
        " the two are no longer printed on the card of 2013",
        N_("这是港澳居民来往内地通行证的号码，请改选证件类型，或核对号码。"),
    ),
    HMT_RESIDENCE: IdentityDocument(
        N_("港澳台居民居住证"),
        re.compile(r"8[123]0000[0-9]{11}[0-9X]"),
        "《港澳台居民居住证申领发放办法》, 国办发〔2018〕81号, article 3: a number by GB 11643 with the address code"
        " 810000 for 香港, 820000 for 澳门, 830000 for 台湾",
        N_("这是港澳台居民居住证的号码，请改选证件类型，或核对号码。"),
    ),
    "taiwan": IdentityDocument(
        N_("台湾居民来往大陆通行证"),
        re.compile(r"[0-9]{8}([0-9]{2})?|[A-Z][0-9]{9}"),
        "公安部 2015, card: eight digits for life; the booklets before it had two more",
    ),
    "passport": IdentityDocument(
        N_("护照"),
        # Excludes the 11-character number of the travel permit and the old number of the residence card: no passport has them.
        re.compile(r"(?![HM][0-9]{10}$|[A-Z]{3}[0-9]{12}$)[A-Z0-9]{5,17}"),
        "ICAO 9303 reads nine characters and lets a state have longer numbers",
    ),
    PERMANENT_RESIDENCE: IdentityDocument(
        N_("外国人永久居留身份证"),
        re.compile(r"[A-Z]{3}[0-9]{12}|9[0-9]{16}[0-9X]"),
        "国家移民管理局, 《新版外国人永久居留身份证机读信息规则（2023 版）》, in force 2023-12-01: 9, issuing province 2,"
        " nationality 3 (ISO 3166-1 numeric), birth date 8, sequence 3 (odd for men), MOD 11-2 as for citizens;"
        " before it nationality 3 letters, issuing place 4, birth date 6, sequence and check digit",
        N_("这是外国人永久居留身份证的号码，请改选证件类型，或核对号码。"),
    ),
}

NON_CHINESE_PERMIT = re.compile("[HM]A[0-9]{7}")
"""Number of the 港澳居民来往内地通行证（非中国籍）, issued since 2024-07-10: HA for 香港, MA for 澳门 (国家移民管理局, 2024-07-01). Its holders
are foreigners, and it permits no employment. It has the form of a passport's number, so only this document refuses it."""

DATE_LENGTH = len("YYYYMMDD")
OLD_NUMBER_LENGTH = 15
"""Length of a permanent resident's number before December 2023."""


LOOK_ALIKES = str.maketrans(  # stays Chinese
    "АВЕКМНОРСТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ×‐‑‒–—―−",
    "ABEKMHOPCTYXABEZHIKMNOPTYXX-------",
)
"""Cyrillic and Greek capitals that look like Latin ones, as a Mongolian keyboard or text recognition writes them; × for X; dashes."""
_number_of_document = re.compile("[A-Z0-9-]*[0-9]{5}[A-Z0-9-]*").fullmatch


def normalised(number: str) -> str:
    """Return the number as it is stored and compared: without spaces and hyphens, in capital letters, none of full width.

    Each number must have one spelling, because accounts are looked up by it. Letters that only look Latin become Latin where
    the text is a number then; other logins and headings keep them.
    """
    plain = re.sub(r"[\s\-·]", "", unicodedata.normalize("NFKC", number)).upper()
    if plain.isascii():
        return plain
    latin = plain.translate(LOOK_ALIKES)
    return latin.replace("-", "") if _number_of_document(latin) else plain


def _right_check_digit(number: str) -> bool:
    return bool(calc_check_digit(number) == number[-1])


def birth_date(number: str) -> date | None:
    """Return the birth date in a number of 18 characters; None when there is no valid date."""
    return _day(number[6:14])


def sex(number: str) -> str:
    """Return "male" or "female", by the parity of the sequence's last digit in a number of 18 characters."""
    return "male" if int(number[16]) % 2 else "female"


class Holder(NamedTuple):
    """What a number says about its holder. `born` has the digits of the birth date: eight, or six without the century."""

    born: str
    sex: str | None

    @property
    def birth_date(self) -> date | None:
        """Return the birth date; None where the century is not known."""
        return _day(self.born)

    def born_on(self, day: date) -> bool:
        """Say whether this may be the holder's birth date."""
        return day.isoformat().replace("-", "").endswith(self.born)


def _day(digits: str) -> date | None:
    """Return a birth date; None for a day that does not exist or is in the future."""
    if len(digits) != DATE_LENGTH:
        return None
    try:
        found = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return found if found <= today() else None


def holder(paper: str | None, number: str) -> Holder | None:
    """Return what a valid number of this document says about its holder; None when it is invalid or says nothing."""
    if paper not in NUMBER_CHECKS or fault(paper, number):
        return None
    if len(number) == OLD_NUMBER_LENGTH:
        return Holder(number[7:13], None)
    return Holder(number[6:14], sex(number))


def _citizen(number: str) -> str:
    if not _right_check_digit(number):
        return N_("身份证号码校验位不正确，请核对每一位数字。")
    if birth_date(number) is None:
        return N_("身份证号码中的出生日期不存在，请核对第 7 至 14 位。")
    return ""


def _residence_permit(number: str) -> str:
    if len(number) == OLD_NUMBER_LENGTH:
        # No rule is published for its check digit. It lacks the century: a date of either is accepted.
        if not any(_day(century + number[7:13]) for century in ("19", "20")):
            return N_("证件号码中的出生日期不存在，请核对第 8 至 13 位。")
        return ""
    if not _right_check_digit(number):
        return N_("证件号码校验位不正确，请核对每一位数字。")
    if birth_date(number) is None:
        return N_("证件号码中的出生日期不存在，请核对第 7 至 14 位。")
    return ""


NUMBER_CHECKS: dict[str, Callable[[str], str]] = {
    CITIZEN: _citizen,
    HMT_RESIDENCE: _residence_permit,
    PERMANENT_RESIDENCE: _residence_permit,
}


def fault(paper: str, number: str) -> str:
    """Return what is wrong with a normalised number of this document, as a sentence for its holder; "" when nothing is.

    If the number can only belong to another kind of document, the sentence says so. Area and nationality are not checked:
    real people have numbers of areas that no longer exist.
    """
    if paper not in IDENTITY_DOCUMENTS:
        return N_("请选择证件类型。")
    if not IDENTITY_DOCUMENTS[paper].shape.fullmatch(number):
        for other in IDENTITY_DOCUMENTS.values():
            if other.wrong_kind and other.shape.fullmatch(number):
                return other.wrong_kind
        if paper == "hk_mo" and NON_CHINESE_PERMIT.fullmatch(number):
            return N_("这是港澳居民来往内地通行证（非中国籍）的号码。证件类型请选护照，填写护照号码。")
        if paper == CITIZEN:
            return N_("身份证号码应为 18 位：17 位数字，末位是数字或 X。")
        return N_("证件号码与所选证件类型的格式不符。")
    check = NUMBER_CHECKS.get(paper)
    return check(number) if check else ""


RENEWED = {"hk_mo": re.compile(r"[HM][0-9]{8}"), "taiwan": re.compile(r"[0-9]{8}(?=([0-9]{2})?$)")}
"""The part of a number that its holder has for life. Two digits after it count the renewals; newer cards do not print them."""


def lifelong(paper: str, number: str) -> str:
    """Return the part of a normalised number that stays the same when the document is renewed."""
    found = RENEWED[paper].match(number) if paper in RENEWED else None
    return found[0] if found else number


def other_spellings(paper: str, number: str) -> list[str]:
    """Return the other valid numbers that the holder of a normalised number can have had: with each count of renewals, and without.

    Empty for documents whose number says nothing of its renewals.
    """
    if paper not in RENEWED or not RENEWED[paper].match(number):
        return []
    same = lifelong(paper, number)
    return [each for each in (same, *(f"{same}{count:02}" for count in range(100))) if each != number]


def masked(number: str | None, head: int = 4, tail: int = 2) -> str:
    """Return the number with stars for all but its first and last characters."""
    if not number:
        return ""
    if len(number) <= head + tail:
        return "*" * len(number)
    return number[:head] + "*" * (len(number) - head - tail) + number[-tail:]


def masked_name(name: str) -> str:
    """Return a masked name that its owner recognises and a stranger cannot read: 王*敏, 王*, 阿****仓.

    The first and the last character stay; of a name of two characters only the first. A combining mark counts with the character before it.
    """
    characters: list[str] = []
    for each in name.strip():
        if characters and unicodedata.category(each).startswith("M"):
            characters[-1] += each
        else:
            characters.append(each)
    first, middle, last = characters[:1], characters[1:-1], characters[1:][-1:]
    if not last:
        return "*" * len(first)
    return "".join(first) + "*" * len(middle) + ("".join(last) if middle else "*")
