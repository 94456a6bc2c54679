"""Fields for a day and for a month. What they cannot take stays in them as it was typed."""

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
    """A date as people write it; common.days understands it."""

    widget = DateInput()
    drawn = re.compile(r"[0-9]{4,}-[0-9]{2}-[0-9]{2}")
    """What a browser's own control for it can show; anything else it would show as nothing."""
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
        return self.written(self.data) if isinstance(self.data, date) else ""

    def written(self, day: date) -> str:
        """Return a day as the field's control takes it; with four digits of the year, whatever year was stored."""
        return day.isoformat()

    def __call__(self, **given: Any) -> Any:
        shown = self._value()
        if shown and not self.drawn.fullmatch(shown):
            given["type"] = "text"
        return super().__call__(**given)


class MonthField(DayField):
    """A month, kept as its first day."""

    widget = MonthInput()
    drawn = re.compile(r"[0-9]{4,}-[0-9]{2}")
    months = True
    example = "2026-11"

    def written(self, day: date) -> str:
        return month_of(day)


def limits(kind: type[DayField], least: str = "", most: str = "") -> dict[str, str]:
    """Return the attributes of a field's control: how far its calendar goes, and an example where it is drawn as plain text."""
    length = len(kind.example)
    return {"min": (least or FIRST)[:length], "max": (most or LAST)[:length], "placeholder": kind.example}
