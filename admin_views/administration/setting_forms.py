"""The administrator's forms of the settings (common/settings.py), one for each kind of value."""

from datetime import datetime

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, ValidationError

from admin_views.administration.input_fields import TELEPHONE, TextLine
from admin_views.site.typed import desk_telephone, half_width
from admin_views.site.wording import translated
from common.settings import MOST_FILES_AT_ONCE, STAFF_SECOND_FACTOR, VALUE_LABELS
from workflow.periods import MOST_DAYS


class SettingForm(FlaskForm):
    value = TextLine(_("内容"), 400, DataRequired(_("请填写内容。")))


class TelephoneSettingForm(FlaskForm):
    value = TextLine(_("电话"), 60, DataRequired(_("请填写电话号码。")), TELEPHONE, normalise=desk_telephone)


class IdleSettingForm(FlaskForm):
    value = TextLine(
        _("分钟"),
        3,
        DataRequired(_("请填写分钟数。")),
        normalise=half_width,
        render_kw={"inputmode": "numeric"},
    )

    def validate_value(self, field: StringField) -> None:
        """Less would end a session while a page is being read; more would leave it to whoever comes next."""
        typed = field.data or ""
        if not (typed.isascii() and typed.isdecimal() and 5 <= int(typed) <= 720):
            raise ValidationError(gettext("请填写 5 至 720 之间的整数。"))


class DaysSettingForm(FlaskForm):
    value = TextLine(
        _("工作日"),
        3,
        DataRequired(_("请填写数字。")),
        normalise=half_width,
        render_kw={"inputmode": "numeric"},
    )

    def validate_value(self, field: StringField) -> None:
        """More than a year is no limit."""
        typed = field.data or ""
        if not (typed.isascii() and typed.isdecimal() and int(typed) <= MOST_DAYS):
            raise ValidationError(gettext("请填写 0 至 %(most)d 之间的整数。", most=MOST_DAYS))


class FilesSettingForm(FlaskForm):
    value = TextLine(
        _("个数"),
        2,
        DataRequired(_("请填写数字。")),
        normalise=half_width,
        render_kw={"inputmode": "numeric"},
    )

    def validate_value(self, field: StringField) -> None:
        """None would forbid files, and many would let one person keep the worker busy."""
        typed = field.data or ""
        if not (typed.isascii() and typed.isdecimal() and 1 <= int(typed) <= MOST_FILES_AT_ONCE):
            raise ValidationError(gettext("请填写 1 至 %(most)d 之间的整数。", most=MOST_FILES_AT_ONCE))


class PublicitySettingForm(DaysSettingForm):
    def validate_value(self, field: StringField) -> None:
        """A publicity lasts at least one working day."""
        super().validate_value(field)
        if not int(field.data or ""):
            raise ValidationError(gettext("公示期至少 1 个工作日。"))


class ContinuationSettingForm(DaysSettingForm):
    def validate_value(self, field: StringField) -> None:
        """Person and employer get at least one working day."""
        super().validate_value(field)
        if not int(field.data or ""):
            raise ValidationError(gettext("至少 1 个工作日。"))


class TimeSettingForm(FlaskForm):
    value = TextLine(_("时间"), 5, DataRequired(_("请填写时间，例如：08:30。")), normalise=half_width)

    def validate_value(self, field: StringField) -> None:
        try:
            field.data = datetime.strptime(field.data or "", "%H:%M").strftime("%H:%M")  # noqa: DTZ007
        except ValueError:
            raise ValidationError(gettext("请填写时间，例如：08:30。")) from None


class SecondFactorSettingForm(FlaskForm):
    value = RadioField(
        _("工作人员必须使用动态验证码"),
        [InputRequired(_("请选择一项。"))],
        choices=lambda: [
            SelectChoice(value, translated(word)) for value, word in VALUE_LABELS[STAFF_SECOND_FACTOR].items()
        ],
    )
