"""The forms of logging in, registering and one's own account: each field is named here and nowhere else.

No form keeps a password for the next page, and none hinders pasting one.
"""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from sqlalchemy import select
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    Form,
    HiddenField,
    PasswordField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Email, EqualTo, Length, Optional

from accounts.passwords import password_fault
from admin_views.files import licence as admin_views_files_licence
from admin_views.site.typed import as_name, as_number, half_width, telephone
from common import telephones
from common.checks import code_fault
from common.identity import CITIZEN, PAPERS, fault
from models import Region, db
from uploads.errors import UploadError
from uploads.receive import Received
from workflow.decision import REASON_LIMIT
from workflow.routing import KIND_WORDS

NAME_LENGTH, ENTERPRISE_NAME_LENGTH, NUMBER_LENGTH, EMAIL_LENGTH = 60, 100, 40, 120


# --- what may be wrong with it


def _good_password(_form: Form, field: Field) -> None:
    if sentence := password_fault(field.data or ""):
        raise ValidationError(gettext(sentence))


def _right_number(form: Any, field: Field) -> None:
    if sentence := fault(form.paper.data or CITIZEN, field.data):
        raise ValidationError(gettext(sentence))


def _right_code(_form: Form, field: Field) -> None:
    if sentence := code_fault(field.data):
        raise ValidationError(gettext(sentence))


def right_telephone(_form: Form, field: Field) -> None:
    """Refuse what no telephone has as its number."""
    if sentence := telephones.fault(field.data):
        raise ValidationError(gettext(sentence))


def _right_mobile(_form: Form, field: Field) -> None:
    if sentence := telephones.mobile_fault(field.data):
        raise ValidationError(gettext(sentence))


# --- fields that several forms have, made anew for each


def _login() -> StringField:
    return StringField(
        _("登录名"),
        [DataRequired(_("请填写登录名。"))],
        filters=[as_number],
        render_kw={"autocomplete": "username", "autocapitalize": "characters", "spellcheck": "false"},
    )


def _name(label: Any, missing: Any, autocomplete: str = "name", **more: Any) -> StringField:
    return StringField(
        label,
        [DataRequired(missing), Length(max=NAME_LENGTH, message=_("最多 60 个字。"))],
        filters=[as_name],
        render_kw={"autocomplete": autocomplete},
        **more,
    )


def _paper() -> SelectField:
    return SelectField(
        _("证件类型"),
        choices=[SelectChoice(value=key, label=_(paper.label)) for key, paper in PAPERS.items()],
        default=CITIZEN,
        validators=[DataRequired(_("请选择证件类型。"))],
    )


def _paper_number(label: Any, autocomplete: str = "username") -> StringField:
    return StringField(
        label,
        [DataRequired(_("请填写证件号码。")), Length(max=NUMBER_LENGTH), _right_number],
        filters=[as_number],
        description=_("以后用它登录。"),
        render_kw={"autocomplete": autocomplete, "autocapitalize": "characters", "spellcheck": "false"},
    )


def _mobile(**more: Any) -> TelField:
    return TelField(
        _("手机号码"),
        [DataRequired(_("请填写手机号码。")), _right_mobile],
        filters=[telephone],
        render_kw={"autocomplete": "tel", "inputmode": "tel"},
        **more,
    )


def _telephone(label: Any, given: Any = None, **more: Any) -> TelField:
    return TelField(
        label,
        [given or DataRequired(_("请填写联系电话。")), right_telephone],
        filters=[telephone],
        render_kw={"autocomplete": "tel", "inputmode": "tel"},
        **more,
    )


def _email(autocomplete: str = "email", **more: Any) -> EmailField:
    return EmailField(
        _("电子邮箱"),
        [
            Optional(),
            Length(max=EMAIL_LENGTH, message=_("最多 120 个字符。")),
            Email(message=_("请填写完整的电子邮箱，例如 name@example.com。")),
        ],
        filters=[half_width],
        render_kw={"autocomplete": autocomplete, "spellcheck": "false"},
        **more,
    )


def _new_password(label: Any) -> PasswordField:
    return PasswordField(
        label,
        [DataRequired(_("请填写密码。")), _good_password],
        description=_("至少 8 位，同时含有字母和数字。"),
        render_kw={"autocomplete": "new-password"},
    )


def _password_again(label: Any) -> PasswordField:
    return PasswordField(
        label,
        [DataRequired(_("请再填写一次密码。")), EqualTo("password", _("两次填写的密码不一致。"))],
        render_kw={"autocomplete": "new-password"},
    )


def _present_password(**more: Any) -> PasswordField:
    return PasswordField(
        _("现在的密码"),
        [DataRequired(_("请填写现在的密码。"))],
        render_kw={"autocomplete": "current-password"},
        **more,
    )


# --- coming in


