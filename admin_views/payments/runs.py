"""「发放批次」 (P4): the runs, one run with its rows, files and the bank's answers, and the buttons that the table allows."""

from collections.abc import Callable
from http import HTTPStatus
from operator import attrgetter
from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext, pgettext
from flask_login import current_user
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from admin_views.files.routes import sent_original
from admin_views.payments.bank_answers import AnswerRoutes, BankAnswerForm
from admin_views.payments.one_payment import PaymentRoutes
from admin_views.payments.run_columns import (
    COLUMNS,
    ROW_COLUMNS,
    RUN_BADGES,
    SUM_WORDS,
    TABS,
    run_badge,
    sum_fact,
)
from admin_views.payments.run_form import MakeForm
from admin_views.site.base import ScopedView, expose, menu
from admin_views.site.exporting import ListExport, ListSheet
from admin_views.site.keyset import PAGE_SIZE, Order, everything, page
from admin_views.site.lists import DataTable
from admin_views.site.typed import row_number
from admin_views.site.wording import reason_problem, translated
from common.calendar import today
from common.errors import (
    ActionRefused,
    ChangedMeanwhile,
    NotPermitted,
    NotVisible,
    ReasonRefused,
    Unacceptable,
)
from common.money import in_yuan
from common.wording import N_
from models import (
    BankAnswer,
    BankOutcome,
    Grant,
    Payment,
    PaymentRun,
    Period,
    RunAction,
    RunEvent,
    RunRow,
    RunState,
    db,
)
from payments import due, exporting, payment_scope, runs
from payments.bank_file import KINDS
from payments.run_transitions import RUN_ACTION_WORDS, run_wording
from uploads.errors import UploadError
from uploads.sets import storage

MOST_EVENTS = 50
EXPLANATIONS = {
    RunAction.FREEZE: N_("冻结后记下每笔的户名、开户银行和账号，不再变化。"),
    RunAction.APPROVE: N_("由另一位同事核对笔数和合计后批准。"),
    RunAction.EXPORT: N_("生成银行文件，只生成一次。此后只有银行整批退回才能作废。"),
    RunAction.DISCARD: N_("作废后各笔回到待发放，可以列入另一批。"),
}
RETURNED_WHOLE = N_(
    "银行没有受理这个文件、一笔也没有付出时，由另一位同事办理：各笔回到待发放，账号不变，可以列入另一批。"
)


NEWEST_RUN = Order(PaymentRun.id, PaymentRun.id, descending=True)
BY_POSITION = Order(RunRow.position, RunRow.position)


