"""The base view of every console: it exposes no route by default and reads only rows in scope.

Flask-Admin reaches any row by details, edit, delete, lookup, export and inline editing however `get_query` is
narrowed. So here a route exists only if the view names it in `exposed_routes`, and every row comes from `rows()`.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, NamedTuple

import flask_admin
from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask_admin import BaseView
from flask_admin.contrib.sqla import ModelView
from flask_admin.helpers import set_current_view
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, Select, select
from werkzeug.routing import IntegerConverter
from werkzeug.wrappers import Response

from accounts import access
from accounts.actor_shape import ActorShape
from admin_views.site.exporting import register_view
from admin_views.site.languages import cached_per_language
from admin_views.site.login_session import url_of
from admin_views.site.page_counts import current_shape, page_counts
from admin_views.site.wording import list_title
from common.single_objects import single_object
from models import db

LOGIN_KIND_OF_CONSOLE = {"personal": "personal", "enterprise": "enterprise"}
"""The kind of login of a console; the others use the staff login."""
LONGEST_ID = 9
"""Digits. A larger id does not fit PostgreSQL's integer and would raise instead of finding no row."""
MOST_COUNTED = 999
"""Counts on tabs and in menus stop here and say 999+: an exact count would scan the table."""
MOST_MENUS = 50
"""How many menus keep their count queries: a few consoles, and a few shapes of account in each."""


class RowId(IntegerConverter):
    """The id of a row in a URL; an impossible one is a 404."""

    regex = rf"\d{{1,{LONGEST_ID}}}"


def expose(
    url: str = "/", methods: Iterable[str] = ("GET",)
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a method of a view a URL below the view's, and check access before it runs.

    Flask-Admin does not register it: the route exists only if the view names it in `exposed_routes`.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        if hasattr(function, "addresses"):
            function.addresses.append((url, methods))
            return function

        @wraps(function)
        def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
            set_current_view(self)
            if not self.is_accessible():
                return self.inaccessible_callback(function.__name__, **kwargs) or abort(403)
            return function(self, *args, **kwargs)

        guarded.addresses = [(url, methods)]  # type: ignore[attr-defined]
        return guarded

    return decorate


class Console(flask_admin.Admin):
    """The views of one console, in the order of its menu."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self.views: list[BaseView] = []
        super().__init__(*given, **named)  # adds the first

    def add_view(self, view: BaseView) -> None:
        self.views.append(view)
        super().add_view(view)


class ConsoleView(BaseView):
    """A view of one console: other consoles cannot open it, and only its exposed routes exist."""

    console: str
    """The console of this view. accounts.access says which roles may open it."""
    exposed_routes: Iterable[str] = ()
    """The view functions that exist as routes."""
    runs_without_session: Iterable[str] = ()
    """Exposed routes that read columns only. Their account is loaded without an ORM session, which saves a tenth of the page's
    time; it then has only the attributes that the frame needs (accounts/sessions.py)."""

    sent_by_page: Iterable[str] = ()
    """Those of them that a page requests by itself: they keep no session alive."""

    exports: Mapping[str, str] = {}
    """The exposed routes that are lists which can be exported, each with the method that opens the list (exporting.py)."""

    start = "index_view"
    """The view function of the view's base URL."""

    @flask_admin.expose()
    def unused_start(self) -> Any:
        """Flask-Admin requires a default view function. This one is never registered."""
        abort(404)

    def create_blueprint(self, admin: flask_admin.Admin) -> Blueprint:
        """Return the exposed routes. Raises LookupError for a name that the view does not define."""
        super().create_blueprint(admin)  # sets name and URL; its routes are not registered
        self.blueprint = Blueprint(self.endpoint, __name__, url_prefix=self.url)
        for name in dict.fromkeys(self.exposed_routes):
            function = getattr(self, name, None)
            addresses = getattr(function, "addresses", None)
            if not addresses:
                raise LookupError(f"{type(self).__name__} exposes {name}, which it does not define")
            for url, methods in addresses:
                self.blueprint.add_url_rule(url, name, function, methods=methods)
                if url == "/":
                    self.start = name
        register_view(admin.app, self)
        return self.blueprint

    def render(self, template: str, **context: Any) -> str:
        """Return the page. Flask-Admin's own adds ten values that only its templates read."""
        return render_template(template, admin_view=self, get_url=self.get_url, **context)

    def is_accessible(self) -> bool:
        actor = current_user._get_current_object()
        return actor.is_authenticated and access.may_open_console(actor, self.console)

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Response:
        """Redirect an anonymous request to this console's login; for any other account answer 404."""
        if current_user.is_authenticated:
            abort(404)
        login_kind = login_kind_of(request.endpoint)
        back = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("accounts.login", login_kind=login_kind, next=back))

    def menu_number(self, actor: ActorShape) -> Select[Any] | None:
        """Return the query for the count beside this view in the menu; 0 is not shown."""
        return None


