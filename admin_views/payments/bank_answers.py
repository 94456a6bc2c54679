"""The bank's answer to a run (P4): the upload, the preview with every refused row, and its confirmation."""

from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from sqlalchemy import select

from accounts.access import may_open_console
from admin_views.payments.run_columns import sum_fact
from admin_views.site.base import expose
from admin_views.site.exporting import ListExport, ListSheet
from admin_views.site.job_notices import IMPORT_BADGES, NoticeTexts, job_notice
from admin_views.site.keyset import PAGE_SIZE, Order, everything, page
from admin_views.site.lists import Badge, Column, DataTable
from admin_views.site.typed import row_number
from admin_views.site.wording import translated
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible
from common.jobs import progress_of
from common.money import in_yuan
from common.wording import N_
from models import BankAnswer, BankAnswerRow, ImportState, PaymentRun, db
from payments import answer_table, answers, payment_scope
from payments.answer_sums import answer_sums
from payments.answer_table import COLUMNS as FILE_COLUMNS
from payments.judging import OUTCOME_WORDS
from uploads import tables
from uploads.errors import UploadError
from uploads.limits import accepts_attachments
from uploads.receive import discard_file

ANSWER_STATES = {
    ImportState.READING: N_("正在读取"),
    ImportState.PREVIEW: N_("待确认"),
    ImportState.IMPORTING: N_("正在登记"),
    ImportState.DONE: N_("已登记"),
    ImportState.FAILED: N_("没有登记"),
    ImportState.DISCARDED: N_("已放弃"),
}
NOTICE_TEXTS = NoticeTexts(
    paused=N_("将在 %(time)s 自动再试，不必重新上传。"),
    silent=N_("后台进程恢复后 15 秒内自动继续，不必重新上传。请联系维护人员。"),
    late=N_("后台进程恢复后 15 秒内自动继续，不必重新上传。请联系维护人员。"),
)


class BankAnswerForm(FlaskForm):
    """The file of the bank."""

    file = FileField(
        _("银行回执文件"),
        description=_("银行返回的明细：.xlsx、.xls 或 .csv。先核对，确认后才登记。"),
        render_kw={"accept": ",".join(f".{each}" for each in tables.EXTENSIONS), "required": True},
    )


def answer_fault_texts(row: Any) -> list[str]:
    """Return the faults of a row, each with its column."""
    return [
        gettext(
            "%(column)s：%(fault)s", column=translated(FILE_COLUMNS[column]), fault=translated(text, words)
        )
        for column, text, words in row.faults
    ]


ACCEPTED_COLUMNS = (
    Column("line", N_("行号"), style="cell-quiet num"),
    Column("number", N_("付款编号"), cell="title", style="num"),
    Column("account", N_("收款账号"), masked=True, style="num"),
    Column("amount", N_("金额"), style="num cell-num", kind="num"),
    Column(
        "outcome",
        N_("处理结果"),
        lambda row: (
            Badge(
                {"paid": "good", "refused": "bad"}.get(row.outcome.value, "late"),
                translated(OUTCOME_WORDS[row.outcome]),
            )
            if row.outcome
            else None
        ),
        cell="badge",
    ),
    Column("reason", N_("原因"), hides_empty=True),
    Column(
        "unchanged", N_("说明"), lambda row: gettext("已登记过") if row.unchanged else "", hides_empty=True
    ),
)
REFUSED_COLUMNS = (
    Column("line", N_("行号"), style="cell-quiet num"),
    Column("number", N_("付款编号"), lambda row: row.number or gettext("（空）"), cell="title", style="num"),
    Column("account", N_("收款账号"), masked=True, style="num"),
    Column("amount", N_("金额"), style="num cell-num", kind="num"),
    Column("said", N_("处理结果")),
    Column("faults", N_("问题"), answer_fault_texts, cell="items"),
)


def _may_send() -> bool:
    return bool(current_user.is_authenticated and may_open_console(current_user, "city"))


BY_LINE = Order(BankAnswerRow.line, BankAnswerRow.line)


def _rows_of(answer: BankAnswer, refused: bool) -> Any:
    names = ("line", "number", "account", "amount", "said", "reason", "outcome", "unchanged", "faults")
    return select(*(getattr(BankAnswerRow, name) for name in names)).where(
        BankAnswerRow.answer_id == answer.id, BankAnswerRow.refused == refused
    )


def _sum_facts(answer: BankAnswer, run: PaymentRun) -> list[dict[str, str]]:
    """Return what the run holds, and what this answer says of it, for the person who is about to record it."""
    sums = answer_sums(answer, run)
    facts = [sum_fact(gettext("本批"), run.count, run.total_fen)]
    facts += [
        sum_fact(translated(words), sums[outcome].rows, sums[outcome].fen)
        for outcome, words in OUTCOME_WORDS.items()
    ]
    refused = sums[None]
    fact = {
        "label": gettext("未通过的行"),
        "value": gettext("%(count)s 行，%(total)s 元", count=refused.rows, total=in_yuan(refused.fen)),
    }
    if refused.unreadable:
        fact["aside"] = gettext("其中 %(count)s 行的金额无法识别，没有计入", count=refused.unreadable)
    return [*facts, fact]