class LoginForm(FlaskForm):
    """「个人登录」, 「企业登录」 and the staff entrance."""

    login = _login()
    password = PasswordField(
        _("密码"), [DataRequired(_("请填写密码。"))], render_kw={"autocomplete": "current-password"}
    )


class ResetForm(FlaskForm):
    """A forgotten password, with the 「找回码」 that was noted down (A2, E4)."""

    login = _login()
    code = StringField(
        _("找回码"),
        [DataRequired(_("请填写找回码。"))],
        filters=[as_number],
        description=_("注册时请您记下的 16 位字母和数字，不分大小写。"),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    password = _new_password(_("新密码"))
    password_again = _password_again(_("再填写一次新密码"))


class AskForm(FlaskForm):
    """A forgotten password: whose it is, so that a code can be sent."""

    login = _login()


class UseCodeForm(FlaskForm):
    """The code that was sent, and the new password."""

    code = StringField(
        _("验证码"),
        [DataRequired(_("请填写验证码。"))],
        filters=[as_number],
        description=_("短信或邮件里的 6 位数字，30 分钟内有效。"),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"},
    )
    password = _new_password(_("新密码"))
    password_again = _password_again(_("再填写一次新密码"))


# --- 「马上注册」


class PersonForm(FlaskForm):
    """A person registers (A2); the fields stand here in the order of the page, as what is wrong with them is listed."""

    name = _name(_("姓名"), _("请填写姓名。"))
    phone = _mobile()
    paper = _paper()
    number = _paper_number(_("证件号码"))
    password = _new_password(_("密码"))
    password_again = _password_again(_("再填写一次密码"))


class EnterpriseFields(FlaskForm):
    """What an enterprise says of itself, at its registration and when it mends it (E1, E3)."""

    name = StringField(
        _("单位名称"),
        [
            DataRequired(_("请填写单位名称。")),
            Length(max=ENTERPRISE_NAME_LENGTH, message=_("最多 100 个字。")),
        ],
        filters=[as_name],
        description=_("与营业执照一致的全称。"),
        render_kw={"autocomplete": "organization"},
    )
    credit_code = StringField(
        _("统一社会信用代码"),
        [DataRequired(_("请填写统一社会信用代码。")), _right_code],
        filters=[as_number],
        description=_("18 位，以后用它登录。"),
        render_kw={"autocomplete": "username", "autocapitalize": "characters", "spellcheck": "false"},
    )
    region = SelectField(
        _("所属地区"),
        validators=[DataRequired(_("请选择所属地区。"))],
        description=_("账号由这个地区的主管部门审核，申请的审核流程也由它决定。"),
    )
    contact_name = _name(_("联系人"), _("请填写联系人。"))
    contact_phone = _telephone(_("联系电话"), description=_("主管部门审核后会拨打这个电话。"))
    licence = FileField(_("营业执照"), render_kw={"accept": admin_views_files_licence.ACCEPTED})
    licence_kept = HiddenField()

    already_there = False
    """Whether the enterprise has a licence on record, so that none need be sent."""
    received: Received | None = None
    """The licence that was sent, now or at an earlier attempt; no row names it yet."""

    def __init__(self, *args: Any, already_there: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.already_there = already_there
        self.region.choices = regions()
        self.received = admin_views_files_licence.opened(self.licence_kept.data)
        self.licence_kept.data = admin_views_files_licence.sealed(self.received) if self.received else ""
        self.licence.flags.required = not already_there and self.received is None

    def validate_licence(self, field: FileField) -> None:
        """Take the file in at once, so that what was uploaded stays when something else is wrong."""
        if field.data:
            try:
                fresh = admin_views_files_licence.take_in(field.data)
            except UploadError as error:
                raise ValidationError(str(error)) from error
            admin_views_files_licence.replace(self.received, fresh)
            self.received = fresh
            self.licence_kept.data = admin_views_files_licence.sealed(fresh)
            field.flags.required = False
        elif self.received is None and not self.already_there:
            raise ValidationError(gettext("请上传营业执照的扫描件或照片。"))


class EnterpriseForm(EnterpriseFields):
    """An enterprise registers (E1)."""

    password = _new_password(_("密码"))
    password_again = _password_again(_("再填写一次密码"))


class MendedEnterpriseForm(EnterpriseFields):
    """「修改后重新提交」: `version` is the state of the registration that the person was looking at."""

    version = HiddenField()


def regions() -> Sequence[SelectChoice]:
    """Return the regions to choose from, under 市直属, 旗区 and 市管园区, after a line that chooses nothing."""
    active = db.session.scalars(
        select(Region).where(Region.active).order_by(Region.position, Region.id)
    ).all()
    choices = [
        SelectChoice(value=str(region.id), label=region.name, optgroup=gettext(word))
        for kind, word in KIND_WORDS.items()
        for region in active
        if region.kind is kind
    ]
    return [SelectChoice(value="", label=gettext("请选择")), *choices]


# --- an enterprise's further reviewers


class InvitationForm(FlaskForm):
    """A reviewer invites another one; what they will log in with follows from the enterprise."""

    name = StringField(
        _("姓名"),
        [DataRequired(_("请填写姓名。")), Length(max=NAME_LENGTH, message=_("最多 60 个字。"))],
        filters=[as_name],
        render_kw={"autocomplete": "off"},
    )
    phone = TelField(
        _("手机号码"),
        [DataRequired(_("请填写手机号码。")), _right_mobile],
        filters=[telephone],
        render_kw={"autocomplete": "off", "inputmode": "tel"},
    )
    email = _email(autocomplete="off")


class AcceptedForm(FlaskForm):
    """Whoever was invited chooses a password."""

    login = _login()
    code = StringField(
        _("邀请码"),
        [DataRequired(_("请填写邀请码。"))],
        filters=[as_number],
        description=_("邀请人交给您的 16 位字母和数字，不分大小写。"),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    password = _new_password(_("密码"))
    password_again = _password_again(_("再填写一次密码"))


# --- one's own account


class MobileForm(FlaskForm):
    """Where a person is reached."""

    phone = _mobile()
    email = _email()
    present_password = _present_password(id="contact-present-password")


class TelephoneForm(FlaskForm):
    """Where a reviewer is reached, whose telephone may be one on a desk."""

    phone = _telephone(_("联系电话"))
    email = _email()
    present_password = _present_password(id="contact-present-password")


class StaffContactForm(FlaskForm):
    """Where a clerk or administrator is reached, who may be reached at the office alone."""

    phone = _telephone(_("联系电话"), Optional())
    email = _email()
    present_password = _present_password(id="contact-present-password")


class OwnNameForm(FlaskForm):
    """A person's own name, until the first submission."""

    name = _name(_("姓名"), _("请填写姓名。"), id="own-name")
    present_password = _present_password(id="name-present-password")


class WaysForm(FlaskForm):
    """By which ways messages reach somebody, beside the page of messages."""

    email: str | None = None
    """Where mails would go."""
    wants_mail = BooleanField(_("用电子邮件通知我"))
    wants_sms = BooleanField(_("用短信通知我"))

    def validate_wants_mail(self, field: BooleanField) -> None:
        """A mail needs an address."""
        if field.data and not self.email:
            raise ValidationError(gettext("请先填写电子邮箱。"))


class FirstPasswordForm(FlaskForm):
    """A password of one's own, in place of the one that was handed over."""

    password = _new_password(_("新密码"))
    password_again = _password_again(_("再填写一次新密码"))


class PasswordForm(FlaskForm):
    """A new password for somebody who knows the present one."""

    present_password = _present_password()
    password = _new_password(_("新密码"))
    password_again = _password_again(_("再填写一次新密码"))


class CodeForm(FlaskForm):
    """A new 「找回码」 for somebody who knows the password."""

    present_password = _present_password(id="code-present-password")


# --- somebody else's name or number is corrected


def _reason() -> TextAreaField:
    return TextAreaField(
        _("更正原因"),
        [DataRequired(_("请填写更正原因。")), Length(max=REASON_LIMIT, message=_("最多 2000 个字。"))],
        description=_("申请人和经办人都会看到这段文字，请不要写出完整的证件号码。"),
        render_kw={"rows": 3, "maxlength": REASON_LIMIT},
    )


class NameCorrectionForm(FlaskForm):
    """The right name; `version` is the state of the application that the person was looking at."""

    name = _name(_("正确的姓名"), _("请填写姓名。"), autocomplete="off")
    reason = _reason()
    version = HiddenField()


class NumberCorrectionForm(FlaskForm):
    """The right paper and its number; `version` as above."""

    paper = _paper()
    number = _paper_number(_("正确的证件号码"), autocomplete="off")
    reason = _reason()
    version = HiddenField()


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
    """The second step of a login."""

    one_time_code = _one_time_code(description=_("手机上显示的 6 位数字；手机不在身边时填一个备用码。"))


class EnrolmentForm(FlaskForm):
    """Whether the telephone has read the picture rightly, and whether it is its owner who sits there."""

    one_time_code = _one_time_code(description=_("扫描后手机上显示的 6 位数字。"))
    present_password = _present_password()


class RenewForm(FlaskForm):
    """New spare codes."""

    present_password = _present_password(id="renew-present-password")
    one_time_code = _one_time_code(id="renew-code", description=_("手机上显示的 6 位数字，或一个备用码。"))


class SwitchOffForm(FlaskForm):
    """Without the second step from now on."""

    present_password = _present_password(id="off-present-password")
    one_time_code = _one_time_code(id="off-code", description=_("手机上显示的 6 位数字，或一个备用码。"))
