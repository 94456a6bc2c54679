"""Checks and consequences of a year's holidays that an administrator enters (models/calendar.py). Decides no application."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import inspect

from common import calendar_years, working_days
from common.calendar import today
from common.calendar_years import UnreadableDays, days_as_text, days_of
from common.errors import Unacceptable
from common.wording import N_, Sentence
from models import CalendarYear

EARLIEST, LATEST = -1, 2
"""Offsets from the current year. Any other year is taken for a typing mistake."""


def complete(row: CalendarYear) -> None:
    """Store the days in one spelling, and raise the version so that every process reloads them. Raises Unacceptable."""
    for name in ("holidays", "workdays"):
        try:
            days = days_of(getattr(row, name), row.year, worked=name == "workdays")
        except UnreadableDays as fault:
            raise Unacceptable(name, fault.sentence) from fault
        setattr(row, name, days_as_text(days))
    row.version = (row.version or 0) + 1


def check(row: CalendarYear) -> None:
    """Raise Unacceptable for a year that cannot be entered, or days that break a rule."""
    this_year = today().year
    if inspect(row).transient and not this_year + EARLIEST <= row.year <= this_year + LATEST:
        words = {"first": str(this_year + EARLIEST), "last": str(this_year + LATEST)}
        raise Unacceptable("year", Sentence(N_("请填写 %(first)s 至 %(last)s 的年份。"), words))
    holidays, workdays = (days_of(text, row.year) for text in (row.holidays, row.workdays))
    for field, sentence in calendar_years.check(row.year, holidays, workdays):
        raise Unacceptable(field, sentence)


def preview_year(row: CalendarYear, before: Mapping[str, Any]) -> list[Sentence]:
    """Return how many holidays and working days the year has, so that a typing mistake is noticed before it counts."""
    if before and not before.keys() & {"holidays", "workdays", "active"}:
        return []
    year = str(row.year)
    known = any(working_days.built_in(row.year))
    if not row.active:
        text = (
            N_("停用后，%(year)s 年改按系统内置的放假安排计算。")
            if known
            else N_("停用后，%(year)s 年改按周一至周五计算，并在页面上说明。")
        )
        return [Sentence(text, {"year": year})] if before else []
    holidays, workdays = (days_of(text, row.year) for text in (row.holidays, row.workdays))
    calendar = working_days.Calendar(frozenset(holidays), frozenset(workdays), years=frozenset({row.year}))
    words = {
        "year": year,
        "free": str(len(holidays)),
        "worked": str(len(workdays)),
        "total": str(calendar.working_days_of(row.year)),
    }
    sentences = [
        Sentence(
            N_("%(year)s 年：放假 %(free)s 天，调休上班 %(worked)s 天，全年工作日 %(total)s 天。"), words
        ),
        Sentence(N_("保存后立即生效，等待时间和今后的期限按此计算；已经通知申请人的期限不变。")),
    ]
    if known:
        sentences.append(
            Sentence(N_("系统已内置 %(year)s 年的放假安排，保存后以录入的为准。"), {"year": year})
        )
    return sentences
