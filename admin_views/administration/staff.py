"""工作人员: accounts of offices, city and administrators. A password is generated, shown once, and stored only as a hash."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import flash, redirect, request
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import Select, func, or_
from werkzeug.wrappers import Response

from admin_views.administration import forms
from admin_views.administration.base import (
    AdministeredTable,
    query_values,
    respond_to_refusal,
)
from admin_views.site.base import confirmed, expose
from admin_views.site.exporting import described_filters
from admin_views.site.keyset import Order
from admin_views.site.lists import Badge, Column
from admin_views.site.wording import list_title, translated
from administration import staff
from common import telephones
from common.errors import ActionRefused, ConfirmationRequired, Unacceptable
from common.wording import N_, NP_
from documents.exports import Described
from models import Account, Office, Role
from models.search import digits_of, key_contains_words
from models.statements import constant
from workflow import scope
from workflow.transitions import ROLE_WORDS


def _login_badge(row: Any) -> Badge:
    return Badge("good", gettext("可以登录")) if row.active else Badge("idle", gettext("已停用"))


NEWEST_FIRST = Order(Account.id + constant(0), Account.id, descending=True)
"""A sum, so that SQLite does not read all accounts backwards by id: staff are few, and older than most applicants."""


class Staff(AdministeredTable):
    """Accounts of offices, city and administrators. A password is generated, shown once, and stored only as a hash."""

    exposed_routes = (
        "index_view",
        "create_view",
        "edit_view",
        "deactivate",
        "reactivate",
        "renew_password",
        "reset_second_factor",
    )
    form = forms.StaffForm
    new_row_form = forms.NewStaffForm
    title = NP_("list", "工作人员")
    columns = (
        Column("name", N_("姓名"), cell="title"),
        Column("login", N_("登录名")),
        Column("office", N_("单位"), lambda row: row.office or translated(ROLE_WORDS[row.role])),
        Column("phone", N_("联系电话"), style="num", empty=N_("未填")),
        Column("state", N_("状态"), _login_badge, cell="badge"),
    )
    list_template = "administration/staff.html"
    form_template = "administration/clerk.html"
    full_width_fields = ("role",)

    list_order = NEWEST_FIRST

    def described(self) -> Described:
        roles = {role.value: word for role, word in ROLE_WORDS.items()}
        return (
            *super().described(),
            *described_filters(self.filters(), {"role": (N_("身份"), roles)}),
        )

    def found(self) -> Select[Any]:
        chosen = self.filters()
        query = self.rows(
            Account.name,
            Account.login,
            Account.role,
            Account.phone,
            Account.active,
            Office.name.label("office"),
            Account.id,
        ).outerjoin(Office, Office.id == Account.office_id)
        if words := chosen.get("q"):
            query = query.where(
                or_(
                    key_contains_words(Account.name, words),
                    digits_of(Account.phone) == telephones.normalised_telephone(words).replace("-", ""),
                    func.lower(Account.login).contains(words.lower(), autoescape=True),
                    Office.name.contains(words, autoescape=True),
                )
            )
        if role := chosen.get("role"):
            query = query.where(Account.role == Role(role))
        return query

    def filters(self) -> dict[str, str]:
        chosen = query_values("q", "role")
        if chosen.get("role") not in {role.value for role in scope.STAFF}:
            chosen.pop("role", None)
        return chosen

    def list_context(self) -> dict[str, Any]:
        return {
            "chosen": self.filters(),
            "roles": [(role.value, translated(ROLE_WORDS[role])) for role in scope.STAFF],
        }

    def form_context(self, row: Any) -> dict[str, Any]:
        if row is None:
            return {}
        return {"own": row.id == current_user.id, "role_word": ROLE_WORDS[row.role]}

    def edit_form(self, obj: Any = None) -> Any:
        form = super().edit_form(obj)
        if obj is not None and obj.role is not Role.OFFICE:
            del form.office_id  # city clerks and administrators have no choice of office
        return form

    def create_model(self, form: Any) -> staff.Handover:
        return staff.add_staff(
            current_user,
            Role(form.role.data),
            form.login.data,
            form.name.data,
            phone=form.phone.data or "",
            office_id=form.office_id.data,
        )

    def saved(self, row: Any) -> Any:
        if isinstance(row, staff.Handover):
            return self._hand_over(row, new=True)
        return super().saved(row)

    def update_model(self, form: Any, row: Any) -> Any:
        return staff.update_staff(
            current_user,
            row.id,
            form.name.data,
            form.phone.data or "",
            form.office_id.data if "office_id" in form else None,
            may_export_full=bool(form.may_export_full.data),
            seen=request.form.get("seen", ""),
            confirmed=confirmed(),
        )

    @expose("/<key>/deactivate/", methods=("POST",))
    def deactivate(self, key: str) -> Any:
        """End somebody's access, after a confirmation."""
        return self._with_confirmation(
            self.get_one(key),
            N_("停用%(name)s的账号"),
            N_("确定停用"),
            lambda account: staff.deactivate(current_user, account.id, confirmed=confirmed()),
            lambda account: self._done(account, gettext("已停用：%(name)s", name=account.name)),
        )

    @expose("/<key>/reactivate/", methods=("POST",))
    def reactivate(self, key: str) -> Any:
        """Let somebody log in again."""
        account = self.get_one(key)
        try:
            staff.reactivate(current_user, account.id)
        except ActionRefused as refusal:
            return respond_to_refusal(refusal)
        return self._done(account, gettext("已恢复：%(name)s", name=account.name))

    @expose("/<key>/password/", methods=("POST",))
    def renew_password(self, key: str) -> Any:
        """Generate a new password after a confirmation; the response shows it once."""
        return self._with_confirmation(
            self.get_one(key),
            N_("重置%(name)s的密码"),
            N_("确定重置"),
            lambda account: staff.renew_password(current_user, account.id, confirmed=confirmed()),
            lambda handover: self._hand_over(handover, new=False),
        )

    @expose("/<key>/second-factor/", methods=("POST",))
    def reset_second_factor(self, key: str) -> Any:
        """Remove a lost second factor, after a confirmation."""
        return self._with_confirmation(
            self.get_one(key),
            N_("重置%(name)s的动态验证码"),
            N_("确定重置"),
            lambda account: staff.reset_second_factor(current_user, account.id, confirmed=confirmed()),
            lambda account: self._done(account, gettext("动态验证码已重置：%(name)s", name=account.name)),
        )

    def _with_confirmation(
        self,
        account: Account,
        question: str,
        yes: str,
        act: Callable[[Account], Any],
        done: Callable[[Any], Any],
    ) -> Any:
        """Perform an action, or show its consequences for confirmation."""
        key = account.id
        try:
            return done(act(account))
        except ConfirmationRequired as refusal:
            account = self.get_one(key)
            return self.render(
                "administration/question.html",
                title=list_title(self.title),
                clerk=account,
                question=gettext(question, name=account.name),
                yes=gettext(yes),
                confirmation=refusal,
            )
        except Unacceptable as refusal:
            flash(translated(refusal.sentence.text, refusal.sentence.words), "error")
            return redirect(self.get_url(".edit_view", key=key))
        except ActionRefused as refusal:
            return respond_to_refusal(refusal)

    def _done(self, account: Account, sentence: str) -> Response:
        flash(sentence, "success")
        return redirect(self.get_url(".edit_view", key=account.id))

    def _hand_over(self, handover: staff.Handover, *, new: bool) -> Any:
        content = self.render(
            "administration/handover.html",
            title=list_title(self.title),
            handover=handover,
            new=new,
            role_word=ROLE_WORDS[handover.account.role],
        )
        return content, HTTPStatus.OK, {"Cache-Control": "no-store"}
