"""「在岗确认」 (P6): the person answers for a coming year of the grant, the enterprise confirms. Rules: payments/continuation.py."""

from datetime import date
from http import HTTPStatus
from typing import Any

from flask import Flask, abort, flash, redirect, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from accounts.actor_shape import ActorShape
from admin_views.site import keyset
from admin_views.site.base import MOST_COUNTED, ScopedView, expose, menu
from admin_views.site.day_fields import DayField, limits
from admin_views.site.exporting import ListExport, ListSheet
from admin_views.site.keyset import ListQuery, Order
from admin_views.site.lists import Badge, Column, DataTable
from admin_views.site.typed import row_number
from admin_views.site.wording import day, translated
from common.calendar import today
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible, Unacceptable
from common.money import in_yuan
from common.settings import SITE_NAME
from common.wording import N_
from enterprises.registration import is_approved
from models import (
    Application,
    Continuation,
    ContinuationAction,
    ContinuationState,
    EmploymentEnd,
    Grant,
    GrantState,
    Role,
    db,
)
from models.statements import PlannedPerQuery, constant
from payments import continuation
from payments.continuation import Ended
from payments.continuation_transitions import CONTINUATION_STATES, END_WORDS

MOST_OWN = 50
YES, NO = "yes", "no"
YES_WORDS = {
    Role.APPLICANT: N_("是，继续在本单位工作"),
    Role.ENTERPRISE: N_("是，仍在本单位工作"),
}
NO_WORD = N_("否")
ACTION_OF_YES = {
    Role.APPLICANT: ContinuationAction.CONTINUE,
    Role.ENTERPRISE: ContinuationAction.CONFIRM,
}


class AnswerForm(FlaskForm):
    """Still employed or not; if not, since when and why."""

    employed = RadioField(_("是否继续在本单位工作"), [InputRequired(_("请选择“是”或“否”。"))])
    why = RadioField(
        _("原因"),
        [Optional()],
        choices=lambda: [SelectChoice(each.value, translated(word)) for each, word in END_WORDS.items()],
        description=_("选“否”的填写。"),
        validate_choice=False,
    )
    last_day = DayField(
        _("最后工作日"), [Optional()], description=_("选“否”的填写，不晚于今天。"), render_kw=limits(DayField)
    )

    def __init__(self, role: Role, **given: Any) -> None:
        super().__init__(**given)
        self.employed.choices = [
            SelectChoice(YES, translated(YES_WORDS[role])),
            SelectChoice(NO, translated(NO_WORD)),
        ]

    def ended(self) -> Ended | None:
        """Return what was said about the end; None with the fields' errors set where something is missing."""
        why = next((each for each in EmploymentEnd if each.value == self.why.data), None)
        if why is None:
            self.why.errors = [gettext("请选择原因。")]
        if self.last_day.data is None:
            self.last_day.errors = [gettext("请填写最后工作日，例如：2026-11-23。")]
        return Ended(self.last_day.data, why) if why is not None and self.last_day.data is not None else None


def _badge(state: ContinuationState, grant_state: GrantState, due_by: date) -> Badge:
    word = translated(CONTINUATION_STATES[state])
    if state is ContinuationState.CONFIRMED:
        return Badge("good", word)
    if state is ContinuationState.ENDED or grant_state is not GrantState.GRANTED:
        return Badge("idle", translated(CONTINUATION_STATES[ContinuationState.ENDED]))
    return Badge("late" if due_by < today() else "wait", word)


COLUMNS = (
    Column("name", N_("姓名"), cell="title"),
    Column("number", N_("编号"), style="cell-quiet num"),
    Column("year", N_("年度"), lambda row: gettext("第 %(year)s 年", year=row.year), style="nowrap"),
    Column(
        "amount", N_("当年金额（元）"), lambda row: in_yuan(row.amount_fen), style="num cell-num", kind="num"
    ),
    Column("due_by", N_("期限"), cell="day", style="num"),
    Column("state", N_("状态"), lambda row: _badge(row.state, row.grant_state, row.due_by), cell="badge"),
)


class _Answering(ScopedView):
    """What both sides share: one question, answered by yes or no."""

    role: Role
    title = N_("在岗确认")
    template: str

    def criterion(self) -> ColumnElement[bool]:
        return continuation.continuations(current_user)

    def render(self, template: str, **context: Any) -> str:
        return super().render(template, menu=menu(self.admin, self), title=translated(self.title), **context)

    def _take_answer(self, key: int) -> Any:
        """Take the answer to one question. Returns the form if it was not taken, and whether the question has changed since."""
        form = AnswerForm(self.role)
        if not form.validate():
            return form, False
        ended = form.ended() if form.employed.data == NO else None
        if form.employed.data == NO and ended is None:
            return form, False
        action = ContinuationAction.END if ended else ACTION_OF_YES[self.role]
        try:
            continuation.perform(
                key,
                action,
                current_user,
                seen_version=row_number(request.form.get("seen")) or 0,
                ended=ended,
            )
        except Unacceptable as refusal:
            wrong = translated(refusal.sentence.text, refusal.sentence.words)
            form[refusal.field].errors = [wrong]
            return form, False
        except ChangedMeanwhile:
            return form, True
        except (NotPermitted, NotVisible):
            abort(HTTPStatus.NOT_FOUND)
        return None, False


