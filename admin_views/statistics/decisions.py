"""「审核明细」: the decisions that a number of the statistics counts (W11), one row each, for the page and its export.

The list has as many rows as the number says. A row does not name an application outside the account's scope: it shows only the
step, the region and the day of the decision, as the numbers do.
"""

from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, and_, select

from admin_views.review.application_list import EMPLOYER
from admin_views.site.base import expose, menu
from admin_views.site.exporting import ListExport, ListSheet
from admin_views.site.keyset import PAGE_SIZE, Order, everything, page
from admin_views.site.lists import Column, DataTable
from admin_views.site.login_session import url_of
from admin_views.site.typed import row_number
from admin_views.site.wording import translated
from admin_views.statistics.words import reason_words
from common.wording import N_
from documents.exports import Described
from figures import counting
from figures.cases import Counted, decisions_of
from figures.report import Narrowing, Sight
from models import REACHED_BITS, Account, Application
from models.statistics import RETURN, counted_decisions
from workflow import routing, scope
from workflow.form import versions

LONGEST_REASON = 100


class DecisionRow(NamedTuple):
    """One decision, in words. `number`: its application's; "" for one outside the account's scope."""

    number: str
    name: str
    enterprise: str
    region: str
    step: str
    decided_on: Any
    days: int | None
    reasons: tuple[str, ...]


COLUMNS = (
    Column("number", N_("编号"), style="cell-quiet num", hides_empty=True),
    Column("name", N_("姓名"), cell="title", empty=N_("不在您的列表里")),
    Column("enterprise", N_("工作单位"), hides_empty=True),
    Column("region", N_("地区")),
    Column("step", N_("审核步骤")),
    Column("decided_on", N_("审核日期"), cell="day", style="num"),
    Column("days", N_("用时（工作日）"), style="num"),
    Column("reasons", N_("回退原因"), attrgetter("reasons"), cell="items", hides_empty=True),
)
TIMED_COLUMNS = COLUMNS[:-1]


def counted_of(chosen: Mapping[str, str]) -> Counted:
    """Return which decisions the query of a URL names; without step and reason all returns."""
    step = next((each for each in REACHED_BITS if each.value == chosen.get("step")), None)
    reason = chosen.get("reason", "")[:LONGEST_REASON] or RETURN
    return Counted(step, row_number(chosen.get("within", "")) if step else None, reason)


class DecisionList:
    """The list, for `StatisticsPage`."""

    console: str
    frame: str
    endpoint: str
    render: Any
    admin: Any
    _lists: Any
    _narrowed: Any
    _sight: Any
    _regions: Any

    decisions_title = N_("审核明细")

    @expose("/decisions/")
    def decisions(self) -> str:
        """Show the decisions that a number counts, the newest first."""
        regions = self._regions()
        form, narrowed = self._narrowed(regions)
        counted = counted_of(request.args)
        found = page(
            self._counted(counted, narrowed), _order(counted), request.args.get("page", ""), PAGE_SIZE
        )
        words = ReasonWords()
        rows = list(_decision_rows(found.rows, regions, words))
        chosen = {key: value for key, value in request.args.items() if key != "page"}
        address = url_of(f"{self.endpoint}.decisions")
        return self.render(
            "statistics/decisions.html",
            frame=self.frame,
            title=translated(self.decisions_title),
            console=translated(str(self.admin.name)),
            menu=menu(self.admin, self),
            statistics=url_of(f"{self.endpoint}.index_view"),
            narrowing=[*_words_of(counted, words), *form.described()],
            is_behind=counting.has_uncounted(),
            listing=DataTable(_columns(counted, regions), rows),
            pager=[
                None if cursor is None else _page_url(address, chosen, cursor) for cursor in found.cursors
            ],
            application=f"{self._lists.endpoint}.application",
        )

    def exported_decisions(self) -> ListExport:
        """Return the same decisions for an export."""
        regions = self._regions()
        form, narrowed = self._narrowed(regions)
        counted = counted_of(request.args)
        words = ReasonWords()
        rows = _decision_rows(everything(self._counted(counted, narrowed), _order(counted)), regions, words)
        described: Described = (*_words_of(counted, words), *form.described())
        return ListExport(self.decisions_title, [ListSheet(_columns(counted, regions), rows)], described)

    def _counted(self, counted: Counted, narrowed: Narrowing) -> Select[Any]:
        sight: Sight = self._sight()
        actor = current_user._get_current_object()
        return decisions_of(sight, narrowed, counted).add_columns(*_named(actor))


def _named(actor: Account) -> list[ColumnElement[Any]]:
    """Return the columns that name an application in the account's scope.

    Each is a sub-query, read for the rows of a page only. With a join PostgreSQL read all applications of an enterprise for each
    of its decisions.
    """
    seen = and_(Application.id == counted_decisions.c.application_id, scope.visible(actor))
    named = {"number": Application.number, "name": Application.name, "enterprise": EMPLOYER}
    return [
        select(column).where(seen).correlate(counted_decisions).scalar_subquery().label(key)
        for key, column in named.items()
    ]


def _order(counted: Counted) -> Order:
    return Order(*counted.ordered_by, descending=True)


def _columns(counted: Counted, regions: Mapping[int, str]) -> tuple[Column, ...]:
    columns = COLUMNS if counted.step is None else TIMED_COLUMNS
    return tuple(column for column in columns if regions or column.key != "region")


class ReasonWords:
    """Returns the wording of reasons, and looks each up once."""

    def __init__(self) -> None:
        self._fields = versions.published().known
        self._known: dict[str, str] = {}

    def of(self, reasons: Iterable[str]) -> tuple[str, ...]:
        """Return the wording of each of these reasons."""
        asked = tuple(reasons)
        if new := [reason for reason in asked if reason not in self._known]:
            self._known |= reason_words(new, self._fields)
        return tuple(self._known[reason] for reason in asked)


def _decision_rows(
    rows: Iterable[Any], regions: Mapping[int, str], words: ReasonWords
) -> Iterator[DecisionRow]:
    for row in rows:
        yield DecisionRow(
            row.number or "",
            row.name or "",
            row.enterprise or "",
            regions.get(row.region_id, ""),
            translated(routing.STEP_WORDS[row.step]),
            row.decided_on,
            row.days,
            words.of(row.reasons or ()),
        )


def _words_of(counted: Counted, words: ReasonWords) -> Described:
    """Return in words which decisions these are."""
    if counted.step is None:
        return ((gettext("回退原因"), *words.of([counted.reason])),)
    step = ((gettext("审核步骤"), translated(routing.STEP_WORDS[counted.step])),)
    if counted.within is None:
        return step
    return (*step, (gettext("用时（工作日）"), gettext("不超过 %(days)s 个", days=counted.within)))


def _page_url(address: str, chosen: Mapping[str, str], cursor: str) -> str:
    return f"{address}?{urlencode({**chosen, 'page': cursor})}"
