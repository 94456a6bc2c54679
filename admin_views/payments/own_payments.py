"""「补贴发放」: an applicant's grants with their payments, and the correction of a bank account that was returned (P4)."""

from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload
from wtforms import StringField
from wtforms.validators import InputRequired

from admin_views.payments.one_payment import payment_badge
from admin_views.site.base import ScopedView, expose, menu
from admin_views.site.lists import Column, DataTable
from admin_views.site.wording import translated
from common.errors import NotPermitted, NotVisible, Unacceptable
from common.identity import masked
from common.money import in_yuan
from common.settings import SITE_NAME
from common.wording import N_
from models import AccountCorrection, CorrectionState, Grant, Payment, PaymentState, db
from payments import account_corrections, bank_accounts, grant_scope
from payments.grant_transitions import GRANT_STATE_WORDS

MOST_OWN = 50
COLUMNS = (
    Column("ordinal", N_("笔次"), lambda row: gettext("第 %(number)s 笔", number=row.ordinal), cell="title"),
    Column("year", N_("年度"), lambda row: gettext("第 %(year)s 年", year=row.year), style="nowrap"),
    Column("due_on", N_("到期日"), cell="day", style="num"),
    Column("amount", N_("金额（元）"), lambda row: in_yuan(row.amount_fen), style="num cell-num", kind="num"),
    Column("paid_on", N_("发放日"), cell="day", style="num", hides_empty=True),
    Column("state", N_("状态"), payment_badge, cell="badge"),
    Column("bank_reason", N_("银行说明"), hides_empty=True),
)
CORRECTION_WORDS = {
    CorrectionState.PROPOSED: N_("待工作单位确认"),
    CorrectionState.CONFIRMED: N_("已确认"),
    CorrectionState.REFUSED: N_("没有确认"),
}


class AccountForm(FlaskForm):
    """Another bank account, checked as on the application form."""

    bank = StringField(
        _("开户银行"),
        [InputRequired(_("请填写开户银行，填到支行。"))],
        description=_("填到支行，例如：鄂尔多斯银行东胜支行。"),
        render_kw={"maxlength": False},
    )
    account = StringField(
        _("银行账号"),
        [InputRequired(_("请填写 8 至 30 位数字的银行账号。"))],
        description=_("本人名下的账号，只填数字。"),
        render_kw={"inputmode": "numeric", "maxlength": False},
    )


class OwnPayments(ScopedView):
    """The applicant's own grants."""

    console = "personal"
    exposed_routes = ("index_view", "correct")
    title = N_("补贴发放")

    def criterion(self) -> ColumnElement[bool]:
        return grant_scope.grants(current_user)

    def render(self, template: str, **context: Any) -> str:
        return super().render(
            template,
            console=gettext(SITE_NAME),
            menu=menu(self.admin, self),
            title=translated(self.title),
            in_yuan=in_yuan,
            **context,
        )

    @expose("/")
    def index_view(self) -> Any:
        """Show every grant of this person, the newest first."""
        return self._page(None, None)

    @expose("/<int:key>/account/", methods=("POST",))
    def correct(self, key: int) -> Any:
        """Take another bank account for one grant."""
        grant = self.get_one(key)
        form = AccountForm()
        if not form.validate():
            return self._page(grant.id, form)
        try:
            account_corrections.propose(
                grant.id,
                current_user._get_current_object(),
                bank=form.bank.data or "",
                account=form.account.data or "",
            )
        except Unacceptable as refusal:
            form[refusal.field].errors = [translated(refusal.sentence.text, refusal.sentence.words)]
            db.session.rollback()
            return self._page(key, form)
        except NotPermitted:
            flash(gettext("现在不能更正账号：已经有一个更正待确认，或者没有退回的款项。"), "error")
        except NotVisible:
            abort(HTTPStatus.NOT_FOUND)
        else:
            flash(gettext("已提交，待工作单位确认。确认后列入下一批发放。"), "success")
        return redirect(self.get_url(".index_view"), HTTPStatus.SEE_OTHER)

    def _page(self, key: int | None, sent: AccountForm | None) -> Any:
        grants = db.session.scalars(
            self.rows().order_by(Grant.id.desc()).limit(MOST_OWN).options(joinedload(Grant.application))
        ).all()
        ids = [grant.id for grant in grants]
        payments: dict[int, list[Payment]] = {grant_id: [] for grant_id in ids}
        for payment in db.session.scalars(
            select(Payment)
            .where(Payment.grant_id.in_(ids))
            .order_by(Payment.year, Payment.ordinal, Payment.id)
        ):
            payments[payment.grant_id].append(payment)
        newest: dict[int, AccountCorrection] = {}
        for correction in db.session.scalars(
            select(AccountCorrection)
            .where(AccountCorrection.grant_id.in_(ids))
            .order_by(AccountCorrection.id)
        ):
            newest[correction.grant_id] = correction
        shown = [
            {
                "grant": grant,
                "state": translated(GRANT_STATE_WORDS[grant.state]),
                "account": bank_accounts.account_of(grant),
                "listing": DataTable(COLUMNS, payments[grant.id]),
                "later_years": any(
                    one.state is PaymentState.SUSPENDED and one.year > 1 for one in payments[grant.id]
                ),
                "refused": any(one.state is PaymentState.REFUSED for one in payments[grant.id]),
                "correction": newest.get(grant.id),
                "form": (sent if grant.id == key and sent is not None else AccountForm(formdata=None))
                if account_corrections.correctable(grant)
                else None,
            }
            for grant in grants
        ]
        content = self.render(
            "payments/own_payments.html",
            shown=shown,
            sent=sent,
            masked=masked,
            correction_words=CORRECTION_WORDS,
        )
        return content, HTTPStatus.UNPROCESSABLE_ENTITY if sent is not None else HTTPStatus.OK
