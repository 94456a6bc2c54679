"""The approval of enterprise accounts by their region's office (E2, O3)."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, func, select
from werkzeug.wrappers import Response

from accounts.actor_shape import ActorShape
from admin_views.files.papers import FileGroup, ViewerFile, viewer_values
from admin_views.files.routes import sent_original, sent_picture
from admin_views.site.base import MOST_COUNTED, ScopedView, expose, menu
from admin_views.site.exporting import ListExport, ListSheet, described_search
from admin_views.site.keyset import PAGE_SIZE, Order, everything, page
from admin_views.site.lists import Badge, Column, DataTable
from admin_views.site.typed import one_line
from admin_views.site.wording import longest_wait_note, reason_problem, translated, waiting_time
from common.checks import kind_of_organisation
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible, ReasonRefused
from common.single_objects import single_object
from common.wording import N_, NP_
from enterprises import registration
from enterprises.search import SEARCHED_FOR, search_paths
from models import Enterprise, Registration, RegistrationAction, db
from models.statements import constant
from workflow import scope
from workflow.decision import Decision

REFUSAL_PHRASES = (
    N_("营业执照不清晰，请重新上传。"),
    N_("统一社会信用代码与营业执照不一致。"),
    N_("所属地区选择有误，请按注册地选择。"),
    N_("联系人或联系电话有误。"),
)


def _state_badge(row: Any) -> Badge:
    """Return the state of an account; for a pending one, with its waiting time."""
    if not row.active:
        return Badge("idle", gettext("已停用"))
    state = translated(registration.REGISTRATION_WORDS[row.registration])
    if row.registration is not Registration.PENDING:
        return Badge(registration.BADGES[row.registration], state)
    wait = waiting_time(row.waiting_since)
    if not wait["days"]:
        return Badge("wait", gettext("%(state)s，今天到达", state=state))
    words = gettext("%(state)s，已等待 %(time)s", state=state, time=wait["words"])
    return Badge("late" if wait["late"] else "wait", words)


COLUMNS = (
    Column("name", N_("单位名称"), cell="title"),
    Column("credit_code", N_("统一社会信用代码"), style="num"),
    Column("contact_name", N_("联系人")),
    Column("contact_phone", N_("联系电话"), style="num"),
    Column("waiting_since", N_("时间"), cell="stamp", style="num"),
    Column("state", N_("状态"), _state_badge, cell="badge"),
)


class EnterpriseAccounts(ScopedView):
    """The enterprise accounts of the office's regions, pending and decided (E2, O3)."""

    console = "office"
    exposed_routes = ("index_view", "enterprise", "decide", "original", "picture")
    exports = {"index_view": "exported"}

    def criterion(self) -> ColumnElement[bool]:
        return scope.enterprises(current_user)

    def render(self, template: str, **context: Any) -> str:
        return super().render(template, console=gettext("初审"), menu=menu(self.admin, self), **context)

    def menu_number(self, actor: ActorShape) -> Select[Any]:
        return _number_waiting(actor)

    @expose("/")
    def index_view(self) -> str:
        """List the enterprises, pending ones first."""
        tab, words, queries, order = self._found()
        rows = page(queries, order, request.args.get("page", ""), PAGE_SIZE)
        return self.render(
            "enterprises/approvals.html",
            listing=DataTable(COLUMNS, rows.rows),
            calendar_note=_calendar_note(rows.rows),
            tab=tab,
            words=words,
            searched_for=SEARCHED_FOR,
            pager=rows.urls(self.get_url, ".index_view", tab=tab, q=words or None),
        )

    def _found(self) -> tuple[str, str | None, list[Select[Any]], Order]:
        """Return the tab, the words and the queries of the address, and their order."""
        tab = request.args.get("tab", "waiting")
        if tab not in {"waiting", "all"}:
            abort(404)
        query = self.rows(
            Enterprise.name,
            Enterprise.credit_code,
            Enterprise.contact_name,
            Enterprise.contact_phone,
            Enterprise.registration,
            Enterprise.active,
            Enterprise.waiting_since,
            Enterprise.id,
        )
        if tab == "waiting":
            query = query.where(_waiting())
        words = one_line(request.args.get("q", ""))
        queries = [query.where(path) for path in search_paths(words)] if words else [query]
        return tab, words, queries, Order(Enterprise.waiting_since, Enterprise.id, descending=tab == "all")

    def exported(self) -> ListExport:
        """Return the enterprises of the same address for an export."""
        tab, words, queries, order = self._found()
        title = N_("待审核的企业") if tab == "waiting" else NP_("list", "企业")
        return ListExport(title, [ListSheet(COLUMNS, everything(queries, order))], described_search(words))

    @expose("/<int:key>/")
    def enterprise(self, key: int) -> Any:
        """Show one registration with its licence."""
        return self._page(self.get_one(key))

    def _page(self, found: Enterprise, status: int = 200, **further: Any) -> Any:
        steps = registration.steps_for(found, current_user)
        offered = {step.action.value for step in steps}
        content = self.render(
            "enterprises/approval.html",
            **viewer_values([self._licence_group(found)]),
            enterprise=found,
            kind=" · ".join(translated(word) for word in kind_of_organisation(found.credit_code)),
            steps=steps,
            typed_back=[
                (gettext("退回原因"), reason)
                for action, reason in further.get("typed", {}).items()
                if reason.strip() and action not in offered
            ],
            registration_words=registration.REGISTRATION_WORDS,
            said_words=registration.ACTION_WORDS,
            badges=registration.BADGES,
            phrases=REFUSAL_PHRASES,
            **{"wrong": {}, "typed": {}, "meanwhile": False, **further},
        )
        return content, status

    def _licence_group(self, found: Enterprise) -> FileGroup:
        if not found.licence_file:
            return FileGroup(1, gettext("营业执照"), [])

        def picture(sheet: int, width: int) -> str:
            return self.get_url(".picture", key=found.id, sheet=sheet, width=width)

        licence = ViewerFile(
            found.id,
            found.licence_name or "",
            found.licence_extension or "",
            found.licence_pages,
            "",
            new=False,
            original=self.get_url(".original", key=found.id),
            picture=picture,
            notes=found.licence_notes,
        )
        return FileGroup(1, gettext("营业执照"), [licence])

    @expose("/<int:key>/decide/", methods=("POST",))
    def decide(self, key: int) -> Any:
        """Approve or send back, then open the next pending one."""
        found = self.get_one(key)
        try:
            action = RegistrationAction(request.form.get("action", ""))
        except ValueError:
            abort(404)
        reason = request.form.get("reason", "")
        try:
            event = registration.decide(
                found.id,
                action,
                current_user,
                seen_version=request.form.get("version", default=0, type=int),
                decision=Decision(reason),
            )
        except ReasonRefused as refusal:
            wrong = {action.value: reason_problem(refusal, gettext("请填写原因，企业会看到这段文字。"))}
            return self._page(found, 422, wrong=wrong, typed={action.value: reason})
        except ChangedMeanwhile:
            db.session.refresh(found)
            return self._page(found, 409, meanwhile=True, typed={action.value: reason})
        except (NotPermitted, NotVisible):
            abort(404)
        flash(
            gettext(
                "%(name)s：%(said)s，已通知企业。",
                name=found.name,
                said=translated(registration.ACTION_WORDS[event.action]),
            ),
            "success",
        )
        following = db.session.execute(
            self.rows(Enterprise.id)
            .where(_waiting())
            .order_by(Enterprise.waiting_since, Enterprise.id)
            .limit(1)
        ).first()
        if following is None:
            return redirect(self.get_url(".index_view"))
        return redirect(self.get_url(".enterprise", key=following.id))

    @expose("/<int:key>/licence/")
    def original(self, key: int) -> Response:
        """Send the licence as it was uploaded, as a download."""
        found = self.get_one(key)
        return sent_original(found.licence_file, found.licence_name, found.licence_type)

    @expose("/<int:key>/licence/<int:sheet>-<int:width>.jpg")
    def picture(self, key: int, sheet: int, width: int) -> Response:
        """Send a rendered page of the licence."""
        found = self.get_one(key)
        return sent_picture(found.licence_file, found.licence_extension, sheet, width)


def _calendar_note(rows: Sequence[Any]) -> str:
    """Return the note on years counted Monday to Friday; the longest wait names all of them."""
    return longest_wait_note(row.waiting_since for row in rows if row.registration is Registration.PENDING)


def _waiting() -> ColumnElement[bool]:
    return (Enterprise.registration == constant(Registration.PENDING)) & Enterprise.active


@single_object()
def _number_waiting(actor: ActorShape) -> Select[Any]:
    some = (
        select(Enterprise.id)
        .where(scope.enterprises(actor), _waiting())
        .limit(constant(MOST_COUNTED + 1))
        .subquery()
    )
    return select(func.count()).select_from(some)
