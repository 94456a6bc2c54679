"""What every page of `/administration/` is: a table's list, and a form for each row that shows the effects of a change (D1-D3).

Every change goes through administration.changes; nothing here writes by itself.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request
from flask_admin import BaseView
from flask_babel import gettext
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement

from admin_views.site.base import ConsoleView, ScopedView, confirmed, expose, list_title, menu
from admin_views.site.keyset import Order, Page
from admin_views.site.lists import Badge, Column, DataTable
from admin_views.site.trail import change_text, changes_of
from admin_views.site.typed import one_line
from admin_views.site.wording import translated
from administration import audit, changes
from administration.tables import TABLES
from common.errors import (
    ActionRefused,
    ChangedMeanwhile,
    ConfirmationRequired,
    NotPermitted,
    NotVisible,
    Unacceptable,
)
from common.wording import N_

PAGE_SIZE = 20
MOST_SHOWN = 500
"""Rows of a list without pages: regions, offices, materials are tens of rows; this only keeps a mistake from a slow page."""
CONSOLE = N_("系统管理")


class Administration(ConsoleView):
    """Whatever stands in the administrator's menu."""

    console = "administration"
    menu_parent: str | None = None
    """The endpoint of the menu entry that this view belongs to; None when it has an entry of its own."""

    def is_visible(self) -> bool:
        return self.menu_parent is None

    def render(self, template: str, **context: Any) -> str:
        entry = (
            next((view for view in self.admin.views if view.endpoint == self.menu_parent), self)
            if self.admin
            else self
        )
        return super().render(template, console=gettext(CONSOLE), menu=menu(self.admin, entry), **context)


