"""「导出」 (W9): asks which list is exported as it is filtered, and, of those who may, whether numbers stand in it in full."""

from http import HTTPStatus
from typing import Any

from flask import Flask, abort, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from admin_views.documents.own_files import my_files, too_many
from admin_views.site.exporting import filters_text, opened
from admin_views.site.languages import language
from admin_views.site.wording import list_title, reason_problem
from common.errors import NotPermitted, NotVisible, ReasonRefused
from documents import exports, jobs
from documents.exports import Asked


@my_files.get("/files/export/", endpoint="export")
@login_required
def export_page() -> Any:
    """Show what is going to be exported; to the list of one's files where no list is named."""
    address = request.args.get("address", "")
    if not address:
        return redirect(url_for("my_files.index"), HTTPStatus.SEE_OTHER)
    return _page(address)


@my_files.post("/files/export/", endpoint="export_list")
@login_required
def export_list() -> Any:
    """Ask for the file."""
    address = request.form.get("address", "")
    full, reason = bool(request.form.get("full")), request.form.get("reason", "")
    actor = current_user._get_current_object()
    asked, _ = _asked(address, full=full, reason=reason)
    try:
        job = exports.ask_for_export(actor, asked, language())
    except jobs.TooManyDocuments as refused:
        return too_many(refused)
    except ReasonRefused as refusal:
        wrong = reason_problem(refusal, gettext("请填写导出完整号码的原因。"), most=exports.LONGEST_REASON)
        return _page(address, wrong=wrong, full=full, typed=reason)
    except (NotPermitted, NotVisible):
        abort(HTTPStatus.NOT_FOUND)
    return redirect(url_for("my_files.job", key=job.id), HTTPStatus.SEE_OTHER)


def _asked(address: str, *, full: bool = False, reason: str = "") -> tuple[Asked, bool]:
    """Return what the address asks for, and whether the list has masked numbers; 404 where it is no list of this account's."""
    try:
        with opened(current_user._get_current_object(), language(), address) as (name, found):
            full = full and found.has_secrets
            return Asked(address, name, found.title, found.described, full, reason), found.has_secrets
    except (NotPermitted, NotVisible):
        abort(HTTPStatus.NOT_FOUND)


def _page(
    address: str, *, wrong: str = "", full: bool = False, typed: str = ""
) -> Response | tuple[str, int]:
    asked, has_secrets = _asked(address)
    content = render_template(
        "documents/export.html",
        address=address,
        list_title=list_title(asked.label),
        filters=filters_text(asked.described),
        has_secrets=has_secrets,
        may_full=has_secrets and current_user.may_export_full,
        wrong=wrong,
        full=full,
        typed=typed,
        longest=exports.LONGEST_REASON,
    )
    return content, HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK


def register(_app: Flask) -> None:
    """Its routes are those of `my_files`, which own_files.py registers after this module is imported."""
