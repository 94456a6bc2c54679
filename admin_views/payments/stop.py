"""「停止发放」 in the city's console (P6): a day and a reason, and what is stopped by them.

The same page takes a stop back, and confirms a year in the place of an enterprise that cannot.
"""

from http import HTTPStatus
from typing import Any

from flask import Flask, abort, flash, redirect, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload
from wtforms import TextAreaField
from wtforms.validators import InputRequired

from admin_views.payments.badges import grant_badge
from admin_views.payments.console import CityPage, city_console
from admin_views.payments.one_payment import payment_badge
from admin_views.site.base import expose
from admin_views.site.day_fields import DayField, limits
from admin_views.site.lists import Column, DataTable
from admin_views.site.typed import row_number
from admin_views.site.wording import reason_problem, translated
from common.calendar import today
from common.errors import (
    ChangedMeanwhile,
    NotPermitted,
    NotVisible,
    ReasonRefused,
    Unacceptable,
)
from common.money import in_yuan
from common.wording import N_
from models import ContinuationAction, Grant, GrantAction, Payment, db
from payments import continuation, employers, grant_moves, grant_scope, reinstating, stopping
from payments.grant_transitions import find_grant_transition


class StopForm(FlaskForm):
    first_day = DayField(
        _("从哪天起停止"),
        [InputRequired(_("请填写日期，例如：2026-11-23。"))],
        description=_("这一天和以后到期的款项停止发放。"),
        render_kw=limits(DayField),
    )
    reason = TextAreaField(
        _("原因"), description=_("申请人会看到这段文字。"), render_kw={"rows": 3, "required": True}
    )


class ReinstateForm(FlaskForm):
    again = TextAreaField(
        _("恢复发放的原因"), description=_("申请人会看到这段文字。"), render_kw={"rows": 3, "required": True}
    )


class ConfirmForm(FlaskForm):
    why = TextAreaField(
        _("代单位确认的原因"),
        description=_("例如：单位已停用，已核对社保缴费记录。"),
        render_kw={"rows": 3, "required": True},
    )


def _blank_stop_form() -> StopForm:
    """Return the form of a stop from today on, which most are."""
    return StopForm(formdata=None, first_day=today())


COLUMNS = (
    Column("year", N_("年度"), lambda row: gettext("第 %(year)s 年", year=row.year), cell="title"),
    Column("ordinal", N_("次序"), style="num"),
    Column("due_on", N_("到期日"), cell="day", style="num"),
    Column("amount", N_("金额（元）"), lambda row: in_yuan(row.amount_fen), style="num cell-num", kind="num"),
    Column("state", N_("状态"), payment_badge, cell="badge"),
)


