"""「批量办理」 (W6): what was chosen in a reviewer's list, the question before it is done, how far it is, and what was not done.

The work is the worker's (desk/bulk_decisions.py): these pages ask for it and can be left and come back to.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext, pgettext
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, select

from admin_views.review.chosen_rows import ids_by_number
from admin_views.site.base import ScopedView, address_of, expose, menu
from admin_views.site.exporting import ListExport, ListSheet
from admin_views.site.job_notices import NoticeTexts, job_notice
from admin_views.site.keyset import PAGE_SIZE, Order, everything, page
from admin_views.site.languages import cached_per_language
from admin_views.site.lists import Badge, Column, DataTable
from admin_views.site.typed import one_line
from admin_views.site.wording import reason_problem, stamp, translated
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible, ReasonRefused
from common.jobs import progress_of
from common.wording import N_
from desk import bulk
from desk.phrases import PHRASES
from models import Action, Application, BulkJob, BulkRow, BulkState, Enterprise, Role, db, now
from workflow import scope
from workflow.decision import Decision
from workflow.transitions import ACTION_WORDS

MOST_NAMED = 100
"""Applications that the question before a bulk decision names one by one; more are read by nobody."""

BADGES = {
    BulkState.CHOSEN: "late",
    BulkState.WORKING: "wait",
    BulkState.DONE: "good",
    BulkState.CANCELLED: "idle",
    BulkState.STOPPED: "bad",
}
NOTICE_TEXTS = NoticeTexts(
    paused=N_("将在 %(time)s 自动再试，已办理的不会重复办理。"),
    silent=N_("后台进程恢复后 15 秒内自动继续，已办理的不会重复办理。仍不继续请联系维护人员。"),
)


def action_word(action: Action) -> str:
    return pgettext("button", ACTION_WORDS[action])


class BulkBar(NamedTuple):
    """The bar above the waiting list: where it sends what is chosen, where the jobs are, and what can be done.

    `listed_at`: the time of the list, which comes back with the rows that are ticked in it.
    """

    url: str
    jobs: str
    actions: tuple[tuple[str, str], ...]
    listed_at: str
    count: str  # type: ignore[assignment]  # shadows tuple.count
    papers: str
    """Where it sends what is chosen to get the papers as one file (W10)."""


BULK_WORDS = {Action.PASS: N_("批量通过"), Action.RETURN: N_("批量回退"), Action.REFUSE: N_("批量不通过")}


def bulk_bar(console: str, role: Role, query: str, count: str) -> BulkBar:
    """Return the bar. How many rows a filter leaves is counted only when they are asked for; then `count` is ""."""
    jobs, papers, actions = _bulk_words(console, role)
    listed_at, query = now().isoformat(), query[:-1]
    return BulkBar(f"{jobs}choose/{query}", jobs, actions, listed_at, count, papers + query)


def _instant(text: str) -> datetime | None:
    """Return the instant that a page sends back; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


@cached_per_language
def _bulk_words(console: str, role: Role) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    actions = tuple((action.value, translated(BULK_WORDS[action])) for action in bulk.actions_of(role))
    return url_for(f"{console}_bulk.index_view"), url_for(f"{console}_documents.make_chosen"), actions


JOB_COLUMNS = (
    Column("created_at", N_("提出时间"), lambda job: stamp(job.created_at), cell="title", style="num"),
    Column("action", N_("办理"), lambda job: action_word(job.asked_action)),
    Column("total", N_("选定"), style="num"),
    Column("decided", N_("已办理"), style="num"),
    Column("left", N_("未办理"), lambda job: job.total - job.decided, style="num"),
    Column(
        "state",
        N_("状态"),
        lambda job: Badge(BADGES[job.state], translated(bulk.STATE_WORDS[job.state])),
        cell="badge",
    ),
)
ROW_COLUMNS = (
    Column("number", N_("编号"), style="cell-quiet num"),
    Column("name", N_("姓名"), cell="title"),
    Column("fault", N_("原因"), lambda row: fault_text(row.fault)),
)