class PaymentRuns(AnswerRoutes, PaymentRoutes, ScopedView):
    """The payment runs of the city."""

    console = "city"
    exports = {"index_view": "exported", "run": "exported_rows", **AnswerRoutes.exports}
    exposed_routes = (
        "index_view",
        "make",
        "run",
        "act",
        "download",
        *AnswerRoutes.exposed_routes,
        *PaymentRoutes.exposed_routes,
    )
    lookup_column = "number"
    title = N_("发放批次")

    def criterion(self) -> ColumnElement[bool]:
        return payment_scope.runs(current_user)

    def render(self, template: str, **context: Any) -> str:
        context.setdefault("title", translated(self.title))
        return super().render(
            template,
            console=gettext("市专家服务中心审核"),
            menu=menu(self.admin, self),
            list_title=translated(self.title),
            in_yuan=in_yuan,
            **context,
        )

    @expose("/")
    def index_view(self) -> Any:
        """Return the runs, the newest first, and the form of a new one."""
        return self._list_page(MakeForm(formdata=None, due_until=today()))

    def _list_page(self, form: MakeForm, status: int = HTTPStatus.OK) -> Any:
        found = page(self._found(), NEWEST_RUN, request.args.get("page", ""), PAGE_SIZE)
        content = self.render(
            "payments/runs.html",
            form=form,
            most=due.MOST_ROWS,
            listing=DataTable(COLUMNS, found.rows),
            pager=found.urls(self.get_url, ".index_view"),
        )
        return content, status

    def _found(self) -> Any:
        return self.rows(
            PaymentRun.number,
            PaymentRun.due_until,
            PaymentRun.count,
            PaymentRun.total_fen,
            PaymentRun.left_out,
            PaymentRun.state,
            Period.name.label("period"),
        ).outerjoin(Period, Period.id == PaymentRun.period_id)

    def exported(self) -> ListExport:
        """Return the runs for an export."""
        return ListExport(self.title, [ListSheet(COLUMNS, everything(self._found(), NEWEST_RUN))])

    def exported_rows(self) -> ListExport:
        """Return the rows of one run for an export."""
        run = self.get_one((request.view_args or {})["number"])
        tab = request.args.get("tab", "rows")
        tab = tab if tab in TABS else "rows"
        rows = everything(self._of_run(run, tab), BY_POSITION)
        sheet = ListSheet(ROW_COLUMNS, rows, application_of=attrgetter("application_id"))
        return ListExport(TABS[tab], [sheet], ((self.title, run.number),))

    @expose("/make/", methods=("POST",))
    def make(self) -> Any:
        """Make a run of what is due."""
        form = MakeForm()
        if not form.validate():
            return self._list_page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            run = runs.make(current_user._get_current_object(), form.choice())
        except Unacceptable as refusal:
            form[refusal.field].errors = [translated(refusal.sentence.text, refusal.sentence.words)]
            return self._list_page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
        except NotPermitted:
            abort(HTTPStatus.NOT_FOUND)
        return redirect(self.get_url(".run", number=run.number), HTTPStatus.SEE_OTHER)

    @expose("/<number>/")
    def run(self, number: str) -> Any:
        """Return one run."""
        return self._run_page(self.get_one(number))

    def _run_page(
        self,
        run: PaymentRun,
        status: int = HTTPStatus.OK,
        *,
        answer_form: BankAnswerForm | None = None,
        **further: Any,
    ) -> Any:
        person = current_user._get_current_object()
        tab = request.args.get("tab", "rows")
        rows = self._run_rows(run, tab if tab in TABS else "rows")
        answers = db.session.scalars(
            select(BankAnswer)
            .where(BankAnswer.run_id == run.id)
            .order_by(BankAnswer.id.desc())
            .limit(MOST_EVENTS)
            .options(joinedload(BankAnswer.actor))
        ).all()
        events = db.session.scalars(
            select(RunEvent).where(RunEvent.run_id == run.id).order_by(RunEvent.id).limit(MOST_EVENTS)
        ).all()
        answerable = run.state in (RunState.EXPORTED, RunState.ANSWERED)
        sums = runs.bank_sums(run) if answers else {}
        content = self.render(
            "payments/run.html",
            title=gettext("发放批次 %(number)s", number=run.number),
            run=run,
            badge_of=run_badge(run),
            actions=runs.actions(run, person),
            waits_for_second=run.state is RunState.FROZEN and not runs.is_second_person(run, person),
            action_words={action: pgettext("button", word) for action, word in RUN_ACTION_WORDS.items()},
            explanations=EXPLANATIONS | ({RunAction.DISCARD: RETURNED_WHOLE} if answerable else {}),
            files=exporting.files(run) if answerable or run.state is RunState.DISCARDED else [],
            tab=tab if tab in TABS else "rows",
            tabs=self._tabs(run, tab),
            sums=[sum_fact(translated(SUM_WORDS[outcome]), *sums[outcome]) for outcome in sums],
            listing=DataTable(ROW_COLUMNS, rows.rows),
            pager=rows.urls(self.get_url, ".run", number=run.number, tab=tab, _anchor="rows"),
            answers=answers,
            answer_form=(answer_form or BankAnswerForm(formdata=None)) if answerable else None,
            **self.answer_words(),
            history=[
                {
                    "kind": RUN_BADGES[event.to_state],
                    "label": translated(run_wording(event.from_state, event.action)),
                    "who": event.actor_name,
                    "when": event.at,
                    "reason": event.reason,
                }
                for event in reversed(events)
            ],
            **{"wrong": "", "wrong_reason": "", "typed": "", **further},
        )
        return content, status

    def _run_rows(self, run: PaymentRun, tab: str) -> Any:
        return page(self._of_run(run, tab), BY_POSITION, request.args.get("page", ""), PAGE_SIZE)

    def _of_run(self, run: PaymentRun, tab: str) -> Any:
        query = (
            select(
                RunRow.payment_id,
                RunRow.number,
                RunRow.holder,
                RunRow.bank,
                RunRow.account,
                RunRow.amount_fen,
                RunRow.left_out,
                RunRow.outcome,
                RunRow.bank_reason,
                Grant.name,
                Grant.application_id,
            )
            .join(Payment, Payment.id == RunRow.payment_id)
            .join(Grant, Grant.id == Payment.grant_id)
            .where(RunRow.run_id == run.id)
        )
        narrowed = {
            "rows": RunRow.left_out.is_(None),
            "left_out": RunRow.left_out.is_not(None),
            "refused": RunRow.outcome == BankOutcome.REFUSED,
            "open": RunRow.left_out.is_(None)
            & (RunRow.outcome.is_(None) | (RunRow.outcome == BankOutcome.UNKNOWN)),
        }[tab]
        return query.where(narrowed)

    def _tabs(self, run: PaymentRun, current: str) -> list[dict[str, Any]]:
        shown = ["rows", "left_out"] if run.left_out else ["rows"]
        if run.state in (RunState.EXPORTED, RunState.ANSWERED):
            shown += ["refused", "open"]
        counts = {"rows": run.count, "left_out": run.left_out}
        return [
            {
                "label": translated(TABS[key]),
                "url": self.get_url(".run", number=run.number, tab=key, _anchor="rows"),
                "current": key == current,
                "count": counts.get(key),
            }
            for key in shown
        ]

    @expose("/<number>/act/", methods=("POST",))
    def act(self, number: str) -> Any:
        """Do one action of the table to a run."""
        run = self.get_one(number)
        try:
            action = RunAction(request.form.get("action", ""))
        except ValueError:
            abort(HTTPStatus.NOT_FOUND)
        if action not in EXPLANATIONS:  # the bank's answers have pages of their own
            abort(HTTPStatus.NOT_FOUND)
        reason = request.form.get("reason", "")
        seen = row_number(request.form.get("version")) or 0

        def write() -> None:
            actor = current_user._get_current_object()
            if action is RunAction.EXPORT:
                exporting.export(run.id, actor, seen_version=seen, store=storage().store)
            else:
                runs.perform(run.id, action, actor, seen_version=seen, reason=reason)

        if refused := self._refused_page(run, write, reason):
            return refused
        flash(gettext("已办理：%(action)s。", action=pgettext("button", RUN_ACTION_WORDS[action])), "success")
        return redirect(self.get_url(".run", number=run.number), HTTPStatus.SEE_OTHER)

    def _refused_page(self, run: PaymentRun, write: Callable[[], None], reason: str) -> Any:
        """Call `write`; return the page that says why it was refused, None when it was not."""
        number = run.number
        try:
            write()
        except ReasonRefused as refusal:
            wrong = reason_problem(refusal, gettext("请填写原因。"))
            return self._again(number, wrong_reason=wrong, typed=reason)
        except Unacceptable as refusal:
            return self._again(number, wrong=translated(refusal.sentence.text, refusal.sentence.words))
        except UploadError as error:  # the storage is full or does not answer
            return self._again(number, HTTPStatus.SERVICE_UNAVAILABLE, wrong=str(error))
        except (ChangedMeanwhile, NotPermitted):
            return self._again(
                number,
                HTTPStatus.CONFLICT,
                wrong=gettext("这一批在此期间已有变化，没有办理。下面是它现在的样子。"),
            )
        except ActionRefused:
            abort(HTTPStatus.NOT_FOUND)
        return None

    def _again(self, number: str, status: int = HTTPStatus.UNPROCESSABLE_ENTITY, **further: Any) -> Any:
        db.session.rollback()
        return self._run_page(self.get_one(number), status, **further)

    @expose("/<number>/files/<kind>/", methods=("POST",))
    def download(self, number: str, kind: str) -> Response:
        """Send a file for the bank. A POST: each download is recorded, since the file holds full account numbers."""
        run = self.get_one(number)
        if kind not in KINDS:
            abort(HTTPStatus.NOT_FOUND)
        try:
            file = exporting.record_run_download(run.id, kind, current_user._get_current_object())
        except NotVisible:
            abort(HTTPStatus.NOT_FOUND)
        return sent_original(file.storage_name, file.display_name, KINDS[kind])
