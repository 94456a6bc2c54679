"""The reviewers' list: which columns, which filters, which searches. It reads plain columns and never counts a table."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, select

from admin_views.keyset import Order
from models import Account, Application, Enterprise, Result, State, db, now
from models.search import contains
from workflow import form, scope
from workflow.accounts import login_digest
from workflow.form import EDUCATIONS
from workflow.people import PAPERS, normalised
from workflow.transitions import RESULT_WORDS, STATE_WORDS
from workflow.words import N_

PAGE_SIZE = 20
LAST_LETTER = "\U0010ffff"
"""Sorts after every other."""

MOST_COUNTED = 999
"""The number on a tab stops here and says 999+: an exact count would cost as much as the table is long."""

Criterion = ColumnElement[bool]

COLUMNS = (
    Application.number,
    Application.name,
    Enterprise.name.label("enterprise"),
    Application.education,
    Application.form_version,
    Application.submitted_at,
    Application.arrived_at.label("waiting_since"),
    Application.state,
    Application.result,
)

TABS: Mapping[str, tuple[str, Callable[[Account], Criterion]]] = {
    "waiting": (N_("待我审核"), scope.waiting),
    "decided": (N_("已审核"), scope.decided),
    "all": (N_("全部"), scope.visible),
}

SORTS = {
    "number": (Application.number, N_("编号")),
    "name": (Application.initials, N_("姓名")),
    "enterprise": (None, N_("工作单位")),
    "education": (None, N_("学历")),
    "submitted": (Application.submitted_at, N_("提交时间")),
    "waiting": (Application.arrived_at, N_("等待")),
}
"""The columns of the list with what they can be sorted by, if anything."""


@dataclass(frozen=True)
class Choice:
    """One value of a filter: what it says, and which rows it leaves."""

    label: str
    criterion: Callable[[], Criterion]


@dataclass(frozen=True)
class Filter:
    """One filter of the line above the list; `any` is what it says while it filters nothing."""

    label: str
    any: str
    choices: Mapping[str, Choice]


def _education(key: str) -> Callable[[], Criterion]:
    return lambda: Application.education == key


def _since(column: Any, days: int) -> Callable[[], Criterion]:
    return lambda: column >= now() - timedelta(days=days)


def _before(column: Any, days: int) -> Callable[[], Criterion]:
    return lambda: column < now() - timedelta(days=days)


def _state(state: State) -> Callable[[], Criterion]:
    return lambda: Application.state == state


def _result(result: Result) -> Callable[[], Criterion]:
    return lambda: Application.result == result


BY_EDUCATION = Filter(
    N_("学历"), N_("全部学历"), {key: Choice(label, _education(key)) for key, label in EDUCATIONS.items()}
)
BY_SUBMITTED = Filter(
    N_("提交时间"),
    N_("提交时间不限"),
    {
        "week": Choice(N_("最近 7 天"), _since(Application.submitted_at, 7)),
        "month": Choice(N_("最近 30 天"), _since(Application.submitted_at, 30)),
        "year": Choice(N_("最近 365 天"), _since(Application.submitted_at, 365)),
    },
)
BY_WAITING = Filter(
    N_("等待"),
    N_("等待不限"),
    {
        "3": Choice(N_("超过 3 天"), _before(Application.arrived_at, 3)),
        "7": Choice(N_("超过 7 天"), _before(Application.arrived_at, 7)),
        "14": Choice(N_("超过 14 天"), _before(Application.arrived_at, 14)),
    },
)
BY_STATE = Filter(
    N_("业务状态"),
    N_("全部状态"),
    {state.value: Choice(label, _state(state)) for state, label in STATE_WORDS.items()},
)
BY_RESULT = Filter(
    N_("审核结果"),
    N_("全部结果"),
    {result.value: Choice(label, _result(result)) for result, label in RESULT_WORDS.items()},
)


NUMBER = re.compile(r"(20\d{2})(-?)(\d{6,7})")
"""Of an application; its hyphen may be left out, and then it could be that of a paper as well."""
CODE = re.compile(r"[0-9A-Z]{18}")
LETTERS = re.compile(r"[A-Za-z]+")
MOST_EMPLOYERS = 50
"""So many are named one by one; words that more employers have in common are looked for among the rows themselves."""


def ways(words: str) -> list[Criterion]:
    """Return the ways in which a search can find rows, each served by an index of its own; what any of them finds counts.

    Application number, whole identity number, pinyin initials, name, employer's name or code.
    """
    found = []
    if number := NUMBER.fullmatch(unicodedata.normalize("NFKC", words)):
        found.append(Application.number == f"{number[1]}-{number[3]}")
        if number[2]:
            return found
    typed = normalised(words)
    if any(paper.shape.fullmatch(typed) for paper in PAPERS.values()):
        found.append(Application.identity_digest == login_digest("personal", typed))
    if CODE.fullmatch(typed):
        return [*found, *_of_employers(Enterprise.credit_code == typed, false())] or [false()]
    if LETTERS.fullmatch(words):
        found.append(Application.initials.between(words.lower(), f"{words.lower()}{LAST_LETTER}"))
    found.append(contains(Application.name, words))
    return [
        *found,
        *_of_employers(contains(Enterprise.name, words), Enterprise.name.contains(words, autoescape=True)),
    ]


def _of_employers(named: Criterion, among_rows: Criterion) -> list[Criterion]:
    few = db.session.scalars(select(Enterprise.id).where(named).limit(MOST_EMPLOYERS + 1)).all()
    if len(few) > MOST_EMPLOYERS:
        return [among_rows]
    return [Application.submitted_enterprise_id.in_(few)] if few else []


def educations(versions: set[int]) -> dict[int, Mapping[str, str]]:
    """Return how each of these versions of the form calls the educations; the filter uses the procedure's own words."""
    return {number: form.version(number).known["education"].choices for number in versions}


def order(sort: str, descending: bool) -> Order:
    """Return the order that a person chose; by waiting time where that cannot be sorted by."""
    column, _ = SORTS.get(sort, (None, ""))
    return Order(Application.arrived_at if column is None else column, Application.id, descending)


def query(criterion: Criterion, chosen: Order) -> Select[Any]:
    """Return the list's query over these rows; its last two columns are the order's, for keyset.page."""
    return (
        select(*COLUMNS, chosen.column.label("sort_key"), chosen.id.label("sort_id"))
        .outerjoin(Enterprise, Enterprise.id == Application.submitted_enterprise_id)
        .where(criterion)
    )


def counted(criterion: Criterion) -> str:
    """Return how many rows there are as a tab says it, counting no further than MOST_COUNTED."""
    some = select(Application.id).where(criterion).limit(MOST_COUNTED + 1).subquery()
    number = db.session.scalar(select(func.count()).select_from(some)) or 0
    return f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number)
