"""「待公示」 (P1): the passed applications of a period that no batch holds, what a batch of them would be, and closing it."""

from collections.abc import Collection, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, Select, func, select
from wtforms.validators import InputRequired

from admin_views.payments.console import CityPage
from admin_views.review import application_list, list_search
from admin_views.site.base import MOST_COUNTED, expose, number_on_tab
from admin_views.site.day_fields import DayField
from admin_views.site.exporting import ListExport, ListSheet, described_filters, described_search
from admin_views.site.keyset import PAGE_SIZE, ListQuery, Order, Page
from admin_views.site.lists import Column, DataTable
from admin_views.site.typed import one_line, row_number
from admin_views.site.wording import missing_holidays_note, translated
from common.calendar import today
from common.errors import NotPermitted, NotVisible, Unacceptable
from common.money import in_yuan
from common.wording import N_
from models import Application, Period, Region, db
from models.statements import PlannedPerQuery
from payments import closing, publicity, scope
from payments.closing import BatchSummary
from workflow import scope as application_scope
from workflow.form.living_allowance import EDUCATIONS

NO_PERIOD = "none"
"""Stands in an address for the applications that belong to no period."""

LONGEST_LIST = 200
"""Left-out applications that the summary names one by one."""

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

INCLUDED_COLUMNS = (
    Column("omitted", N_("暂不列入"), cell="macro", style="cell-choose"),
    Column("number", N_("编号"), lambda row: row.application.number, style="cell-quiet num"),
    Column("name", N_("姓名"), lambda row: row.application.name, cell="title"),
    Column("enterprise", N_("工作单位"), lambda row: row.application.enterprise_name),
    Column("standard", N_("补贴标准"), lambda row: row.standard.name),
    Column("amount", N_("每年金额（元）"), lambda row: in_yuan(row.amount_fen), style="num"),
)
LEFT_OUT_COLUMNS = (
    Column("number", N_("编号"), lambda row: row.application.number, style="cell-quiet num"),
    Column("name", N_("姓名"), lambda row: row.application.name, cell="title"),
    Column("why", N_("原因"), lambda row: translated(row.why.text, row.why.words)),
)


class OpeningForm(FlaskForm):
    """On which day the publicity begins."""

    opens = DayField(_("公示开始日期"), [InputRequired(_("请填写日期，例如：2026-11-23。"))])