def _view_of(endpoint: str | None) -> Any:
    return getattr(current_app.view_functions.get(endpoint or ""), "__self__", None)


def in_own_console() -> bool:
    """Say whether the request is for a view that the current account may open."""
    view = _view_of(request.endpoint)
    return isinstance(view, ConsoleView) and view.is_accessible()


def login_kind_of(endpoint: str | None) -> str:
    """Return the kind of login for an endpoint: that of its console, else "personal"."""
    view = _view_of(endpoint)
    return LOGIN_KIND_OF_CONSOLE.get(view.console, "staff") if isinstance(view, ConsoleView) else "personal"


class ScopedView(ConsoleView, ModelView):
    """A Flask-Admin model view that reads only rows in the current account's scope."""

    form = FlaskForm
    """Empty: a view with a form declares every field; Flask-Admin generates none from the model."""
    can_create = can_edit = can_delete = can_view_details = can_export = False
    column_filters = None
    lookup_column = "id"
    """The column whose value is in a row's URL."""

    def __init__(self, model: type[Any], **options: Any) -> None:
        super().__init__(model, db.session, **options)

    def criterion(self) -> ColumnElement[bool]:
        """Return the criterion of the rows in scope: one of workflow.scope's."""
        raise NotImplementedError

    def rows(self, *columns: Any) -> Select[Any]:
        """Return a query over the rows in scope: whole objects, or the given columns."""
        return select(*(columns or (self.model,))).where(self.criterion())

    def get_query(self) -> Any:
        return super().get_query().filter(self.criterion())

    def get_count_query(self) -> None:
        """Return None, so that Flask-Admin counts no table."""
        return

    def get_one(self, id: Any) -> Any:
        """Return the row in scope whose lookup column has this value; 404 for any other, existing or not."""
        column = getattr(self.model, self.lookup_column)
        if column.type.python_type is int:
            id = int(id) if str(id).isdecimal() and len(str(id)) <= LONGEST_ID else -1
        elif not str(id).isprintable():
            abort(404)
        row = db.session.scalars(self.rows().where(column == id)).unique().one_or_none()
        if row is None:
            abort(404)
        return row

    def get_list_columns(self) -> list[tuple[str, str]]:
        """Return no columns: lists and exports are our own (lists.py), and Flask-Admin would look for each column in the model."""
        return []

    get_export_columns = get_list_columns

    def get_delete_form(self) -> type[FlaskForm]:
        return FlaskForm

    def scaffold_sortable_columns(self) -> dict[str, str]:
        return {}

    def action_form(self, obj: Any = None) -> Any:
        return FlaskForm()

    def init_actions(self) -> None:
        """Do not look for batch actions: no view has one, and Flask-Admin would read each attribute of each view."""


class MenuItem(NamedTuple):
    """One entry of a console's menu."""

    label: str
    url: str
    current: bool
    count: str  # type: ignore[assignment]  # shadows tuple.count


def menu(admin: Console | None, current: BaseView | None = None) -> tuple[MenuItem, ...]:
    """Return the menu of a console; `current` is the view of this page."""
    queries = menu_numbers(admin, current_shape())
    return _menu(admin, current, request.script_root, tuple(queries), tuple(page_counts(*queries.values())))


@cached_per_language
def _menu(
    admin: Console | None,
    current: BaseView | None,
    _script_root: str,
    counted: tuple[BaseView, ...],
    counts: tuple[int, ...],
) -> tuple[MenuItem, ...]:
    numbers = dict(zip(counted, counts, strict=True))
    return tuple(
        MenuItem(
            list_title(str(view.name)), address_of(view), view is current, number_on_tab(numbers.get(view, 0))
        )
        for view in _shown_in_menu(admin)
    )


def number_on_tab(number: int) -> str:
    """Return a count as tabs and menus show it."""
    return f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number)


def address_of(view: BaseView) -> str:
    """Return the URL of a view's list, the prefix of its rows' URLs."""
    return url_of(f"{view.endpoint}.{view.start}")


@single_object(MOST_MENUS)
def menu_numbers(admin: Console | None, actor: ActorShape) -> Mapping[BaseView, Select[Any]]:
    """Return the count queries of a console's menu by view."""
    views = (view for view in _shown_in_menu(admin) if isinstance(view, ConsoleView))
    return {view: number for view in views if (number := view.menu_number(actor)) is not None}


def _shown_in_menu(admin: Console | None) -> list[BaseView]:
    return [view for view in admin.views if view.is_visible()] if admin else []


def confirmed() -> str:
    """Return the token of the confirmed consequences."""
    return request.form.get("confirmed", "")
