"""The page of a console's list: its tabs, filters, search, orders and pages."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import abort, request, session
from sqlalchemy import Select

from accounts.actor_shape import ActorShape
from admin_views.review import application_list, list_search, time_limits
from admin_views.review.bulk import bulk_bar
from admin_views.review.exported import ExportedList, chosen_values
from admin_views.review.linked_filters import filters_in_use, linked_values, own_filters
from admin_views.review.list_rows import PagerUrls, Tab, list_rows, note_on_unknown_years
from admin_views.review.period_filter import BY_PERIOD, PERIODS, Options, options
from admin_views.site import keyset
from admin_views.site.base import MOST_MENUS, address_of, expose, menu_numbers, number_on_tab
from admin_views.site.keyset import ListQuery
from admin_views.site.languages import cached_per_language
from admin_views.site.lists import Column, DataTable, Head
from admin_views.site.page_counts import bind_counts, cache_counts, current_actor, frame_queries, page_counts
from admin_views.site.wording import cached_gettext, translated
from common.single_objects import single_object
from common.wording import N_
from desk.time_limits import LIMITS, TimeLimits
from models import Role

MOST_ADDRESSES = 500
PLAIN_IN_QUERY = "!$'()*,/:;?@"
"""Characters that browsers and url_for do not escape in a query string."""


class ListPage(ExportedList):
    """The list of a console, for `ReviewConsole`. These attributes are what differs between consoles."""

    exposed_routes: tuple[str, ...] = ("index_view",)
    console: Any
    render: Any

    title = console_title = N_("申请审核")
    """The name of the list, and the name of the console in the bar."""
    tabs = ("waiting", "decided", "all")
    list_frame = "review/frame.html"
    shows_unsubmitted = False
    """Whether the scope has applications that were never submitted. They have no time of submission to be sorted by."""
    filters = {
        "education": application_list.BY_EDUCATION,
        "submitted": application_list.BY_SUBMITTED,
        "waiting": application_list.BY_WAITING,
        "limit": application_list.BY_LIMIT,
        "taken": application_list.BY_TAKEN,
        "period": BY_PERIOD,
    }

    @expose("/")
    def index_view(self) -> str:
        """Show the list with the chosen tab, filters, search and order."""
        chosen = chosen_values(request.args.items())
        self._remember_query(request.query_string.decode())
        tab, sorts, sort, descending = self._tab_and_order(chosen)
        offered = self._offered(tab)
        filtered = any(key in chosen for key in ("q", *offered))
        _actor, shape = current_actor()
        count_queries = _count_queries(self, shape, tab)
        words, address = console_wording(type(self)), address_of(self)
        found = self._rows(tab, chosen, sort, descending, count_queries)
        periods, waiting = page_counts(PERIODS, count_queries[-1])
        limits = time_limits.present_limits()
        rows = list_rows(found.rows, tab == "waiting", limits)
        columns = self._columns(tab, shape.role, limits)
        return self.render(
            "review/list.html",
            list_frame=self.list_frame,
            title=words.title,
            tabs=self._tabs(address, tab, chosen, waiting),
            tab=tab,
            address=address,
            filters=_filter_choices(type(self), tab, options(periods)),
            present=tuple(chosen.get(key) for key in own_filters(type(self), tab)),
            linked=filters_in_use(self.filters, tab, chosen),
            linked_values=linked_values(self.filters, tab, chosen),
            chosen=chosen,
            filtered=filtered,
            searched_for=list_search.SEARCHED_FOR,
            listing=DataTable(columns, rows),
            bulk=bulk_bar(
                self.console,
                shape.role,
                _url_prefix("", {key: value for key, value in chosen.items() if key != "page"}),
                "" if filtered else number_on_tab(waiting),
            )
            if tab == "waiting"
            else None,
            heads=self._heads(address, tab, columns, sort, descending, chosen, sorts),
            years_note=note_on_unknown_years(rows),
            count_links=self._count_links(address, shape) if tab == "waiting" else [],
            pager=PagerUrls(*(_page_url(address, chosen, cursor) for cursor in found.cursors)),
            left_out=self._left_out(sort, filtered),
            order_note=self._order_note(tab, sort, descending),
        )

    def _tab_and_order(self, chosen: Mapping[str, str]) -> tuple[str, frozenset[str], str, bool]:
        """Return the tab, the orders that it offers, the present one, and whether that is descending; 404 for an unknown tab."""
        tab = chosen.get("tab", self.tabs[0])
        if tab not in self.tabs:
            abort(404)
        sorts = self._sorts(tab, chosen)
        sort = next((key for key in (chosen.get("sort"), "waiting", "submitted") if key in sorts), "")
        descending = tab == application_list.DECIDED or chosen.get("order", self._usual_order(tab)) == "desc"
        return tab, sorts, sort, descending

    def _columns(self, tab: str, role: Role, limits: TimeLimits) -> tuple[Column, ...]:
        if tab == "waiting" and not time_limits.limit_of(role, limits):
            return application_list.WITHOUT_LIMIT
        return application_list.COLUMNS[tab]

    def waiting_ids(self, chosen: dict[str, str], most: int) -> tuple[list[int], bool]:
        """Return the ids of the first `most` waiting rows that the filters leave, and whether there are more."""
        time_limits.read_again()
        sorts = self._sorts("waiting", chosen)
        sort = next((key for key in (chosen.get("sort"), "waiting", "submitted") if key in sorts), "")
        listing, values = self._listing("waiting", chosen, sort, chosen.get("order") == "desc")
        found = listing.page("", most, values)
        return [row.sort_id for row in found.rows], found.next is not None

    def _rows(
        self,
        tab: str,
        chosen: dict[str, str],
        sort: str,
        descending: bool,
        count_queries: tuple[Select[Any], ...],
    ) -> keyset.Page:
        """Return the rows of the page, and cache the counts that were read with them.

        Reads again when the limits or the calendar have changed since this process last read them.
        """
        while True:
            used = time_limits.last_read()
            listing, values = self._listing(tab, chosen, sort, descending, also_count=count_queries)
            rows = listing.page(chosen.get("page", ""), keyset.PAGE_SIZE, values)
            if rows.rows:
                cache_counts(count_queries, rows.counts)
            else:
                bind_counts(values)
                page_counts(*count_queries)  # all of them in one statement
            if time_limits.is_current(used):
                return rows

    def _count_links(self, address: str, shape: ActorShape) -> list[time_limits.CountLink]:
        return time_limits.count_links(address, *page_counts(*time_limits.counts(shape)))

    def _sorts(self, tab: str, chosen: Mapping[str, str]) -> frozenset[str]:
        """Return the orders that the list offers with the filters in use."""
        in_use = (
            filter_
            for key, filter_ in self._offered(tab).items()
            if key in chosen and filter_.choice(chosen[key])
        )
        return application_list.sorts(tab, in_use)

    def _left_out(self, sort: str, filtered: bool) -> str:
        """Return the note on rows that this order leaves out; "" for none."""
        if self.shows_unsubmitted and not filtered and application_list.leaves_out(sort):
            return cached_gettext(N_("按提交时间排序，从未提交过的申请不列出"))
        return ""

    def _order_note(self, tab: str, sort: str, descending: bool) -> str:
        """Return the present order in words where no heading shows it; else ""."""
        if tab == application_list.DECIDED:
            return cached_gettext(N_("最近审核的在前"))
        if (tab, sort, descending) == ("all", "waiting", True):
            return cached_gettext(N_("最近有进展的在前"))
        return ""

    def _usual_order(self, tab: str) -> str:
        return "asc" if tab == "waiting" else "desc"

    def _listing(
        self,
        tab: str,
        chosen: dict[str, str],
        sort: str,
        descending: bool,
        for_next: bool = False,
        also_count: tuple[Select[Any], ...] = (),
        exported: bool = False,
    ) -> tuple[ListQuery, dict[str, Any]]:
        """Return the list with the filters and the search of `chosen`, and its bind values."""
        offered = [(filter_, chosen[key]) for key, filter_ in self._offered(tab).items() if key in chosen]
        narrowing = tuple(choice for filter_, value in offered if (choice := filter_.choice(value)))
        narrowed_to = {
            name: bound for filter_, value in offered for name, bound in filter_.bind_values(value).items()
        }
        words = chosen.get("q", "").strip()
        search = list_search.search(words) if words else list_search.Search()
        actor, shape = current_actor()
        listing = application_list.listing(
            shape,
            tab,
            narrowing,
            search.paths,
            search.lookup,
            sort,
            descending,
            for_next,
            also_count,
            exported,
        )
        limits = time_limits.list_values(shape.role, time_limits.last_read())
        return listing, {**shape.bind_values(actor), **search.values, **narrowed_to, **limits}

    def _tabs(self, address: str, present: str, chosen: dict[str, str], waiting: int) -> tuple[Tab, ...]:
        return tuple(
            Tab(
                label,
                f"{self._url_with_filters(address, key, chosen)}tab={key}",
                key == present,
                number_on_tab(waiting) if key == "waiting" else None,
            )
            for key, label in console_wording(type(self)).tabs
        )

    def _url_with_filters(self, address: str, tab: str, chosen: Mapping[str, str]) -> str:
        """Return the URL prefix with the search and those of the filters that this tab has."""
        return _url_prefix(address, {key: chosen[key] for key in ("q", *self._offered(tab)) if key in chosen})

    def _heads(
        self,
        address: str,
        tab: str,
        columns: tuple[Column, ...],
        sort: str,
        descending: bool,
        chosen: dict[str, str],
        sorts: frozenset[str],
    ) -> tuple[Head, ...]:
        prefix = _url_prefix(address, {k: v for k, v in chosen.items() if k not in {"sort", "order", "page"}})
        present, opposite = ("desc", "asc") if descending else ("asc", "desc")
        # The column shows the waiting time and is sorted by the arrival: who arrived first has waited longest.
        direction = opposite if (tab, sort) == ("waiting", "waiting") else present
        return tuple(
            Head(
                label,
                f"{prefix}sort={key}&order={opposite if key == sort else 'asc'}" if key in sorts else None,
                direction if key == sort and key in sorts else None,
            )
            for key, label in _headings(columns)
        )

    def _remember_query(self, query: str) -> None:
        # Writing an equal value would send the session cookie again.
        if session.get(key := f"{self.console}-list") != query:
            session[key] = query

    def back_to_list(self) -> str:
        """Return the URL of the list as this person left it."""
        query = session.get(f"{self.console}-list", "")
        return address_of(self) + (f"?{query}" if query else "")


def _page_url(address: str, chosen: dict[str, str], cursor: str | None) -> str | None:
    return None if cursor is None else _url_prefix(address, {**chosen, "page": cursor})[:-1]


def _url_prefix(address: str, query: Mapping[str, str]) -> str:
    """Return the URL of a list with this query, open for one more parameter: it ends with ? or &. Faster than url_for."""
    return _cached_url_prefix(address, tuple(query.items()))


@lru_cache(maxsize=MOST_ADDRESSES)
def _cached_url_prefix(address: str, query: tuple[tuple[str, str], ...]) -> str:
    given = urlencode([(key, value) for key, value in query if value], safe=PLAIN_IN_QUERY)
    return f"{address}?{given}&" if given else f"{address}?"


class ConsoleWording(NamedTuple):
    """The texts of a console's list that depend on the language alone."""

    console: str
    title: str
    tabs: tuple[tuple[str, str], ...]


