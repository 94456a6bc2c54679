"""The forms on which a reviewer or administrator corrects a name or an identity number."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField
from wtforms.validators import DataRequired, Length

from admin_views.accounts.fields import name_field, paper_field, paper_number_field
from workflow.decision import REASON_LIMIT


def _reason() -> TextAreaField:
    return TextAreaField(
        _("更正原因"),
        [DataRequired(_("请填写更正原因。")), Length(max=REASON_LIMIT, message=_("最多 2000 个字。"))],
        description=_("申请人和经办人都会看到这段文字，请不要写出完整的证件号码。"),
        render_kw={"rows": 3, "maxlength": REASON_LIMIT},
    )


class NameCorrectionForm(FlaskForm):
    """The right name; `version` is the state of the application that the person was looking at."""

    name = name_field(_("正确的姓名"), _("请填写姓名。"), autocomplete="off")
    reason = _reason()
    version = HiddenField()


class NumberCorrectionForm(FlaskForm):
    """The right paper and its number; `version` as above."""

    paper = paper_field()
    number = paper_number_field(_("正确的证件号码"), autocomplete="off", description="")
    reason = _reason()
    version = HiddenField()
