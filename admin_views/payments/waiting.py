"""「待公示」 (P1): the passed applications of a period that no batch holds. batch_summary.py makes a batch of them."""

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, func, select

from admin_views.payments.batch_summary import BatchMakingRoutes
from admin_views.payments.console import CityPage
from admin_views.review import application_list, list_search
from admin_views.review.chosen_rows import ids_by_number
from admin_views.site.base import MOST_COUNTED, expose, number_on_tab
from admin_views.site.exporting import ListExport, ListSheet, described_filters, described_search
from admin_views.site.keyset import PAGE_SIZE, ListQuery, Order
from admin_views.site.lists import Column, DataTable
from admin_views.site.typed import one_line, row_number
from admin_views.site.wording import translated
from common.wording import N_
from models import Application, Period, Region, db
from models.statements import PlannedPerQuery
from payments import batch_making, grant_scope
from workflow.form.living_allowance import EDUCATIONS

NO_PERIOD = "none"
"""Stands in an address for the applications that belong to no period."""

REGION = select(Region.name).where(Region.id == Application.region_id).scalar_subquery()


def education_word(row: Any) -> str:
    """Return the education of a row in words."""
    label = EDUCATIONS.get(row.education)
    return translated(label) if label else str(row.education or "")


WAITING_COLUMNS = (
    Column("chosen", N_("选中"), cell="macro", style="cell-choose"),
    Column("number", N_("编号"), style="cell-quiet num"),
    Column("name", N_("姓名"), cell="title"),
    Column("enterprise", N_("工作单位")),
    Column("region", N_("所属地区")),
    Column("education", N_("学历"), education_word),
    Column("arrived_at", N_("通过时间"), cell="stamp", style="num"),
)
UNASSIGNED_COLUMNS = (
    *WAITING_COLUMNS[:-1],
    Column("submitted_at", N_("提交时间"), cell="stamp", style="num"),
    WAITING_COLUMNS[-1],
)
"""For applications that belong to no period: the day of the submission suggests one."""