class AdministeredTable(Administration, ScopedView):
    """A table that administrators keep: its list, and a form for each row that shows the effects of a change."""

    exposed_routes = ("index_view", "create_view", "edit_view")
    created_by: type[FlaskForm] | None = None
    """The form of a new row, where it differs from `form`."""
    full_width_fields: tuple[str, ...] = ()
    """Names of the fields that take the whole width."""
    title: str
    columns: tuple[Column, ...]
    """Of the list."""
    list_template: str
    """The template of the list."""
    form_template = "administration/row_form.html"

    def criterion(self) -> ColumnElement[bool]:
        return TABLES[self.model].criterion(current_user)

    # The list

    def rows_listed(self) -> Any:
        """Return the rows of the list, or one page of them."""
        raise NotImplementedError

    @expose("/")
    def index_view(self) -> str:
        rows = self.rows_listed()
        context = self.beside_list()
        if isinstance(rows, Page):
            context["pager"] = turned(self, self.filters(), rows)
            rows = rows.rows
        return self.render(
            self.list_template, title=list_title(self.title), listing=DataTable(self.columns, rows), **context
        )

    def filters(self) -> dict[str, str]:
        """Return what a list is narrowed by; a filter that does not exist filters nothing."""
        return {}

    def beside_list(self) -> dict[str, Any]:
        """Return what else the list's template needs."""
        return {}

    # The form

    def get_create_form(self) -> type[FlaskForm]:
        return self.created_by or self.form

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Any:
        form = self.create_form()
        if request.method == "POST":
            return (
                self._saved(form, None, self.create_model) if form.validate() else self._form_page(form, None)
            )
        self.prefill(form)
        return self._form_page(form, None)

    @expose("/<key>/", methods=("GET", "POST"))
    def edit_view(self, key: str) -> Any:
        row = self.get_one(key)
        form = self.edit_form(obj=row)
        if request.method == "POST" and form.validate():
            return self._saved(form, row, lambda form: self.update_model(form, row))
        return self._form_page(form, row)

    def prefill(self, form: Any) -> None:
        """Set the initial values of a new row."""

    def create_model(self, form: Any) -> Any:
        row = self.model()
        form.populate_obj(row)
        return changes.add(row, current_user, confirmed=confirmed())

    def update_model(self, form: Any, row: Any) -> Any:
        return changes.change(
            self.model,
            self._key(row),
            current_user,
            form.populate_obj,
            seen=request.form.get("seen", ""),
            confirmed=confirmed(),
        )

    def _key(self, row: Any) -> Any:
        return getattr(row, self.lookup_column)

    def _saved(self, form: Any, row: Any, save: Callable[[Any], Any], **beside: Any) -> Any:
        """Save, or show the form with the reason why it was refused."""
        key = self._key(row) if row is not None else None
        try:
            saved = save(form)
        except ActionRefused as hindrance:
            present = self.get_one(key) if key is not None else None
            return self._hindered(form, present, hindrance, **beside)
        return self.saved(saved)

    def saved(self, row: Any) -> Any:
        """Answer once a row has been saved."""
        flash(gettext("已保存：%(name)s", name=translated(audit.name_of(row))), "success")
        return redirect(self.get_url(".index_view"))

    def _hindered(self, form: Any, row: Any, hindrance: ActionRefused, **beside: Any) -> Any:
        if isinstance(hindrance, ConfirmationRequired):
            return self._form_page(form, row, question=hindrance, **beside)
        if isinstance(hindrance, Unacceptable):
            wrong = translated(hindrance.sentence.text, hindrance.sentence.words)
            if hindrance.field in form:
                form[hindrance.field].errors = [*form[hindrance.field].errors, wrong]
            else:
                form.form_errors.append(wrong)
            return self._form_page(form, row, **beside)
        if isinstance(hindrance, ChangedMeanwhile):
            return self._form_page(form, row, meanwhile=True, **beside)
        return answer(hindrance)

    def _form_page(
        self,
        form: Any,
        row: Any,
        *,
        question: ConfirmationRequired | None = None,
        meanwhile: bool = False,
        **beside: Any,
    ) -> tuple[str, int]:
        """Render the form page; `beside` overrides the context."""
        status = HTTPStatus.OK
        if meanwhile:
            status = HTTPStatus.CONFLICT
        elif form.errors:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        content = self.render(
            self.form_template,
            title=list_title(self.title),
            label=gettext(TABLES[self.model].label),
            form=form,
            row=row,
            full_width_fields=self.full_width_fields,
            question=question,
            meanwhile=meanwhile,
            seen=self._seen(row, meanwhile),
            changes=changes_of(self.model, self._key(row)) if row is not None else [],
            change_text=change_text,
            **self.beside(row) | beside,
        )
        return content, status

    def _seen(self, row: Any, meanwhile: bool) -> str:
        """Return the fingerprint of the row that the page showed first; it stays the same while errors are corrected."""
        if row is None:
            return ""
        first = request.form.get("seen", "")
        return first if first and not meanwhile else changes.fingerprint(row)

    def beside(self, row: Any) -> dict[str, Any]:
        """Return what else the form's template needs."""
        return {}


def answer(hindrance: ActionRefused) -> Any:
    """Answer what no page of the administration leads to."""
    if isinstance(hindrance, NotPermitted | NotVisible):
        abort(HTTPStatus.NOT_FOUND)
    raise hindrance


def chosen_of(*names: str) -> dict[str, str]:
    """Return what the address asks for by these names, without what cannot be seen."""
    given = {name: one_line(request.args.get(name)) for name in names}
    return {name: value for name, value in given.items() if value}


def turned(view: BaseView, chosen: Mapping[str, str], rows: Page) -> dict[str, str | None]:
    """Return the addresses of the neighbouring pages, None where there is none."""
    return {
        name: None
        if cursor is None
        else view.get_url(".index_view", **{**chosen, **({"page": cursor} if cursor else {})})
        for name, cursor in (
            ("first", rows.first),
            ("previous", rows.previous),
            ("next", rows.next),
            ("last", rows.last),
        )
    }


def newest_first(model: Any) -> Order:
    """Return the order of the lists with pages."""
    return Order(model.id, model.id, descending=True)


def active_badge(row: Any) -> Badge:
    """Return whether a row is in use."""
    return Badge("good", gettext("启用")) if row.active else Badge("idle", gettext("已停用"))
