"""「工作单位」: the search for the employer, as a dialog on the main page or, without scripts, as a page of its own (A7, A8)."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import select

from admin_views.personal.page_parts import employer_words
from admin_views.site.base import expose
from admin_views.site.keyset import Order, page
from admin_views.site.typed import one_line, row_number
from common.errors import ChangedMeanwhile, NoticeUnread, NotPermitted, NotVisible
from enterprises.search import search_paths
from models import Action, Application, Enterprise, db
from workflow import review, scope
from workflow.transitions import is_editable

MOST_EMPLOYERS = 20


class EmployerRoutes:
    """The routes of the applicant's view that search for and choose the employer."""

    exposed_routes: tuple[str, ...] = ("employers", "employer", "take_employer")
    get_one: Callable[[Any], Any]
    get_url: Any
    render: Any

    @expose("/employers/")
    def employers(self) -> str:
        """Return the rows of the dialog: approved enterprises whose name contains the keyword (A7, A8)."""
        return self.render("personal/employers.html", **self._employers())

    @expose("/<number>/employer/")
    def employer(self, number: str) -> Any:
        """Return the same choice as a page of its own, for browsers without scripts."""
        found = self.get_one(number)
        if not is_editable(found.state):
            return redirect(self.get_url(".application", number=number))
        return self.render("personal/employer.html", application=found, **self._employers())

    @expose("/<number>/employer/", methods=("POST",))
    def take_employer(self, number: str) -> Any:
        """Save the selected employer in the application."""
        found = self.get_one(number)
        wanted_id = row_number(request.form.get("enterprise_id"))
        enterprise_id = db.session.scalar(
            select(Enterprise.id).where(Enterprise.id == wanted_id, scope.choosable_enterprises())
        )
        if enterprise_id is None:
            flash(gettext("请先选中单位，再点“确定”。"), "error")
            return redirect(self.get_url(".employer", number=number))

        def set_employer(application: Application) -> None:
            application.enterprise_id = enterprise_id

        try:
            review.perform(
                found.id, Action.SAVE, current_user, seen_version=found.version, change=set_employer
            )
        except (NotPermitted, NotVisible, ChangedMeanwhile, NoticeUnread):
            flash(gettext("没有保存，请重试。"), "error")
        return redirect(self.get_url(".application", number=number))

    def _employers(self) -> dict[str, Any]:
        words = one_line(request.args.get("q"))
        if not words:
            return {"words": "", "rows": [], "more": False, "employer_words": employer_words}
        order = Order(Enterprise.name, Enterprise.id)
        choosable = select(Enterprise.id).where(scope.choosable_enterprises())
        found = page(
            [choosable.where(path) for path in search_paths(words, by_telephone=False)],
            order,
            "",
            MOST_EMPLOYERS,
        )
        enterprises = select(Enterprise).where(Enterprise.id.in_([row.id for row in found.rows]))
        return {
            "words": words,
            "rows": db.session.scalars(enterprises.order_by(*order.by(backwards=False))).unique().all(),
            "more": found.next is not None,
            "employer_words": employer_words,
        }
