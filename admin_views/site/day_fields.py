"""Form fields for a day and for a month. Invalid input stays in the field as typed."""

import re
from datetime import date
from typing import Any

from flask_babel import gettext
from wtforms import StringField
from wtforms.validators import ValidationError
from wtforms.widgets import DateInput, MonthInput

from common import days
from workflow.form.answers import month as month_of

FIRST, LAST = days.EARLIEST.isoformat(), "9999-12-31"


class DayField(StringField):
    """A date in any spelling that common.days parses."""

    widget = DateInput()
    native_format = re.compile(r"[0-9]{4,}-[0-9]{2}-[0-9]{2}")
    """What the browser's date control can show; it shows anything else as empty."""
    months = False
    example = "2026-11-23"

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        try:
            self.data = days.parse_day(valuelist[0] if valuelist else "", month=self.months)
        except days.InvalidDay as fault:
            words = {"label": str(self.label.text), **fault.words}
            raise ValidationError(gettext(fault.sentence, **words)) from fault

    def _value(self) -> str:
        if self.raw_data and self.data is None:
            return self.raw_data[0] or ""
        return self.control_value(self.data) if isinstance(self.data, date) else ""

    def control_value(self, day: date) -> str:
        """Return a day in the format of the browser's control, with a four-digit year."""
        return day.isoformat()

    def __call__(self, **given: Any) -> Any:
        shown = self._value()
        if shown and not self.native_format.fullmatch(shown):
            given["type"] = "text"
        return super().__call__(**given)


class MonthField(DayField):
    """A month, stored as its first day."""

    widget = MonthInput()
    native_format = re.compile(r"[0-9]{4,}-[0-9]{2}")
    months = True
    example = "2026-11"

    def control_value(self, day: date) -> str:
        return month_of(day)


def limits(kind: type[DayField], least: str = "", most: str = "") -> dict[str, str]:
    """Return min, max and placeholder of the control; the placeholder is seen where it is a text field."""
    length = len(kind.example)
    return {"min": (least or FIRST)[:length], "max": (most or LAST)[:length], "placeholder": kind.example}
