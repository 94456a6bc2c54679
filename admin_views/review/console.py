"""What every reviewer's console is: a list, and one application with its papers, its history and the table's buttons.

A console says what is special about it and nothing else. Decisions go through workflow.review, rows through scope.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from functools import cache, lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from flask import abort, flash, redirect, request, session
from flask_babel import gettext, pgettext
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, String, bindparam, select
from sqlalchemy.orm import joinedload

from admin_views.files.papers import file_groups, submitted_files, viewer_values, visible_files
from admin_views.files.routes import PaperRoutes
from admin_views.review import application_list as review_list
from admin_views.review import time_limits
from admin_views.review.ahead import AheadRoutes, is_prefetch
from admin_views.review.assignments import Assignments, Question
from admin_views.review.bulk import bulk_bar
from admin_views.review.contradictions import contradictions
from admin_views.review.lines import Next, Tab, Turns, lines, note_on_unknown_years
from admin_views.review.marks import MarkRoutes
from admin_views.review.notes import Notes
from admin_views.review.page import PHRASES, orphaned_reasons, read_by, sections
from admin_views.review.period_filter import BY_PERIOD, PERIODS, Options, options
from admin_views.review.resubmitted import resubmitted_values
from admin_views.review.take_back import TAKE_BACK, TakeBackRoutes
from admin_views.site import keyset
from admin_views.site.base import (
    MOST_MENUS,
    ScopedView,
    address_of,
    expose,
    menu,
    menu_numbers,
    number_on_tab,
)
from admin_views.site.keyset import ListQuery
from admin_views.site.languages import cached_per_language
from admin_views.site.lists import Column, DataTable, Head
from admin_views.site.numbers import bind_counts, cache_counts, current_shape, own_numbers, page_counts
from admin_views.site.typed import one_line
from admin_views.site.wording import too_long, translated
from common.errors import (
    ChangedMeanwhile,
    NotPermitted,
    NotVisible,
    ReasonMissing,
    ReasonTooLong,
    TakenByColleague,
)
from common.wording import N_
from desk import assignments, disclosure, taking_back
from desk.marks import DeskDecision
from desk.time_limits import LIMITS
from models import Action, Application, Review, db
from workflow import progress, review, routing, scope
from workflow.actor_shape import ActorShape
from workflow.transitions import (
    ACTION_WORDS,
    BY_STATE_AND_ACTION,
    RESULT_WORDS,
    STATE_WORDS,
    Transition,
    open_transitions,
)

MOST_ADDRESSES = 500
PLAIN_IN_QUERY = "!$'()*,/:;?@"
"""What browsers leave as it is in a query, and url_for too."""


class ReviewConsole(Assignments, Notes, TakeBackRoutes, MarkRoutes, AheadRoutes, PaperRoutes, ScopedView):
    """The list and the page of one application for whoever reviews."""

    exposed_routes = (
        "index_view",
        "application",
        "decide",
        "disclose",
        *Assignments.exposed_routes,
        *Notes.exposed_routes,
        *TakeBackRoutes.exposed_routes,
        *MarkRoutes.exposed_routes,
        *AheadRoutes.exposed_routes,
        *PaperRoutes.exposed_routes,
    )
    runs_without_session = ("index_view",)
    lookup_column = "number"
    title = console_title = N_("申请审核")
    """What the list is called, and what stands at the top left."""
    tabs = ("waiting", "decided", "all")
    list_frame = "review/frame.html"
    shows_unsubmitted = False
    """Whether what was never submitted is in sight: it has no time of submission to be sorted by."""
    filters = {
        "education": review_list.BY_EDUCATION,
        "submitted": review_list.BY_SUBMITTED,
        "waiting": review_list.BY_WAITING,
        "limit": review_list.BY_LIMIT,
        "taken": review_list.BY_TAKEN,
        "period": BY_PERIOD,
    }

    def criterion(self) -> ColumnElement[bool]:
        return scope.visible(current_user)

    def rows(self, *columns: Any) -> Select[Any]:
        rows = super().rows(*columns)
        return rows if columns else rows.options(joinedload(Application.period))

    def get_one(self, id: Any) -> Application:
        """Return the application with this number; 404 where this account sees none."""
        if not str(id).isprintable():
            abort(404)
        values = {"number": id, **current_shape().bind_values(current_user._get_current_object())}
        found: Application | None = db.session.scalars(_one(current_shape()), values).one_or_none()
        if found is None:
            abort(404)
        return found

    def render(self, template: str, **context: Any) -> str:
        context.setdefault("console", _words(type(self)).console)
        context.setdefault("menu", menu(self.admin, self))
        return super().render(template, **context)

    # The list

    @expose("/")
    def index_view(self) -> str:
        """Return the list as tabs, filters, search and sorting leave it."""
        chosen = _chosen(request.args.items())
        self._keep_for_the_way_back(request.query_string.decode())
        tab = chosen.get("tab", self.tabs[0])
        if tab not in self.tabs:
            abort(404)
        sorts, offered = self._sorts(tab, chosen), _offered(type(self), tab)
        sort = next((key for key in (chosen.get("sort"), "waiting", "submitted") if key in sorts), "")
        descending = tab == review_list.DECIDED or chosen.get("order", self._usual_order(tab)) == "desc"
        filtered = any(key in chosen for key in ("q", *offered))
        asked = _numbers(self, current_shape(), tab)
        words, address = _words(type(self)), address_of(self)
        rows = self._rows(tab, chosen, sort, descending, asked)
        periods = options(*page_counts(PERIODS))
        limits = time_limits.present_limits()
        shown_lines = lines(rows.rows, tab == "waiting", limits)
        columns = review_list.COLUMNS[tab]
        if tab == "waiting" and not time_limits.limit_of(current_shape().role, limits):
            columns = review_list.WITHOUT_LIMIT
        return self.render(
            "review/list.html",
            list_frame=self.list_frame,
            title=words.title,
            tabs=self._tabs(address, tab, chosen, asked),
            tab=tab,
            address=address,
            filters=_narrowing(type(self), tab, periods),
            present=tuple(chosen.get(key) for key in offered),
            chosen=chosen,
            filtered=filtered,
            searched_for=review_list.SEARCHED_FOR,
            listing=DataTable(columns, shown_lines),
            bulk=bulk_bar(
                self.console,
                _with("", {key: value for key, value in chosen.items() if key != "page"}),
                "" if filtered else number_on_tab(page_counts(*asked)[-1]),
            )
            if tab == "waiting"
            else None,
            heads=self._heads(address, tab, columns, sort, descending, chosen, sorts),
            counted=note_on_unknown_years(shown_lines),
            count_links=self._count_links(address) if tab == "waiting" else [],
            pager=Turns(*(_turned(address, chosen, cursor) for cursor in rows.cursors)),
            left_out=self._left_out(sort, filtered),
            of_the_order=self._of_the_order(tab, sort, descending),
        )

    def waiting_ids(self, chosen: dict[str, str], most: int) -> tuple[list[int], bool]:
        """Return the ids of what waits here as it is narrowed, the first `most`, and whether there are more."""
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
        asked: tuple[Select[Any], ...],
    ) -> keyset.Page:
        """Return the rows of the page, and cache the numbers that were read beside them.

        Reads again when the limits or the calendar have changed since this process last read them.
        """
        while True:
            used = time_limits.known()
            listing, values = self._listing(tab, chosen, sort, descending, also_count=asked)
            rows = listing.page(chosen.get("page", ""), keyset.PAGE_SIZE, values)
            if rows.rows:
                cache_counts(asked, rows.counts)
            else:
                bind_counts(values)
                page_counts(*asked)  # all of them in one statement
            if time_limits.is_current(used):
                return rows

    def _count_links(self, address: str) -> list[time_limits.CountLink]:
        return time_limits.count_links(address, *page_counts(*time_limits.counts(current_shape())))

    def _sorts(self, tab: str, chosen: Mapping[str, str]) -> frozenset[str]:
        """Return how a list can be sorted as it is narrowed."""
        in_use = (
            filter_
            for key, filter_ in _offered(type(self), tab).items()
            if filter_.choice(chosen.get(key, ""))
        )
        return review_list.sorts(tab, in_use)

    def _left_out(self, sort: str, filtered: bool) -> str:
        """Return what an order leaves out, if anything."""
        if self.shows_unsubmitted and not filtered and review_list.leaves_out(sort):
            return gettext("按提交时间排序，从未提交过的申请不列出")
        return ""

    def _of_the_order(self, tab: str, sort: str, descending: bool) -> str:
        """Return the order that no heading says, if it is such a one."""
        if tab == review_list.DECIDED:
            return gettext("最近审核的在前")
        return gettext("最近有进展的在前") if (tab, sort, descending) == ("all", "waiting", True) else ""

    def _usual_order(self, tab: str) -> str:
        return "asc" if tab == "waiting" else "desc"

    def _listing(
        self,
        tab: str,
        chosen: dict[str, str],
        sort: str,
        descending: bool,
        but_one: bool = False,
        also_count: tuple[Select[Any], ...] = (),
    ) -> tuple[ListQuery, dict[str, Any]]:
        """Return the list as it is narrowed, and the values with which it is asked for: who asks, and for what."""
        offered = _offered(type(self), tab).items()
        narrowing = tuple(
            choice for key, filter_ in offered if (choice := filter_.choice(chosen.get(key, "")))
        )
        narrowed_to = {
            name: value
            for key, filter_ in offered
            for name, value in filter_.bind_values(chosen.get(key, "")).items()
        }
        words = chosen.get("q", "").strip()
        search = review_list.search(words) if words else review_list.Search()
        actor = current_user._get_current_object()
        shape = current_shape()
        listing = review_list.listing(
            shape,
            tab,
            narrowing,
            search.paths,
            search.lookup,
            sort,
            descending,
            but_one,
            also_count,
        )
        limits = time_limits.list_values(shape.role, time_limits.known())
        return listing, {**shape.bind_values(actor), **search.values, **narrowed_to, **limits}

    def _tabs(
        self, address: str, present: str, chosen: dict[str, str], asked: Sequence[Select[Any]]
    ) -> tuple[Tab, ...]:
        return tuple(
            Tab(
                label,
                f"{self._narrowing_that_stays(address, key, chosen)}tab={key}",
                key == present,
                number_on_tab(page_counts(*asked)[-1]) if key == "waiting" else None,
            )
            for key, label in _words(type(self)).tabs
        )

    def _narrowing_that_stays(self, address: str, tab: str, chosen: Mapping[str, str]) -> str:
        return _with(
            address, {key: chosen[key] for key in ("q", *_offered(type(self), tab)) if key in chosen}
        )

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
        narrowed = _with(address, {k: v for k, v in chosen.items() if k not in {"sort", "order", "page"}})
        present, turned = ("desc", "asc") if descending else ("asc", "desc")
        # Who arrived first has waited longest.
        direction = turned if (tab, sort) == ("waiting", "waiting") else present
        return tuple(
            Head(
                label,
                f"{narrowed}sort={key}&order={turned if key == sort else 'asc'}" if key in sorts else None,
                direction if key == sort and key in sorts else None,
            )
            for key, label in _headings(columns)
        )

    def _keep_for_the_way_back(self, query: str) -> None:
        # A cookie that says what it said before need not be made and sent again.
        if session.get(key := f"{self.console}-list") != query:
            session[key] = query

    def back_to_list(self) -> str:
        """Return the list as this person left it."""
        query = session.get(f"{self.console}-list", "")
        return address_of(self) + (f"?{query}" if query else "")

    # One application

    @expose("/<number>/")
    def application(self, number: str) -> str:
        """Return the page of one application."""
        found = self.get_one(number)
        page = self._page(found)
        if not is_prefetch():
            taking_back.note_opened(found, current_user)
        return page

    def _page(self, found: Application, status: int = 200, **further: Any) -> Any:
        actor, reviews = current_user._get_current_object(), progress.history(found)
        read = read_by(found, reviews, actor)
        buttons, taken = self._buttons(found), self.offered_take_back(found, reviews)
        address, files = self.paper_address(found), visible_files(found, actor)
        papers = submitted_files(found, files)
        read_sections = sections(found, read)
        marks = self.mark_values(found, read_sections, further.pop("mark_refused", None))
        content = self.render(
            "review/application.html",
            list_frame=self.list_frame,
            application=found,
            sections=read_sections,
            contradictions=contradictions(found, read, actor, lambda other: f"{address_of(self)}{other}/"),
            **marks,
            **resubmitted_values(found, reviews, read, read_sections, (files, papers, address), actor),
            **viewer_values(file_groups(papers, address, read.seen_round)),
            reviews=reviews,
            table=BY_STATE_AND_ACTION,
            state_words=STATE_WORDS,
            result_words=RESULT_WORDS,
            buttons=buttons,
            typed_back=orphaned_reasons(
                further.get("typed", {}),
                {one["row"].action.value for one in buttons} | ({TAKE_BACK} if taken else set()),
            ),
            take_back=taken,
            next_one=self._next(found.id, found.arrived_at),
            under_review=found.state in routing.REVIEW_STEPS,
            **time_limits.values(found, tuple(menu_numbers(self.admin, current_shape()).values())),
            back=self.back_to_list(),
            corrections=self.corrections_of(found),
            own_regions=[key for key, _kind in actor.membership.regions],
            **self.page_context_of(found),
            **{
                **self.notes_of(found),
                "disclosed": {},
                "wrong": {},
                "typed": {},
                "meanwhile": None,
                "question": None,
                **further,
            },
        )
        return content, status

    def corrections_of(self, found: Application) -> list[dict[str, str]]:
        """Return the links to what this person may correct: nothing, unless a console says otherwise."""
        return []

    def _buttons(self, found: Application) -> list[dict[str, Any]]:
        return [
            {"row": row, "label": self._button(found, row), "phrases": PHRASES.get(row.action, ())}
            for row in open_transitions(found.state, current_user.role)
        ]

    def _button(self, found: Application, row: Transition) -> str:
        target = routing.target(row, found.region)
        if row.action is Action.PASS and target in routing.REVIEW_STEPS and found.submitted_enterprise:
            return gettext(
                "通过并提交至%(desk)s",
                desk=routing.responsible_at(target, found.submitted_enterprise, found.region).name,
            )
        if row.action is Action.PASS:
            return gettext("通过，业务结束")
        return pgettext("button", ACTION_WORDS[row.action])

    def _next(self, present: int, since: Any) -> Next | None:
        """Return the one of the list that has waited longest after this one, or from the beginning when this was the last."""
        listing, values = self._listing(
            "waiting", self._narrowed(), "waiting", descending=False, but_one=True
        )
        given = {**values, review_list.PRESENT: present}
        found = listing.following(since, present, given)
        if found is None:
            return None
        return Next(found.number, found.name, found.arrived_at.replace(tzinfo=UTC))

    def _narrowed(self) -> dict[str, str]:
        """Return how this person narrowed what waits: who looks for one enterprise's decides that one's."""
        chosen = _chosen(parse_qsl(session.get(f"{self.console}-list", "")))
        return chosen if chosen.get("tab", "waiting") == "waiting" else {}

    @expose("/<number>/decide/", methods=("POST",))
    def decide(self, number: str) -> Any:
        """Do what a button says; then the next waiting application opens."""
        action, form = self._action(), request.form
        reason = form.get("reason", "")
        if not number.isprintable():
            abort(404)
        try:
            line = review.perform(
                number,
                action,
                current_user._get_current_object(),
                seen_version=form.get("version", default=0, type=int),
                decision=DeskDecision(reason),
                check=None if form.get("anyway") else assignments.refuse_taken,
            )
        except TakenByColleague as hindrance:
            question = Question(action, hindrance.holder)
            return self._page(self.get_one(number), 409, question=question, typed={action.value: reason})
        except ReasonMissing:
            wrong = {action.value: gettext("请填写原因，申请人会看到这段文字。")}
            return self._page(self.get_one(number), 422, wrong=wrong)
        except ReasonTooLong:
            wrong = {action.value: too_long()}
            return self._page(self.get_one(number), 422, wrong=wrong, typed={action.value: reason})
        except ChangedMeanwhile as hindrance:
            found = self.get_one(number)
            return self._page(found, 409, meanwhile=hindrance.last, typed={action.value: reason})
        except (NotPermitted, NotVisible):
            abort(404)
        if line is None:  # saving, which leaves none, is the applicant's alone
            abort(404)
        flash(self.link_to_take_back(self._done(line), line.application.number), "success")
        following = self._next(line.application_id, line.waited_since)
        if following is None:
            return redirect(self.back_to_list())
        return redirect(f"{address_of(self)}{following.number}/")

    def _action(self) -> Action:
        try:
            return Action(request.form.get("action", ""))
        except ValueError:
            abort(404)

    def _done(self, line: Review) -> str:
        """Return what was just done and, when somebody has it now, who and whom to remind (E6)."""
        found = line.application
        sentence = gettext(
            "%(name)s（%(number)s）：%(said)s。",
            name=found.name,
            number=found.number,
            said=translated(BY_STATE_AND_ACTION[line.from_state, line.action].wording),
        )
        desk = routing.responsible_for(found)
        if desk is None:
            return sentence
        return sentence + gettext(
            "现由%(desk)s办理（电话：%(telephone)s），系统已提醒该单位，请及时通知。",
            desk=desk.name,
            telephone=desk.telephone or gettext("见通知里第六部分"),
        )

    @expose("/<number>/disclose/", methods=("POST",))
    def disclose(self, number: str) -> Any:
        """Show a hidden number in full, and note who looked."""
        found = self.get_one(number)
        field = request.form.get("field", "")
        try:
            full = disclosure.disclose(found, current_user, field)
        except KeyError:
            abort(404)
        if request.accept_mimetypes.best == "application/json":
            return {"field": field, "value": full}
        return self._page(found, disclosed={field: full})


def _chosen(query: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return what an address chooses, as people type it."""
    return {key: text for key, value in query if (text := one_line(value))}


