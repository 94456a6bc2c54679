"""The reviewers' list: its columns, filters, orders and queries. Reads plain columns and never counts a table."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, func, not_, null, select

from accounts.actor_shape import Actor, ActorShape
from admin_views.review.list_search import SEARCH_PATHS
from admin_views.site.base import MOST_COUNTED
from admin_views.site.keyset import ListQuery, Order
from admin_views.site.lists import Column
from common.single_objects import single_object
from common.wording import N_
from desk import assignments, time_limits
from models import Application, Enterprise, Result, Review, State, now
from models.database import Instant
from models.search import Lookup
from models.statements import as_stored, constant
from workflow import scope
from workflow.form.living_allowance import EDUCATIONS
from workflow.scope import Criterion
from workflow.transitions import RESULT_WORDS, STATE_OF_RESULT, STATE_WORDS

MOST_LISTINGS = 500
"""Shapes of a list whose statements are cached: roles, tabs, filters and sortings as people combine them."""

PRESENT = "present_id"
"""The bind parameter for the row that is open at the moment."""

EMPLOYER = (
    select(Enterprise.name).where(Enterprise.id == Application.submitted_enterprise_id).scalar_subquery()
)
"""A sub-query, so that PostgreSQL reads it for the rows of a page only. A join read it for every row that a search finds."""


STORED = (
    Application.number,
    Application.name,
    EMPLOYER.label("enterprise"),
    Application.education,
    Application.form_version,
    as_stored(Application.submitted_at),
    as_stored(Application.arrived_at),
    as_stored(Application.state),
    as_stored(Application.result),
    Application.resubmit_by,
)
"""The database columns of a row; `list_rows.ListRow` has the values that the list's columns show."""

EXPORTED = (
    Application.id.label("application_id"),
    Application.paper,
    Application.identity_number,
    Application.phone,
    Application.bank_account,
)
"""Further database columns of an export (exported.py)."""

DECIDED = "decided"
TABS: Mapping[str, tuple[str, Callable[[Actor], Criterion]]] = {
    "waiting": (N_("待我审核"), scope.waiting),
    DECIDED: (N_("已审核"), scope.decided),
    "all": (N_("全部"), scope.visible),
}

_CHOSEN = Column("chosen", N_("选中"), cell="macro", style="cell-choose")
_LEADING = (
    Column("number", N_("编号"), sort=Application.number, style="cell-quiet num"),
    Column("name", N_("姓名"), sort=Application.initials, cell="title"),
    Column("enterprise", N_("工作单位")),
    Column("education", N_("学历"), attrgetter("education_word"), style="cell-education"),
    Column("submitted", N_("提交时间"), sort=Application.submitted_at, cell="stamp", style="num"),
)
_WAITING = Column("waiting", N_("等待"), attrgetter("badge"), sort=Application.arrived_at, cell="badge")
_TAKEN = Column("taken_by", N_("领取人"), hides_empty=True)
_LIMIT = Column("limit", N_("办理期限"), attrgetter("limit_badge"), cell="badge", hides_empty=True)
_STATE = Column("state", N_("业务状态"), attrgetter("badge"), cell="badge")
COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "waiting": (_CHOSEN, *_LEADING, _TAKEN, _WAITING, _LIMIT),
    DECIDED: (*_LEADING, _STATE),
    "all": (*_LEADING, _STATE),
}
"""The columns of each tab; a row is a `list_rows.ListRow`."""
WITHOUT_LIMIT = tuple(column for column in COLUMNS["waiting"] if column is not _LIMIT)
"""The columns of the tab `waiting` at a step without a time limit."""
SORTS = {column.key: column.sort for column in COLUMNS["waiting"] if column.sort is not None}
"""What a list can be sorted by. Tabs where not all rows wait sort by the arrival too, without a heading for it."""
SORTABLE = frozenset(SORTS)


class Choice(NamedTuple):
    """One choice of a filter: its label, and the criterion of the rows that it keeps."""

    label: str
    criterion: Callable[[], Criterion]
    planned_by_value: bool = False
    """Whether the best plan depends on how frequent the bound value is."""


@dataclass(frozen=True)
class Filter:
    """One filter above the list; `any` is the label of its empty choice.

    `sorts`: the orders that the list offers while the filter is in use. A filter by time allows only the order of time: in any
    other order its rows are scattered over the whole table, and a page would read most of it. `tabs`: the tabs that show it.
    """

    label: str
    any: str
    choices: Mapping[str, Choice]
    sorts: frozenset[str] = SORTABLE
    tabs: tuple[str, ...] = tuple(TABS)

    def choice(self, value: str) -> Choice | None:
        """Return the choice of this value; None for a value that filters nothing."""
        return self.choices.get(value)

    def bind_values(self, value: str) -> dict[str, Any]:
        """Return the bind values of this value's criterion."""
        return {}


def _education(key: str) -> Callable[[], Criterion]:
    return lambda: and_(Application.education == key, not_(scope.IS_WITH_APPLICANT))


def _submitted_since(days: int) -> Callable[[], Criterion]:
    return lambda: Application.submitted_at >= _ago(days)


def _arrived_before(days: int) -> Callable[[], Criterion]:
    # An application is submitted before it arrives at a step, so the second condition excludes nothing. It lets the index of the
    # order by submission begin at this day too.
    return lambda: and_(Application.arrived_at < _ago(days), Application.submitted_at < _ago(days))