class AnswerRoutes:
    """The routes of the bank's answers, for the view of the runs."""

    exposed_routes: tuple[str, ...] = ("upload", "answer", "confirm_answer", "discard_answer")
    exports = {"answer": "exported_answer"}
    get_one: Any
    get_url: Any
    render: Any
    _run_page: Any

    def answer_words(self) -> dict[str, Any]:
        return {"answer_states": ANSWER_STATES, "answer_badges": IMPORT_BADGES}

    @expose("/<number>/answers/", methods=("POST",))
    @accepts_attachments(when=_may_send)
    def upload(self, number: str) -> Any:
        """Take the bank's file; the worker reads it."""
        run = self.get_one(number)
        form = BankAnswerForm()
        if not form.validate():
            return self._run_page(run, HTTPStatus.UNPROCESSABLE_ENTITY, answer_form=form)
        try:
            received = tables.receive_table(form.file.data)
        except UploadError as error:
            form.file.errors = [str(error)]
            return self._run_page(run, HTTPStatus.UNPROCESSABLE_ENTITY, answer_form=form)
        try:
            answer = answers.begin(
                current_user._get_current_object(),
                run.id,
                file_name=received.display_name,
                extension=received.extension,
                storage_name=received.storage_name,
            )
        except (NotVisible, NotPermitted):
            discard_file(received.storage_name)
            abort(HTTPStatus.NOT_FOUND)
        except BaseException:
            discard_file(received.storage_name)
            raise
        return redirect(self.get_url(".answer", number=number, key=answer.id), HTTPStatus.SEE_OTHER)

    def _answer(self, number: str, key: int) -> BankAnswer:
        found = db.session.scalars(
            select(BankAnswer)
            .join(PaymentRun, PaymentRun.id == BankAnswer.run_id)
            .where(BankAnswer.id == key, PaymentRun.number == number, payment_scope.runs(current_user))
        ).one_or_none()
        if found is None:
            abort(HTTPStatus.NOT_FOUND)
        return found

    def exported_answer(self) -> ListExport:
        """Return the rows of one answer, refused and accepted, for an export."""
        named = request.view_args or {}
        answer = self._answer(named["number"], named["key"])
        sheets = [
            ListSheet(columns, everything(_rows_of(answer, refused), BY_LINE), name)
            for refused, name, columns in (
                (True, N_("未通过的行"), REFUSED_COLUMNS),
                (False, N_("可登记的行"), ACCEPTED_COLUMNS),
            )
        ]
        return ListExport(N_("银行回执"), sheets, ((N_("发放批次"), named["number"]),))

    @expose("/<number>/answers/<int:key>/")
    def answer(self, number: str, key: int) -> Any:
        """Show how far an answer is, and its rows before anything is written."""
        answer = self._answer(number, key)
        refused = request.args.get("rows", "refused" if answer.refused else "good") == "refused"
        found = page(_rows_of(answer, refused), BY_LINE, request.args.get("page", ""), PAGE_SIZE)
        in_work = answer.state in answers.IN_PROGRESS
        which = "refused" if refused else "good"
        return self.render(
            "payments/bank_answer.html",
            title=gettext("银行回执"),
            number=number,
            answer=answer,
            State=ImportState,
            in_work=in_work,
            notice=job_notice(answer, progress_of(answer), NOTICE_TEXTS) if in_work else None,
            refused=refused,
            sums=_sum_facts(answer, self.get_one(number)) if answer.state is ImportState.PREVIEW else [],
            words=[
                (translated(OUTCOME_WORDS[outcome]), words) for outcome, words in answer_table.known_words()
            ],
            listing=DataTable(REFUSED_COLUMNS if refused else ACCEPTED_COLUMNS, found.rows),
            pager=found.urls(self.get_url, ".answer", number=number, key=key, rows=which, _anchor="rows"),
            error_text=translated(*answer.error) if answer.error else "",
            **self.answer_words(),
        )

    @expose("/<number>/answers/<int:key>/confirm/", methods=("POST",))
    def confirm_answer(self, number: str, key: int) -> Any:
        """「确认登记」: write exactly the rows that the page showed."""
        answer = self._answer(number, key)
        seen = row_number(request.form.get("seen")) or 0
        return self._do(
            number,
            key,
            lambda: answers.confirm_answer(current_user._get_current_object(), answer.id, seen=seen),
        )

    @expose("/<number>/answers/<int:key>/discard/", methods=("POST",))
    def discard_answer(self, number: str, key: int) -> Any:
        """Drop an answer that is not written."""
        answer = self._answer(number, key)
        return self._do(number, key, lambda: answers.discard(current_user._get_current_object(), answer.id))

    def _do(self, number: str, key: int, act: Any) -> Any:
        try:
            act()
        except ChangedMeanwhile:
            flash(gettext("这份回执在此期间已有变化，没有办理。下面是它现在的样子。"), "error")
        except (NotVisible, NotPermitted):
            abort(HTTPStatus.NOT_FOUND)
        return redirect(self.get_url(".answer", number=number, key=key), HTTPStatus.SEE_OTHER)
