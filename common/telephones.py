"""Normalises and checks telephone numbers. All forms, imports, searches and senders use it.

Each number has one spelling, so that it is found however it was typed.
"""

import re
import unicodedata

from common.text import one_line
from common.wording import N_

MOBILE = r"1[3-9][0-9]{9}"
LANDLINE = r"0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,6})?|[0-9]{7,8}(-[0-9]{1,6})?|400[0-9]{7}(-[0-9]{1,6})?"
"""With an area code, a local number without one, or a 400 number; each may have an extension."""
LONGEST = 30
"""Maximum length of every column for telephone numbers."""

AREA = r"(?:10|2[0-9]|[3-9][0-9]{2})"
"""An area code without its 0: 010 and 02x have three digits, all others four (电信网编号计划, 工业和信息化部)."""
LANDLINE_WITH_AREA = re.compile(rf"(0{AREA})-?([0-9]{{7,8}}|[0-9]{{3,4}}-[0-9]{{4}})((?:-[0-9]{{1,6}})?)")
LANDLINE_WITHOUT_AREA = re.compile(r"([0-9]{7,8}|[0-9]{3,4}-[0-9]{4})((?:-[0-9]{1,6})?)")
SERVICE = re.compile(r"(400-?[0-9]{3,4}-?[0-9]{3,4})((?:-[0-9]{1,6})?)")

COUNTRY_CODE = re.compile(
    r"(?:\+|00)0?86-?|86-?(?=1[3-9](?:-?[0-9]){9}\Z)|86-(?=0?[1-9][0-9]{1,2}-[0-9]{7,8})"
)
"""China's country code. Without + or 00 it counts only before a complete number."""
EXTENSION = re.compile(  # stays Chinese
    r"-?(?:转分机|轉分機|转|轉|分机|分機|extension|ext|x|#)号?[:.]?(?=[0-9]{1,6}\Z)",
    re.IGNORECASE,
)
LABEL = re.compile(  # stays Chinese
    r"\A(?:tel|(?:联系)?(?:手机|电话)(?:号码?)?)[:.]?(?=[+0-9])",
    re.IGNORECASE,
)
DASHES = re.compile(r"[\u2212\u30fc~_]|(?<=[0-9])[\u4e00](?=[0-9])")
"""Characters that people type as a dash and that are none in Unicode, also 一 between digits."""


def normalised_telephone(text: str) -> str:
    """Return a telephone number in its one spelling. Text that is no number is returned as typed, on one line.

    A mobile number is 11 digits. A landline is area-number-extension: 0477-8123456-801. Accepts full-width characters, any
    space, bracket or dash, the country code as +86 (browsers fill it in), 0086 or 86, and 转801.
    """
    typed = one_line(text)
    plain = re.sub(r"[\s().]", "", with_plain_dashes(unicodedata.normalize("NFKC", typed)))
    plain = EXTENSION.sub("-", LABEL.sub("", plain))
    from_abroad = COUNTRY_CODE.match(plain)
    number = plain[from_abroad.end() :] if from_abroad else plain
    digits = number.replace("-", "")
    if re.fullmatch(f"0?{MOBILE}", digits):  # the leading 0 was once dialled from other provinces
        return digits.removeprefix("0")
    if found := SERVICE.fullmatch(number):
        service = found[1].replace("-", "")
        return service + found[2] if len(service) == 10 else typed
    if from_abroad and not number.startswith("0"):  # nobody dials the 0 after a country code
        number = f"0{number}"
    if found := LANDLINE_WITH_AREA.fullmatch(number):
        return f"{found[1]}-{found[2].replace('-', '')}{found[3]}"
    if found := LANDLINE_WITHOUT_AREA.fullmatch(number):
        return found[1].replace("-", "") + found[2]
    return typed


def with_plain_dashes(text: str) -> str:
    """Return the text with a hyphen for every kind of dash."""
    dashed = text
    if not text.isascii():
        dashed = "".join("-" if unicodedata.category(each) == "Pd" else each for each in text)
    return re.sub("-+", "-", DASHES.sub("-", dashed))


def is_mobile(number: str) -> bool:
    """Say whether a normalised number is a mobile one."""
    return re.fullmatch(MOBILE, number) is not None


def mobile_fault(number: str) -> str:
    """Return what is wrong with a normalised mobile number, as a sentence; "" when nothing is."""
    return "" if is_mobile(number) else N_("请填写 11 位手机号码。")


def telephone_fault(number: str) -> str:
    """Return what is wrong with a normalised number, mobile or landline, as a sentence; "" when nothing is."""
    if is_mobile(number) or re.fullmatch(LANDLINE, number):
        return ""
    return N_("请填写手机号码，或带区号的固定电话，例如 0477-8123456。")


SEPARATORS = re.compile(r"[/\\|、,，;；\n]|\s和|\s或|\s及|和|或|及|\s+")  # stays Chinese
LOST_ZERO = re.compile(rf"(?!400|800)({AREA})-?([0-9]{{7,8}}(?:-[0-9]{{1,6}})?)")


def several_numbers(text: str) -> list[str]:
    """Return the normalised numbers of a text that contains several complete numbers; otherwise an empty list."""
    if not telephone_fault(normalised_telephone(text)):
        return []
    numbers = [normalised_telephone(part) for part in SEPARATORS.split(text) if part.strip()]
    return numbers if len(numbers) > 1 and not any(telephone_fault(number) for number in numbers) else []


def with_lost_zero(text: str) -> str:
    """Return the normalised number, with the leading 0 of the area code that Excel drops: 4778586912 becomes 0477-8586912.

    For imported tables only: in a form the person can correct it.
    """
    number = normalised_telephone(text)
    if telephone_fault(number) and LOST_ZERO.fullmatch(re.sub(r"\s", "", number)):
        return normalised_telephone(f"0{number}")
    return number