def _turned(address: str, chosen: dict[str, str], cursor: str | None) -> str | None:
    return None if cursor is None else _with(address, {**chosen, "page": cursor})[:-1]


def _with(address: str, query: Mapping[str, str]) -> str:
    """Return a list's address with what is chosen in it, for one thing more; url_for would look for the list each time."""
    return _with_query(address, tuple(query.items()))


@lru_cache(maxsize=MOST_ADDRESSES)
def _with_query(address: str, query: tuple[tuple[str, str], ...]) -> str:
    given = urlencode([(key, value) for key, value in query if value], safe=PLAIN_IN_QUERY)
    return f"{address}?{given}&" if given else f"{address}?"


class ConsoleWording(NamedTuple):
    """What a console says of its list whatever is in it, in one language."""

    console: str
    title: str
    tabs: tuple[tuple[str, str], ...]


@cache
def _one(actor: ActorShape) -> Select[Any]:
    return (
        select(Application)
        .options(joinedload(Application.period))
        .where(scope.visible(actor), Application.number == bindparam("number", type_=String))
    )


@cached_per_language
def _words(console: type[ReviewConsole]) -> ConsoleWording:
    return ConsoleWording(
        translated(console.console_title),
        translated(console.title),
        tuple((key, translated(review_list.TABS[key][0])) for key in console.tabs),
    )