class WaitingForBatch(CityPage):
    """The list, the summary and the closing."""

    exposed_routes = ("index_view", "summary", "close")
    exports = {"index_view": "exported"}
    lookup_column = "number"
    title = N_("待公示")

    def criterion(self) -> ColumnElement[bool]:
        return scope.without_batch(current_user)

    @expose("/")
    def index_view(self) -> str:
        """Return what waits for a batch, of one period or of none."""
        chosen, periods, period = self._chosen()
        unassigned = self._has_unassigned()
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
            pager=self._turns(found, here),
        )

    def exported(self) -> ListExport:
        """Return the list of the same address for an export."""
        chosen, _periods, period = self._chosen()
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

    @expose("/summary/")
    def summary(self) -> Any:
        """Show what a batch of the chosen applications would be."""
        chosen, periods, period = self._chosen()
        ids, more = self._ids(chosen, period, request.args)
        back = redirect(self.get_url(".index_view", **_filters(chosen)), HTTPStatus.SEE_OTHER)
        if not ids:
            flash(gettext("还没有选择申请。请在要列入公示的各行前打勾，或选“全部符合条件的”。"), "error")
            return back
        if (period := period or _granted_in(chosen, periods)) is None:
            flash(gettext("请选择按哪个申报期公示。"), "error")
            return back
        form = OpeningForm(formdata=None, opens=today())
        if more:
            most = closing.MOST_ROWS
            flash(gettext("符合条件的超过 %(most)s 件，这次选定了前 %(most)s 件。", most=most), "info")
        return self._summary_page(period, ids, form, chosen)

    @expose("/close/", methods=("POST",))
    def close(self) -> Any:
        """Close the batch as it was shown, or show what has changed."""
        chosen, periods, period = self._chosen(request.form)
        ids, _more = self._ids(chosen, period, request.form)
        form = OpeningForm()
        period = period or _granted_in(chosen, periods)
        if period is None:
            abort(HTTPStatus.NOT_FOUND)
        omitted = set(self._by_number(request.form.getlist("omitted")))
        valid = form.validate() and form.opens.data is not None
        if valid and request.form.get("recount"):
            return self._summary_page(period, ids, form, chosen, omitted)
        if not valid:
            return self._summary_page(period, ids, form, chosen, omitted), HTTPStatus.UNPROCESSABLE_ENTITY
        token = request.form.get("token", "")
        try:
            batch = closing.close_batch(
                current_user._get_current_object(), period.id, ids, form.opens.data, token, omitted
            )
        except closing.SummaryChanged:
            page = self._summary_page(period, ids, form, chosen, omitted, changed=True)
            return page, HTTPStatus.CONFLICT
        except Unacceptable as refusal:
            sentence = translated(refusal.sentence.text, refusal.sentence.words)
            if refusal.field == "opens":
                form.opens.errors = [sentence]
            page = self._summary_page(
                period, ids, form, chosen, omitted, wrong="" if refusal.field else sentence
            )
            return page, HTTPStatus.UNPROCESSABLE_ENTITY
        except (NotPermitted, NotVisible):
            abort(HTTPStatus.NOT_FOUND)
        flash(
            gettext("第 %(batch)s 批已列入公示，共 %(count)s 人。", batch=batch.number, count=batch.count),
            "success",
        )
        return redirect(self.get_url("city_batches.batch", number=batch.number), HTTPStatus.SEE_OTHER)

    def _summary_page(
        self,
        period: Period,
        ids: Collection[int],
        form: OpeningForm,
        chosen: Mapping[str, str],
        omitted: Collection[int] = (),
        changed: bool = False,
        wrong: str = "",
    ) -> str:
        found: BatchSummary | None = None
        try:
            # A day on which no publicity can begin: the rows are shown as they would be today.
            opens = form.opens.data or today()
            found = self._summarise(period, ids, opens)
        except Unacceptable as refusal:
            form.opens.errors = [translated(refusal.sentence.text, refusal.sentence.words)]
            found = self._summarise(period, ids, today())
        reasons: dict[str, int] = {}
        for each in found.left_out:
            why = translated(each.why.text, each.why.words)
            reasons[why] = reasons.get(why, 0) + 1
        return self.render(
            "payments/summary.html",
            title=gettext("拟列入公示的"),
            list_title=translated(self.title),
            back=self.get_url(".index_view", **_filters(chosen)),
            period=period,
            form=form,
            summary=found,
            total=in_yuan(found.total_fen),
            note=missing_holidays_note(found.term.unknown),
            days=publicity.days_public(),
            reasons=reasons,
            included=DataTable(INCLUDED_COLUMNS, found.included),
            left_out=DataTable(LEFT_OUT_COLUMNS, found.left_out[:LONGEST_LIST]),
            omitted=omitted,
            changed=changed,
            wrong=wrong,
            sent=_sent(chosen),
        )

    def _summarise(self, period: Period, ids: Collection[int], opens: Any) -> BatchSummary:
        try:
            return closing.summarise(current_user._get_current_object(), period.id, ids, opens)
        except (NotPermitted, NotVisible):
            abort(HTTPStatus.NOT_FOUND)

    # --- what is chosen

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
            if period is None and periods and not self._has_unassigned():
                period = periods[0]
        return chosen, periods, period

    def _has_unassigned(self) -> bool:
        """Say whether something waits that belongs to no period: it was submitted while none, or more than one, was recorded."""
        query = self.rows(Application.id).where(Application.period_id.is_(None)).limit(1)
        return db.session.scalar(query) is not None

    def _ids(self, chosen: Mapping[str, str], period: Period | None, sent: Any) -> tuple[list[int], bool]:
        """Return the ids of the chosen applications, and whether there are more than one batch can hold."""
        if sent.get("all"):
            found = self._listing(chosen, period).page("", closing.MOST_ROWS, self._values(chosen))
            return [row.sort_id for row in found.rows], found.next is not None
        return self._by_number(sent.getlist("row")), False

    def _by_number(self, numbers: Iterable[str]) -> list[int]:
        """Return the ids of applications by their numbers; 404 when one of them is not in sight."""
        wanted = set(numbers)
        if len(wanted) > closing.MOST_ROWS or not all(number.isprintable() for number in wanted):
            abort(HTTPStatus.NOT_FOUND)
        in_sight = application_scope.visible(current_user._get_current_object())
        query = select(Application.id).where(Application.number.in_(wanted), in_sight)
        ids = db.session.scalars(query.order_by(Application.id)).all()
        if len(ids) != len(wanted):
            abort(HTTPStatus.NOT_FOUND)
        return list(ids)

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

    def _turns(self, found: Page, kept: Mapping[str, str]) -> list[str | None]:
        return [
            None if cursor is None else self.get_url(".index_view", **kept, page=cursor or None)
            for cursor in found.cursors
        ]


def _granted_in(chosen: Mapping[str, str], periods: Iterable[Period]) -> Period | None:
    """Return the period that the city chooses for applications that belong to none."""
    key = row_number(chosen.get("granted_in"))
    return next((each for each in periods if each.id == key), None)


def _filters(chosen: Mapping[str, str]) -> dict[str, str]:
    names = ("period", "q", "education", "region", "granted_in")
    return {key: chosen[key] for key in names if key in chosen}


def _sent(chosen: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the hidden fields by which the form of the summary names the same applications again."""
    source = request.form if request.method == "POST" else request.args
    if source.get("all"):
        return [("all", "1"), *_filters(chosen).items()]
    return [*_filters(chosen).items(), *(("row", number) for number in source.getlist("row"))]