NAMED_COLUMNS = (
    *ROW_COLUMNS[:2],
    Column("enterprise", N_("工作单位")),
)


def fault_text(fault: list[Any] | None) -> str:
    """Return why a row was not decided."""
    return translated(*fault) if fault else gettext("还没有办到这一件。")


BY_APPLICATION = Order(BulkRow.application_id, BulkRow.application_id)


def _not_decided(job: BulkJob) -> Select[Any]:
    left = BulkRow.decided.is_(False)
    if job.state is not BulkState.CHOSEN:
        left |= BulkRow.decided.is_(None)
    in_sight = scope.visible(current_user._get_current_object()).label("in_sight")
    return (
        select(Application.number, Application.name, BulkRow.fault, in_sight)
        .join(BulkRow, BulkRow.application_id == Application.id)
        .where(BulkRow.job_id == job.id, left)
    )


def _named(job: BulkJob) -> Select[Any]:
    """Return the query of the applications that a chosen job would decide, as many as are named."""
    return (
        select(Application.number, Application.name, Enterprise.name.label("enterprise"))
        .join(BulkRow, BulkRow.application_id == Application.id)
        .outerjoin(Enterprise, Enterprise.id == Application.submitted_enterprise_id)
        .where(BulkRow.job_id == job.id, BulkRow.decided.is_(None))
        .where(scope.visible(current_user._get_current_object()))
        .order_by(BulkRow.application_id)
        .limit(MOST_NAMED)
    )


