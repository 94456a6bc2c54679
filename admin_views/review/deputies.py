"""「代办」 (W5) in the reviewers' consoles: who decides for whom during a leave.

Every change goes through desk.deputies.
"""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from admin_views.site.base import ConsoleView, expose, menu
from admin_views.site.day_fields import DayField
from admin_views.site.exporting import ListExport, ListSheet
from admin_views.site.lists import Badge, Column, DataTable
from admin_views.site.typed import chosen_id, row_number
from admin_views.site.wording import translated
from common.calendar import today
from common.errors import NotPermitted, Unacceptable
from common.wording import N_
from desk import deputies
from models import Deputy

OFFICES = "office"
"""Prefix of the form that names an office."""


class DeputyForm(FlaskForm):
    """Who stands in, and from when to when."""

    deputy = SelectField(
        _("由谁代办"), [InputRequired(_("请选择由谁代办。"))], coerce=chosen_id, validate_choice=False
    )
    first_day = DayField(_("开始日期"), [InputRequired(_("请填写日期，例如：2026-11-23。"))])
    last_day = DayField(
        _("结束日期"),
        [InputRequired(_("请填写日期，例如：2026-11-23。"))],
        description=_("这一天仍由其代办。"),
    )

    def offer(self, rows: Iterable[Any], label: Callable[[Any], str]) -> None:
        """Set the rows that can be chosen."""
        self.deputy.choices = choices(rows, label)


def choices(rows: Iterable[Any], label: Callable[[Any], str]) -> list[SelectChoice]:
    return [SelectChoice("", gettext("请选择")), *(SelectChoice(row.id, label(row)) for row in rows)]


def _state(row: Deputy) -> Badge:
    if row.first_day > today():
        return Badge("idle", gettext("尚未开始"))
    return Badge("good", gettext("正在代办"))


COLUMNS = (
    Column("absent", N_("不在岗"), deputies.absent_name, cell="title"),
    Column("deputy_name", N_("代办人"), deputies.deputy_name),
    Column("first_day", N_("开始日期"), cell="day", style="num"),
    Column("last_day", N_("结束日期"), cell="day", style="num"),
    Column("state", N_("状态"), _state, cell="badge"),
    Column("cancel", N_("操作"), cell="macro", style="cell-acts", kind="action"),
)


class DeputyPage(ConsoleView):
    """The list of deputies and the form; the same page in every reviewer's console."""

    exposed_routes = ("index_view", "enter", "cancel")
    exports: Mapping[str, str] = {"index_view": "exported"}
    title = N_("代办")
    frame = "review/frame.html"
    colleagues: str | None = None
    """Endpoint of the page where these people invite a colleague; None where an administrator adds staff."""

    def __init__(self, console: Any, colleagues: str | None = None) -> None:
        self.console = console.console
        self.colleagues = colleagues
        super().__init__(
            name=self.title, endpoint=f"{console.endpoint}_deputies", url=f"{console.url}/deputies"
        )
        self._console_view = console

    def is_accessible(self) -> bool:
        return bool(self._console_view.is_accessible())

    @expose("/")
    def index_view(self) -> Any:
        """Show who stands in for whom, and the form."""
        return self._page(self._forms(None))

    def exported(self) -> ListExport:
        """Return who stands in for whom for an export."""
        return ListExport(self.title, [ListSheet(COLUMNS, deputies.current_and_coming(current_user))])

    @expose("/enter/", methods=("POST",))
    def enter(self) -> Any:
        """Name a deputy."""
        kind = OFFICES if request.form.get("kind") == OFFICES else ""
        forms = self._forms(kind)
        form = forms.get(kind)
        if form is None:
            abort(HTTPStatus.NOT_FOUND)
        if form.validate():
            days = deputies.Days(form.first_day.data, form.last_day.data)
            try:
                self._name(kind, form, days)
            except Unacceptable as refusal:
                sentence = translated(refusal.sentence.text, refusal.sentence.words)
                field = refusal.field if refusal.field in form else "deputy"
                form[field].errors = [sentence]
            except NotPermitted:
                abort(HTTPStatus.NOT_FOUND)
            else:
                flash(gettext("已登记代办。"), "success")
                return redirect(self.get_url(".index_view"))
        return self._page(forms), HTTPStatus.UNPROCESSABLE_ENTITY

    @expose("/cancel/", methods=("POST",))
    def cancel(self) -> Any:
        """End a period early."""
        try:
            deputies.end_early(current_user, row_number(request.form.get("key")) or 0)
        except NotPermitted:
            flash(gettext("这项代办已经结束。"), "info")
        else:
            flash(gettext("已取消代办。"), "success")
        return redirect(self.get_url(".index_view"))

    def _forms(self, sent: str | None) -> dict[str, Any]:
        """Return the forms by kind; the one that was sent holds what was typed."""
        form = DeputyForm() if sent == "" else DeputyForm(formdata=None)
        form.offer(deputies.possible_deputies(current_user), lambda row: str(row.name))
        return {"": form}

    def _name(self, kind: str, form: Any, days: deputies.Days) -> None:
        deputies.name_for_account(current_user, current_user.id, form.deputy.data, days)

    def _page(self, forms: dict[str, Any]) -> str:
        return self.render(
            "review/deputies.html",
            frame=self.frame,
            title=translated(self.title),
            forms=forms,
            colleagues=self.colleagues,
            listing=DataTable(COLUMNS, deputies.current_and_coming(current_user)),
            **self._menu(),
        )

    def _menu(self) -> dict[str, Any]:
        return {
            "console": translated(self._console_view.console_title),
            "menu": menu(self.admin, self),
        }
