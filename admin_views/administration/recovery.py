"""「找回账号」: a new 「找回码」 for somebody who has lost password and code and calls the help line (A2, E4)."""

from http import HTTPStatus
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired

from admin_views.administration.base import Administration, respond_to_refusal
from admin_views.administration.input_fields import TextLine
from admin_views.site.base import expose
from admin_views.site.typed import as_name, half_width
from admin_views.site.wording import translated
from administration import recovery_codes
from common.errors import NotPermitted, Unacceptable
from common.wording import N_


class RecoveryForm(FlaskForm):
    """Whose account, and how it is known that the caller is its holder."""

    login_kind = RadioField(
        _("账号"),
        [InputRequired(_("请选择是个人还是企业的账号。"))],
        coerce=str,
        choices=lambda: [
            SelectChoice("personal", gettext("个人")),
            SelectChoice("enterprise", gettext("企业")),
        ],
    )
    login = TextLine(
        _("登录名"),
        60,
        DataRequired(_("请填写登录名。")),
        normalise=half_width,
        description=_("个人是证件号码，企业是统一社会信用代码（受邀的审核人员加序号，例如 …-2）。"),
    )
    name = TextLine(_("姓名"), 60, DataRequired(_("请填写姓名。")), normalise=as_name)
    reason = TextLine(
        _("怎样核实了是本人"),
        200,
        DataRequired(_("请写明怎样核实了是本人。")),
        description=_("例如：持身份证原件到窗口；电话打回登记的号码。写入操作记录。"),
    )


class AccountRecovery(Administration):
    """The code is shown once. Its holder sets a new password with it, under 「忘记密码」."""

    exposed_routes = ("index_view", "give")
    title = N_("找回账号")

    @expose("/")
    def index_view(self) -> str:
        return self._page(RecoveryForm())

    @expose("/give/", methods=("POST",))
    def give(self) -> Any:
        """Give a new code; the response shows it once."""
        form = RecoveryForm()
        if form.validate():
            try:
                account, code = recovery_codes.give_code(
                    current_user, form.login_kind.data, form.login.data, form.name.data, form.reason.data
                )
            except NotPermitted as refusal:
                return respond_to_refusal(refusal)
            except Unacceptable as refusal:
                form[refusal.field].errors = [translated(refusal.sentence.text, refusal.sentence.words)]
            else:
                content = self._page(RecoveryForm(formdata=None), name=account.name, code=code)
                return content, HTTPStatus.OK, {"Cache-Control": "no-store"}
        return self._page(form), HTTPStatus.UNPROCESSABLE_ENTITY

    def _page(self, form: RecoveryForm, **given: str) -> str:
        return self.render(
            "administration/recovery.html", title=translated(self.title), form=form, given=given
        )
