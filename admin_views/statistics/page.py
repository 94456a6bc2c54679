"""「统计」 (W11) in the consoles of enterprise, office and city, and in the administration: tables, each with a chart.

Reads sums (figures/report.py), never the applications. Each account sees the sums of what its own list shows.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, abort, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from wtforms import Form, SelectField
from wtforms.validators import ValidationError

from admin_views.review.period_filter import PERIODS, options
from admin_views.site.base import ConsoleView, address_of, expose, menu
from admin_views.site.day_fields import MonthField
from admin_views.site.login_session import url_of
from admin_views.site.numbers import page_counts, present_calendar
from admin_views.site.typed import row_number
from admin_views.site.wording import stamp, translated
from admin_views.statistics.charts import draw_chart
from admin_views.statistics.sections import Links, statistic_sections
from common.wording import N_
from figures.report import Figures, Narrowing, Sight, figures, region_names, sight_of
from models import Role, now

IN_CONSOLES = ("enterprise", "office", "city", "administration")
PICTURE_POLICY = "default-src 'none'"


def row_id(value: Any) -> int | None:
    """Return the id that was chosen; None for none."""
    return row_number(str(value)) if value else None


class NarrowingForm(Form):  # type: ignore[misc]
    """What the page is narrowed by. It comes with the address."""

    period = SelectField(_("申报期"), coerce=row_id, validate_choice=False)
    region = SelectField(_("地区"), coerce=row_id, validate_choice=False)
    first = MonthField(_("提交月份自"), name="from")
    last = MonthField(_("至"), name="to")

    def validate_last(self, field: MonthField) -> None:
        if field.data and self.first.data and field.data < self.first.data:
            raise ValidationError(gettext("结束月份不能早于开始月份。"))

    def offer(self, periods: Sequence[tuple[str, str]], regions: dict[int, str]) -> None:
        """Set what can be chosen."""
        self.period.choices = [("", gettext("不限")), *((int(key), name) for key, name in periods)]
        self.region.choices = [("", gettext("不限")), *regions.items()]
        if len(regions) < 2:
            del self.region

    def narrowing(self) -> Narrowing:
        """Return what was chosen."""
        first, last = (month.data.isoformat()[:7] if month.data else "" for month in (self.first, self.last))
        return Narrowing(self.period.data, self.region.data if self.region else None, first, last)

    def words(self) -> list[str]:
        """Return what was chosen and the present time, for a printed page, which shows no form."""
        chosen = [field for field in self if field.data] if not self.errors else []
        return [
            *(
                gettext("%(field)s：%(value)s", field=field.label.text, value=_value(field))
                for field in chosen
            ),
            gettext("截至 %(time)s", time=stamp(now())),
        ]


def _value(field: Any) -> str:
    if isinstance(field, SelectField):
        return str(dict(field.choices).get(field.data, field.data))
    return str(field.data.isoformat()[:7])


class StatisticsPage(ConsoleView):
    """The page, and the pictures that it shows."""

    exposed_routes = ("index_view", "chart")
    title = N_("统计")

    def __init__(self, lists: Any) -> None:
        """`lists`: the view whose list the numbers lead to."""
        self.console = lists.console
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
            frame="administration/frame.html" if self.console == "administration" else "review/frame.html",
            title=translated(self.title),
            console=translated(str(self.admin.name)),
            menu=menu(self.admin, self),
            form=form,
            filtered=bool(request.args),
            narrowing_words=form.words(),
            found=found,
            parts=list(self._sections(found, narrowed, regions)),
            picture=self._picture,
        )

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

    def _sections(self, found: Figures, narrowed: Narrowing, regions: dict[int, str]) -> Any:
        links = Links(address_of(self._lists), narrowed, current_user.role)
        return statistic_sections(found, narrowed, links, regions)


def register(app: Flask) -> None:
    """Add the page to each console that has a list of applications."""
    for admin in app.extensions["admin"]:
        if getattr(admin.index_view, "console", None) in IN_CONSOLES:
            lists = next(view for view in admin.views if getattr(view, "tabs", None))
            admin.add_view(StatisticsPage(lists))
