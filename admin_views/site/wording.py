"""How pages show texts, instants and waiting times."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import gettext, ngettext, pgettext
from markupsafe import Markup

from admin_views.site.languages import cached_per_language, language
from admin_views.site.page_counts import present_calendar
from common.calendar import ORDOS, local_date, today
from common.errors import Problem, ReasonMissing, ReasonRefused
from common.text import HAN
from common.working_days import Calendar
from models.reviews import reason_with_marks
from workflow.decision import REASON_LIMIT
from workflow.form import versions

LATE_WORKING_DAYS = 5
"""A waiting time of this many working days or more is marked late."""


IN_CHINESE = f"[{HAN}]"


CHINESE = Markup(' lang="zh-CN"')


def translated(text: str, words: Mapping[str, str] | None = None) -> str:
    """Return a text from data, and the values of its placeholders, in the person's language."""
    if not words:
        return _translated_text(text)
    return cached_gettext(text) % {key: _translated_text(value) for key, value in words.items()}


def _translated_text(text: str) -> str:
    """Return one text; an administrator's text may have its own English."""
    if not text:
        return ""
    own = versions.in_english(text)
    return own if own and language() == "en" else cached_gettext(text)


@cached_per_language
def cached_gettext(text: str) -> str:
    """Return a text without placeholders in the person's language, as a plain str, which templates write at less cost."""
    return str(gettext(text))


def list_title(text: str) -> str:
    """Return the title of a list. The context "list" holds the plural for languages that have one."""
    plural = pgettext("list", text)
    return translated(text) if plural == text else plural


def lang(text: str | None) -> Markup:
    """Return the lang attribute for typed text: Chinese on an English page, for screen readers."""
    return CHINESE if text and language() == "en" and re.search(IN_CHINESE, text) else Markup("")


def problem_text(problem: Problem) -> str:
    """Return a problem as a sentence in the person's language."""
    return translated(problem.sentence, problem.words)


def place_name(content: Mapping[str, Any]) -> str:
    """Return what a marked place is called, in the person's language."""
    label = translated(content["label"])
    if content.get("number"):
        return gettext("%(section)s第 %(number)s 条", section=label, number=content["number"])
    return label


def experience_text(row: Mapping[str, str]) -> str:
    """Return a row of 学习工作经历 as one line."""
    period = gettext("%(start)s 至 %(end)s", start=row.get("start"), end=row.get("end") or gettext("今"))
    further = [translated(row.get("kind") or ""), row.get("place"), row.get("subject"), row.get("witness")]
    return gettext("，").join([period, *(text for text in further if text)])


def shown_reason(reason: str, sent: Sequence[Mapping[str, Any]] | None) -> str:
    """Return the reason of a history row with its marks: as they were written, with their places' names in the person's language."""
    return reason_with_marks(reason, sent, lambda mark: f"{place_name(mark)}{gettext('：')}{mark['note']}")


def stamp(instant: datetime | None) -> str:
    """Return an instant as 2026-11-23 14:05 in Ordos."""
    return instant.astimezone(ORDOS).isoformat(" ", "minutes")[: len("2026-11-23 14:05")] if instant else ""


def time_of_day(instant: datetime) -> str:
    """Return an instant as 14:05:33 in Ordos."""
    return instant.astimezone(ORDOS).strftime("%H:%M:%S")


def day(value: date | None) -> str:
    """Return a date as 2026-11-23."""
    return value.isoformat() if value else ""


def waiting_time(since: datetime) -> dict[str, Any]:
    """Return how long something has waited: `words`, the working `days`, and `late` if they are too many.

    `note` names the years counted Monday to Friday; "" where all holidays are known.
    """
    return _waiting(local_date(since), today(), present_calendar())


def longest_wait_note(waiting_since: Iterable[datetime]) -> str:
    """Return the `note` of the longest of these waits: it names every year that any of them names; "" for no wait.

    `waiting_since`: in UTC, whether they say so or not.
    """
    first = min(waiting_since, default=None)
    return waiting_time(first.replace(tzinfo=UTC))["note"] if first else ""


@cached_per_language
def _waiting(start: date, end: date, calendar: Calendar) -> dict[str, Any]:
    span = calendar.waited(start, end)
    if span.days == 0:
        return {"words": gettext("今天"), "days": 0, "late": False, "note": ""}
    return {
        "days": span.days,
        "words": ngettext("%(num)s 个工作日", "%(num)s 个工作日", span.days),
        "late": span.days >= LATE_WORKING_DAYS,
        "note": missing_holidays_note(span.unknown),
    }


def missing_holidays_note(years: Sequence[int]) -> str:
    """Return the sentence that these years were counted Monday to Friday; "" for none."""
    if not years:
        return ""
    named = gettext("、").join(str(year) for year in years)
    return gettext("%(years)s 年的放假安排尚未录入，按周一至周五计算", years=named)


def reason_problem(refusal: ReasonRefused, missing: str, most: int = REASON_LIMIT) -> str:
    """Return the error beside a reason. `missing`: the sentence where there is none; `most`: the characters of the longest."""
    if isinstance(refusal, ReasonMissing):
        return missing
    return gettext("原因最多 %(most)d 个字。", most=most)
