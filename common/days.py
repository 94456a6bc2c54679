"""Days and months as people write them: the one place that understands them and says what is wrong with one."""

import re
import unicodedata
from datetime import date

from common.characters import cleaned
from common.wording import N_

EARLIEST = date(1900, 1, 1)
"""Nobody who applies was born before, and no contract is older. An earlier year is a slip of the keyboard: 0202, 1018."""

NO_DAY = N_("%(label)s：请按“年-月-日”填写真实的日期，例如：2018-09-05。")
NO_MONTH = N_("%(label)s：请按“年-月”填写，例如：2018-09。")
NO_SUCH_DAY = N_("%(label)s：%(typed)s 不存在，请核对月份和日期。")
DAY_MISSING = N_("%(label)s要写到日，例如：2018-09-05。")
WRONG_YEAR = N_("%(label)s的年份“%(year)s”不对，请填写四位数字，不早于 1900 年。")

SEPARATOR = r"[-/.。年_~]"  # stays Chinese
SHAPE = re.compile(  # stays Chinese
    rf"(?P<year>[0-9]{{1,6}}){SEPARATOR}(?P<month>[0-9]{{1,2}})(?:月份?|[-/.。月_~](?P<day>[0-9]{{1,2}})[日号]?)?[.。]?"
)
DIGITS = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})?")


class InvalidDay(ValueError):
    """What was typed is no day or month: `sentence` says why, with a gap for the label and those that `words` fill."""

    def __init__(self, sentence: str, **words: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.words = words


def parse_day(text: str, *, month: bool = False) -> date | None:
    """Return the day that a text means; with `month` the first day of its month, whether a day is in the text or not.

    None for a text without anything to read. Taken are 2018-9-5, 2018/9/5, 2018.9.5, 20180905 and 2018年9月5日, with any dash, in
    full-width digits as well. Raises InvalidDay.
    """
    typed = cleaned(text)
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", typed))
    plain = "".join("-" if unicodedata.category(each) == "Pd" else each for each in plain)
    if not plain:
        return None
    found = DIGITS.fullmatch(plain) or SHAPE.fullmatch(plain)
    if found is None:
        raise InvalidDay(NO_MONTH if month else NO_DAY)
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
