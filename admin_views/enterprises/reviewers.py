"""本单位审核人员: the reviewers of an enterprise see, invite and remove each other.

An invitation code is shown once, in the response to the inviter; no URL, session or log contains it.
"""

from collections.abc import Collection
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import abort, current_app, flash, redirect, url_for
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import ColumnElement, select
from werkzeug.wrappers import Response

from accounts import contacts
from admin_views.accounts.enterprise_forms import InvitationForm
from admin_views.site.base import ScopedView, confirmed, expose, menu
from admin_views.site.exporting import ListExport, ListSheet
from admin_views.site.lists import Column, DataTable
from admin_views.site.trail import change_text, last_changes
from admin_views.site.wording import translated
from common.audit import REVIEWERS
from common.errors import ConfirmationRequired, NotPermitted, NotVisible, Unacceptable
from common.wording import N_
from enterprises import registration, reviewers
from models import Account, AuditEntry, Channel, Invitation, db, now
from workflow import scope

SENT = {
    Channel.SMS: N_("邀请码也用短信发到这个号码。"),
    Channel.MAIL: N_("填写后，邀请码也用电子邮件发送。"),
}
NOT_SENT = {
    Channel.SMS: N_("本系统目前不发送短信。"),
    Channel.MAIL: N_("本系统目前不发送电子邮件。"),
}
CHANNEL_WORDS = {Channel.SMS: N_("短信"), Channel.MAIL: N_("电子邮件")}


class InvitedRow(NamedTuple):
    """One invited person."""

    id: int
    name: str
    login: str | None
    phone: str | None
    expires_at: datetime

    @property
    def expired(self) -> bool:
        return self.expires_at < now()


COLUMNS = (
    Column("name", N_("姓名"), cell="title"),
    Column("login", N_("登录名"), style="num"),
    Column("phone", N_("联系电话"), lambda row: row.phone or gettext("未填"), style="num"),
    Column("remove", N_("移除"), cell="macro", style="cell-side", kind="action"),
)
INVITED_COLUMNS = (
    Column("name", N_("姓名"), cell="title"),
    Column("login", N_("登录名"), style="num"),
    Column("phone", N_("手机号码"), style="num"),
    Column(
        "expires_at",
        N_("有效期至"),
        lambda row: gettext("已过期") if row.expired else row.expires_at,
        cell="macro",
        style="num",
    ),
    Column("acts", N_("操作"), cell="macro", style="cell-acts", kind="action"),
)


