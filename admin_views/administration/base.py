"""The base of every page of `/administration/`: the list of a table, and a form for each row that shows the effects of a change (D1-D3).

Every change goes through administration.changes; nothing here writes to the database.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement

from admin_views.site.base import ConsoleView, ScopedView, confirmed, expose, menu
from admin_views.site.exporting import ListExport, ListSheet, described_search
from admin_views.site.keyset import Order, Page, everything, page
from admin_views.site.lists import Badge, Column, DataTable
from admin_views.site.trail import change_text, changes_of
from admin_views.site.typed import one_line
from admin_views.site.wording import list_title, translated
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
from documents.exports import Described

PAGE_SIZE = 20
MOST_SHOWN = 500
"""Limit of a list without pages. Regions, offices and materials have tens of rows; the limit is a safeguard."""
CONSOLE = N_("系统管理")


class Administration(ConsoleView):
    """A view of the administrator's console."""

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
    """A table that administrators change: its list, and a form for each row that shows the effects of a change."""

    exposed_routes = ("index_view", "create_view", "edit_view")
    exports: Mapping[str, str] = {"index_view": "exported"}
    list_order: Order | None = None
    """The order of a list with pages; such a list defines `found`, another one `list_rows`."""
    new_row_form: type[FlaskForm] | None = None
    """The form of a new row, if it differs from `form`."""
    full_width_fields: tuple[str, ...] = ()
    """Names of the fields that take the whole width."""
    title: str
    columns: tuple[Column, ...]
    """The columns of the list."""
    list_template: str
    """The template of the list."""
    form_template = "administration/row_form.html"

    def criterion(self) -> ColumnElement[bool]:
        return TABLES[self.model].criterion(current_user)

    # The list

    def found(self) -> Any:
        """Return the query, or the queries, of a list with pages."""
        raise NotImplementedError

    def list_rows(self) -> Any:
        """Return the rows of the list, or one page of them."""
        return page(self.found(), self.list_order, request.args.get("page", ""), PAGE_SIZE)  # type: ignore[arg-type]

    def exported(self) -> ListExport:
        """Return the list of the same address for an export."""
        order = self.list_order
        rows = self.list_rows() if order is None else everything(self.found(), order)
        return ListExport(self.title, [ListSheet(self.columns, rows)], self.described())

    def described(self) -> Described:
        """Return in words what the list is narrowed to."""
        return described_search(self.filters().get("q"))

    @expose("/")
    def index_view(self) -> str:
        rows = self.list_rows()
        context = self.list_context()
        if isinstance(rows, Page):
            context["pager"] = rows.urls(self.get_url, ".index_view", **self.filters())
            rows = rows.rows
        return self.render(
            self.list_template, title=list_title(self.title), listing=DataTable(self.columns, rows), **context
        )

    def filters(self) -> dict[str, str]:
        """Return the filters of the request by name; unknown values are ignored."""
        return {}

    def list_context(self) -> dict[str, Any]:
        """Return the further context of the list's template."""
        return {}

    # The form

    def get_create_form(self) -> type[FlaskForm]:
        return self.new_row_form or self.form

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

    def _saved(
        self,
        form: Any,
        row: Any,
        save: Callable[[Any], Any],
        done: Callable[[Any], Any] | None = None,
        **context: Any,
    ) -> Any:
        """Save, or show the form with the reason for the refusal. `done` answers instead of `saved`."""
        key = self._key(row) if row is not None else None
        try:
            saved = save(form)
        except ActionRefused as refusal:
            current = self.get_one(key) if key is not None else None
            return self._refused(form, current, refusal, **context)
        return (done or self.saved)(saved)

    def saved(self, row: Any) -> Any:
        """Return the response after a row has been saved."""
        flash(gettext("已保存：%(name)s", name=translated(audit.name_of(row))), "success")
        return redirect(self.get_url(".index_view"))

    def _refused(self, form: Any, row: Any, refusal: ActionRefused, **context: Any) -> Any:
        if isinstance(refusal, ConfirmationRequired):
            return self._form_page(form, row, question=refusal, **context)
        if isinstance(refusal, Unacceptable):
            wrong = translated(refusal.sentence.text, refusal.sentence.words)
            if refusal.field in form:
                form[refusal.field].errors = [*form[refusal.field].errors, wrong]
            else:
                form.form_errors.append(wrong)
            return self._form_page(form, row, **context)
        if isinstance(refusal, ChangedMeanwhile):
            return self._form_page(form, row, meanwhile=True, **context)
        return respond_to_refusal(refusal)

    def _form_page(
        self,
        form: Any,
        row: Any,
        *,
        question: ConfirmationRequired | None = None,
        meanwhile: bool = False,
        **context: Any,
    ) -> tuple[str, int]:
        """Render the form page; `context` overrides the form's own context."""
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
            **self.form_context(row) | context,
        )
        return content, status

    def _seen(self, row: Any, meanwhile: bool) -> str:
        """Return the fingerprint of the row that the page showed first; it stays the same until the form is saved."""
        if row is None:
            return ""
        first = request.form.get("seen", "")
        return first if first and not meanwhile else changes.fingerprint(row)

    def form_context(self, row: Any) -> dict[str, Any]:
        """Return the further context of the form's template."""
        return {}


def respond_to_refusal(refusal: ActionRefused) -> Any:
    """Answer 404 for what no page of the administration offers; raise any other refusal."""
    if isinstance(refusal, NotPermitted | NotVisible):
        abort(HTTPStatus.NOT_FOUND)
    raise refusal


def query_values(*names: str) -> dict[str, str]:
    """Return what the address asks for by these names, without what cannot be seen."""
    given = {name: one_line(request.args.get(name)) for name in names}
    return {name: value for name, value in given.items() if value}


def newest_first(model: Any) -> Order:
    """Return the order of lists with pages."""
    return Order(model.id, model.id, descending=True)


def active_badge(row: Any) -> Badge:
    """Return the badge that says whether a row is active."""
    return Badge("good", gettext("启用")) if row.active else Badge("idle", gettext("已停用"))
