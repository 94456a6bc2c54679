"""The applicant's form, built from a version of the form's description. Fields that the account fixes are not in it.

A field refuses only what cannot be stored (not a date, not a number); workflow.completeness checks everything else.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from flask_babel import LazyString, lazy_gettext
from flask_wtf import FlaskForm
from markupsafe import escape
from sqlalchemy import Integer, bindparam, select
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TelField,
)
from wtforms.validators import Length, Optional, ValidationError
from wtforms.widgets import HiddenInput

from admin_views.site.day_fields import DayField, MonthField, limits
from admin_views.site.languages import cached_per_language
from admin_views.site.typed import as_typed, half_width, row_number, telephone
from admin_views.site.wording import translated
from administration.form_rules import QUANTITY, normalised_number
from common import days, identity
from common.calendar import today
from models import Account, Application, Enterprise, Experience, ExperienceKind
from models.experiences import experiences_of
from models.statements import CompiledStatement
from workflow import completeness, scope
from workflow.form import answers
from workflow.form import versions as description
from workflow.form.fields import Field as Described
from workflow.form.fields import Kind
from workflow.form.living_allowance import EXPERIENCE_KINDS

MOST_EXPERIENCES = 50
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


class Rows(FieldList):
    """Rows of a form. A name with a malformed index is ignored."""

    def process(self, formdata: Any, *given: Any, **further: Any) -> None:
        super().process(formdata and self._of_rows(formdata), *given, **further)

    def _of_rows(self, formdata: Any) -> MultiDict[str, Any]:
        """Return what was sent for rows, without what is named like a row and is none."""
        row = re.compile(rf"{re.escape(self.name)}-[0-9]{{1,4}}(-.*)?", re.DOTALL)
        return MultiDict({name: formdata.getlist(name) for name in formdata if row.fullmatch(name)})


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
    choices = [(key, DescribedText(label)) for key, label in described.choices.items()]
    if len(choices) <= MOST_RADIOS:
        return RadioField(**common, choices=choices)
    return SelectField(**common, choices=[("", lazy_gettext("请选择")), *choices])


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


def _field(described: Described) -> Field:
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


class ExperienceForm(Form):
    """One row of 学习工作经历."""

    kind = RadioField(
        lazy_gettext("类别"),
        [Optional(), Required()],
        choices=[(kind.value, lazy_gettext(label)) for kind, label in EXPERIENCE_KINDS.items()],
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
    select(Enterprise.id).where(
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
        fields: dict[str, Any] = {one.key: _field(one) for one in described}
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


def experience_words() -> tuple[tuple[str, str], ...]:
    """Return the error sentences for the dialog of a row, with placeholders for row and label, and the present month."""
    return _experience_words(answers.month(today()))


@cached_per_language
def _experience_words(month: str) -> tuple[tuple[str, str], ...]:
    gaps = {"row": "{row}", "label": "{label}"}
    words = {
        "missing": translated(completeness.ROW_LACKS, gaps),
        "later": translated(completeness.ROW_STARTS_LATER, gaps),
        "backwards": translated(completeness.ROW_ENDS_EARLIER, gaps),
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
