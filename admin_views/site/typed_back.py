"""What the applicant typed into a form that was overtaken: each field that differs from what is stored, to be copied."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext

from admin_views.site.wording import said
from desk.comparison import Mark, Row, compare_rows
from models import Application, Enterprise, db
from workflow.form import answers, fields, living_allowance
from workflow.form import versions as description

TypedBack = Sequence[tuple[str, str]]
"""Pairs of label and text."""


def typed_back(form: Any, application: Application) -> TypedBack:
    """Return what was typed otherwise than it is stored, in the order of the page, rows of 学习工作经历 included."""
    version = description.form_of(application)
    found = []
    for key, field in form.asked():
        asked = version.known[key]
        text = _text(asked, field)
        if text and text != _worded(asked, answers.value(application, key)):
            found.append((said(asked.label), text))
    stored = answers.snapshot(application)["experiences"]
    typed = [_row(entry.form) for entry in form.experiences]
    found += [
        (gettext("学习工作经历"), _line(each.row))
        for each in compare_rows(typed, stored)
        if each.mark in {Mark.ADDED, Mark.CHANGED}
    ]
    return found


def _text(asked: fields.Field, field: Any) -> str:
    """Return the text of a field of the form; what could not be understood as it was typed."""
    if field.errors and field.raw_data:
        return str(field.raw_data[0])
    return _worded(asked, field.data)


def _worded(asked: fields.Field, value: Any) -> str:
    if asked.kind is fields.Kind.ENTERPRISE:
        enterprise = db.session.get(Enterprise, value) if value else None
        return enterprise.name if enterprise else ""
    if asked.kind is fields.Kind.PROMISE and not value:
        return ""
    return said(answers.answer_text(asked, value))


def _row(form: Any) -> Row:
    kinds = {kind.value: label for kind, label in living_allowance.EXPERIENCE_KINDS.items()}
    row = {key: _part(form[key]) for key in ("start", "end", "place", "subject", "witness")}
    return row | {"kind": kinds.get(form.kind.data, "")}


def _part(field: Any) -> str:
    if field.errors and field.raw_data:
        return str(field.raw_data[0])
    return answers.month(field.data) if isinstance(field.data, date) else field.data or ""


def _line(row: Row) -> str:
    period = gettext("%(start)s 至 %(end)s", start=row["start"], end=row["end"] or gettext("今"))
    parts = (said(row["kind"]), period, row["place"], row["subject"], row["witness"])
    return gettext("，").join(part for part in parts if part)
