"""Parses the days of a calendar year as an administrator types them, and checks the rules for them.

Accepts the wording of the State Council's notice, 1月1日（周五）至3日（周日）, and also 2027-01-01 - 2027-01-03, 1.1-1.3 or one
day per line. Text that cannot be parsed raises an error that quotes it; nothing is skipped silently.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache

from common.wording import N_, Sentence

LONGEST_SPAN = 31
"""Maximum days of one entry; a longer one is a typing mistake."""
SATURDAY = 5
DECEMBER = 12
STATUTORY_DAYS = 13
STATUTORY = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
"""The holidays with a fixed date, and how many a year has altogether: 全国年节及纪念日放假办法, State Council Order No. 795 of
2024-11-10, in force since 2025-01-01. The others follow the lunar calendar."""

WEEKDAYS = "一二三四五六日"  # stays Chinese
_WEEKDAY = (  # stays Chinese
    r"(?:\((?:农历[^\d()、,]{{1,8}}(?:[、,]|(?=\))))?(?:(?:周|星期|礼拜)(?P<{0}weekday>[一二三四五六日天]))?\))?"
)
"""The notices for 2025 and 2026 (国办发明电〔2024〕12号, 〔2025〕7号) name the lunar day too: 2月15日（农历腊月二十八、周日）."""
_DAY = (  # stays Chinese
    r"(?:(?P<{0}year>\d{{4}})[-./年])?(?P<{0}month>\d{{1,2}})[-./月](?P<{0}day>\d{{1,2}})日?"
)
ENTRY = re.compile(  # stays Chinese
    _DAY.format("first_")
    + _WEEKDAY.format("first_")
    + r"(?:\s*(?:至|到|-|~|—|–)+\s*(?:"
    + _DAY.format("last_")
    + r"|(?P<only_day>\d{1,2})日)"
    + _WEEKDAY.format("last_")
    + ")?"
)
SEPARATORS = re.compile(  # stays Chinese
    r"[\s,、;。:和及与]+|[一二三四五六七]、"
    r"|元旦|春节|清明节?|劳动节|端午节?|中秋节?|国庆节?|放假(?:\d+天)?|不?调休|共\d+天|与周末连休"
)
"""Text allowed between the days, as in the State Council's notice."""
WORKED_ON = re.compile("上班")  # stays Chinese
"""Allowed among working weekends only. Among the holidays it shows that a whole line of the notice was pasted."""


class UnreadableDays(ValueError):
    """The text cannot be parsed, or breaks a rule; `sentence` says why."""

    def __init__(self, text: str, /, **words: str) -> None:
        super().__init__(text)
        self.sentence = Sentence(text, words)


@lru_cache(maxsize=64)
def days_of(text: str, year: int, worked: bool = False) -> tuple[date, ...]:
    """Return the days in a text for this year, in order. Raises UnreadableDays.

    `worked`: the text names working weekends.
    """
    plain = unicodedata.normalize("NFKC", text)
    found: set[date] = set()
    place = 0
    while place < len(plain):
        if entry := ENTRY.match(plain, place):
            found |= set(_span(entry, year))
            place = entry.end()
        elif between := SEPARATORS.match(plain, place) or (WORKED_ON.match(plain, place) if worked else None):
            place = between.end()
        else:
            raise UnreadableDays(
                N_("看不懂“%(text)s”，请只写日期，例如：1月1日至3日。"), text=_rest(plain, place)
            )
    return tuple(sorted(found))


def days_as_text(days: Iterable[date]) -> str:
    """Return days as they are stored: one line for each run of days. Long runs are split, so that `days_of` accepts each line."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][-1] == timedelta(days=1) and len(runs[-1]) < LONGEST_SPAN:
            runs[-1].append(day)
        else:
            runs.append([day])
    return "\n".join(
        f"{run[0].isoformat()} - {run[-1].isoformat()}" if len(run) > 1 else run[0].isoformat()
        for run in runs
    )


def check(year: int, holidays: Iterable[date], workdays: Iterable[date]) -> Iterator[tuple[str, Sentence]]:
    """Yield the field and the sentence of each rule that these days break."""
    free, worked = set(holidays), set(workdays)
    missing = [date(year, *day) for day in STATUTORY if date(year, *day) not in free]
    if missing:
        yield (
            "holidays",
            Sentence(
                N_("缺少法定节假日：%(days)s。"), {"days": "、".join(day.isoformat() for day in missing)}
            ),
        )
    elif len(free) < STATUTORY_DAYS:
        yield (
            "holidays",
            Sentence(
                N_("只有 %(count)s 天，全年法定节假日是 %(least)s 天，请补齐。"),
                {"count": str(len(free)), "least": str(STATUTORY_DAYS)},
            ),
        )
    for day in sorted(worked):
        if day in free:
            yield "workdays", Sentence(N_("%(day)s 同时写在放假里。"), {"day": day.isoformat()})
        elif day.weekday() < SATURDAY:
            yield (
                "workdays",
                Sentence(N_("%(day)s 不是周六或周日，不用写在调休上班里。"), {"day": day.isoformat()}),
            )


def _span(entry: re.Match[str], year: int) -> list[date]:
    first = _day(entry, "first_", year)
    last = first
    if entry["only_day"]:
        last = _existing_day(first.year, first.month, int(entry["only_day"]), entry[0])
    elif entry["last_month"]:
        last = _day(entry, "last_", year if first.year == year or entry["last_year"] else first.year)
        if not entry["last_year"] and last < first and first.year == year - 1:
            last = _day(entry, "last_", year)
    _same_weekday(entry, "first_", first)
    _same_weekday(entry, "last_", last)
    if not 0 <= (last - first).days < LONGEST_SPAN:
        raise UnreadableDays(N_("“%(text)s”的起止日期不对。"), text=entry[0])
    for day in (first, last):
        if day.year != year and (day.year, day.month) != (year - 1, DECEMBER):
            raise UnreadableDays(
                N_("“%(text)s”不在 %(year)s 年；上一年只能写 12 月的日期。"), text=entry[0], year=str(year)
            )
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _day(entry: re.Match[str], which: str, year: int) -> date:
    given = entry[f"{which}year"]
    return _existing_day(
        int(given) if given else year, int(entry[f"{which}month"]), int(entry[f"{which}day"]), entry[0]
    )


def _existing_day(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise UnreadableDays(N_("“%(text)s”不是真实的日期。"), text=text) from None


def _same_weekday(entry: re.Match[str], which: str, day: date) -> None:
    """Raise UnreadableDays when the weekday in the text is not that of the day: it shows a wrong year or a typing mistake."""
    given = entry[f"{which}weekday"]
    if given and WEEKDAYS.index(given.replace("天", "日")) != day.weekday():  # stays Chinese
        raise UnreadableDays(N_("“%(text)s”的星期与 %(day)s 不符。"), text=entry[0], day=day.isoformat())


def _rest(text: str, place: int) -> str:
    return text[place:].split("\n")[0].strip()[:20]