def _ago(days: int) -> Any:
    return bindparam(None, type_=Instant(), callable_=lambda: now() - timedelta(days=days))


def _state(state: State) -> Callable[[], Criterion]:
    return lambda: Application.state == constant(state)


def _result(result: Result) -> Callable[[], Criterion]:
    return lambda: and_(
        Application.result == constant(result), Application.state == constant(STATE_OF_RESULT[result])
    )


BY_EDUCATION = Filter(
    N_("学历"), N_("不限"), {key: Choice(label, _education(key)) for key, label in EDUCATIONS.items()}
)
BY_SUBMITTED = Filter(
    N_("提交时间"),
    N_("不限"),
    {
        "week": Choice(N_("最近 7 天"), _submitted_since(7)),
        "month": Choice(N_("最近 30 天"), _submitted_since(30)),
        "year": Choice(N_("最近 365 天"), _submitted_since(365)),
    },
    sorts=frozenset({"submitted"}),
)
BY_WAITING = Filter(
    N_("等待"),
    N_("不限"),
    {
        "3": Choice(N_("超过 3 天"), _arrived_before(3)),
        "7": Choice(N_("超过 7 天"), _arrived_before(7)),
        "14": Choice(N_("超过 14 天"), _arrived_before(14)),
    },
    sorts=frozenset({"waiting", "submitted"}),
    tabs=("waiting",),
)
BY_LIMIT = Filter(
    N_("办理期限"),
    N_("不限"),
    {
        "overdue": Choice(N_("已超期"), time_limits.is_overdue),
        "today": Choice(N_("今天到期"), time_limits.is_due_today),
        "soon": Choice(N_("三个工作日内到期"), time_limits.is_due_soon),
    },
    sorts=frozenset({"waiting"}),
    tabs=("waiting",),
)
BY_TAKEN = Filter(
    N_("领取人"),
    N_("不限"),
    {
        "mine": Choice(N_("我领取的"), assignments.taken_by_me),
        "none": Choice(N_("未领取"), assignments.untaken),
    },
    tabs=("waiting",),
)
BY_STATE = Filter(
    N_("业务状态"),
    N_("不限"),
    {state.value: Choice(label, _state(state)) for state, label in STATE_WORDS.items()},
)
BY_RESULT = Filter(
    N_("审核结果"),
    N_("不限"),
    {result.value: Choice(label, _result(result)) for result, label in RESULT_WORDS.items()},
    tabs=(DECIDED, "all"),
)


def order(tab: str, sort: str, descending: bool) -> Order:
    """Return the chosen order; by arrival where the tab cannot be sorted by it.

    The tab of one's own decisions has one order, the latest first, which its index has. In any other order the rows would be
    scattered over the whole table, or all of them would be sorted for each page.
    """
    if tab == DECIDED:
        return Order(Review.id, Review.id, descending=True)
    return Order(SORTS.get(sort, Application.arrived_at), Application.id, descending)


def leaves_out(sort: str) -> bool:
    """Say whether this sort column is nullable: keyset paging skips rows whose sort value is NULL."""
    return sort in SORTS and bool(SORTS[sort].nullable)


def sorts(tab: str, filters: Iterable[Filter]) -> frozenset[str]:
    """Return how a tab can be sorted while these filters are in use."""
    return frozenset() if tab == DECIDED else SORTABLE.intersection(*(each.sorts for each in filters))


@lru_cache(maxsize=MOST_LISTINGS)
def listing(
    actor: ActorShape,
    tab: str,
    narrowing: tuple[Choice, ...],
    paths: tuple[str, ...],
    lookup: Lookup | None,
    sort: str,
    descending: bool,
    for_next: bool = False,
    also_count: tuple[Select[Any], ...] = (),
    exported: bool = False,
) -> ListQuery:
    """Return the list of this shape; the account and the words of the search are bound later.

    `for_next`: leave out the row `PRESENT`, and what a colleague has taken. `also_count`: queries for one number each, read with
    the rows. `exported`: add the columns of an export.
    """
    criteria = [TABS[tab][1](actor), *(choice.criterion() for choice in narrowing)]
    if for_next:
        criteria += [Application.id != bindparam(PRESENT), not_(assignments.with_colleague(actor))]
    chosen = order(tab, sort, descending)
    if leaves_out(sort):
        criteria.append(chosen.column.is_not(None))
    taken_by = assignments.holder_name(actor) if tab == "waiting" else null()  # the only tab that shows it
    rows = select(*STORED, *(EXPORTED if exported else ()), taken_by.label("taken_by")).where(*criteria)
    return ListQuery(
        [rows.where(SEARCH_PATHS[path](lookup)) for path in paths],
        chosen,
        also_count=also_count,
        by_words=lookup is not None or any(choice.planned_by_value for choice in narrowing),
    )


@single_object()
def waiting_count(actor: ActorShape) -> Select[Any]:
    """Return the query for how many rows wait; it stops counting at MOST_COUNTED + 1."""
    some = select(Application.id).where(scope.waiting(actor)).limit(constant(MOST_COUNTED + 1)).subquery()
    return select(func.count()).select_from(some)
