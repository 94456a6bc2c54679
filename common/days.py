"""Parses days and months as people type them, and says what is wrong with them. All forms and imports use it."""

import re
import unicodedata
from datetime import date

from common.characters import cleaned
from common.wording import N_

EARLIEST = date(1900, 1, 1)
"""No applicant was born before, and no contract is older. An earlier year is a typing mistake: 0202, 1018."""

NOT_A_DAY = N_("%(label)s：请按“年-月-日”填写真实的日期，例如：2018-09-05。")
NOT_A_MONTH = N_("%(label)s：请按“年-月”填写，例如：2018-09。")
NO_SUCH_DAY = N_("%(label)s：%(typed)s 不存在，请核对月份和日期。")
DAY_MISSING = N_("%(label)s要写到日，例如：2018-09-05。")
WRONG_YEAR = N_("%(label)s的年份“%(year)s”不对，请填写四位数字，不早于 1900 年。")

SEPARATOR = r"[-/.。、·年_~]"  # stays Chinese
"""Among them what the keys . / and ` write while a Chinese keyboard is on."""
SHAPE = re.compile(  # stays Chinese
    rf"(?P<year>[0-9]{{1,6}}){SEPARATOR}(?P<month>[0-9]{{1,2}})(?:月份?|[-/.。、·月_~](?P<day>[0-9]{{1,2}})[日号]?)?[.。]?"
)
MIDNIGHT = re.compile(r"(?<=[0-9])[T\s]\s*0{1,2}:00(?::00(?:\.0+)?)?$")
"""What other programs append to a day that is copied from them: 2018-09-05 00:00:00."""
BETWEEN_DIGITS = re.compile(r"(?<=[0-9])\s+(?=[0-9])")
DIGITS = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})?")


class InvalidDay(ValueError):
    """The text is not a day or month. `sentence` says why; it has a placeholder for the label, and `words` fill the others."""

    def __init__(self, sentence: str, **words: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.words = words


def parse_day(text: str, *, month: bool = False) -> date | None:
    """Return the day in a text; with `month` the first day of its month, whether or not the text contains a day.

    None for an empty text. Accepts 2018-9-5, 2018/9/5, 2018.9.5, 2018 9 5, 20180905 and 2018年9月5日, with any dash, also in
    full-width digits, and with the time of midnight behind it. Raises InvalidDay.
    """
    typed = cleaned(text)
    plain = BETWEEN_DIGITS.sub("-", MIDNIGHT.sub("", unicodedata.normalize("NFKC", typed)))
    plain = re.sub(r"\s", "", plain)
    plain = "".join("-" if unicodedata.category(each) == "Pd" else each for each in plain)
    if not plain:
        return None
    found = DIGITS.fullmatch(plain) or SHAPE.fullmatch(plain)
    if found is None:
        raise InvalidDay(NOT_A_MONTH if month else NOT_A_DAY)
    year, number, day = found["year"], int(found["month"]), found["day"]
    if len(year) != 4 or int(year) < EARLIEST.year:
        raise InvalidDay(WRONG_YEAR, year=year)
    if day is None and not month:
        raise InvalidDay(DAY_MISSING)
    try:
        whole = date(int(year), number, int(day or 1))
    except ValueError:
        raise InvalidDay(NO_SUCH_DAY, typed=typed) from None
    return whole.replace(day=1) if month else whole
