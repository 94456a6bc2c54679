"""An export of the reviewers' list (W9): the page's columns, and the person's numbers, masked unless they are permitted in full.

What may have been typed since the last submission is left out, as on the pages.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

from flask import request

from admin_views.review import application_list as review_list
from admin_views.review import time_limits
from admin_views.review.lines import Line, lines
from admin_views.review.linked_filters import LINKED
from admin_views.review.period_filter import PERIODS, options
from admin_views.site.exporting import ListExport, ListSheet, described_search
from admin_views.site.keyset import ListQuery
from admin_views.site.lists import Column
from admin_views.site.page_counts import current_shape, page_counts
from admin_views.site.typed import one_line
from admin_views.site.wording import translated
from common.identity import IDENTITY_DOCUMENTS
from common.wording import N_
from desk.time_limits import TimeLimits
from documents.exports import Described
from models import Role
from models.streaming import ROWS_AT_A_TIME
from workflow.transitions import STATES_WITH_APPLICANT

EDUCATION = next(column for column in review_list.COLUMNS["all"] if column.key == "education")
WITH_APPLICANT = frozenset(state.value for state in STATES_WITH_APPLICANT)


class ExportedLine(NamedTuple):
    """One application of the list, with what only an export says."""

    line: Line
    application_id: int
    paper: str
    identity_number: str
    phone: str
    bank_account: str


NUMBERS = (
    Column("paper", N_("证件类型")),
    Column("identity_number", N_("证件号码"), masked=True),
    Column("phone", N_("联系电话")),
    Column("bank_account", N_("银行账号"), masked=True),
)


TITLES = {"waiting": N_("待我审核的申请"), "decided": N_("已审核的申请"), "all": N_("全部申请")}
"""What the list of each tab is called where the tab does not stand above it."""


def exported_columns(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return the columns of an export: those of the page, and the numbers."""
    of_page = (
        replace(column, value=_of_line(column.value) if column.value else attrgetter(f"line.{column.key}"))
        for column in columns
        if column.is_data
    )
    return (*of_page, *NUMBERS)


def _of_line(value: Any) -> Any:
    if value is EDUCATION.value:
        return _education()
    return lambda row: value(row.line)


def _education() -> Any:
    """Return the function for the education of a row, which is worded once for each that there is."""
    known: dict[Any, str] = {}

    def word(row: ExportedLine) -> str:
        line = row.line
        key = line.form.number, line.education, line.state
        if key not in known:
            known[key] = line.education_word
        return known[key]

    return word


def exported_lines(rows: Iterable[Any], in_days: bool, limits: TimeLimits) -> Iterator[ExportedLine]:
    """Yield the rows of a list (`application_list.STORED` and `EXPORTED`) as the export says them."""
    papers = {key: translated(paper.label) for key, paper in IDENTITY_DOCUMENTS.items()}
    following = iter(rows)
    while some := list(islice(following, ROWS_AT_A_TIME)):
        for line, row in zip(lines(some, in_days, limits), some, strict=True):
            typed_since = row.state in WITH_APPLICANT
            submitted = row.submitted_at is not None
            yield ExportedLine(
                line,
                row.application_id,
                papers[row.paper] if submitted else "",
                row.identity_number if submitted else "",
                "" if typed_since else row.phone or "",
                "" if typed_since else row.bank_account or "",
            )


def chosen_values(query: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return what an address chooses, as people type it."""
    return {key: text for key, value in query if (text := one_line(value))}


@cache
def offered_filters(console: Any, tab: str) -> Mapping[str, review_list.Filter]:
    """Return what a tab can be narrowed by: with a field, or by a link from the statistics."""
    return {key: one for key, one in (LINKED | console.filters).items() if tab in one.tabs}


class ExportedList:
    """The export of a console's list, for `ListPage`."""

    exports: Mapping[str, str] = {"index_view": "exported"}

    def _offered(self, tab: str) -> Mapping[str, review_list.Filter]:
        return offered_filters(type(self), tab)

    def _shown(self, chosen: Mapping[str, str]) -> tuple[str, frozenset[str], str, bool]:
        raise NotImplementedError

    def _columns(self, tab: str, role: Role, limits: TimeLimits) -> tuple[Column, ...]:
        raise NotImplementedError

    def _listing(
        self, tab: str, chosen: dict[str, str], sort: str, descending: bool, **further: Any
    ) -> tuple[ListQuery, dict[str, Any]]:
        raise NotImplementedError

    def exported(self) -> ListExport:
        """Return the list of the same address for an export."""
        chosen = chosen_values(request.args.items())
        tab, _, sort, descending = self._shown(chosen)
        time_limits.read_again()
        listing, values = self._listing(tab, chosen, sort, descending, exported=True)
        limits = time_limits.present_limits()
        rows = exported_lines(listing.every_row(values), tab == "waiting", limits)
        sheet = ListSheet(
            exported_columns(self._columns(tab, current_shape().role, limits)),
            rows,
            application_of=attrgetter("application_id"),
        )
        return ListExport(
            TITLES[tab],
            [sheet],
            self._described(tab, chosen),
            partial(listing.number_of_rows, values),
        )

    def _described(self, tab: str, chosen: Mapping[str, str]) -> Described:
        """Return in words what the list is narrowed to."""
        periods = dict(options(*page_counts(PERIODS)))
        narrowed = [
            (filter_.label, choice.label or periods.get(chosen[key], chosen[key]))
            for key, filter_ in self._offered(tab).items()
            if key in chosen and (choice := filter_.choice(chosen[key]))
        ]
        return (*described_search(chosen.get("q")), *narrowed)
