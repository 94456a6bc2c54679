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

from admin_views.review import application_list, time_limits
from admin_views.review.linked_filters import LINKED
from admin_views.review.list_rows import ListRow, list_rows
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

EDUCATION = next(column for column in application_list.COLUMNS["all"] if column.key == "education")
WITH_APPLICANT = frozenset(state.value for state in STATES_WITH_APPLICANT)


class ExportedRow(NamedTuple):
    """One row of the list, with the further columns of an export."""

    row: ListRow
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
"""The title of each tab's export."""


def exported_columns(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return the columns of an export: those of the page, and the numbers."""
    of_page = (
        replace(column, value=_of_list_row(column.value) if column.value else attrgetter(f"row.{column.key}"))
        for column in columns
        if column.is_data
    )
    return (*of_page, *NUMBERS)


def _of_list_row(value: Any) -> Any:
    if value is EDUCATION.value:
        return _education()
    return lambda exported: value(exported.row)


def _education() -> Any:
    """Return the function for the education of a row. It translates each label once."""
    known: dict[Any, str] = {}

    def word(exported: ExportedRow) -> str:
        row = exported.row
        key = row.form.number, row.education, row.state
        if key not in known:
            known[key] = row.education_word
        return known[key]

    return word


def rows_for_export(rows: Iterable[Any], in_days: bool, limits: TimeLimits) -> Iterator[ExportedRow]:
    """Yield the rows of the export for rows of the database (`application_list.STORED` and `EXPORTED`)."""
    papers = {key: translated(paper.label) for key, paper in IDENTITY_DOCUMENTS.items()}
    following = iter(rows)
    while some := list(islice(following, ROWS_AT_A_TIME)):
        for shown, row in zip(list_rows(some, in_days, limits), some, strict=True):
            typed_since = row.state in WITH_APPLICANT
            submitted = row.submitted_at is not None
            yield ExportedRow(
                shown,
                row.application_id,
                papers[row.paper] if submitted else "",
                row.identity_number if submitted else "",
                "" if typed_since else row.phone or "",
                "" if typed_since else row.bank_account or "",
            )


def chosen_values(query: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the parameters of a URL that are not empty, normalised like typed text."""
    return {key: text for key, value in query if (text := one_line(value))}


@cache
def offered_filters(console: Any, tab: str) -> Mapping[str, application_list.Filter]:
    """Return the filters of a tab: those with a field, and those that only links of the statistics use."""
    return {key: one for key, one in (LINKED | console.filters).items() if tab in one.tabs}


class ExportedList:
    """The export of a console's list, for `ListPage`."""

    exports: Mapping[str, str] = {"index_view": "exported"}

    def _offered(self, tab: str) -> Mapping[str, application_list.Filter]:
        return offered_filters(type(self), tab)

    def _tab_and_order(self, chosen: Mapping[str, str]) -> tuple[str, frozenset[str], str, bool]:
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
        tab, _, sort, descending = self._tab_and_order(chosen)
        time_limits.read_again()
        listing, values = self._listing(tab, chosen, sort, descending, exported=True)
        limits = time_limits.present_limits()
        rows = rows_for_export(listing.every_row(values), tab == "waiting", limits)
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
        """Return the search and the filters in words."""
        periods = dict(options(*page_counts(PERIODS)))
        narrowed = [
            (filter_.label, choice.label or periods.get(chosen[key], chosen[key]))
            for key, filter_ in self._offered(tab).items()
            if key in chosen and (choice := filter_.choice(chosen[key]))
        ]
        return (*described_search(chosen.get("q")), *narrowed)