@cached_per_language
def console_wording(console: type[ListPage]) -> ConsoleWording:
    return ConsoleWording(
        translated(console.console_title),
        translated(console.title),
        tuple((key, translated(application_list.TABS[key][0])) for key in console.tabs),
    )


@cached_per_language
def _headings(columns: tuple[Column, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((column.key, translated(column.heading)) for column in columns)


@single_object(MOST_MENUS)
def _count_queries(view: Any, actor: ActorShape, tab: str) -> tuple[Select[Any], ...]:
    """Return the queries for the numbers of the page: those of frame, menu, periods and time limits, and last that of the tab."""
    limited = time_limits.counts(actor) if tab == "waiting" else ()
    tabs = [application_list.waiting_count(actor)] if "waiting" in view.tabs else []
    menu_counts = menu_numbers(view.admin, actor).values()
    return (*frame_queries(actor), *menu_counts, PERIODS, LIMITS, *limited, *tabs)


@cached_per_language
def _filter_choices(
    console: type[ListPage], tab: str, periods: Options
) -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
    """Return the key, label and choices of each filter of a tab. `periods`: the choices of the filter by period."""
    return tuple(
        (
            key,
            translated(filter_.label),
            (
                ("", translated(filter_.any)),
                *((value, translated(choice.label)) for value, choice in filter_.choices.items()),
                *(periods if filter_ is BY_PERIOD else ()),
            ),
        )
        for key, filter_ in own_filters(console, tab).items()
    )
