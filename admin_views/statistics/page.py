"""「统计」 (W11) in the consoles of enterprise, office and city, and in the administration: tables, each with a chart.

Reads sums (figures/report.py), never the applications. Each account sees the sums of what its own list shows.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, abort, current_app, request
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from markupsafe import Markup
from wtforms import Form, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from admin_views.review.period_filter import PERIODS, options
from admin_views.site.base import ConsoleView, address_of, expose, menu
from admin_views.site.day_fields import MonthField
from admin_views.site.exporting import ListExport, ListSheet
from admin_views.site.languages import language
from admin_views.site.lists import Column
from admin_views.site.login_session import url_of
from admin_views.site.page_counts import page_counts, present_calendar
from admin_views.site.typed import chosen_id
from admin_views.site.wording import stamp, translated
from admin_views.statistics.charts import draw_chart
from admin_views.statistics.decisions import DecisionList
from admin_views.statistics.sections import Links, TableLine, TableSection, statistic_sections
from common.wording import N_
from documents.exports import Described
from figures import reasons
from figures.report import Figures, Narrowing, Sight, figures, region_names, sight_of
from models import Role, now

IN_CONSOLES = ("enterprise", "office", "city", "administration")
PICTURE_POLICY = "default-src 'none'"
MOST_TABLES = 60
"""Tables that a process keeps: those of some six pages."""


class NarrowingForm(Form):  # type: ignore[misc]
    """What the page is narrowed by. It comes with the address."""

    period = SelectField(_("申报期"), coerce=chosen_id, validate_choice=False)
    region = SelectField(_("地区"), coerce=chosen_id, validate_choice=False)
    first = MonthField(_("提交月份自"), name="from")
    last = MonthField(_("至"), name="to")

    def validate_last(self, field: MonthField) -> None:
        if field.data and self.first.data and field.data < self.first.data:
            raise ValidationError(gettext("结束月份不能早于开始月份。"))

    def offer(self, periods: Sequence[tuple[str, str]], regions: dict[int, str]) -> None:
        """Set what can be chosen."""
        every = SelectChoice("", gettext("不限"))
        self.period.choices = [every, *(SelectChoice(int(key), name) for key, name in periods)]
        self.region.choices = [every, *(SelectChoice(key, name) for key, name in regions.items())]
        if len(regions) < 2:
            del self.region

    def narrowing(self) -> Narrowing:
        """Return what was chosen."""
        first, last = (month.data.isoformat()[:7] if month.data else "" for month in (self.first, self.last))
        return Narrowing(self.period.data, self.region.data if self.region else None, first, last)

    def described(self) -> Described:
        """Return what was chosen, each with its label."""
        chosen = [field for field in self if field.data] if not self.errors else []
        return tuple((str(field.label.text), _value(field)) for field in chosen)

    def words(self) -> list[str]:
        """Return what was chosen and the present time, for a printed page, which shows no form."""
        chosen = [gettext("%(field)s：%(value)s", field=one, value=value) for one, value in self.described()]
        return [*chosen, gettext("截至 %(time)s", time=stamp(now()))]


def _value(field: Any) -> str:
    if isinstance(field, SelectField):
        return next((each.label for each in field.choices if each.value == field.data), str(field.data))
    return str(field.data.isoformat()[:7])


def _columns(part: TableSection) -> list[Column]:
    """Return the columns of one table for an export; what is a number is written as one."""

    def cell(place: int) -> Callable[[TableLine], str | int]:
        return lambda line: int(text) if (text := line.cells[place].text).isdecimal() else text

    first, *further = part.heads
    return [
        Column("label", first, lambda line: line.label.text),
        *(Column(head, head, cell(place)) for place, head in enumerate(further)),
    ]


class StatisticsPage(DecisionList, ConsoleView):
    """The page, the pictures that it shows, and the decisions that its numbers count."""

    exposed_routes = ("index_view", "chart", "decisions")
    exports = {"index_view": "exported", "decisions": "exported_decisions"}
    title = N_("统计")

    def __init__(self, lists: Any) -> None:
        """`lists`: the view whose list the numbers lead to."""
        self.console = lists.console
        self.frame = "administration/frame.html" if lists.console == "administration" else "review/frame.html"
        self._lists = lists
        start = "/administration" if lists.console == "administration" else lists.url
        super().__init__(name=self.title, endpoint=f"{lists.console}_statistics", url=f"{start}/statistics")

    def is_accessible(self) -> bool:
        return bool(self._lists.is_accessible())

    @expose("/")
    def index_view(self) -> str:
        """Show the figures."""
        regions = self._regions()
        form, narrowed = self._narrowed(regions)
        found = self._figures(narrowed)
        return self.render(
            "statistics/page.html",
            frame=self.frame,
            title=translated(self.title),
            console=translated(str(self.admin.name)),
            menu=menu(self.admin, self),
            form=form,
            filtered=bool(request.args),
            narrowing_words=form.words(),
            found=found,
            parts=self._sections(found, narrowed, regions),
            picture=self._picture,
            table=partial(drawn_table, language()),
        )

    def exported(self) -> ListExport:
        """Return the tables for an export, each on a sheet of its own."""
        regions = self._regions()
        form, narrowed = self._narrowed(regions)
        parts = self._sections(self._figures(narrowed), narrowed, regions)
        sheets = [ListSheet(_columns(part), part.lines, part.title) for part in parts if part.lines]
        return ListExport(self.title, sheets, form.described())

    @expose("/chart")
    def chart(self) -> Response:
        """Return one picture of the page as it is narrowed."""
        regions = self._regions()
        _form, narrowed = self._narrowed(regions)
        wanted = request.args.get("of", "status")
        parts = self._sections(self._figures(narrowed), narrowed, regions)
        found = next((part.chart for part in parts if part.key == wanted), None)
        if found is None:
            abort(404)
        answer = Response(draw_chart(found), mimetype="image/svg+xml")
        answer.headers["Content-Security-Policy"] = PICTURE_POLICY
        return answer

    def _picture(self, key: str) -> str:
        """Return the address of a chart of the page as it is narrowed."""
        query = urlencode({**request.args.to_dict(), "of": key})
        return f"{url_of(f'{self.endpoint}.chart')}?{query}"

    def _narrowed(self, regions: dict[int, str]) -> tuple[NarrowingForm, Narrowing]:
        form = NarrowingForm(request.args)
        form.offer(options(*page_counts(PERIODS)), regions)
        return form, form.narrowing() if form.validate() else Narrowing()

    def _sight(self) -> Sight:
        return sight_of(current_user._get_current_object())

    def _regions(self) -> dict[int, str]:
        return {} if current_user.role is Role.ENTERPRISE else region_names(self._sight())

    def _figures(self, narrowed: Narrowing) -> Figures:
        return figures(self._sight(), narrowed, present_calendar())

    def _sections(self, found: Figures, narrowed: Narrowing, regions: dict[int, str]) -> list[TableSection]:
        decisions = url_of(f"{self.endpoint}.decisions")
        links = Links(address_of(self._lists), decisions, narrowed, current_user.role)
        return statistic_sections(found, narrowed, links, regions)


@lru_cache(maxsize=MOST_TABLES)
def drawn_table(_language: str, part: TableSection) -> Markup:
    """Return the table of a part, which is the same as long as nothing is counted."""
    found = current_app.jinja_env.get_template("statistics/table.html").render(part=part)
    return Markup(found)  # noqa: S704 - the template's


def as_on_english_pages(text: str) -> str:
    """Return a text as English pages show it."""
    with force_locale("en"):
        return str(gettext(text))


def register(app: Flask) -> None:
    """Add the page to each console that has a list of applications, and let English phrases be counted."""
    if as_on_english_pages not in reasons.TRANSLATORS:
        reasons.TRANSLATORS.append(as_on_english_pages)
    for admin in app.extensions["admin"]:
        if getattr(admin.index_view, "console", None) in IN_CONSOLES:
            lists = next(view for view in admin.views if getattr(view, "tabs", None))
            admin.add_view(StatisticsPage(lists))
