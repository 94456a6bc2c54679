"""The fields of the applicant's form: each kind of the form's description as a field of WTForms."""

import re
from collections.abc import Callable
from typing import Any

from flask_babel import LazyString, lazy_gettext
from markupsafe import escape
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    Form,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TelField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional
from wtforms.widgets import HiddenInput

from admin_views.site.day_fields import DayField, MonthField, limits
from admin_views.site.typed import as_typed, half_width, row_number, telephone
from admin_views.site.wording import translated
from administration.form_rules import QUANTITY, normalised_number
from workflow.form.fields import Field as Described
from workflow.form.fields import Kind

MOST_RADIOS = 2
"""Up to this many choices are radio buttons; more become a list."""


class Required:
    """Marks a field 「必填」 without refusing a draft that leaves it empty; completeness reports it."""

    field_flags = {"required": True}

    def __call__(self, form: Form, field: Field) -> None:
        return None


def unspaced(text: str | None) -> str | None:
    """Return the text without spaces and hyphens, as account numbers are compared."""
    return re.sub(r"[\s\-]", "", half_width(text) or "") or None


FILTERS: dict[Kind, Callable[[str | None], str | None]] = {
    Kind.TEXT: as_typed,
    Kind.PHONE: telephone,
    Kind.EMAIL: half_width,
    Kind.NUMBER: unspaced,
}
"""How the texts of a kind are normalised."""


class RowField(IntegerField):
    """The id of a row."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = row_number(valuelist[0]) if valuelist else None


class QuantityField(StringField):
    """A number, stored as its decimal text. Anything else stays in the field as typed."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = re.sub(r"[\s,，]", "", half_width(valuelist[0]) or "") if valuelist else ""
        self.data = None
        if typed and not QUANTITY.fullmatch(typed):
            raise ValueError(lazy_gettext("请填写数字，例如：3 或 3.5。"))
        self.data = normalised_number(typed) if typed else None

    def _value(self) -> str:
        return (self.raw_data[0] or "") if self.raw_data and self.data is None else self.data or ""


AUTOCOMPLETE = {"birth_date": "bday", "position": "organization-title"}
"""Autocomplete names of the HTML standard. Other fields say "on": with "off" browsers do not restore the text after a crash."""


def _autocomplete(described: Described) -> dict[str, str]:
    return {"autocomplete": AUTOCOMPLETE.get(described.key, "on")}


def _day(kind: type[DayField]) -> Callable[[Described, dict[str, Any]], Field]:
    def made(described: Described, common: dict[str, Any]) -> Field:
        return kind(
            **common, render_kw={**limits(kind, described.least, described.most), **_autocomplete(described)}
        )

    return made


def _text(described: Described, common: dict[str, Any]) -> Field:
    return StringField(
        **common,
        filters=[FILTERS[Kind.TEXT]],
        render_kw={"maxlength": described.longest, **_autocomplete(described)},
    )


def _phone(described: Described, common: dict[str, Any]) -> Field:
    return TelField(
        **common,
        filters=[FILTERS[Kind.PHONE]],
        render_kw={"inputmode": "tel", "autocomplete": "tel", "maxlength": 30},
    )


def _email(described: Described, common: dict[str, Any]) -> Field:
    return EmailField(
        **common, filters=[FILTERS[Kind.EMAIL]], render_kw={"autocomplete": "email", "maxlength": 100}
    )


def _number(described: Described, common: dict[str, Any]) -> Field:
    return StringField(
        **common,
        filters=[FILTERS[Kind.NUMBER]],
        render_kw={"inputmode": "numeric", "autocomplete": "off", "maxlength": 50},
    )


def _quantity(described: Described, common: dict[str, Any]) -> Field:
    return QuantityField(
        **common,
        render_kw={"inputmode": "decimal", "autocomplete": "off", "maxlength": LONGEST_QUANTITY},
    )


LONGEST_QUANTITY = 24
"""Characters, with the commas and spaces that people write."""


def _choice(described: Described, common: dict[str, Any]) -> Field:
    choices = [SelectChoice(key, DescribedText(label)) for key, label in described.choices.items()]
    if len(choices) <= MOST_RADIOS:
        return RadioField(**common, choices=choices)
    return SelectField(**common, choices=[SelectChoice("", lazy_gettext("请选择")), *choices])


def _enterprise(described: Described, common: dict[str, Any]) -> Field:
    return RowField(**common, widget=HiddenInput())


def _promise(described: Described, common: dict[str, Any]) -> Field:
    return BooleanField(**common)


MAKERS: dict[Kind, Callable[[Described, dict[str, Any]], Field]] = {
    Kind.TEXT: _text,
    Kind.PHONE: _phone,
    Kind.EMAIL: _email,
    Kind.NUMBER: _number,
    Kind.QUANTITY: _quantity,
    Kind.DATE: _day(DayField),
    Kind.MONTH: _day(MonthField),
    Kind.CHOICE: _choice,
    Kind.ENTERPRISE: _enterprise,
    Kind.PROMISE: _promise,
}
KINDS_WITH_LENGTH = (Kind.TEXT, Kind.PHONE, Kind.EMAIL, Kind.NUMBER)


class DescribedText(LazyString):
    """A text of the description, translated when it is rendered. Flask-Babel's own LazyString is not escaped in a page."""

    def __init__(self, text: str) -> None:
        super().__init__(translated, text)

    def __html__(self) -> str:
        return escape(str(self))


def described_field(described: Described) -> Field:
    """Return the field of a described one. It refuses only what cannot be stored."""
    validators: list[Any] = [Optional(), *([Required()] if described.required else [])]
    if described.kind in KINDS_WITH_LENGTH:
        longest = described.longest if described.further else max(described.longest, 30)
        longest = longest if described.kind is not Kind.EMAIL else 100
        validators.append(Length(max=longest, message=lazy_gettext("不能超过 %(max)d 个字。")))
    common = {
        "label": DescribedText(described.label),
        "description": DescribedText(described.help) if described.help else "",
        "validators": validators,
    }
    return MAKERS[described.kind](described, common)
