"""The applicant's form as it is saved, without WTForms, which takes as long to build sixty fields as the page takes to render.

It has no errors and is never posted. What has to be rendered by WTForms becomes a field of it, one by one.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from wtforms.form import BaseForm

from admin_views.personal.described_fields import FILTERS
from admin_views.personal.form import account_data, form_class
from admin_views.site.typed import as_typed
from models import Account, Application, Experience
from models.experiences import experiences_of
from workflow.form import answers
from workflow.form import versions as description
from workflow.form.fields import Field as Described
from workflow.form.fields import Kind


class SavedField(NamedTuple):
    """What a field holds, as text. It has the attributes of a WTForms field that drafts and rendered_fields.py read."""

    data: str
    errors: tuple[str, ...] = ()


class SavedRow(NamedTuple):
    """A row of 学习工作经历, by the names of its cells."""

    name: str
    form: dict[str, SavedField]
    errors: tuple[str, ...] = ()


class SavedForm:
    """The fields of an application; before the first 「保存」, None, with what the account already holds."""

    def __init__(self, application: Application | None, account: Account, version: description.Form) -> None:
        self._description = version
        described = form_class(version).described
        if application is None:
            values = account_data(account)
        else:
            values = {key: answers.value(application, key) for key in described}
        self._fields = {key: SavedField(_text(version.fields[key], values.get(key))) for key in described}
        self.version = SavedField(str(application.version) if application else "0")
        self.experiences = [
            _row(number, row) for number, row in enumerate(experiences_of(application) if application else ())
        ]

    def __getitem__(self, key: str) -> Any:
        """Return a field; of the employer, which is rendered each time, WTForms' own."""
        field = self._fields[key]
        if self._description.fields[key].kind is Kind.ENTERPRISE:
            return single_field(self._description, key, int(field.data) if field.data else None)
        return field

    def described_fields(self) -> Iterator[tuple[str, SavedField]]:
        """Yield each field of the page with its key."""
        yield from self._fields.items()


def single_field(version: description.Form, key: str, value: Any) -> Any:
    """Return one WTForms field of a version, with this value."""
    form = BaseForm({key: getattr(form_class(version), key)})
    form.process(data={key: value})
    return form[key]


def _text(asked: Described, value: Any) -> str:
    if not value:
        return ""
    if asked.kind is Kind.PROMISE:
        return "y"
    if isinstance(value, date):
        return answers.month(value) if asked.kind is Kind.MONTH else value.isoformat()
    clean = FILTERS.get(asked.kind)
    return (clean(str(value)) if clean else str(value)) or ""


def _row(number: int, row: Experience) -> SavedRow:
    texts = {
        "kind": row.kind.value if row.kind else "",
        "start": answers.month(row.start),
        "end": answers.month(row.end),
        "place": as_typed(row.place) or "",
        "subject": as_typed(row.subject) or "",
        "witness": as_typed(row.witness) or "",
    }
    return SavedRow(f"experiences-{number}", {cell: SavedField(text) for cell, text in texts.items()})
