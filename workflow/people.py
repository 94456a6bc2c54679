"""Papers of identity: what number belongs to which paper, and what a citizen's number says of its holder."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from stdnum.cn.ric import calc_check_digit

from workflow.words import N_

CITIZEN = "citizen"


@dataclass(frozen=True)
class Paper:
    """A kind of identity paper; `shape` is what its number must look like after normalisation."""

    label: str
    shape: re.Pattern[str]


PAPERS = {
    CITIZEN: Paper(N_("居民身份证"), re.compile(r"[0-9]{17}[0-9X]")),
    "hk_mo": Paper(N_("港澳居民来往内地通行证"), re.compile(r"[HM][0-9]{8}([0-9]{2})?")),
    "hmt_residence": Paper(N_("港澳台居民居住证"), re.compile(r"8[123]0000[0-9]{11}[0-9X]")),
    "taiwan": Paper(N_("台湾居民来往大陆通行证"), re.compile(r"[0-9]{8}([0-9]{2})?|[A-Z][0-9]{9}")),
    "passport": Paper(N_("护照"), re.compile(r"[A-Z0-9]{5,17}")),
    "permanent_residence": Paper(
        N_("外国人永久居留身份证"), re.compile(r"[A-Z]{3}[0-9]{12}|9[0-9]{16}[0-9X]")
    ),
}


def normalised(number: str) -> str:
    """Return the number as it is stored and compared: no spaces or hyphens, capital letters, none of full width.

    One number must have one spelling: by it a person is found again.
    """
    return re.sub(r"[\s\-·]", "", unicodedata.normalize("NFKC", number)).upper()


def _right_check_digit(number: str) -> bool:
    return bool(calc_check_digit(number) == number[-1])


def birth_date(number: str) -> date | None:
    """Return the birth date that a citizen's number holds; None when it holds no date."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def sex(number: str) -> str:
    """Return "male" or "female", by the parity of the last digit of the sequence (GB 11643-1999)."""
    return "male" if int(number[16]) % 2 else "female"


def _citizen(number: str) -> str:
    if not _right_check_digit(number):
        return N_("身份证号码校验位不正确，请核对每一位数字。")
    if birth_date(number) is None:
        return N_("身份证号码中的出生日期不存在，请核对第 7 至 14 位。")
    return ""


CHECKS: dict[str, Callable[[str], str]] = {CITIZEN: _citizen}


def fault(paper: str, number: str) -> str:
    """Return what is wrong with a normalised number of this paper, as a sentence for its holder; "" when nothing is.

    The area code is not judged: real people hold numbers of areas that no longer exist.
    """
    if paper not in PAPERS:
        return N_("请选择证件类型。")
    if not PAPERS[paper].shape.fullmatch(number):
        if paper == CITIZEN:
            return N_("身份证号码应为 18 位：17 位数字，末位是数字或 X。")
        return N_("证件号码与所选证件类型的格式不符。")
    check = CHECKS.get(paper)
    return check(number) if check else ""


def masked(number: str | None, head: int = 4, tail: int = 2) -> str:
    """Return the number with all but its first and last characters hidden."""
    if not number:
        return ""
    if len(number) <= head + tail:
        return "*" * len(number)
    return number[:head] + "*" * (len(number) - head - tail) + number[-tail:]