class BulkDecisions(ScopedView):
    """The bulk decisions of one console."""

    exposed_routes = ("index_view", "choose", "job", "confirm", "cancel")
    exports = {"index_view": "exported", "job": "exported_rows"}
    title = N_("批量办理")

    def __init__(self, console: Any) -> None:
        self.console = console.console
        super().__init__(
            BulkJob, name=self.title, endpoint=f"{console.console}_bulk", url=f"{console.url}/bulk"
        )
        self._list = console

    def is_accessible(self) -> bool:
        return bool(self._list.is_accessible())

    def is_visible(self) -> bool:
        return False  # the list leads here

    def criterion(self) -> ColumnElement[bool]:
        return bulk.own(current_user._get_current_object())

    @expose("/")
    def index_view(self) -> str:
        """Return the jobs of this account, the newest first."""
        rows = db.session.scalars(self.rows().order_by(BulkJob.id.desc()).limit(PAGE_SIZE)).all()
        return self._render("review/bulk_jobs.html", listing=DataTable(JOB_COLUMNS, rows))

    @expose("/choose/", methods=("POST",))
    def choose(self) -> Any:
        """Note what was chosen in the list; the summary comes next."""
        try:
            action = Action(request.form.get("action", ""))
        except ValueError:
            abort(HTTPStatus.NOT_FOUND)
        more, listed_at = False, None
        if request.form.get("all"):
            chosen = {key: text for key, value in request.args.items() if (text := one_line(value))}
            ids, more = self._list.waiting_ids(chosen, bulk.MOST_ROWS)
        else:
            ids = ids_by_number(request.form.getlist("row"), bulk.MOST_ROWS)
            listed_at = _instant(request.form.get("listed-at", ""))
        if not ids:
            flash(gettext("还没有选择申请。请在要办理的各行前打勾，或选“全部符合条件的”。"), "error")
            return redirect(self._list.back_to_list(), HTTPStatus.SEE_OTHER)
        try:
            job = bulk.choose(current_user._get_current_object(), action, ids, listed_at)
        except (NotPermitted, NotVisible):
            abort(HTTPStatus.NOT_FOUND)
        if more:
            flash(
                gettext("符合条件的超过 %(most)s 件，这次选定了前 %(most)s 件。", most=bulk.MOST_ROWS), "info"
            )
        return redirect(self.get_url(".job", key=job.id), HTTPStatus.SEE_OTHER)

    @expose("/<int:key>/")
    def job(self, key: int) -> Any:
        """Ask before it is done, show how far it is, or report what was not done."""
        return self._job_page(self.get_one(key))

    def _job_page(self, job: BulkJob, status: int = 200, **further: Any) -> Any:
        action = job.asked_action
        in_work = job.state is BulkState.WORKING
        rows = None if in_work else self._rows_not_decided(job)
        chosen = job.state is BulkState.CHOSEN
        content = self._render(
            "review/bulk_job.html",
            job=job,
            State=BulkState,
            states=bulk.STATE_WORDS,
            badges=BADGES,
            action=action,
            action_word=action_word(action),
            needs_reason=bulk.needs_reason(job.actor_role, action),
            phrases=[translated(phrase) for phrase in PHRASES.get(action, ())],
            summary=bulk.summary(job) if chosen else None,
            named=DataTable(NAMED_COLUMNS, db.session.execute(_named(job)).all()) if chosen else None,
            in_work=in_work,
            notice=job_notice(job, progress_of(job), NOTICE_TEXTS) if in_work else None,
            rows=DataTable(ROW_COLUMNS, rows.rows) if rows else None,
            pager=rows.urls(self.get_url, ".job", key=job.id, _anchor="rows") if rows else [],
            error_text=translated(*job.error) if job.error else "",
            **{"wrong": "", "typed": "", **further},
        )
        return content, status

    def _rows_not_decided(self, job: BulkJob) -> Any:
        """Return a page of the rows that were not decided, or of those that cannot be, before it is confirmed."""
        return page(_not_decided(job), BY_APPLICATION, request.args.get("page", ""), PAGE_SIZE)

    def exported(self) -> ListExport:
        """Return the jobs of this account for an export."""
        rows = db.session.scalars(self.rows().order_by(BulkJob.id.desc())).all()
        return ListExport(self.title, [ListSheet(JOB_COLUMNS, rows)])

    def exported_rows(self) -> ListExport:
        """Return what one job did not decide for an export."""
        job = self.get_one((request.view_args or {})["key"])
        rows = everything(_not_decided(job), BY_APPLICATION)
        return ListExport(
            N_("没有办理的"), [ListSheet(ROW_COLUMNS, rows)], ((self.title, stamp(job.created_at)),)
        )

    @expose("/<int:key>/confirm/", methods=("POST",))
    def confirm(self, key: int) -> Any:
        """Hand it to the worker."""
        job = self.get_one(key)
        reason = request.form.get("reason", "")
        try:
            bulk.confirm_chosen(current_user._get_current_object(), job.id, decision=Decision(reason))
        except ReasonRefused as refusal:
            wrong = reason_problem(refusal, gettext("请填写原因，申请人会看到这段文字。"))
            return self._job_page(self.get_one(key), 422, wrong=wrong, typed=reason)
        except ChangedMeanwhile:
            flash(gettext("这次批量办理已经确认或取消过，没有重复办理。"), "error")
        except (NotPermitted, NotVisible):
            abort(HTTPStatus.NOT_FOUND)
        return redirect(self.get_url(".job", key=key), HTTPStatus.SEE_OTHER)

    @expose("/<int:key>/cancel/", methods=("POST",))
    def cancel(self, key: int) -> Any:
        """End it: what is done stays done."""
        job = self.get_one(key)
        try:
            bulk.cancel(current_user._get_current_object(), job.id)
        except ChangedMeanwhile:
            flash(gettext("这次批量办理已经结束，无法取消。"), "error")
        except (NotPermitted, NotVisible):
            abort(HTTPStatus.NOT_FOUND)
        return redirect(self.get_url(".job", key=key), HTTPStatus.SEE_OTHER)

    def _render(self, template: str, **context: Any) -> str:
        return self.render(
            template,
            title=gettext(self.title),
            console=translated(self._list.console_title),
            menu=menu(self.admin, self._list),
            list_title=translated(self._list.title),
            list_address=address_of(self._list),
            back=self._list.back_to_list(),
            **context,
        )
