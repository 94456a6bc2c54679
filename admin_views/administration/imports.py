"""企业导入: a template, an upload, a preview with all refused rows, and the import once the preview is confirmed (D1).

The worker does the work. These pages start it and show its progress; people may leave and return.
"""

from http import HTTPStatus
from operator import attrgetter
from typing import Any

from flask import Response, abort, flash, redirect, request
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import ColumnElement, select

from accounts import access
from admin_views.administration import forms, import_sheets
from admin_views.administration.base import (
    PAGE_SIZE,
    Administration,
    newest_first,
    respond_to_refusal,
)
from admin_views.site.base import ScopedView, expose
from admin_views.site.exporting import ListExport, ListSheet
from admin_views.site.job_notices import IMPORT_BADGES, NoticeTexts, job_notice
from admin_views.site.keyset import Order, everything, page
from admin_views.site.lists import Badge, Column, DataTable
from admin_views.site.typed import row_number
from admin_views.site.wording import list_title, translated
from administration import import_table, imports
from common.errors import ActionRefused, ChangedMeanwhile
from common.jobs import CLAIM_EXPECTED_WITHIN, JobStatus, progress_of
from common.wording import N_, NP_
from models import Import, ImportRow, ImportState, Region, db
from uploads import sheets
from uploads.errors import UploadError
from uploads.limits import accepts_attachments
from uploads.receive import discard_file
from uploads.responses import content_disposition
from workflow import scope

NOTICE_TEXTS = NoticeTexts(
    paused=N_("将在 %(time)s 自动再试，不必重新上传。"),
    silent=N_(
        "它可能已停止。还没有写入任何企业，不必重新上传：后台进程恢复后 15 秒内自动继续。仍不继续请联系维护人员。"
    ),
    late=N_("文件已收到，不必重新上传：后台进程恢复后 15 秒内自动开始。请联系维护人员。"),
    late_title=N_("后台进程没有来处理，似乎没有运行"),
)


def _job_badge(job: Any) -> Badge:
    if job.silent:
        return Badge("bad", gettext("处理中断"))
    return Badge(IMPORT_BADGES[job.state], translated(imports.STATE_WORDS[job.state]))


COLUMNS = (
    Column("file_name", N_("文件"), cell="title"),
    Column("actor_name", N_("上传人")),
    Column("created_at", N_("上传时间"), cell="stamp", style="num"),
    Column("accepted", N_("可导入"), style="num"),
    Column("refused", N_("未通过的行"), style="num"),
    Column("state", N_("状态"), _job_badge, cell="badge"),
)
_FILE = import_table.COLUMNS
ACCEPTED_COLUMNS = (
    Column("number", N_("行号"), attrgetter("number"), cell="macro", style="num"),
    Column(
        import_table.NAME, _FILE[import_table.NAME], lambda row: row.name or gettext("（空）"), cell="title"
    ),
    Column(import_table.CODE, _FILE[import_table.CODE], style="num", short=N_("信用代码")),
    Column(import_table.REGION, _FILE[import_table.REGION]),
    Column(import_table.CONTACT, _FILE[import_table.CONTACT]),
    Column(import_table.TELEPHONE, _FILE[import_table.TELEPHONE], style="num"),
)
REFUSED_COLUMNS = (
    *ACCEPTED_COLUMNS,
    Column("faults", N_("问题"), lambda row: import_sheets.fault_texts(row.faults), cell="items"),
)


BY_NUMBER = Order(ImportRow.number, ImportRow.number)


def _rows_of(job: Import, refused: bool) -> Any:
    return select(
        *(getattr(ImportRow, column) for column in import_table.COLUMNS),
        ImportRow.faults,
        ImportRow.hidden,
        ImportRow.number,
    ).where(ImportRow.import_id == job.id, ImportRow.refused == refused)


