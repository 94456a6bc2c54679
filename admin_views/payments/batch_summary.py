"""The summary of a batch of what 「待公示」 has chosen, and making it (P1). waiting.py says what is chosen."""

from collections.abc import Collection, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from admin_views.review.chosen_rows import ids_by_number
from admin_views.site.base import expose
from admin_views.site.day_fields import DayField
from admin_views.site.lists import Column, DataTable
from admin_views.site.typed import row_number
from admin_views.site.wording import missing_holidays_note, translated
from common.calendar import today
from common.errors import NotPermitted, NotVisible, Unacceptable
from common.money import in_yuan
from common.wording import N_
from models import Period
from payments import batch_making, publicity
from payments.batch_making import BatchSummary

LONGEST_LIST = 200
"""Left-out applications that the summary names one by one."""

INCLUDED_COLUMNS = (
    Column("omitted", N_("暂不列入"), cell="macro", style="cell-choose"),
    Column("number", N_("编号"), lambda row: row.application.number, style="cell-quiet num"),
    Column("name", N_("姓名"), lambda row: row.application.name, cell="title"),
    Column("enterprise", N_("工作单位"), lambda row: row.application.enterprise_name),
    Column("standard", N_("补贴标准"), lambda row: row.standard.name),
    Column(
        "amount", N_("每年金额（元）"), lambda row: in_yuan(row.amount_fen), style="num cell-num", kind="num"
    ),
)
LEFT_OUT_COLUMNS = (
    Column("number", N_("编号"), lambda row: row.application.number, style="cell-quiet num"),
    Column("name", N_("姓名"), lambda row: row.application.name, cell="title"),
    Column("why", N_("原因"), lambda row: translated(row.why.text, row.why.words)),
)


class OpeningForm(FlaskForm):
    """On which day the publicity begins."""

    opens = DayField(_("公示开始日期"), [InputRequired(_("请填写日期，例如：2026-11-23。"))])


class BatchMakingRoutes:
    """The routes of 「待公示」 that show what a batch would be and make it."""

    exposed_routes: tuple[str, ...] = ("summary", "make")
    title: str
    get_url: Any
    render: Any
    _chosen: Any
    _ids: Any

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
            most = batch_making.MOST_ROWS
            flash(gettext("符合条件的超过 %(most)s 件，这次选定了前 %(most)s 件。", most=most), "info")
        return self._summary_page(period, ids, form, chosen)

    @expose("/make/", methods=("POST",))
    def make(self) -> Any:
        """Make the batch as it was shown, or show what has changed."""
        chosen, periods, period = self._chosen(request.form)
        ids, _more = self._ids(chosen, period, request.form)
        form = OpeningForm()
        period = period or _granted_in(chosen, periods)
        if period is None:
            abort(HTTPStatus.NOT_FOUND)
        omitted = set(ids_by_number(request.form.getlist("omitted"), batch_making.MOST_ROWS))
        valid = form.validate() and form.opens.data is not None
        if valid and request.form.get("recount"):
            return self._summary_page(period, ids, form, chosen, omitted)
        if not valid:
            return self._summary_page(period, ids, form, chosen, omitted), HTTPStatus.UNPROCESSABLE_ENTITY
        token = request.form.get("token", "")
        try:
            batch = batch_making.make_batch(
                current_user._get_current_object(), period.id, ids, form.opens.data, token, omitted
            )
        except batch_making.SummaryChanged:
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
        published = found.without(omitted)
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
            published=len(published.included),
            total=in_yuan(published.total_fen),
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
            return batch_making.summarise(current_user._get_current_object(), period.id, ids, opens)
        except (NotPermitted, NotVisible):
            abort(HTTPStatus.NOT_FOUND)


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