class Reviewers(ScopedView):
    """Accessible once the enterprise is approved. Every change goes through enterprises.reviewers."""

    console = "enterprise"
    exposed_routes = ("index_view", "invite", "send_again", "withdraw", "remove")
    exports = {"index_view": "exported"}
    title = N_("本单位审核人员")

    def is_accessible(self) -> bool:
        return super().is_accessible() and registration.is_approved(current_user)

    def criterion(self) -> ColumnElement[bool]:
        return scope.reviewers(current_user)

    def render(self, template: str, **context: Any) -> str:
        return super().render(
            template,
            console=gettext("企业审核"),
            menu=menu(self.admin, self),
            title=gettext(self.title),
            **context,
        )

    @expose("/")
    def index_view(self) -> Any:
        """List the reviewers, the invitations and the last changes."""
        return self._page(InvitationForm(formdata=None))

    @expose("/invite/", methods=("GET", "POST"))
    def invite(self) -> Any:
        """Invite a reviewer; the response shows the code once."""
        form = InvitationForm()
        if not form.is_submitted():
            return redirect(self.get_url(".index_view"))
        if form.validate():
            try:
                invited = reviewers.invite(
                    current_user, form.name.data, form.phone.data, form.email.data or None
                )
            except Unacceptable as refusal:
                wrong = translated(refusal.sentence.text, refusal.sentence.words)
                if refusal.field in form:
                    form[refusal.field].errors = [wrong]
                else:
                    form.form_errors.append(wrong)
            except NotPermitted:
                abort(HTTPStatus.NOT_FOUND)
            else:
                return self._code_page(invited)
        return self._page(form, HTTPStatus.UNPROCESSABLE_ENTITY)

    @expose("/<int:key>/send-again/", methods=("POST",))
    def send_again(self, key: int) -> Any:
        """Replace the code of an invitation."""
        try:
            return self._code_page(reviewers.send_again(current_user, self.get_one(key).id))
        except (NotPermitted, NotVisible):
            abort(HTTPStatus.NOT_FOUND)
        except Unacceptable as refusal:
            return self._refused(refusal)

    @expose("/<int:key>/withdraw/", methods=("POST",))
    def withdraw(self, key: int) -> Response:
        """Withdraw an invitation."""
        try:
            account = reviewers.withdraw(current_user, self.get_one(key).id)
        except (NotPermitted, NotVisible):
            abort(HTTPStatus.NOT_FOUND)
        flash(gettext("已撤回对%(name)s的邀请。", name=account.name), "success")
        return redirect(self.get_url(".index_view"), HTTPStatus.SEE_OTHER)

    @expose("/<int:key>/remove/", methods=("POST",))
    def remove(self, key: int) -> Any:
        """End a colleague's access after a confirmation."""
        account = self.get_one(key)
        try:
            reviewers.remove(current_user, account.id, confirmed=confirmed())
        except ConfirmationRequired as question:
            return self.render("enterprises/reviewers_question.html", reviewer=account, question=question)
        except (NotPermitted, NotVisible):
            abort(HTTPStatus.NOT_FOUND)
        except Unacceptable as refusal:
            return self._refused(refusal)
        flash(gettext("已移除：%(name)s", name=account.name), "success")
        return redirect(self.get_url(".index_view"), HTTPStatus.SEE_OTHER)

    def _refused(self, refusal: Unacceptable) -> Response:
        flash(translated(refusal.sentence.text, refusal.sentence.words), "error")
        return redirect(self.get_url(".index_view"), HTTPStatus.SEE_OTHER)

    def exported(self) -> ListExport:
        """Return the reviewers and the invitations for an export."""
        return ListExport(
            self.title,
            [
                ListSheet(COLUMNS, self._active()),
                ListSheet(INVITED_COLUMNS, self._invited(), N_("邀请中")),
            ],
        )

    def _active(self) -> Any:
        return db.session.scalars(self.rows().where(Account.active).order_by(Account.id)).all()

    def _invited(self) -> list[InvitedRow]:
        invited = (
            select(Account, Invitation.expires_at)
            .join(Invitation, Invitation.account_id == Account.id)
            .where(self.criterion())
            .order_by(Account.id)
        )
        return [
            InvitedRow(account.id, account.name, account.login, account.phone, expires_at)
            for account, expires_at in db.session.execute(invited)
        ]

    def _page(self, form: InvitationForm, status: int = HTTPStatus.OK) -> Any:
        content = self.render(
            "enterprises/reviewers.html",
            listing=DataTable(COLUMNS, self._active()),
            invited=DataTable(INVITED_COLUMNS, self._invited()),
            days=reviewers.LIFETIME.days,
            form=form,
            hints={
                channel.value: translated((SENT if channel in _open_channels() else NOT_SENT)[channel])
                for channel in Channel
            },
            changes=[
                change_text(row)
                for row in last_changes(
                    AuditEntry.table_name == REVIEWERS, AuditEntry.row_key == str(current_user.enterprise_id)
                )
            ],
        )
        return content, status

    def _code_page(self, invited: reviewers.SentInvitation) -> Any:
        content = self.render(
            "enterprises/reviewers_handover.html",
            invited=invited,
            days=reviewers.LIFETIME.days,
            channels=[
                translated(CHANNEL_WORDS[channel])
                for channel in contacts.reachable_channels(invited.account, _open_channels())
            ],
            address=url_for(
                "accounts.invitation",
                login_kind=reviewers.LOGIN_KIND,
                login=invited.account.login,
                _external=True,
            ),
        )
        return content, HTTPStatus.OK, {"Cache-Control": "no-store"}


def _open_channels() -> Collection[Channel]:
    return current_app.extensions["channels"]
