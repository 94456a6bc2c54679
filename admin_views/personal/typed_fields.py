"""The fields of the applicant's form as texts, as they are typed, kept in drafts and compared; and forms made of such texts."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, RadioField

from admin_views.personal.form import form_class
from admin_views.site.wording import translated
from common.text import one_line
from drafts.merging import ROWS, Fields, Row, Typed
from models import Enterprise, db
from workflow.form import answers
from workflow.form import versions as description
from workflow.form.fields import Kind
from workflow.form.living_allowance import EXPERIENCE_KINDS

CELLS = ("kind", "start", "end", "place", "subject", "witness")
"""The fields of a row of 学习工作经历."""
CHECKED = "y"
"""What a browser sends for a checked box."""


def typed_fields(form: Any) -> dict[str, Typed]:
    """Return each field of a form as text, normalised where it could be read, and as it was typed where not."""
    found: dict[str, Typed] = {key: typed_text(field) for key, field in form.described_fields()}
    rows = [{cell: typed_text(entry.form[cell]) for cell in CELLS} for entry in form.experiences]
    found[ROWS] = [row for row in rows if any(row.values())]
    return found


def typed_text(field: Field) -> str:
    if field.errors and field.raw_data:
        return str(field.raw_data[0])
    if isinstance(field, BooleanField):
        return CHECKED if field.data else ""
    if isinstance(field.data, date):
        return str(field.control_value(field.data))
    return str(field.data or "")


def form_with(version: description.Form, fields: Fields, seen_version: int = 0) -> Any:
    """Return the form of a version with these texts in it, as if they had been sent; its errors stand beside its fields."""
    made = form_class(version)
    blank = made(formdata=None)
    data: MultiDict[str, str] = MultiDict({"version": str(seen_version)})
    for key, field in blank.described_fields():
        value = fields.get(key, "")
        if isinstance(value, str) and (value or not isinstance(field, RadioField)):
            data[key] = value
    for number, row in enumerate(_rows(fields.get(ROWS, []))):
        for cell in CELLS:
            if row.get(cell) or cell != "kind":
                data[f"{ROWS}-{number}-{cell}"] = row.get(cell, "")
    form = made(formdata=data)
    form.validate()
    return form


def _rows(value: Typed) -> list[Row]:
    return [] if isinstance(value, str) else value


def readable(version: description.Form, key: str, value: Typed) -> list[str]:
    """Return a field's content as people read it, a line for each row of 学习工作经历; empty for nothing."""
    if not isinstance(value, str):
        return [_experience(row) for row in value]
    described = version.known[key]
    if described.kind is Kind.ENTERPRISE and value.isdecimal():
        enterprise = db.session.get(Enterprise, int(value))
        return [enterprise.name] if enterprise else []
    if described.kind is Kind.PROMISE:
        return [translated(answers.answer_text(described, bool(value)))]
    text = translated(answers.answer_text(described, value)) if described.choices else value
    return [text] if text else []


def label(version: description.Form, key: str) -> str:
    """Return the label of a field."""
    return gettext("学习工作经历") if key == ROWS else translated(version.known[key].label)


def _experience(row: Mapping[str, str]) -> str:
    kinds = {kind.value: translated(text) for kind, text in EXPERIENCE_KINDS.items()}
    period = gettext("%(start)s 至 %(end)s", start=row["start"], end=row["end"] or gettext("今"))
    parts = (kinds.get(row["kind"], ""), period, row["place"], row["subject"], row["witness"])
    return one_line(gettext("，").join(part for part in parts if part))