@cached_per_language
def _headings(columns: tuple[Column, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((column.key, translated(column.heading)) for column in columns)


@cache
def _offered(console: type[ReviewConsole], tab: str) -> Mapping[str, review_list.Filter]:
    """Return what a tab can be narrowed by."""
    return {key: filter_ for key, filter_ in console.filters.items() if tab in filter_.tabs}


@lru_cache(maxsize=MOST_MENUS)
def _numbers(view: ReviewConsole, actor: ActorShape, tab: str) -> tuple[Select[Any], ...]:
    """Return the queries for the numbers that the list says: the frame's, the menu's, the limits', the tab's last."""
    limited = time_limits.counts(actor) if tab == "waiting" else ()
    tabs = [review_list.waiting_count(actor)] if "waiting" in view.tabs else []
    menu_counts = menu_numbers(view.admin, actor).values()
    return (*own_numbers(actor), *menu_counts, PERIODS, LIMITS, *limited, *tabs)


@cached_per_language
def _narrowing(
    console: type[ReviewConsole], tab: str, periods: Options
) -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
    """Return the filters of a tab: what each is called, and its choices. `periods`: those of the database."""
    return tuple(
        (
            key,
            translated(narrowing.label),
            (
                ("", translated(narrowing.any)),
                *((value, translated(one.label)) for value, one in narrowing.choices.items()),
                *(periods if narrowing is BY_PERIOD else ()),
            ),
        )
        for key, narrowing in _offered(console, tab).items()
    )