class Imports(Administration, ScopedView):
    """The imports so far, and a new one."""

    exposed_routes = ("index_view", "template", "job", "confirm", "discard", "report")
    exports = {"index_view": "exported", "job": "exported_rows"}
    menu_parent = "administration_enterprises"
    title = N_("批量导入企业")

    def criterion(self) -> ColumnElement[bool]:
        return scope.administered(current_user)

    @expose("/", methods=("GET", "POST"))
    @accepts_attachments(
        when=lambda: (
            current_user.is_authenticated and access.may_open_console(current_user, Administration.console)
        )
    )
    def index_view(self) -> Any:
        """List the imports so far; accept a new file."""
        form = forms.ImportForm()
        if request.method == "POST" and form.validate():
            try:
                received = sheets.receive_sheet(form.sheet.data)
            except UploadError as error:
                form.sheet.errors = [str(error)]
            else:
                return self._begin(received.display_name, received.storage_name)
        rows = page(self._found(), newest_first(Import), request.args.get("page", ""), PAGE_SIZE)
        content = self._page(
            "administration/imports.html",
            form=form,
            listing=DataTable(COLUMNS, rows.rows),
            pager=rows.urls(self.get_url, ".index_view"),
        )
        return content, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK

    def _found(self) -> Any:
        return self.rows(
            Import.file_name,
            Import.actor_name,
            Import.created_at,
            Import.state,
            Import.done,
            Import.accepted,
            Import.refused,
            imports.lease_expired().label("silent"),
            Import.id,
        )

    def exported(self) -> ListExport:
        """Return the imports so far for an export."""
        return ListExport(self.title, [ListSheet(COLUMNS, everything(self._found(), newest_first(Import)))])

    def _begin(self, file_name: str, storage_name: str) -> Any:
        try:
            job = imports.begin(current_user, file_name, storage_name)
        except BaseException:
            discard_file(storage_name)
            raise
        return redirect(self.get_url(".job", key=job.id), HTTPStatus.SEE_OTHER)

    @expose("/template.xlsx")
    def template(self) -> Response:
        """Return the file to fill in."""
        regions = db.session.scalars(
            select(Region.name).where(Region.active).order_by(Region.position, Region.id)
        ).all()
        return _download(import_sheets.template(regions), gettext("企业导入模板"))

    @expose("/<int:key>/")
    def job(self, key: int) -> str:
        """Show the progress of an import, the refused rows and the accepted rows."""
        job = self.get_one(key)
        refused = request.args.get("rows", "refused" if job.refused else "good") == "refused"
        which, rows = "refused" if refused else "good", None
        if job.state in (ImportState.PREVIEW, ImportState.DONE):
            rows = page(_rows_of(job, refused), BY_NUMBER, request.args.get("page", ""), PAGE_SIZE)
        return self._page(
            "administration/import.html",
            job=job,
            in_work=job.state in imports.IN_PROGRESS,
            notice=self._notice(job) if job.state in imports.IN_PROGRESS else None,
            refused=refused,
            listing=DataTable(REFUSED_COLUMNS if refused else ACCEPTED_COLUMNS, rows.rows if rows else []),
            pager=rows.urls(self.get_url, ".job", key=job.id, rows=which, _anchor="rows") if rows else [],
            error_text=translated(*job.error) if job.error else "",
        )

    def exported_rows(self) -> ListExport:
        """Return the rows of one import, refused and accepted, for an export."""
        job = self.get_one((request.view_args or {})["key"])
        sheets = [
            ListSheet(columns, everything(_rows_of(job, refused), BY_NUMBER), name)
            for refused, name, columns in (
                (True, N_("未通过的行"), REFUSED_COLUMNS),
                (False, N_("可导入的行"), ACCEPTED_COLUMNS),
            )
        ]
        return ListExport(self.title, sheets, ((N_("文件"), job.file_name),))

    def _notice(self, job: Import) -> dict[str, str] | None:
        """Return the notice on an import in progress; None while all goes as expected."""
        status, since = progress = progress_of(job)
        if status is JobStatus.WORKING and job.attempts > 1:
            return {"kind": "info", "text": gettext("上一次处理没有完成，已自动重新开始。")}
        if status is JobStatus.QUEUED and since >= CLAIM_EXPECTED_WITHIN and imports.worker_is_busy():
            return {"kind": "info", "text": gettext("后台进程正在处理其他导入，轮到时自动开始。")}
        return job_notice(job, progress, NOTICE_TEXTS)

    def _page(self, template: str, **context: Any) -> str:
        return self.render(
            template,
            title=gettext(self.title),
            enterprises=list_title(NP_("list", "企业")),
            columns=import_table.COLUMNS,
            states=imports.STATE_WORDS,
            badges=IMPORT_BADGES,
            State=ImportState,
            most=import_table.MOST_ROWS,
            **context,
        )

    @expose("/<int:key>/confirm/", methods=("POST",))
    def confirm(self, key: int) -> Any:
        """「确认导入」: import exactly the rows that the page showed."""
        job = self.get_one(key)
        return self._perform(
            job, lambda: imports.confirm(current_user, job.id, seen=row_number(request.form.get("seen")) or 0)
        )

    @expose("/<int:key>/discard/", methods=("POST",))
    def discard(self, key: int) -> Any:
        """Cancel an import that has not been written."""
        job = self.get_one(key)
        return self._perform(job, lambda: imports.discard(current_user, job.id))

    def _perform(self, job: Import, act: Any) -> Any:
        try:
            act()
        except ChangedMeanwhile:
            flash(gettext("这次导入在此期间已有变化，没有办理。下面是它现在的样子。"), "error")
        except ActionRefused as refusal:
            return respond_to_refusal(refusal)
        return redirect(self.get_url(".job", key=job.id), HTTPStatus.SEE_OTHER)

    @expose("/<int:key>/report.xlsx")
    def report(self, key: int) -> Response:
        """Return the refused rows with their faults."""
        job = self.get_one(key)
        refused = (
            select(ImportRow)
            .where(ImportRow.import_id == job.id, ImportRow.refused)
            .order_by(ImportRow.number)
        )
        rows = db.session.scalars(refused).all()
        if not rows:
            abort(HTTPStatus.NOT_FOUND)
        return _download(import_sheets.report(rows), gettext("未通过的行-%(number)s", number=job.id))


def _download(content: bytes, name: str) -> Response:
    response = Response(content, mimetype=import_sheets.CONTENT_TYPE)
    response.headers["Content-Disposition"] = content_disposition(f"{name}.{sheets.EXTENSION}")
    return response
