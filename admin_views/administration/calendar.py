"""「工作日历」: holidays and working weekends of a year, entered before the library knows them."""

import itertools
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request
from flask_babel import gettext

from admin_views.administration import forms
from admin_views.administration.base import AdministeredTable
from admin_views.site.lists import Badge, Column
from admin_views.site.numbers import present_calendar
from admin_views.site.typed import row_number
from common import working_days
from common.calendar import today
from common.calendar_years import days_as_text
from common.wording import N_
from models import CalendarYear, db


@dataclass(frozen=True)
class Year:
    """One line of the list: `key` is its row where it was entered."""

    year: int
    key: int | None
    entered: bool
    built_in: bool
    holidays: int
    workdays: int
    total: int

    @property
    def known(self) -> bool:
        return self.entered or self.built_in


def _year_badge(year: Year) -> Badge:
    if year.entered:
        return Badge("good", gettext("已录入"))
    if year.built_in:
        return Badge("good", gettext("系统内置"))
    missing = year.year in present_calendar().missing(today())
    return Badge("late" if missing else "idle", gettext("尚未录入，按周一至周五计算"))


class CalendarYears(AdministeredTable):
    """The years around the present one and all that were entered, each with where its days come from."""

    form = forms.CalendarYearForm
    created_by = forms.NewCalendarYearForm
    title = N_("工作日历")
    columns = (
        Column("year", N_("年份"), cell="title", style="num"),
        Column("holidays", N_("放假（天）"), lambda year: year.holidays if year.known else "—", style="num"),
        Column(
            "workdays", N_("调休上班（天）"), lambda year: year.workdays if year.known else "—", style="num"
        ),
        Column("total", N_("全年工作日（天）"), style="num"),
        Column("state", N_("状态"), _year_badge, cell="badge"),
    )
    list_template = "administration/calendar.html"
    full_width_fields = ("holidays", "workdays", "source")

    def rows_listed(self) -> list[Year]:
        rows = db.session.execute(
            self.rows(CalendarYear.year, CalendarYear.id, CalendarYear.active).order_by(CalendarYear.year)
        )
        keys = {row.year: (row.id, row.active) for row in rows}
        present = today().year
        years = sorted({*keys, present - 1, present, present + 1}, reverse=True)
        return [self._line(year, *keys.get(year, (None, False))) for year in years]

    def _line(self, year: int, key: int | None, active: bool) -> Year:
        calendar = present_calendar()
        holidays, workdays = working_days.built_in(year)
        if active:
            holidays, workdays = (
                [day for day in days if day.year == year] for days in (calendar.holidays, calendar.workdays)
            )
        total = calendar.working_days_of(year)
        return Year(year, key, active, working_days.is_built_in(year), len(holidays), len(workdays), total)

    def prefill(self, form: Any) -> None:
        """Begin with the year that was asked for, else the first unknown one; with the library's days where it has some."""
        calendar = present_calendar()
        unknown = (year for year in itertools.count(today().year) if not calendar.knows(year))
        asked = row_number(request.args.get("year")) or 0
        year = asked if date.min.year <= asked < date.max.year else next(unknown)
        form.year.data = year
        form.holidays.data, form.workdays.data = (days_as_text(days) for days in working_days.built_in(year))

    def beside(self, row: Any) -> dict[str, Any]:
        return {"name": str(row.year) if row else gettext("录入一年")}