class OwnContinuations(_Answering):
    """The applicant's questions: the open ones with their form, the others as a list."""

    console = "personal"
    role = Role.APPLICANT
    exposed_routes = ("index_view", "answer")

    def is_visible(self) -> bool:
        return False

    @expose("/")
    def index_view(self) -> Any:
        return self._page(None, None)

    @expose("/<int:key>/answer/", methods=("POST",))
    def answer(self, key: int) -> Any:
        """Take the answer to one question."""
        self.get_one(key)
        form, meanwhile = self._take_answer(key)
        if form is not None:
            status = HTTPStatus.CONFLICT if meanwhile else HTTPStatus.UNPROCESSABLE_ENTITY
            return self._page(key, form, meanwhile=meanwhile), status
        flash(gettext("已答复，谢谢。"), "success")
        return redirect(self.get_url(".index_view"))

    def _page(self, key: int | None, sent: AnswerForm | None, *, meanwhile: bool = False) -> str:
        rows = db.session.scalars(
            self.rows()
            .order_by(Continuation.id.desc())
            .limit(MOST_OWN)
            .options(joinedload(Continuation.grant).joinedload(Grant.application))
            .execution_options(populate_existing=True)
        ).all()
        open_rows = [
            row
            for row in rows
            if row.state is ContinuationState.ASKED and row.grant.state is GrantState.GRANTED
        ]
        # One form on the page: the answer that was sent, else the one that is due first.
        chosen = next((row for row in open_rows if row.id == key), None) or min(
            open_rows, key=lambda row: (row.due_by, row.id), default=None
        )
        form = sent if sent is not None and chosen is not None and chosen.id == key else None
        return self.render(
            "payments/own_continuations.html",
            console=gettext(SITE_NAME),
            rows=rows,
            chosen=chosen.id if chosen is not None else None,
            form=form or AnswerForm(self.role, formdata=None),
            meanwhile=meanwhile,
            badge_of=lambda row: _badge(row.state, row.grant.state, row.due_by),
            in_yuan=in_yuan,
            ends=END_WORDS,
        )


class EnterpriseContinuations(_Answering):
    """The questions that the enterprise's people have answered with yes, and what became of the others."""

    console = "enterprise"
    role = Role.ENTERPRISE
    exposed_routes = ("index_view", "continuation_view")
    exports = {"index_view": "exported"}

    def is_accessible(self) -> bool:
        return super().is_accessible() and is_approved(current_user)

    def menu_number(self, actor: ActorShape) -> Select[Any] | None:
        waiting = (
            select(Continuation.id)
            .where(continuation.continuations(actor), continuation.unanswered_by(self.role))
            .limit(constant(MOST_COUNTED + 1))
            .subquery()
        )
        return select(func.count()).select_from(waiting)

    def exported(self) -> ListExport:
        """Return the list of the same address for an export."""
        return ListExport(self.title, [ListSheet(COLUMNS, self._listing().every_row())])

    def _tab(self) -> str:
        return "all" if request.args.get("tab") == "all" else "waiting"

    def _listing(self) -> ListQuery:
        query = self._query()
        if self._tab() == "waiting":
            query = query.where(continuation.unanswered_by(self.role))
        order = Order(Continuation.id, Continuation.id, descending=True)
        return ListQuery([query], order, executor=PlannedPerQuery)

    def _query(self) -> Select[Any]:
        return (
            self.rows(
                Continuation.id,
                Continuation.year,
                Continuation.state,
                Continuation.due_by,
                Grant.name,
                Grant.amount_fen,
                Grant.state.label("grant_state"),
                Application.number,
            )
            .join(Grant, Grant.id == Continuation.grant_id)
            .join(Application, Application.id == Grant.application_id)
        )

    @expose("/")
    def index_view(self) -> Any:
        """List the questions; `waiting` those to be confirmed now."""
        rows = self._listing().page(request.args.get("page", ""), keyset.PAGE_SIZE)
        tab = self._tab()
        return self.render(
            "payments/continuations.html",
            console=gettext("企业审核"),
            tab=tab,
            listing=DataTable(COLUMNS, rows.rows),
            pager=rows.urls(self.get_url, ".index_view", tab="all" if tab == "all" else None),
        )

    @expose("/<int:key>/", methods=("GET", "POST"))
    def continuation_view(self, key: int) -> Any:
        """Show one question; confirm it, or say that the employment has ended."""
        self.get_one(key)
        if request.method != "POST":
            return self._page(key, AnswerForm(self.role, formdata=None))
        form, meanwhile = self._take_answer(key)
        if form is not None:
            status = HTTPStatus.CONFLICT if meanwhile else HTTPStatus.UNPROCESSABLE_ENTITY
            return self._page(key, form, meanwhile=meanwhile), status
        flash(gettext("已确认，已通知本人。"), "success")
        return redirect(self.get_url(".index_view"))

    def _page(self, key: int, form: AnswerForm, *, meanwhile: bool = False) -> str:
        row = db.session.scalars(
            self.rows()
            .where(Continuation.id == key)
            .options(joinedload(Continuation.grant).joinedload(Grant.application))
            .execution_options(populate_existing=True)
        ).one()
        return self.render(
            "payments/continuation.html",
            console=gettext("企业审核"),
            row=row,
            form=form,
            meanwhile=meanwhile,
            can_answer=row.state is ContinuationState.ANSWERED and row.grant.state is GrantState.GRANTED,
            badge=_badge(row.state, row.grant.state, row.due_by),
            ends=END_WORDS,
            amount=in_yuan(row.grant.amount_fen),
            day=day,
        )


def register(app: Flask) -> None:
    """Add 「在岗确认」 to the applicant's and to the enterprise's console."""
    consoles = {each.index_view.console: each for each in app.extensions["admin"]}
    for view, endpoint in (
        (OwnContinuations, "own_continuations"),
        (EnterpriseContinuations, "continuations"),
    ):
        consoles[view.console].add_view(
            view(
                Continuation,
                name=view.title,
                endpoint=endpoint,
                url=f"/{view.console}/continuations",
            )
        )
