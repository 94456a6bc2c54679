"""The base view of every console: it exposes no route by default and reads only rows in scope.

Flask-Admin reaches any row by details, edit, delete, lookup, export and inline editing however `get_query` is
narrowed. So here a route exists only if the view names it in `exposed_routes`, and every row comes from `rows()`.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

from flask import abort, current_app, redirect, request, url_for
from flask_admin import Admin, BaseView
from flask_admin.contrib.sqla import ModelView
from flask_babel import gettext, pgettext
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, Select, select
from werkzeug.routing import IntegerConverter, Rule
from werkzeug.wrappers import Response

from accounts import access
from admin_views.site.languages import cached_per_language
from admin_views.site.login_session import url_of
from admin_views.site.numbers import page_counts
from models import db

DOOR_OF_CONSOLE = {"personal": "personal", "enterprise": "enterprise"}
"""By which door one comes back in; everybody else uses the staff entrance."""
LONGEST_ID = 9
"""Digits; more do not fit into an integer of PostgreSQL, which would not answer "no such row" but with an error."""
MOST_COUNTED = 999
"""The number on a tab or in a menu stops here and says 999+: an exact count would cost as much as the table is long."""


class RowId(IntegerConverter):
    """The id of a row in an address; what can be none leads nowhere."""

    regex = rf"\d{{1,{LONGEST_ID}}}"


class Address(Rule):
    """An address that learns to be written when somebody writes it: of a hundred most never are by one process, and to
    compile how took a twentieth of the start."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        learn = cache(super()._compile_builder)
        return lambda _self, **given: learn(append_unknown)(self, **given)


class Closed(BaseView):
    """A view of one console: nobody else's console opens it, and only the routes it names exist."""

    console: str
    """The console it belongs to; accounts.access says which roles may open it."""
    exposed_routes: Iterable[str] = ()
    """The view functions that exist as routes."""
    runs_without_session: Iterable[str] = ()
    """Those of them that read columns only. For these the account is loaded without an ORM session, which saves a tenth
    of the page's time; it then has only what the frame needs (accounts/sessions.py)."""

    def create_blueprint(self, admin: Admin) -> Any:
        exposed = set(self.exposed_routes)
        self._urls = [rule for rule in self._urls if rule[1] in exposed]
        if missing := exposed - {rule[1] for rule in self._urls}:
            raise LookupError(f"{type(self).__name__} exposes {missing}, which it does not define")
        return super().create_blueprint(admin)

    def is_accessible(self) -> bool:
        actor = current_user._get_current_object()
        return actor.is_authenticated and access.may_open_console(actor, self.console)

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Response:
        """Send somebody who is not logged in to the door of this console; for everybody else it does not exist."""
        if current_user.is_authenticated:
            abort(404)
        door = door_of(request.endpoint)
        back = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("accounts.login", door=door, next=back))

    def _run_view(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return fn(self, *args, **kwargs)  # upstream retries on TypeError and so hides where it came from

    def menu_number(self) -> Select[Any] | None:
        """Return the query for the number that stands beside this view in the menu; a 0 is not shown."""
        return None


def _view_of(endpoint: str | None) -> Any:
    return getattr(current_app.view_functions.get(endpoint or ""), "__self__", None)


def in_own_console() -> bool:
    """Say whether the request asks for a view of the console that whoever asks belongs in."""
    view = _view_of(request.endpoint)
    return isinstance(view, Closed) and view.is_accessible()


def door_of(endpoint: str | None) -> str:
    """Return the door that leads to an endpoint: that of its console, else the first."""
    view = _view_of(endpoint)
    return DOOR_OF_CONSOLE.get(view.console, "staff") if isinstance(view, Closed) else "personal"


class ScopedView(Closed, ModelView):
    """A Flask-Admin model view that can see nothing outside the scope of whoever is looking."""

    form = FlaskForm
    """A view that has a form names its fields one by one in a form of its own; nothing is scaffolded."""
    can_create = can_edit = can_delete = can_view_details = can_export = False
    column_list: Any = ("id",)
    column_filters = None
    lookup_column = "id"
    """The column whose value stands in a row's address."""

    def __init__(self, model: type[Any], **named: Any) -> None:
        super().__init__(model, db.session, **named)

    def criterion(self) -> ColumnElement[bool]:
        """Return which rows exist for whoever is looking: one of workflow.scope's criteria."""
        raise NotImplementedError

    def rows(self, *columns: Any) -> Select[Any]:
        """Return a query over the rows in scope: whole objects, or the named columns alone."""
        return select(*(columns or (self.model,))).where(self.criterion())

    def get_query(self) -> Any:
        return super().get_query().filter(self.criterion())

    def get_count_query(self) -> None:
        """Return nothing, so that Flask-Admin counts no table."""
        return

    def get_one(self, id: Any) -> Any:
        """Return the row of this name in scope; 404 for every other, whether it exists or not."""
        column = getattr(self.model, self.lookup_column)
        if column.type.python_type is int:
            id = int(id) if str(id).isdecimal() and len(str(id)) <= LONGEST_ID else -1
        elif not str(id).isprintable():
            abort(404)
        row = db.session.scalars(self.rows().where(column == id)).unique().one_or_none()
        if row is None:
            abort(404)
        return row

    def scaffold_list_columns(self) -> list[str]:
        return list(self.column_list)

    def scaffold_sortable_columns(self) -> dict[str, str]:
        return {}

    def action_form(self, obj: Any = None) -> Any:
        return FlaskForm()


@cached_per_language
def list_title(text: str) -> str:
    """Return the title of a list. The context "list" holds the plural for languages that have one."""
    plural = pgettext("list", text)
    return gettext(text) if plural == text else plural


class MenuItem(NamedTuple):
    """One view of a console as the menu says it."""

    label: str
    url: str
    current: bool
    count: str  # type: ignore[assignment]  # a tuple's own counts what is in it


def menu(admin: Admin | None, present: BaseView | None = None) -> tuple[MenuItem, ...]:
    """Return the menu of a console as the layout draws it."""
    asked = menu_numbers(admin)
    counts = dict(zip(asked, page_counts(*asked.values()), strict=True))
    return tuple(
        MenuItem(
            list_title(str(view.name)), address_of(view), view is present, number_on_tab(counts.get(view, 0))
        )
        for view in _shown_in_menu(admin)
    )


def number_on_tab(number: int) -> str:
    """Return a number as a tab or a menu says it."""
    return f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number)


def address_of(view: BaseView) -> str:
    """Return where a view begins: its list, below which its rows lie."""
    return url_of(f"{view.endpoint}.{view._default_view}")


def menu_numbers(admin: Admin | None) -> dict[BaseView, Select[Any]]:
    """Return the queries for the numbers of a console's menu, by their view."""
    views = (view for view in _shown_in_menu(admin) if isinstance(view, Closed))
    return {view: number for view in views if (number := view.menu_number()) is not None}


def _shown_in_menu(admin: Admin | None) -> list[BaseView]:
    return [item._view for item in admin.menu() if item._view.is_visible()] if admin else []


def confirmed() -> str:
    """Return the token of the consequences that were said yes to."""
    return request.form.get("confirmed", "")
