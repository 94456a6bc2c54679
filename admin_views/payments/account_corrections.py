"""「账号更正」: an enterprise confirms the corrected bank accounts of its people, or says why not (P4)."""

from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload

from accounts.actor_shape import ActorShape
from admin_views.payments.own_payments import CORRECTION_WORDS
from admin_views.site.base import MOST_COUNTED, ScopedView, expose, menu
from admin_views.site.exporting import ListExport, ListSheet
from admin_views.site.keyset import PAGE_SIZE, Order, everything, page
from admin_views.site.lists import Badge, Column, DataTable
from admin_views.site.wording import reason_problem, translated
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible, ReasonRefused
from common.identity import masked
from common.wording import N_
from enterprises.registration import is_approved
from models import AccountCorrection, Application, CorrectionState, Grant, db
from models.statements import constant
from payments import account_corrections, payment_scope

CORRECTION_BADGES = {
    CorrectionState.PROPOSED: "late",
    CorrectionState.CONFIRMED: "good",
    CorrectionState.REFUSED: "bad",
}
CONFIRM, REFUSE = "confirm", "refuse"


def _correction_badge(row: Any) -> Badge:
    return Badge(CORRECTION_BADGES[row.state], translated(CORRECTION_WORDS[row.state]))


COLUMNS = (
    Column("name", N_("姓名"), cell="title"),
    Column("application", N_("编号"), style="cell-quiet num"),
    Column("bank", N_("开户银行")),
    Column("account", N_("收款账号"), masked=True, style="num"),
    Column("proposed_at", N_("提交时间"), cell="stamp", style="num"),
    Column("state", N_("状态"), _correction_badge, cell="badge"),
)


LATEST_FIRST = Order(AccountCorrection.id, AccountCorrection.id, descending=True)


class CorrectedAccounts(ScopedView):
    """The corrected accounts of the enterprise's people."""

    console = "enterprise"
    exposed_routes = ("index_view", "correction", "disclose", "decide")
    exports = {"index_view": "exported"}
    title = N_("账号更正")

    def criterion(self) -> ColumnElement[bool]:
        return payment_scope.corrections(current_user)

    def is_accessible(self) -> bool:
        return super().is_accessible() and is_approved(current_user)

    def menu_number(self, actor: ActorShape) -> Select[Any] | None:
        waiting = (
            select(AccountCorrection.id)
            .where(
                payment_scope.corrections(actor),
                AccountCorrection.state == constant(CorrectionState.PROPOSED),
            )
            .limit(constant(MOST_COUNTED + 1))
            .subquery()
        )
        return select(func.count()).select_from(waiting)

    def render(self, template: str, **context: Any) -> str:
        context.setdefault("title", translated(self.title))
        return super().render(
            template,
            console=gettext("企业审核"),
            menu=menu(self.admin, self),
            list_title=translated(self.title),
            **context,
        )

    @expose("/")
    def index_view(self) -> str:
        """List the corrections, the newest first."""
        found = page(self._found(), LATEST_FIRST, request.args.get("page", ""), PAGE_SIZE)
        return self.render(
            "payments/account_corrections.html",
            listing=DataTable(COLUMNS, found.rows),
            pager=found.urls(self.get_url, ".index_view"),
        )

    def exported(self) -> ListExport:
        """Return the corrections for an export."""
        return ListExport(self.title, [ListSheet(COLUMNS, everything(self._found(), LATEST_FIRST))])

    def _found(self) -> Select[Any]:
        return (
            self.rows(
                AccountCorrection.id,
                AccountCorrection.bank,
                AccountCorrection.account,
                AccountCorrection.proposed_at,
                AccountCorrection.state,
                Grant.name,
                Application.number.label("application"),
            )
            .join(Grant, Grant.id == AccountCorrection.grant_id)
            .join(Application, Application.id == Grant.application_id)
        )

    @expose("/<int:key>/")
    def correction(self, key: int) -> Any:
        """Show one corrected account."""
        return self._page(key)

    @expose("/<int:key>/disclose/", methods=("POST",))
    def disclose(self, key: int) -> Any:
        """Show the account in full, to compare it with the person's card, and note who looked."""
        self.get_one(key)
        try:
            full = account_corrections.disclose_account(key, current_user._get_current_object())
        except NotVisible:
            abort(HTTPStatus.NOT_FOUND)
        return self._page(key, shown_account=full, disclosed=True)

    def _page(self, key: int, status: int = HTTPStatus.OK, **further: Any) -> Any:
        self.get_one(key)
        row = db.session.scalars(
            self.rows()
            .where(AccountCorrection.id == key)
            .options(
                joinedload(AccountCorrection.grant).joinedload(Grant.application),
                joinedload(AccountCorrection.decided_by),
            )
            .execution_options(populate_existing=True)
        ).one()
        content = self.render(
            "payments/account_correction.html",
            title=row.grant.name,
            row=row,
            badge_of=_correction_badge(row),
            open=row.state is CorrectionState.PROPOSED,
            **{
                "shown_account": masked(row.account),
                "disclosed": False,
                "wrong": "",
                "wrong_reason": "",
                "typed": "",
                **further,
            },
        )
        return content, status

    @expose("/<int:key>/decide/", methods=("POST",))
    def decide(self, key: int) -> Any:
        """Confirm or refuse one corrected account."""
        self.get_one(key)
        wanted, reason = request.form.get("decision"), request.form.get("reason", "")
        if wanted not in (CONFIRM, REFUSE):
            abort(HTTPStatus.NOT_FOUND)
        invalid = HTTPStatus.UNPROCESSABLE_ENTITY
        try:
            account_corrections.decide_correction(
                key, current_user._get_current_object(), confirmed=wanted == CONFIRM, reason=reason
            )
        except ReasonRefused as refusal:
            wrong = reason_problem(refusal, gettext("请填写原因，本人会看到这段文字。"))
            return self._page(key, invalid, wrong_reason=wrong, typed=reason)
        except ChangedMeanwhile:
            again = gettext("同事刚刚已经办理，没有重复办理。下面是它现在的样子。")
            return self._page(key, HTTPStatus.CONFLICT, wrong=again)
        except (NotPermitted, NotVisible):
            abort(HTTPStatus.NOT_FOUND)
        done = (
            gettext("已确认，已通知本人，列入下一批发放。")
            if wanted == CONFIRM
            else gettext("没有确认，已通知本人。")
        )
        flash(done, "success")
        return redirect(self.get_url(".index_view"), HTTPStatus.SEE_OTHER)
