"""Telephone numbers: the one place that decides how they are spelled and which ones are valid.

Every form, import, search and sender uses this spelling, so that a number is found however it was typed.
"""

import re
import unicodedata

from common.text import one_line
from common.wording import N_

MOBILE = r"1[3-9][0-9]{9}"
LANDLINE = r"0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,6})?|[0-9]{7,8}(-[0-9]{1,6})?|400[0-9]{7}(-[0-9]{1,6})?"
"""With its area code, of the same town, or a 400 number; each perhaps with an extension."""
LONGEST = 30
"""Characters of every column that holds a telephone number."""

AREA = r"(?:10|2[0-9]|[3-9][0-9]{2})"
"""An area code without its 0: 010 and 02x have three digits, all others four (电信网编号计划, 工业和信息化部)."""
TRUNK_LANDLINE = re.compile(rf"(0{AREA})-?([0-9]{{7,8}}|[0-9]{{3,4}}-[0-9]{{4}})((?:-[0-9]{{1,6}})?)")
LOCAL_LANDLINE = re.compile(r"([0-9]{7,8}|[0-9]{3,4}-[0-9]{4})((?:-[0-9]{1,6})?)")
SERVICE = re.compile(r"(400-?[0-9]{3,4}-?[0-9]{3,4})((?:-[0-9]{1,6})?)")

ABROAD = re.compile(r"(?:\+|00)0?86-?|86-?(?=1[3-9](?:-?[0-9]){9}\Z)|86-(?=0?[1-9][0-9]{1,2}-[0-9]{7,8})")
"""China's country code; without + or 00 only before what is a whole number by itself."""
EXTENSION = re.compile(  # stays Chinese
    r"-?(?:转分机|轉分機|转|轉|分机|分機|extension|ext|x|#)号?[:.]?(?=[0-9]{1,6}\Z)",
    re.IGNORECASE,
)
LABEL = re.compile(  # stays Chinese
    r"\A(?:tel|(?:联系)?(?:手机|电话)(?:号码?)?)[:.]?(?=[+0-9])",
    re.IGNORECASE,
)
DASHES = re.compile(r"[\u2212\u30fc~_]|(?<=[0-9])[\u4e00](?=[0-9])")
"""What is typed as a dash without being one to Unicode, among it the character 一 between digits."""


def normalised_telephone(text: str) -> str:
    """Return a telephone number in its one spelling; text that holds none comes back as it was typed, on one line.

    A mobile number is its 11 digits. A landline is area-number-extension: 0477-8123456-801. Understood are full-width
    characters, any space, bracket or dash, the country code as +86, 0086 or 86, and 转801. Browsers fill in +86 as well.
    """
    typed = one_line(text)
    plain = re.sub(r"[\s().]", "", with_plain_dashes(unicodedata.normalize("NFKC", typed)))
    plain = EXTENSION.sub("-", LABEL.sub("", plain))
    from_abroad = ABROAD.match(plain)
    number = plain[from_abroad.end() :] if from_abroad else plain
    digits = number.replace("-", "")
    if re.fullmatch(f"0?{MOBILE}", digits):  # the 0 in front was dialled from other provinces
        return digits.removeprefix("0")
    if found := SERVICE.fullmatch(number):
        service = found[1].replace("-", "")
        return service + found[2] if len(service) == 10 else typed
    if from_abroad and not number.startswith("0"):  # nobody dials the 0 after a country code
        number = f"0{number}"
    if found := TRUNK_LANDLINE.fullmatch(number):
        return f"{found[1]}-{found[2].replace('-', '')}{found[3]}"
    if found := LOCAL_LANDLINE.fullmatch(number):
        return found[1].replace("-", "") + found[2]
    return typed


def with_plain_dashes(text: str) -> str:
    """Return a text with a hyphen for whatever is typed as a dash."""
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


def several(text: str) -> list[str]:
    """Return the numbers of a text that holds more than one whole number, normalised; else nothing."""
    if not telephone_fault(normalised_telephone(text)):
        return []
    numbers = [normalised_telephone(part) for part in SEPARATORS.split(text) if part.strip()]
    return numbers if len(numbers) > 1 and not any(telephone_fault(number) for number in numbers) else []


def with_lost_zero(text: str) -> str:
    """Return a number normalised, with the 0 of its area code that Excel drops: 4778586912 is 0477-8586912.

    Only for what comes from a table: in a form the person can be asked.
    """
    number = normalised_telephone(text)
    if telephone_fault(number) and LOST_ZERO.fullmatch(re.sub(r"\s", "", number)):
        return normalised_telephone(f"0{number}")
    return number
