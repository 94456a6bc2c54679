"""The forms of login, personal registration and the own account.

No form returns a typed password to the page, and none forbids pasting one.
"""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    PasswordField,
    StringField,
    ValidationError,
)
from wtforms.validators import DataRequired, Optional

from admin_views.accounts.fields import (
    email_field,
    login_field,
    mobile_field,
    name_field,
    new_password_field,
    paper_field,
    paper_number_field,
    password_again_field,
    present_password_field,
    telephone_field,
)
from admin_views.site.typed import as_number

# --- login


class LoginForm(FlaskForm):
    """「个人登录」, 「企业登录」 and the staff entrance."""

    login = login_field()
    password = PasswordField(
        _("密码"), [DataRequired(_("请填写密码。"))], render_kw={"autocomplete": "current-password"}
    )


class ResetForm(FlaskForm):
    """A forgotten password is reset with the 「找回码」 (A2, E4)."""

    login = login_field()
    code = StringField(
        _("找回码"),
        [DataRequired(_("请填写找回码。"))],
        filters=[as_number],
        description=_("注册时请您记下的 16 位字母和数字，不分大小写。"),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    password = new_password_field(_("新密码"))
    password_again = password_again_field(_("再填写一次新密码"))


class AskForm(FlaskForm):
    """A forgotten password: the login to which a code is sent."""

    login = login_field()


class UseCodeForm(FlaskForm):
    """The code that was sent, and the new password."""

    code = StringField(
        _("验证码"),
        [DataRequired(_("请填写验证码。"))],
        filters=[as_number],
        description=_("短信或邮件里的 6 位数字，30 分钟内有效。"),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"},
    )
    password = new_password_field(_("新密码"))
    password_again = password_again_field(_("再填写一次新密码"))


# --- 「马上注册」


class PersonForm(FlaskForm):
    """A person registers (A2). The error list has the order of the fields."""

    name = name_field(_("姓名"), _("请填写姓名。"))
    phone = mobile_field()
    paper = paper_field()
    number = paper_number_field(_("证件号码"))
    password = new_password_field(_("密码"))
    password_again = password_again_field(_("再填写一次密码"))


# --- own account


class MobileForm(FlaskForm):
    """Contacts of an applicant."""

    phone = mobile_field()
    email = email_field()
    present_password = present_password_field(id="contact-present-password")


class TelephoneForm(FlaskForm):
    """Contacts of an enterprise's reviewer; the telephone may be a landline."""

    phone = telephone_field(_("联系电话"))
    email = email_field()
    present_password = present_password_field(id="contact-present-password")


class StaffContactForm(FlaskForm):
    """Contacts of a clerk or administrator; the telephone is optional."""

    phone = telephone_field(_("联系电话"), Optional())
    email = email_field()
    present_password = present_password_field(id="contact-present-password")


class OwnNameForm(FlaskForm):
    """The own name, correctable until the first submission."""

    name = name_field(_("姓名"), _("请填写姓名。"), id="own-name")
    present_password = present_password_field(id="name-present-password")


class ChannelsForm(FlaskForm):
    """The channels for messages, beside the page of messages."""

    email: str | None = None
    """The account's mail address."""
    wants_mail = BooleanField(_("用电子邮件通知我"))
    wants_sms = BooleanField(_("用短信通知我"))
    wants_digest = BooleanField(
        _("每个工作日提醒我一次"), description=_("等待审核、今天到期、已超期各几件；没有等待的不提醒。")
    )

    def validate_wants_mail(self, field: BooleanField) -> None:
        """A mail needs an address."""
        if field.data and not self.email:
            raise ValidationError(gettext("请先填写电子邮箱。"))


class FirstPasswordForm(FlaskForm):
    """A new password in place of the handed-over one."""

    password = new_password_field(_("新密码"))
    password_again = password_again_field(_("再填写一次新密码"))


class PasswordForm(FlaskForm):
    """A new password, confirmed by the current one."""

    present_password = present_password_field()
    password = new_password_field(_("新密码"))
    password_again = password_again_field(_("再填写一次新密码"))


class CodeForm(FlaskForm):
    """A new 「找回码」, confirmed by the password."""

    present_password = present_password_field(id="code-present-password")


# --- 动态验证码


def _one_time_code(**more: Any) -> StringField:
    return StringField(
        _("动态验证码"),
        [DataRequired(_("请填写动态验证码。"))],
        filters=[as_number],
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"},
        **more,
    )


class OneTimeCodeForm(FlaskForm):
    """The second factor of a login."""

    one_time_code = _one_time_code(description=_("手机上显示的 6 位数字；手机不在身边时填一个备用码。"))


class EnrolmentForm(FlaskForm):
    """Confirms the enrolment by a code, and the person by the password."""

    one_time_code = _one_time_code(description=_("扫描后手机上显示的 6 位数字。"))
    present_password = present_password_field()


class RenewForm(FlaskForm):
    """New spare codes."""

    present_password = present_password_field(id="renew-present-password")
    one_time_code = _one_time_code(id="renew-code", description=_("手机上显示的 6 位数字，或一个备用码。"))


class SwitchOffForm(FlaskForm):
    """Disables the second factor."""

    present_password = present_password_field(id="off-present-password")
    one_time_code = _one_time_code(id="off-code", description=_("手机上显示的 6 位数字，或一个备用码。"))
