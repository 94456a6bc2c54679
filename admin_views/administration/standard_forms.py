"""The forms of 「补贴标准」. The conditions are the choices of the published versions of the application form."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import IntegerField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from admin_views.administration.input_fields import Chosen, TextLine
from admin_views.site.day_fields import DayField, limits
from admin_views.site.wording import translated
from common.money import InvalidAmount, as_typed_yuan, parse_yuan
from models import Period, Standard, db
from models.standards import NAME_LENGTH
from workflow.form.fields import Field

MOST_PAYMENTS = 12
MOST_YEARS = 10
MOST_PRIORITY = 999
CONDITION = "if_"
"""Before the key of a field: the name of its condition in the form."""


class AmountField(StringField):
    """An amount in yuan, as fen. Anything that is not an amount stays in the field as typed."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        try:
            self.data = parse_yuan(valuelist[0] if valuelist else "")
        except InvalidAmount as fault:
            raise ValidationError(gettext(fault.sentence.text, **fault.sentence.words)) from fault

    def _value(self) -> str:
        if self.raw_data and self.data is None:
            return self.raw_data[0] or ""
        return as_typed_yuan(self.data) if isinstance(self.data, int) else ""


class Choices(SelectMultipleField):
    """Any number of the choices of a field, as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _periods() -> list[SelectChoice]:
    rows = db.session.execute(select(Period.id, Period.name).order_by(Period.opens.desc()))
    return [SelectChoice(row.id, row.name) for row in rows]


def _whole_number(
    label: Any, least: int, most: int, *, description: Any = "", default: int = 1
) -> IntegerField:
    message = _("请填写 %(min)d 至 %(max)d 的数字。")
    validators = [InputRequired(_("请填写数字。")), NumberRange(least, most, message=message)]
    return IntegerField(label, validators, default=default, description=description)


class StandardForm(FlaskForm):
    """A draft of a standard. `standard_form` adds the conditions."""

    name = TextLine(_("名称"), NAME_LENGTH, InputRequired(_("请填写名称。")), description=_("例如：博士。"))
    period_id = Chosen(_("申报期"), _periods, _("每个申报期"))
    priority = _whole_number(
        _("优先级"),
        1,
        MOST_PRIORITY,
        description=_("数字小的先核对。一个人符合几个标准时，按最先符合的一个计算。"),
    )
    amount_fen = AmountField(
        _("每年金额（元）"),
        description=_("写到分，不加千位分隔符，例如：60000.00。"),
        render_kw={"inputmode": "decimal", "required": True},
    )
    instalments = _whole_number(
        _("每年发放次数"), 1, MOST_PAYMENTS, description=_("除不尽的分，一次一分，加在前几次。")
    )
    interval_months = _whole_number(
        _("每几个月一次"), 0, MOST_PAYMENTS, default=0, description=_("一次发完的填 0。")
    )
    years = _whole_number(
        _("发放年数"), 1, MOST_YEARS, description=_("一年以上的，每年发放前由本人和单位确认仍在本单位工作。")
    )
    valid_from = DayField(
        _("第一天"), [InputRequired(_("请填写日期，例如：2026-11-23。"))], render_kw=limits(DayField)
    )
    valid_until = DayField(
        _("最后一天"),
        [Optional()],
        description=_("这一天仍按它计算；不填就一直有效。按建立公示批次那天计算。"),
        render_kw=limits(DayField),
    )

    def conditions(self) -> Iterator[Any]:
        """Yield the fields of the conditions."""
        for name, field in self._fields.items():
            if name.startswith(CONDITION):
                yield field

    def show(self, row: Standard) -> None:
        """Fill in the conditions of a row."""
        for field in self.conditions():
            field.data = row.conditions.get(field.name.removeprefix(CONDITION), [])

    def populate_obj(self, obj: Standard) -> None:
        """Set the columns of a draft."""
        for name, field in self._fields.items():
            if name != "csrf_token" and not name.startswith(CONDITION):
                field.populate_obj(obj, name)
        given = {field.name.removeprefix(CONDITION): field.data for field in self.conditions()}
        obj.conditions = {key: list(values) for key, values in given.items() if values}


def standard_form(fields: Mapping[str, Field]) -> type[StandardForm]:
    """Return the form with a condition for each of these fields."""
    conditions = {
        f"{CONDITION}{key}": Choices(
            translated(field.label),
            choices=[SelectChoice(value, translated(label)) for value, label in field.choices.items()],
        )
        for key, field in fields.items()
    }
    return type("StandardForm", (StandardForm,), conditions)


class EndForm(FlaskForm):
    """The last day of a version in force."""

    valid_until = DayField(
        _("最后一天"),
        [Optional()],
        description=_("这一天仍按它计算；不填就一直有效。"),
        render_kw=limits(DayField),
    )
