"""「我的文件」: the files that the site makes for this account in the background, their progress, and their download for a day.

A page that offers a file calls `begin`. What a kind of file is, and who may have it, stands in documents/jobs.py and with the kind.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from sqlalchemy import Select, select
from werkzeug.wrappers import Response

from admin_views.site.exporting import ListExport, ListSheet, acting, register_source
from admin_views.site.job_notices import NoticeTexts, job_notice
from admin_views.site.keyset import PAGE_SIZE, Order, everything, page
from admin_views.site.languages import language
from admin_views.site.lists import Badge, Column, DataTable
from admin_views.site.wording import translated
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible
from common.jobs import progress_of
from common.text import size_text
from common.wording import N_, Sentence
from documents import jobs
from documents.kinds import RightLost, register_surroundings
from models import FileJob, FileState, db, now
from uploads.responses import send_original
from uploads.sets import storage

FILE_BADGES = {
    FileState.MAKING: "wait",
    FileState.READY: "good",
    FileState.FAILED: "bad",
    FileState.CANCELLED: "idle",
    FileState.EXPIRED: "idle",
}

NOTICE_TEXTS = NoticeTexts(
    paused=N_("将在 %(time)s 自动再试，不必重新提出。"),
    silent=N_("不必重新提出：后台进程恢复后 15 秒内自动重新生成。仍不继续请联系维护人员。"),
)


def present_state(job: Any) -> FileState:
    """Return the state of a file; its time may be over before the worker has deleted it."""
    over = job.state is FileState.READY and job.expires_at is not None and job.expires_at <= now()
    return FileState.EXPIRED if over else job.state  # type: ignore[no-any-return]


def _size(job: Any) -> str:
    """Return the size of a file; "" while there is none."""
    return "" if job.size is None else size_text(job.size)


def _state_badge(job: Any) -> Badge:
    state = present_state(job)
    return Badge(FILE_BADGES[state], translated(jobs.FILE_STATE_WORDS[state]))


FILE_COLUMNS = (
    Column("title", N_("文件"), lambda job: translated(*job.title), cell="title"),
    Column("created_at", N_("提出时间"), cell="stamp", style="num"),
    Column("size", N_("大小"), _size, style="num", hides_empty=True),
    Column("expires_at", N_("保留至"), cell="stamp", style="num", hides_empty=True),
    Column("state", N_("状态"), _state_badge, cell="badge"),
)

my_files = Blueprint("my_files", __name__)


def too_many(refused: jobs.TooManyDocuments) -> Response:
    """Say that as many files as are allowed at once are being made, or were asked for lately, in the list of one's files."""
    sentence = gettext(
        "您已有 %(most)s 个文件正在生成，最多同时 %(most)s 个。请等其中一个完成，或取消一个后再提出。",
        most=refused.most,
    )
    if isinstance(refused, jobs.TooManyAskedFor):
        sentence = gettext("一小时内最多提出 %(most)s 个文件，请稍后再提出。", most=refused.most)
    flash(sentence, "error")
    return redirect(url_for("my_files.index"), HTTPStatus.SEE_OTHER)


def begin(kind: str, parameters: Mapping[str, Any], title: Sentence) -> Response:
    """Ask for a file and redirect to its page. 404 where the account may not have it."""
    try:
        job = jobs.ask(current_user._get_current_object(), kind, parameters, title, language())
    except jobs.TooManyDocuments as refused:
        return too_many(refused)
    except (NotPermitted, NotVisible):
        abort(HTTPStatus.NOT_FOUND)
    return redirect(url_for("my_files.job", key=job.id), HTTPStatus.SEE_OTHER)


LATEST_FIRST = Order(FileJob.id, FileJob.id, descending=True)


def _found() -> Select[Any]:
    return select(
        FileJob.title,
        FileJob.created_at,
        FileJob.size,
        FileJob.expires_at,
        FileJob.state,
        FileJob.id,
    ).where(jobs.own_files(current_user._get_current_object()))


@my_files.get("/files/", endpoint="index")
@login_required
def list_page() -> str:
    """Show one's own files, the newest first."""
    rows = page(_found(), LATEST_FIRST, request.args.get("page", ""), PAGE_SIZE)
    return render_template(
        "documents/own_files.html",
        listing=DataTable(FILE_COLUMNS, rows.rows),
        pager=rows.urls(url_for, ".index"),
    )


@my_files.get("/files/<int:key>/", endpoint="job")
@login_required
def job_page(key: int) -> str:
    """Show one file: its progress, its download, or why there is none."""
    found = _own_file(key)
    making = found.state is FileState.MAKING
    state = present_state(found)
    return render_template(
        "documents/own_file.html",
        job=found,
        title=translated(*found.title),
        state=state,
        State=FileState,
        badge_kind=FILE_BADGES[state],
        state_word=translated(jobs.FILE_STATE_WORDS[state]),
        in_work=making,
        notice=job_notice(found, progress_of(found), NOTICE_TEXTS) if making else None,
        size=_size(found),
        error_text=translated(*found.error) if found.error else "",
        notes=[translated(*note) for note in found.notes],
    )


@my_files.post("/files/<int:key>/cancel/", endpoint="cancel")
@login_required
def cancel_making(key: int) -> Response:
    """Stop a file that is being made."""
    try:
        jobs.cancel_file(current_user._get_current_object(), key)
    except ChangedMeanwhile:
        flash(gettext("这个文件已经生成完毕或已经取消。"), "error")
    except (NotPermitted, NotVisible):
        abort(HTTPStatus.NOT_FOUND)
    return redirect(url_for(".job", key=key), HTTPStatus.SEE_OTHER)


@my_files.get("/files/<int:key>/download", endpoint="download")
@login_required
def send_made_file(key: int) -> Response:
    """Send the file to whoever asked for it; back to its page, which says why, when there is none."""
    _own_file(key)
    try:
        found = jobs.note_download(current_user._get_current_object(), key)
        return send_original(
            storage(), found.storage_name or "", found.file_name or "", found.content_type or ""
        )
    except NotVisible:
        abort(HTTPStatus.NOT_FOUND)
    except RightLost as lost:
        flash(translated(lost.sentence.text, lost.sentence.words), "error")
    except NotPermitted:
        flash(gettext("提出之后您的权限已改变，这个文件不能再下载。"), "error")
    except ChangedMeanwhile:
        pass  # the page says why
    except (FileNotFoundError, ValueError):
        flash(gettext("服务器上找不到这个文件，请重新提出。"), "error")
    return redirect(url_for(".job", key=key), HTTPStatus.SEE_OTHER)


def _own_file(key: int) -> FileJob:
    actor = current_user._get_current_object()
    found = db.session.scalars(select(FileJob).where(FileJob.id == key, jobs.own_files(actor))).one_or_none()
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


def exported_files() -> ListExport:
    """Return one's own files for an export."""
    return ListExport(N_("我的文件"), [ListSheet(FILE_COLUMNS, everything(_found(), LATEST_FIRST))])


def register(app: Flask) -> None:
    """Add `/files/`."""
    app.register_blueprint(my_files)
    register_surroundings(acting)
    register_source(app, "my_files.index", None, exported_files)