class WaitingForBatch(BatchMakingRoutes, CityPage):
    """The list, and which of its applications are chosen."""

    exposed_routes = ("index_view", *BatchMakingRoutes.exposed_routes)
    exports = {"index_view": "exported"}
    lookup_column = "number"
    title = N_("待公示")

    def criterion(self) -> ColumnElement[bool]:
        return grant_scope.without_batch(current_user)

    @expose("/")
    def index_view(self) -> str:
        """Return what waits for a batch, of one period or of none."""
        chosen, periods, period, unassigned = self._listed()
        found = self._listing(chosen, period).page(chosen.get("page", ""), PAGE_SIZE, self._values(chosen))
        narrowing = {key: chosen[key] for key in ("q", "education", "region") if key in chosen}
        here = {"period": str(period.id) if period else NO_PERIOD, **narrowing}
        return self.render(
            "payments/waiting.html",
            title=translated(self.title),
            chosen=chosen,
            periods=[(str(each.id), each.name) for each in periods],
            no_period=(NO_PERIOD, gettext("不属于任何申报期的")) if unassigned or not period else None,
            unassigned=unassigned,
            period=period,
            regions=self._regions(),
            educations=[(key, translated(label)) for key, label in EDUCATIONS.items()],
            filtered=bool(narrowing),
            kept=here,
            listing=DataTable(WAITING_COLUMNS if period else UNASSIGNED_COLUMNS, found.rows),
            count=number_on_tab(self._count(chosen, period)) if found.rows and not narrowing else "",
            pager=found.urls(self.get_url, ".index_view", **here),
        )

    def exported(self) -> ListExport:
        """Return the list of the same address for an export."""
        chosen, _periods, period, _unassigned = self._listed()
        rows = self._listing(chosen, period).every_row(self._values(chosen))
        labels = {
            "education": (N_("学历"), EDUCATIONS),
            "region": (N_("所属地区"), dict(self._regions())),
        }
        described = (
            *([(N_("申报期"), period.name)] if period else ()),
            *described_search(chosen.get("q")),
            *described_filters(chosen, labels),
        )
        columns = WAITING_COLUMNS if period else UNASSIGNED_COLUMNS
        return ListExport(self.title, [ListSheet(columns, rows)], described)

    def _listed(self) -> tuple[dict[str, str], list[Period], Period | None, bool]:
        """Return what the list shows, as `_chosen`, and whether anything that belongs to no period waits.

        While nothing waits at all, the list is that of the newest period.
        """
        chosen, periods, period = self._chosen()
        unassigned = self._has_unassigned()
        if period is None and not unassigned and chosen.get("period") != NO_PERIOD:
            period = next(iter(periods), None)
        return chosen, periods, period, unassigned

    def _chosen(self, sent: Any = None) -> tuple[dict[str, str], list[Period], Period | None]:
        """Return what the address or the form chooses, all periods, and the chosen one: else the newest with something waiting.

        None stands for the applications that belong to no period.
        """
        sent = request.args if sent is None else sent
        chosen = {key: text for key, value in sent.items() if (text := one_line(value))}
        periods = list(db.session.scalars(select(Period).order_by(Period.opens.desc(), Period.id.desc())))
        key = row_number(chosen.get("period"))
        period = next((each for each in periods if each.id == key), None)
        if period is None and chosen.get("period") != NO_PERIOD:
            waits = self.rows(Application.id).where(Application.period_id == Period.id).exists()
            newest = select(Period.id).where(waits).order_by(Period.opens.desc(), Period.id.desc()).limit(1)
            key = db.session.scalar(newest)
            period = next((each for each in periods if each.id == key), None)
        return chosen, periods, period

    def _has_unassigned(self) -> bool:
        """Say whether something waits that belongs to no period: it was submitted while none, or more than one, was recorded."""
        query = self.rows(Application.id).where(Application.period_id.is_(None)).limit(1)
        return db.session.scalar(query) is not None

    def _ids(self, chosen: Mapping[str, str], period: Period | None, sent: Any) -> tuple[list[int], bool]:
        """Return the ids of the chosen applications, and whether there are more than one batch can hold."""
        if sent.get("all"):
            found = self._listing(chosen, period).page("", batch_making.MOST_ROWS, self._values(chosen))
            return [row.sort_id for row in found.rows], found.next is not None
        return ids_by_number(sent.getlist("row"), batch_making.MOST_ROWS), False

    def _narrowed(self, query: Select[Any], chosen: Mapping[str, str], period: Period | None) -> Select[Any]:
        query = query.where(Application.period_id == (period.id if period else None))
        if education := chosen.get("education"):
            query = query.where(Application.education == education)
        if region := row_number(chosen.get("region")):
            query = query.where(Application.region_id == region)
        return query

    def _listing(self, chosen: Mapping[str, str], period: Period | None) -> ListQuery:
        search = self._search(chosen)
        columns = (
            Application.number,
            Application.name,
            application_list.EMPLOYER.label("enterprise"),
            REGION.label("region"),
            Application.education,
            Application.submitted_at,
            Application.arrived_at,
        )
        rows = self._narrowed(self.rows(*columns), chosen, period)
        queries = [rows.where(list_search.SEARCH_PATHS[path](search.lookup)) for path in search.paths]
        order = Order(Application.arrived_at, Application.id)
        return ListQuery(queries, order, executor=PlannedPerQuery, by_words=bool(chosen.get("q")))

    def _search(self, chosen: Mapping[str, str]) -> list_search.Search:
        return list_search.search(chosen["q"]) if chosen.get("q") else list_search.Search()

    def _values(self, chosen: Mapping[str, str]) -> Mapping[str, Any]:
        return self._search(chosen).values

    def _count(self, chosen: Mapping[str, str], period: Period | None) -> int:
        # In the list's order, so that the index of applications without a batch is read and not the table.
        found = self._narrowed(self.rows(Application.id), chosen, period)
        some = found.order_by(Application.arrived_at, Application.id).limit(MOST_COUNTED + 1).subquery()
        return db.session.scalar(select(func.count()).select_from(some)) or 0

    def _regions(self) -> list[tuple[str, str]]:
        found = db.session.execute(select(Region.id, Region.name).order_by(Region.id))
        return [(str(row.id), row.name) for row in found]
