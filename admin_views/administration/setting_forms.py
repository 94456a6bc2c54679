"""The administrator's forms of the settings (common/settings.py), one for each kind of value."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired

from admin_views.administration.input_fields import TELEPHONE, TextLine
from admin_views.site.typed import desk_telephone, half_width
from admin_views.site.wording import translated
from common.settings import STAFF_SECOND_FACTOR, VALUE_LABELS


class SettingForm(FlaskForm):
    value = TextLine(_("内容"), 400, DataRequired(_("请填写内容。")))


class TelephoneSettingForm(FlaskForm):
    value = TextLine(_("电话"), 60, DataRequired(_("请填写电话号码。")), TELEPHONE, normalise=desk_telephone)


def number_form(label: Any) -> type[FlaskForm]:
    """Return the form of a number; administration/setting_rules.py says which numbers a setting can have."""

    class NumberSettingForm(FlaskForm):
        value = TextLine(
            label,
            3,
            DataRequired(_("请填写数字。")),
            normalise=half_width,
            render_kw={"inputmode": "numeric"},
        )

    return NumberSettingForm


MinutesSettingForm = number_form(_("分钟"))
DaysSettingForm = number_form(_("工作日"))
FilesSettingForm = number_form(_("个数"))


class TimeSettingForm(FlaskForm):
    value = TextLine(_("时间"), 5, DataRequired(_("请填写时间，例如：08:30。")), normalise=half_width)

    def validate_value(self, field: StringField) -> None:
        """Write 8:30 as 08:30. What is no time is refused with the other rules."""
        with suppress(ValueError):
            field.data = datetime.strptime(field.data or "", "%H:%M").strftime("%H:%M")  # noqa: DTZ007


class SecondFactorSettingForm(FlaskForm):
    value = RadioField(
        _("工作人员必须使用动态验证码"),
        [InputRequired(_("请选择一项。"))],
        choices=lambda: [
            SelectChoice(value, translated(word)) for value, word in VALUE_LABELS[STAFF_SECOND_FACTOR].items()
        ],
    )
