"""The applicant's form, built from a version of the form's description. Fields that the account fixes are not in it.

A field refuses only what cannot be stored (not a date, not a number); workflow.completeness checks everything else.
"""

import re
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from sqlalchemy import Integer, bindparam, select
from werkzeug.datastructures import MultiDict
from wtforms import (
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional, ValidationError

from admin_views.personal.described_fields import Required, described_field
from admin_views.site.day_fields import MonthField, limits
from admin_views.site.languages import cached_per_language
from admin_views.site.typed import as_typed, row_number
from admin_views.site.wording import translated
from common import days, identity
from common.calendar import today
from common.errors import Problem
from common.wording import N_
from models import Account, Application, Enterprise, Experience, ExperienceKind
from models.experiences import experiences_of
from models.statements import CompiledStatement
from workflow import completeness, scope
from workflow.form import answers
from workflow.form import versions as description
from workflow.form.living_allowance import EXPERIENCE_KINDS

MOST_EXPERIENCES = 50


class Rows(FieldList):
    """Rows of a form. A name with a malformed index is ignored."""

    def process(self, formdata: Any, *given: Any, **further: Any) -> None:
        super().process(formdata and self._of_rows(formdata), *given, **further)

    def _of_rows(self, formdata: Any) -> MultiDict[str, Any]:
        """Return what was sent for rows, without what is named like a row and is none."""
        row = re.compile(rf"{re.escape(self.name)}-[0-9]{{1,4}}(-.*)?", re.DOTALL)
        return MultiDict({name: formdata.getlist(name) for name in formdata if row.fullmatch(name)})


class ExperienceForm(Form):
    """One row of 学习工作经历."""

    kind = RadioField(
        lazy_gettext("类别"),
        [Optional(), Required()],
        choices=[SelectChoice(kind.value, lazy_gettext(label)) for kind, label in EXPERIENCE_KINDS.items()],
    )
    start = MonthField(
        lazy_gettext("起始年月"),
        [Optional(), Required()],
        render_kw={**limits(MonthField), "autocomplete": "on"},
    )
    end = MonthField(
        lazy_gettext("终止年月"),
        [Optional()],
        description=lazy_gettext("至今请留空。"),
        render_kw={**limits(MonthField), "autocomplete": "on"},
    )
    place = StringField(
        lazy_gettext("学校或单位"),
        [Optional(), Required(), Length(max=100)],
        filters=[as_typed],
        render_kw={"maxlength": 100, "autocomplete": "on"},
    )
    subject = StringField(
        lazy_gettext("专业或职务"),
        [Optional(), Required(), Length(max=100)],
        filters=[as_typed],
        render_kw={"maxlength": 100, "autocomplete": "on"},
    )
    witness = StringField(
        lazy_gettext("证明人"),
        [Optional(), Required(), Length(max=60)],
        filters=[as_typed],
        render_kw={"maxlength": 60, "autocomplete": "on"},
    )

    def row(self, position: int) -> Experience:
        """Return the row as it is stored."""
        return Experience(
            position=position,
            kind=ExperienceKind(self.kind.data)
            if self.kind.data in {kind.value for kind in ExperienceKind}
            else None,
            start=self.start.data,
            end=self.end.data,
            place=self.place.data or "",
            subject=self.subject.data or "",
            witness=self.witness.data or "",
        )


_CHOOSABLE = CompiledStatement(
    lambda: select(Enterprise.id).where(
        Enterprise.id == bindparam("chosen", type_=Integer), scope.choosable_enterprises()
    )
)


class ApplicationFields(FlaskForm):
    """What is posted beside the described fields: the row version that the page showed, and the experience rows."""

    described: tuple[str, ...] = ()
    """Keys of the described fields in the order of the page."""
    version = HiddenField(default="0")
    experiences = Rows(FormField(ExperienceForm), max_entries=MOST_EXPERIENCES)

    def validate_enterprise_id(self, field: Field) -> None:
        """Only an enterprise that is registered and approved can be chosen (A8)."""
        if field.data and not _CHOOSABLE.execute({"chosen": field.data}):
            raise ValidationError(lazy_gettext("所选单位的账号目前不可用，请重新选择或联系单位。"))

    def described_fields(self) -> Iterator[tuple[str, Field]]:
        """Yield each described field of the page with its key."""
        for key in self.described:
            yield key, self[key]

    @property
    def seen_version(self) -> int:
        """Return the row version that the page showed; 0 before the first save."""
        return row_number(str(self.version.data)) or 0

    def apply_to(self, application: Application) -> None:
        """Copy every valid field into the application; a field with an error keeps its stored value."""
        typed = {key: field.data or None for key, field in self.described_fields() if not field.errors}
        answers.set_values(application, typed)
        if not any(entry.form.errors for entry in self.experiences):
            rows = [entry.form.row(position) for position, entry in enumerate(self.experiences)]
            if [row.content for row in rows] != [row.content for row in experiences_of(application)]:
                application.experiences = rows


_classes: WeakKeyDictionary[description.Form, type[ApplicationFields]] = WeakKeyDictionary()


def form_class(version: description.Form) -> Any:
    """Return the form class of a version; cached, because a version never changes."""
    if version not in _classes:
        described = [one for one in version.fields.values() if not one.fixed]
        fields: dict[str, Any] = {one.key: described_field(one) for one in described}
        fields["described"] = tuple(one.key for one in described)
        _classes[version] = type("ApplicationForm", (ApplicationFields,), fields)
    return _classes[version]


def filled_form(application: Application | None, account: Account, version: description.Form) -> Any:
    """Return the form with the application's data; before the first save with what the account already holds."""
    made = form_class(version)
    if application is None:
        return made(formdata=None, data=account_data(account))
    data: dict[str, Any] = {key: answers.value(application, key) for key in made.described}
    data["version"] = str(application.version)
    data["experiences"] = [
        {
            "kind": row.kind.value if row.kind else None,
            "start": row.start,
            "end": row.end,
            "place": row.place,
            "subject": row.subject,
            "witness": row.witness,
        }
        for row in application.experiences
    ]
    return made(formdata=None, data=data)


def account_data(account: Account) -> dict[str, Any]:
    """Return what an account knows of the fields before the first save."""
    found: dict[str, Any] = {"phone": account.phone}
    if holder := identity.holder(account.paper, account.identity_number or ""):
        found |= {"sex": holder.sex, "birth_date": holder.birth_date}
    return found


SENTENCES_IN_ROW = {
    completeness.ROW_LACKS: N_("请填写%(label)s。"),
    completeness.ROW_STARTS_LATER: N_("起始年月不能晚于今天。"),
    completeness.ROW_WRONG_YEAR: days.WRONG_YEAR,
    completeness.ROW_ENDS_EARLIER: N_("终止年月不能早于起始年月。"),
}
"""What the list of problems says of a row with the row's number, as it stands beside the row's own fields."""


def text_beside_field(problem: Problem) -> str:
    """Return a problem as it stands beside its field, in the person's language."""
    return translated(SENTENCES_IN_ROW.get(problem.sentence, problem.sentence), problem.words)


def experience_words() -> tuple[tuple[str, str], ...]:
    """Return the error sentences for the dialog of a row, with a placeholder for the label, and the present month."""
    return _experience_words(answers.month(today()))


@cached_per_language
def _experience_words(month: str) -> tuple[tuple[str, str], ...]:
    words = {
        "missing": translated(SENTENCES_IN_ROW[completeness.ROW_LACKS], {"label": "{label}"}),
        "later": translated(SENTENCES_IN_ROW[completeness.ROW_STARTS_LATER]),
        "backwards": translated(SENTENCES_IN_ROW[completeness.ROW_ENDS_EARLIER]),
        "unreadable": translated(days.NOT_A_MONTH, {"label": "{label}"}),
        "month": month,
    }
    return tuple(words.items())


BLANK = "__row__"
"""Placeholder for the row's index in the template that the script copies."""


def blank_experience() -> Any:
    """Return an empty row of 学习工作经历 whose field names contain BLANK as the index."""
    row = FormField(ExperienceForm).bind(form=ApplicationFields(formdata=None), name=f"experiences-{BLANK}")
    row.process(None)
    return row
