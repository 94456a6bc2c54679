"""What the applicant typed into a form that could not be saved: each field that differs from the stored one, to be copied."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext

from admin_views.site.wording import experience_text, translated
from desk.comparison import Row, RowDifference, compare_rows
from models import Application, Enterprise, db
from workflow.form import answers, fields, living_allowance
from workflow.form import versions as description

TypedBack = Sequence[tuple[str, str]]
"""Pairs of label and text."""


def typed_back(form: Any, application: Application) -> TypedBack:
    """Return what differs from the stored application, in the order of the page, rows of 学习工作经历 included."""
    version = description.form_of(application)
    found = []
    for key, field in form.described_fields():
        described = version.known[key]
        text = _typed_text(described, field)
        if text and text != _stored_text(described, answers.value(application, key)):
            found.append((translated(described.label), text))
    stored = answers.snapshot(application)["experiences"]
    typed = [_row(entry.form) for entry in form.experiences]
    found += [
        (gettext("学习工作经历"), experience_text(each.row))
        for each in compare_rows(typed, stored)
        if each.difference in {RowDifference.ADDED, RowDifference.CHANGED}
    ]
    return found


def _typed_text(described: fields.Field, field: Any) -> str:
    """Return the text of a field; the raw input where it could not be parsed."""
    if field.errors and field.raw_data:
        return str(field.raw_data[0])
    return _stored_text(described, field.data)


def _stored_text(described: fields.Field, value: Any) -> str:
    if described.kind is fields.Kind.ENTERPRISE:
        enterprise = db.session.get(Enterprise, value) if value else None
        return enterprise.name if enterprise else ""
    if described.kind is fields.Kind.PROMISE and not value:
        return ""
    return translated(answers.answer_text(described, value))


def _row(form: Any) -> Row:
    kinds = {kind.value: label for kind, label in living_allowance.EXPERIENCE_KINDS.items()}
    row = {key: _cell_text(form[key]) for key in ("start", "end", "place", "subject", "witness")}
    return row | {"kind": kinds.get(form.kind.data, "")}


def _cell_text(field: Any) -> str:
    if field.errors and field.raw_data:
        return str(field.raw_data[0])
    return answers.month(field.data) if isinstance(field.data, date) else field.data or ""
