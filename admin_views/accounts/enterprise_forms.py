"""The forms of an enterprise: registration, resubmission, and the invitation of a further reviewer."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from sqlalchemy import select
from wtforms import (
    HiddenField,
    SelectField,
    StringField,
    TelField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from admin_views.accounts.fields import (
    ENTERPRISE_NAME_LENGTH,
    NAME_LENGTH,
    check_credit_code,
    check_mobile,
    email_field,
    login_field,
    name_field,
    new_password_field,
    password_again_field,
    telephone_field,
)
from admin_views.files.licence import (
    ACCEPTED,
    attach_to_enterprise,
    load_sealed,
    receive_licence,
    replace_licence,
    seal,
)
from admin_views.site.typed import as_name, as_number, telephone
from common.initials import initials
from models import Enterprise, Region, db
from uploads.errors import UploadError
from uploads.limits import MAX_BYTES
from uploads.receive import Received
from workflow.routing import KIND_WORDS


class EnterpriseFields(FlaskForm):
    """The data of an enterprise, at its registration and when it corrects it (E1, E3)."""

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
        [DataRequired(_("请填写统一社会信用代码。")), check_credit_code],
        filters=[as_number],
        description=_("18 位，以后用它登录。"),
        render_kw={"autocomplete": "username", "autocapitalize": "characters", "spellcheck": "false"},
    )
    region = SelectField(
        _("所属地区"),
        validators=[DataRequired(_("请选择所属地区。"))],
        description=_("账号由这个地区的主管部门审核，申请的审核流程也由它决定。"),
    )
    contact_name = name_field(_("联系人"), _("请填写联系人。"))
    contact_phone = telephone_field(_("联系电话"), description=_("主管部门审核后会拨打这个电话。"))
    licence = FileField(
        _("营业执照"),
        render_kw={
            "accept": ACCEPTED,
            "data-most-bytes": MAX_BYTES,
            "data-too-large": _("文件“{name}”有 {size} MB，超过 20 MB，请压缩或拆分后再选。"),
        },
    )
    licence_kept = HiddenField()

    has_licence = False
    """Whether the enterprise has a licence on record; then the file is optional."""
    received: Received | None = None
    """The licence that was sent with this request or an earlier one; no row references it yet."""

    def __init__(self, *args: Any, has_licence: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_licence = has_licence
        self.region.choices = region_choices()
        self.received = load_sealed(self.licence_kept.data)
        self.licence_kept.data = seal(self.received) if self.received else ""
        self.licence.flags.required = not has_licence and self.received is None

    def validate_licence(self, field: FileField) -> None:
        """Store the file at once, so that the upload is kept when another field is wrong."""
        if field.data:
            try:
                fresh = receive_licence(field.data)
            except UploadError as error:
                raise ValidationError(str(error)) from error
            replace_licence(self.received, fresh)
            self.received = fresh
            self.licence_kept.data = seal(fresh)
            field.flags.required = False
        elif self.received is None and not self.has_licence:
            raise ValidationError(gettext("请上传营业执照的扫描件或照片。"))

    def apply_to(self, enterprise: Enterprise) -> None:
        """Copy the form into the enterprise's row, with the licence that was sent."""
        enterprise.name = self.name.data
        enterprise.initials = initials(self.name.data)
        enterprise.credit_code = self.credit_code.data
        enterprise.region = db.session.get_one(Region, int(self.region.data))
        enterprise.contact_name = self.contact_name.data
        enterprise.contact_phone = self.contact_phone.data
        if self.received is not None:
            attach_to_enterprise(self.received, enterprise)


class EnterpriseRegistrationForm(EnterpriseFields):
    """An enterprise registers (E1)."""

    password = new_password_field(_("密码"))
    password_again = password_again_field(_("再填写一次密码"))


class ResubmissionForm(EnterpriseFields):
    """「修改后重新提交」: `version` is the row version that the page showed."""

    version = HiddenField()


def region_choices() -> Sequence[SelectChoice]:
    """Return the active regions grouped by 市直属, 旗区 and 市管园区, after an empty choice."""
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


class InvitationForm(FlaskForm):
    """A reviewer invites another one; the login is derived from the enterprise."""

    name = StringField(
        _("姓名"),
        [DataRequired(_("请填写姓名。")), Length(max=NAME_LENGTH, message=_("最多 60 个字。"))],
        filters=[as_name],
        render_kw={"autocomplete": "off"},
    )
    phone = TelField(
        _("手机号码"),
        [DataRequired(_("请填写手机号码。")), check_mobile],
        filters=[telephone],
        render_kw={"autocomplete": "off", "inputmode": "tel"},
    )
    email = email_field(autocomplete="off")


class AcceptInvitationForm(FlaskForm):
    """The invited person chooses a password."""

    login = login_field()
    code = StringField(
        _("邀请码"),
        [DataRequired(_("请填写邀请码。"))],
        filters=[as_number],
        description=_("邀请人交给您的 16 位字母和数字，不分大小写。"),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    password = new_password_field(_("密码"))
    password_again = password_again_field(_("再填写一次密码"))
