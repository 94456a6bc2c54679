"""Exports of lists (W9): a view says in `exports` which of its pages are lists that can be exported, and how each is opened.

The worker opens a list as its page does: within a request for the page's address, as the account that asked. So filters, sorting
and scope are those of the page, with the rights of that moment.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Flask, current_app, request, session
from flask_babel import gettext
from flask_login import login_user
from werkzeug.exceptions import NotFound

from accounts.access import active_account
from admin_views.site.lists import Column
from admin_views.site.login_session import url_of
from admin_views.site.wording import list_title, translated
from common.calendar import ORDOS
from common.errors import NotPermitted
from common.identity import masked
from common.wording import N_
from documents import exports
from documents.exports import Asked, Described, ExportedSheet, OpenedList
from models import Account, now

LONGEST_ADDRESS = 2000
MOST_ADDRESSES = 500
FEWEST_HIDDEN = 8
"""Words of a search with so many digits may be somebody's number: the trail masks them."""
SEARCHED = N_("查找")
DISCLOSED_FIELDS = {"account": "bank_account"}
"""The field of the form whose number a column shows, where the column has another key."""


class ListSheet(NamedTuple):
    """One table of a list: its columns as on the page, and all rows, read when they are written.

    `application_of`: returns the id of a row's application; None where rows are no applications.
    """

    columns: Sequence[Column]
    rows: Iterable[Any]
    name: str = ""
    """Wording; "" is the title of the list."""
    application_of: Callable[[Any], int] | None = None


@dataclass(frozen=True)
class ListExport:
    """An opened list. `title` is wording; `described` says what it is narrowed to."""

    title: str
    sheets: Sequence[ListSheet]
    described: Described = ()
    count: Callable[[], int] | None = None
    """Counts the rows, for the progress; None where there are few."""

    @property
    def has_secrets(self) -> bool:
        """Say whether it has numbers that can stand in it in full: those of applications, for which it can be recorded."""
        return any(column.masked for sheet in self.sheets if sheet.application_of for column in sheet.columns)


class Source(NamedTuple):
    """One list that can be exported."""

    may_open: Callable[[], bool]
    open: Callable[[], ListExport]


EXTENSION = "exportable_lists"


def sources(app: Flask) -> dict[str, Source]:
    """Return the lists of an application that can be exported, by the endpoint of their page."""
    found: dict[str, Source] = app.extensions.setdefault(EXTENSION, {})
    return found


def register_source(
    app: Flask,
    endpoint: str,
    console: str | None,
    opened: Callable[[], ListExport],
    may_open: Callable[[], bool] = lambda: True,
) -> None:
    """Register a list. `console`: None for a list that every account has."""
    exports.register_list(endpoint, console)
    sources(app)[endpoint] = Source(may_open, opened)


def register_view(app: Flask, view: Any) -> None:
    """Register the lists of a view: `exports` names, for each of its pages, the method that opens its list."""
    for page, method in view.exports.items():
        register_source(
            app, f"{view.endpoint}.{page}", view.console, getattr(view, method), view.is_accessible
        )


def export_address() -> str:
    """Return where this page's list is exported; "" when the page has none."""
    if request.endpoint not in sources(current_app):  # type: ignore[arg-type]
        return ""
    return _export_address(url_of("my_files.export"), request.path, request.query_string)


@lru_cache(maxsize=MOST_ADDRESSES)
def _export_address(page: str, path: str, query: bytes) -> str:
    address = f"{path}?{query.decode()}".rstrip("?")
    return f"{page}?{urlencode({'address': address})}"


@contextmanager
def acting(actor: Account, language: str, address: str = "/") -> Iterator[Account]:
    """Act as this account, in this language, on the page of this address. The database session is one of its own."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with app.app_context(), app.test_request_context(address):
        session["language"] = language
        person = active_account(actor)
        login_user(person)
        yield person


@contextmanager
def opened(actor: Account, language: str, address: str) -> Iterator[tuple[str, ListExport]]:
    """Open the list of an address; yield its endpoint and the list. Raises NotPermitted."""
    of_site = address.startswith("/") and not address.startswith("//")
    if not (of_site and len(address) <= LONGEST_ADDRESS and address.isprintable()):
        raise NotPermitted
    with acting(actor, language, address):
        source = sources(current_app).get(request.endpoint or "")  # type: ignore[arg-type]
        if source is None or not source.may_open():
            raise NotPermitted
        try:
            found = source.open()
        except NotFound as gone:
            raise NotPermitted from gone
        yield str(request.endpoint), found


@contextmanager
def open_list(actor: Account, language: str, asked: Asked) -> Iterator[OpenedList]:
    """Open a list for the worker."""
    with opened(actor, language, asked.address) as (name, found):
        if name != asked.list:
            raise NotPermitted
        title = list_title(found.title)
        at = now().astimezone(ORDOS).strftime("%Y%m%d-%H%M")
        yield OpenedList(
            f"{title}-{at}.xlsx",
            [_sheet(sheet, title, asked.full) for sheet in found.sheets],
            found.count() if found.count else 0,
        )


def _sheet(sheet: ListSheet, title: str, full: bool) -> ExportedSheet:
    columns = [column for column in sheet.columns if column.is_data]
    key = sheet.application_of
    cells = [column.plain_getter(full=full and key is not None) for column in columns]
    return ExportedSheet(
        translated(sheet.name) if sheet.name else title,
        [translated(column.heading) for column in columns],
        ((key(row) if key else None, [cell(row) for cell in cells]) for row in sheet.rows),
        {
            DISCLOSED_FIELDS.get(column.key, column.key): place
            for place, column in enumerate(columns)
            if column.masked
        },
    )


def described_search(words: str | None) -> Described:
    """Return what was searched for. What may be somebody's number is masked."""
    if not words:
        return ()
    hidden = sum(each.isdigit() for each in words) >= FEWEST_HIDDEN
    return ((SEARCHED, masked(words) if hidden else words),)


def described_filters(chosen: Mapping[str, str], labels: Mapping[str, Any]) -> Described:
    """Return filters in words: `labels` has, for each, its label and the labels of its values, or a function of a value."""
    found = []
    for key, (label, values) in labels.items():
        if value := chosen.get(key):
            found.append((label, str(values(value) if callable(values) else values.get(value, value))))
    return tuple(found)


def filters_text(described: Described) -> str:
    """Return filters as one text."""
    if not described:
        return gettext("没有筛选")
    return gettext("；").join(
        gettext("%(column)s：%(fault)s", column=translated(label), fault=translated(value))
        for label, value in described
    )


def register(app: Flask) -> None:
    """Let the worker open the lists of the consoles, and the pages link to their exports."""
    exports.register_opener(open_list)
    app.add_template_global(export_address)
