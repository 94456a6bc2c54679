"""Fields and validators that the forms of several subjects share. Each call makes a new field."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import (
    EmailField,
    Field,
    Form,
    PasswordField,
    SelectField,
    StringField,
    TelField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Email, EqualTo, Length, Optional

from accounts.passwords import password_fault
from admin_views.site.typed import as_name, as_number, half_width, telephone
from common import telephones
from common.checks import code_fault
from common.identity import CITIZEN, IDENTITY_DOCUMENTS, fault

NAME_LENGTH, ENTERPRISE_NAME_LENGTH, NUMBER_LENGTH, EMAIL_LENGTH = 60, 100, 40, 120


def check_password(_form: Form, field: Field) -> None:
    if sentence := password_fault(field.data or ""):
        raise ValidationError(gettext(sentence))


def check_identity_number(form: Any, field: Field) -> None:
    if sentence := fault(form.paper.data or CITIZEN, field.data):
        raise ValidationError(gettext(sentence))


def check_credit_code(_form: Form, field: Field) -> None:
    if sentence := code_fault(field.data):
        raise ValidationError(gettext(sentence))


def check_telephone(_form: Form, field: Field) -> None:
    """Refuse text that is no telephone number."""
    if sentence := telephones.telephone_fault(field.data):
        raise ValidationError(gettext(sentence))


def check_mobile(_form: Form, field: Field) -> None:
    if sentence := telephones.mobile_fault(field.data):
        raise ValidationError(gettext(sentence))


def login_field() -> StringField:
    return StringField(
        _("登录名"),
        [DataRequired(_("请填写登录名。"))],
        filters=[as_number],
        render_kw={"autocomplete": "username", "autocapitalize": "characters", "spellcheck": "false"},
    )


def name_field(label: Any, missing: Any, autocomplete: str = "name", **more: Any) -> StringField:
    return StringField(
        label,
        [DataRequired(missing), Length(max=NAME_LENGTH, message=_("最多 60 个字。"))],
        filters=[as_name],
        # With maxlength, browsers shorten a pasted name silently; the validator reports it instead.
        render_kw={"autocomplete": autocomplete, "maxlength": False},
        **more,
    )


def paper_field() -> SelectField:
    return SelectField(
        _("证件类型"),
        choices=[SelectChoice(value=key, label=_(paper.label)) for key, paper in IDENTITY_DOCUMENTS.items()],
        default=CITIZEN,
        validators=[DataRequired(_("请选择证件类型。"))],
    )


USED_TO_LOG_IN = _("以后用它登录。")


def paper_number_field(
    label: Any, autocomplete: str = "username", description: Any = USED_TO_LOG_IN
) -> StringField:
    return StringField(
        label,
        [DataRequired(_("请填写证件号码。")), Length(max=NUMBER_LENGTH), check_identity_number],
        filters=[as_number],
        description=description,
        render_kw={"autocomplete": autocomplete, "autocapitalize": "characters", "spellcheck": "false"},
    )


def mobile_field(**more: Any) -> TelField:
    return TelField(
        _("手机号码"),
        [DataRequired(_("请填写手机号码。")), check_mobile],
        filters=[telephone],
        render_kw={"autocomplete": "tel", "inputmode": "tel"},
        **more,
    )


def telephone_field(label: Any, given: Any = None, **more: Any) -> TelField:
    return TelField(
        label,
        [given or DataRequired(_("请填写联系电话。")), check_telephone],
        filters=[telephone],
        render_kw={"autocomplete": "tel", "inputmode": "tel"},
        **more,
    )


def email_field(autocomplete: str = "email", **more: Any) -> EmailField:
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


def new_password_field(label: Any) -> PasswordField:
    return PasswordField(
        label,
        [DataRequired(_("请填写密码。")), check_password],
        description=_("至少 8 位，同时含有字母和数字。"),
        render_kw={"autocomplete": "new-password"},
    )


def password_again_field(label: Any) -> PasswordField:
    return PasswordField(
        label,
        [DataRequired(_("请再填写一次密码。")), EqualTo("password", _("两次填写的密码不一致。"))],
        render_kw={"autocomplete": "new-password"},
    )


def present_password_field(**more: Any) -> PasswordField:
    return PasswordField(
        _("现在的密码"),
        [DataRequired(_("请填写现在的密码。"))],
        render_kw={"autocomplete": "current-password"},
        **more,
    )