class StopGrant(CityPage):
    """The page that stops one grant. It has no entry in the menu; the page of a batch's row leads to it."""

    title = N_("停止发放")
    exposed_routes = ("stop", "reinstate", "confirm")

    def is_visible(self) -> bool:
        return False

    def criterion(self) -> ColumnElement[bool]:
        return grant_scope.grants(current_user)

    @expose("/<int:key>/stop/", methods=("GET", "POST"))
    def stop(self, key: int) -> Any:
        """Show the payments of a grant; stop it from a day on."""
        self.get_one(key)
        if request.method != "POST":
            return self._page(key, _blank_stop_form())
        form = StopForm()
        if not form.validate():
            return self._page(key, form), HTTPStatus.UNPROCESSABLE_ENTITY
        try:
            grant = stopping.stop_grant(
                key,
                current_user._get_current_object(),
                seen_version=row_number(request.form.get("seen")) or 0,
                first_day=form.first_day.data,
                reason=form.reason.data or "",
            )
        except ReasonRefused as refusal:
            form.reason.errors = [reason_problem(refusal, gettext("请填写原因，申请人会看到这段文字。"))]
        except Unacceptable as refusal:
            form[refusal.field].errors = [translated(refusal.sentence.text, refusal.sentence.words)]
        except (ChangedMeanwhile, NotPermitted):
            return self._page(key, form, meanwhile=True), HTTPStatus.CONFLICT
        except NotVisible:
            abort(HTTPStatus.NOT_FOUND)
        else:
            flash(gettext("已停止发放：%(name)s，已通知本人。", name=grant.name), "success")
            return redirect(self._row_url(grant))
        return self._page(key, form), HTTPStatus.UNPROCESSABLE_ENTITY

    @expose("/<int:key>/reinstate/", methods=("POST",))
    def reinstate(self, key: int) -> Any:
        """Take the stop back."""
        self.get_one(key)
        form, stop_form = ReinstateForm(), _blank_stop_form()
        try:
            grant = reinstating.reinstate(
                key,
                current_user._get_current_object(),
                seen_version=row_number(request.form.get("seen")) or 0,
                reason=form.again.data or "",
            )
        except ReasonRefused as refusal:
            form.again.errors = [reason_problem(refusal, gettext("请填写原因，申请人会看到这段文字。"))]
        except Unacceptable as refusal:
            form.again.errors = [translated(refusal.sentence.text, refusal.sentence.words)]
        except (ChangedMeanwhile, NotPermitted, NotVisible):
            return self._page(key, stop_form, reinstate_form=form, meanwhile=True), HTTPStatus.CONFLICT
        else:
            flash(gettext("已恢复发放：%(name)s，已通知本人。", name=grant.name), "success")
            return redirect(self.get_url(".stop", key=key), HTTPStatus.SEE_OTHER)
        return self._page(key, stop_form, reinstate_form=form), HTTPStatus.UNPROCESSABLE_ENTITY

    @expose("/<int:key>/confirm/", methods=("POST",))
    def confirm(self, key: int) -> Any:
        """Confirm the year that waits for the enterprise."""
        self.get_one(key)
        form, stop_form = ConfirmForm(), _blank_stop_form()
        try:
            continuation.perform(
                row_number(request.form.get("question")) or 0,
                ContinuationAction.CONFIRM,
                current_user._get_current_object(),
                seen_version=row_number(request.form.get("seen")) or 0,
                reason=form.why.data or "",
            )
        except ReasonRefused as refusal:
            form.why.errors = [reason_problem(refusal, gettext("请填写原因。"))]
        except (ChangedMeanwhile, NotPermitted, NotVisible):
            return self._page(key, stop_form, confirm_form=form, meanwhile=True), HTTPStatus.CONFLICT
        else:
            flash(gettext("已代单位确认，已通知本人。"), "success")
            return redirect(self.get_url(".stop", key=key), HTTPStatus.SEE_OTHER)
        return self._page(key, stop_form, confirm_form=form), HTTPStatus.UNPROCESSABLE_ENTITY

    def _row_url(self, grant: Grant) -> str:
        return self.get_url("city_batches.grant", number=grant.batch.number, position=grant.position)

    def _page(
        self,
        key: int,
        form: StopForm,
        *,
        confirm_form: ConfirmForm | None = None,
        reinstate_form: ReinstateForm | None = None,
        meanwhile: bool = False,
    ) -> str:
        actor = current_user._get_current_object()
        grant = db.session.scalars(
            self.rows()
            .where(Grant.id == key)
            .options(joinedload(Grant.batch))
            .execution_options(populate_existing=True)
        ).one()
        payments = db.session.scalars(
            select(Payment).where(Payment.grant_id == key).order_by(Payment.year, Payment.ordinal, Payment.id)
        ).all()
        question = continuation.confirmable_by(actor, grant)
        stopped = find_grant_transition(grant.state, GrantAction.REINSTATE, actor.role) is not None
        return self.render(
            "payments/stop.html",
            title=translated(self.title),
            grant=grant,
            badge_of=grant_badge(grant),
            row_url=self._row_url(grant),
            listing=DataTable(COLUMNS, payments),
            form=form,
            question=question,
            employer_confirms=question is not None and employers.can_confirm(question.enterprise_id),
            stopped=stopped,
            another_person=grant_moves.second_person_refusal(grant, actor) if stopped else None,
            reinstate_form=reinstate_form or ReinstateForm(formdata=None),
            confirm_form=confirm_form or ConfirmForm(formdata=None),
            meanwhile=meanwhile,
            can_stop=find_grant_transition(grant.state, GrantAction.STOP, actor.role) is not None,
        )


def register(app: Flask) -> None:
    """Add `/city/grants/`."""
    city_console(app).add_view(
        StopGrant(Grant, name=StopGrant.title, endpoint="stop_grant", url="/city/grants")
    )
