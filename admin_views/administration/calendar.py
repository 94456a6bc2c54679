"""「工作日历」: the holidays and working weekends of a year, entered by an administrator before the library has them."""

import itertools
from datetime import date
from typing import Any, NamedTuple

from flask import request
from flask_babel import gettext

from admin_views.administration import forms
from admin_views.administration.base import AdministeredTable
from admin_views.site.lists import Badge, Column
from admin_views.site.page_counts import present_calendar
from admin_views.site.typed import row_number
from common import working_days
from common.calendar import today
from common.calendar_years import days_as_text
from common.wording import N_
from models import CalendarYear, db


class YearRow(NamedTuple):
    """One row of the list. `key` is the id of the stored row, if the year was entered."""

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


def _year_badge(year: YearRow) -> Badge:
    if year.entered:
        return Badge("good", gettext("已录入"))
    if year.built_in:
        return Badge("good", gettext("系统内置"))
    missing = year.year in present_calendar().missing(today())
    return Badge("late" if missing else "idle", gettext("尚未录入，按周一至周五计算"))


class CalendarYears(AdministeredTable):
    """The years around the current one and all entered years, each with the source of its days."""

    form = forms.CalendarYearForm
    new_row_form = forms.NewCalendarYearForm
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

    def list_rows(self) -> list[YearRow]:
        rows = db.session.execute(
            self.rows(CalendarYear.year, CalendarYear.id, CalendarYear.active).order_by(CalendarYear.year)
        )
        keys = {row.year: (row.id, row.active) for row in rows}
        current = today().year
        years = sorted({*keys, current - 1, current, current + 1}, reverse=True)
        return [self._year(year, *keys.get(year, (None, False))) for year in years]

    def _year(self, year: int, key: int | None, active: bool) -> YearRow:
        calendar = present_calendar()
        holidays, workdays = working_days.built_in(year)
        if active:
            holidays, workdays = (
                [day for day in days if day.year == year] for days in (calendar.holidays, calendar.workdays)
            )
        total = calendar.working_days_of(year)
        return YearRow(year, key, active, working_days.is_built_in(year), len(holidays), len(workdays), total)

    def prefill(self, form: Any) -> None:
        """Fill in the requested year, else the first unknown one, with the library's days if it has them."""
        calendar = present_calendar()
        unknown = (year for year in itertools.count(today().year) if not calendar.knows(year))
        requested = row_number(request.args.get("year")) or 0
        year = requested if date.min.year <= requested < date.max.year else next(unknown)
        form.year.data = year
        form.holidays.data, form.workdays.data = (days_as_text(days) for days in working_days.built_in(year))

    def form_context(self, row: Any) -> dict[str, Any]:
        return {"name": str(row.year) if row else gettext("录入一年")}
