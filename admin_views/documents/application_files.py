"""What can be made of an application: its dossier, its papers as one file, 「审核结果通知书」 (W10, A25).

Each console has one such view. It shows no page: the application's page and the list send their forms here, and the file is
made in the background (documents/application_files.py). A notice is one page, and is sent at once.
"""

from http import HTTPStatus
from typing import Any

from flask import Flask, abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import ColumnElement
from werkzeug.wrappers import Response

from admin_views.documents import own_files
from admin_views.site import rate_limits
from admin_views.site.base import ScopedView, expose
from admin_views.site.typed import one_line
from common.errors import NotPermitted, NotVisible
from common.wording import N_
from documents import application_files, decision_notices, decision_paper
from documents.application_files import (
    DOSSIER,
    MOST_APPLICATIONS,
    PAPERS,
    dossier_title,
    papers_title,
)
from documents.kinds import register_kind
from models import Application, DecisionNotice, db
from uploads.responses import as_private_download
from uploads.sets import storage
from workflow import scope

ROUTES = {
    "personal": ("decision",),  # everything else is in the person's own data
    "enterprise": ("make", "make_chosen"),  # a notice is for the applicant and the authorities
    "office": ("make", "make_chosen", "decision"),
    "city": ("make", "make_chosen", "decision"),
    "administration": ("make", "decision"),
}
"""What each console offers."""


class ApplicationFiles(ScopedView):
    """The files of the applications that a console shows."""

    lookup_column = "number"

    def __init__(self, index: Any) -> None:
        self.console = index.console
        self.exposed_routes = ROUTES[index.console]
        super().__init__(
            Application,
            name=N_("申请的文件"),
            endpoint=f"{index.console}_documents",
            url=f"/{index.console}/documents",
        )
        self._index = index

    def is_accessible(self) -> bool:
        return bool(self._index.is_accessible())

    def is_visible(self) -> bool:
        return False  # the application's page leads here

    def criterion(self) -> ColumnElement[bool]:
        return scope.visible(current_user)

    @expose("/<number>/", methods=("POST",))
    def make(self, number: str) -> Response:
        """Ask for the dossier or all papers of one application."""
        found, asked = self.get_one(number).number, request.form.get("make")
        if asked not in ("dossier", "full", "papers"):
            abort(HTTPStatus.NOT_FOUND)
        if asked == "papers":
            return own_files.begin(PAPERS, {"numbers": [found]}, papers_title([found]))
        return own_files.begin(DOSSIER, {"number": found, "full": asked == "full"}, dossier_title(found))

    @expose("/<number>/decision/", methods=("POST",))
    def decision(self, number: str) -> Response:
        """Send 「审核结果通知书」 of one decision; the first time it gets its number."""
        found = self.get_one(number).number
        sequence = request.form.get("sequence", default=0, type=int)
        try:
            rate_limits.count_printing()
            notice = decision_notices.issue(found, sequence, current_user._get_current_object())
        except (NotPermitted, NotVisible):
            abort(HTTPStatus.NOT_FOUND)
        return sent_notice(notice)

    @expose("/chosen/", methods=("POST",))
    def make_chosen(self) -> Any:
        """Ask for the papers of the ticked rows, or of all rows that the filter leaves."""
        more = False
        if request.form.get("all"):
            chosen = {key: text for key, value in request.args.items() if (text := one_line(value))}
            ids, more = self._index.waiting_ids(chosen, MOST_APPLICATIONS)
            numbers = list(db.session.scalars(self.rows(Application.number).where(Application.id.in_(ids))))
        else:
            numbers = sorted(set(request.form.getlist("row")))
        if not numbers:
            flash(gettext("还没有选择申请。请在各行前打勾，或选“全部符合条件的”。"), "error")
            return redirect(self._index.back_to_list(), HTTPStatus.SEE_OTHER)
        if not all(number.isprintable() for number in numbers):
            abort(HTTPStatus.NOT_FOUND)
        if more:
            flash(
                gettext("符合条件的超过 %(most)s 件，这次选定了前 %(most)s 件。", most=MOST_APPLICATIONS),
                "info",
            )
        return own_files.begin(PAPERS, {"numbers": numbers}, papers_title(numbers))


def sent_notice(notice: DecisionNotice) -> Response:
    """Return the notice as a download."""
    site = current_app.config["SITE_URL"].rstrip("/") or request.host_url.rstrip("/")
    page = site + url_for("decision_check.page")
    address = f"{page}?code={notice.check_code}"
    document = decision_paper.print_notice(notice, page, address)
    response = Response(document.pdf, mimetype="application/pdf")
    return as_private_download(response, decision_paper.notice_file_name(notice))


def register(app: Flask) -> None:
    """Register the kinds of files, and add the view to every console."""
    for kind in application_files.kinds(storage):
        register_kind(kind)
    for admin in app.extensions["admin"]:
        admin.add_view(ApplicationFiles(admin.index_view))
