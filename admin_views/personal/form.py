"""The applicant's form, made from a version of the description in workflow/form/versions.py. Fields that the account fixes are not in it.

A field refuses only what cannot be kept at all (no date, no number); whatever else is wrong, completeness says.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from flask_babel import LazyString, lazy_gettext
from flask_wtf import FlaskForm
from markupsafe import escape
from sqlalchemy import select
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
from admin_views.site.typed import as_typed, count, half_width, telephone
from admin_views.site.wording import said
from administration.form_rules import QUANTITY, whole
from common import days, identity
from common.calendar import today
from models import Account, Application, Enterprise, Experience, ExperienceKind, db
from workflow import completeness, scope
from workflow.form import answers
from workflow.form import fields as workflow_form_fields
from workflow.form import versions as description
from workflow.form.fields import Kind
from workflow.form.living_allowance import EXPERIENCE_KINDS

MOST_EXPERIENCES = 50
FEW = 2
"""So few choices stand open side by side; more of them fold into a list."""


class Asked:
    """Marks a field 「必填」 without hindering the saving of a draft; what is missing, completeness says."""

    field_flags = {"required": True}

    def __call__(self, form: Form, field: Field) -> None:
        return None


def unspaced(text: str | None) -> str | None:
    """Return typed text without any space or hyphen: account numbers."""
    return re.sub(r"[\s\-]", "", half_width(text) or "") or None


class RowField(IntegerField):
    """The number of a row."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = count(valuelist[0]) if valuelist else None


class Rows(FieldList):
    """Rows of a form; a name whose number is none, or that of no row, belongs to none of them."""

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        for name in formdata:
            if name.startswith(f"{prefix}-"):
                number = name.removeprefix(f"{prefix}-").partition("-")[0]
                if re.fullmatch("[0-9]{1,4}", number):
                    yield int(number)


class QuantityField(StringField):
    """A number, kept as its decimal text. What is no number stays in the field as typed."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = re.sub(r"[\s,，]", "", half_width(valuelist[0]) or "") if valuelist else ""
        self.data = None
        if typed and not QUANTITY.fullmatch(typed):
            raise ValueError(lazy_gettext("请填写数字，例如：3 或 3.5。"))
        self.data = whole(typed) if typed else None

    def _value(self) -> str:
        return (self.raw_data[0] or "") if self.raw_data and self.data is None else self.data or ""


FILLED_IN = {"birth_date": "bday", "position": "organization-title"}
"""What a browser knows of the person, by the names of the HTML standard. In other fields it offers what was typed before, and
gives it back after a crash, which it does not where "off" is said."""


def _filled_in(asked: workflow_form_fields.Field) -> dict[str, str]:
    return {"autocomplete": FILLED_IN.get(asked.key, "on")}


def _day(kind: type[DayField]) -> Callable[[workflow_form_fields.Field, dict[str, Any]], Field]:
    def made(asked: workflow_form_fields.Field, common: dict[str, Any]) -> Field:
        return kind(**common, render_kw={**limits(kind, asked.least, asked.most), **_filled_in(asked)})

    return made


def _text(asked: workflow_form_fields.Field, common: dict[str, Any]) -> Field:
    return StringField(
        **common, filters=[as_typed], render_kw={"maxlength": asked.longest, **_filled_in(asked)}
    )


def _phone(asked: workflow_form_fields.Field, common: dict[str, Any]) -> Field:
    return TelField(
        **common, filters=[telephone], render_kw={"inputmode": "tel", "autocomplete": "tel", "maxlength": 30}
    )


def _email(asked: workflow_form_fields.Field, common: dict[str, Any]) -> Field:
    return EmailField(**common, filters=[half_width], render_kw={"autocomplete": "email", "maxlength": 100})


def _number(asked: workflow_form_fields.Field, common: dict[str, Any]) -> Field:
    return StringField(
        **common,
        filters=[unspaced],
        render_kw={"inputmode": "numeric", "autocomplete": "off", "maxlength": 50},
    )


def _quantity(asked: workflow_form_fields.Field, common: dict[str, Any]) -> Field:
    return QuantityField(
        **common,
        render_kw={"inputmode": "decimal", "autocomplete": "off", "maxlength": LONGEST_QUANTITY},
    )


LONGEST_QUANTITY = 24
"""Characters, with the commas and spaces that people write."""


def _choice(asked: workflow_form_fields.Field, common: dict[str, Any]) -> Field:
    choices = [(key, Worded(label)) for key, label in asked.choices.items()]
    if len(choices) <= FEW:
        return RadioField(**common, choices=choices)
    return SelectField(**common, choices=[("", lazy_gettext("请选择")), *choices])


def _enterprise(asked: workflow_form_fields.Field, common: dict[str, Any]) -> Field:
    return RowField(**common, widget=HiddenInput())


def _promise(asked: workflow_form_fields.Field, common: dict[str, Any]) -> Field:
    return BooleanField(**common)


MAKERS: dict[Kind, Callable[[workflow_form_fields.Field, dict[str, Any]], Field]] = {
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
TYPED_AT_LENGTH = (Kind.TEXT, Kind.PHONE, Kind.EMAIL, Kind.NUMBER)


class Worded(LazyString):
    """Wording of the description, said in the language of whoever looks at it. Flask-Babel's own goes into a page unescaped."""

    def __init__(self, text: str) -> None:
        super().__init__(said, text)

    def __html__(self) -> str:
        return escape(str(self))


def _field(asked: workflow_form_fields.Field) -> Field:
    validators: list[Any] = [Optional(), *([Asked()] if asked.required else [])]
    if asked.kind in TYPED_AT_LENGTH:
        longest = asked.longest if asked.further else max(asked.longest, 30)
        longest = longest if asked.kind is not Kind.EMAIL else 100
        validators.append(Length(max=longest, message=lazy_gettext("不能超过 %(max)d 个字。")))
    common = {
        "label": Worded(asked.label),
        "description": Worded(asked.help) if asked.help else "",
        "validators": validators,
    }
    return MAKERS[asked.kind](asked, common)


class ExperienceForm(Form):
    """One row of 学习工作经历."""

    kind = RadioField(
        lazy_gettext("类别"),
        [Optional(), Asked()],
        choices=[(kind.value, lazy_gettext(label)) for kind, label in EXPERIENCE_KINDS.items()],
    )
    start = MonthField(
        lazy_gettext("起始年月"),
        [Optional(), Asked()],
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
        [Optional(), Asked(), Length(max=100)],
        filters=[as_typed],
        render_kw={"maxlength": 100, "autocomplete": "on"},
    )
    subject = StringField(
        lazy_gettext("专业或职务"),
        [Optional(), Asked(), Length(max=100)],
        filters=[as_typed],
        render_kw={"maxlength": 100, "autocomplete": "on"},
    )
    witness = StringField(
        lazy_gettext("证明人"),
        [Optional(), Asked(), Length(max=60)],
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


class ApplicationFields(FlaskForm):
    """What is posted beside the described fields: the version that the person was looking at, and the rows."""

    described: tuple[str, ...] = ()
    """The keys of the fields that are asked, in the order of the page."""
    version = HiddenField(default="0")
    experiences = Rows(FormField(ExperienceForm), max_entries=MOST_EXPERIENCES)

    def validate_enterprise_id(self, field: Field) -> None:
        """Only an enterprise that is registered and approved can be chosen (A8)."""
        chosen = select(Enterprise.id).where(Enterprise.id == field.data, scope.choosable_enterprises())
        if field.data and db.session.scalar(chosen) is None:
            raise ValidationError(lazy_gettext("所选单位的账号目前不可用，请重新选择或联系单位。"))

    def asked(self) -> Iterator[tuple[str, Field]]:
        """Yield each described field of the page with its key."""
        for key in self.described:
            yield key, self[key]

    @property
    def seen_version(self) -> int:
        """Return the version that the person was looking at; 0 for one never saved."""
        return count(str(self.version.data)) or 0

    def lay(self, application: Application) -> None:
        """Lay what was typed into the application: every field that can be kept; one that cannot keeps its old value."""
        for key, field in self.asked():
            if not field.errors:
                answers.set_value(application, key, field.data or None)
        if not any(entry.form.errors for entry in self.experiences):
            application.experiences = [
                entry.form.row(position) for position, entry in enumerate(self.experiences)
            ]


_classes: WeakKeyDictionary[description.Form, type[ApplicationFields]] = WeakKeyDictionary()


def form_class(version: description.Form) -> Any:
    """Return the form that a version of the description asks for; made once, for a version never changes."""
    if version not in _classes:
        asked = [one for one in version.fields.values() if not one.fixed]
        fields: dict[str, Any] = {one.key: _field(one) for one in asked}
        fields["described"] = tuple(one.key for one in asked)
        _classes[version] = type("ApplicationForm", (ApplicationFields,), fields)
    return _classes[version]


def filled(application: Application | None, account: Account, version: description.Form) -> Any:
    """Return the form as the application has it; before the first saving, with what the account already says."""
    made = form_class(version)
    if application is None:
        return made(formdata=None, data=_known(account))
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


def _known(account: Account) -> dict[str, Any]:
    found: dict[str, Any] = {"phone": account.phone}
    if holder := identity.holder(account.paper, account.identity_number or ""):
        found |= {"sex": holder.sex, "birth_date": holder.birth_date}
    return found


def experience_words() -> dict[str, str]:
    """Return what the dialog of a row says beside its fields: the sentences of the check, with gaps for row and label."""
    gaps = {"row": "{row}", "label": "{label}"}
    return {
        "missing": said(completeness.ROW_LACKS, gaps),
        "later": said(completeness.ROW_STARTS_LATER, gaps),
        "backwards": said(completeness.ROW_ENDS_EARLIER, gaps),
        "unreadable": said(days.NO_MONTH, {"label": "{label}"}),
        "month": answers.month(today()),
    }


BLANK = "__row__"
"""Stands for the number of a row in the pattern that scripts copy."""


def blank_experience() -> Any:
    """Return an empty row of 学习工作经历 whose names hold BLANK where its number will stand."""
    row = FormField(ExperienceForm).bind(form=ApplicationFields(formdata=None), name=f"experiences-{BLANK}")
    row.process(None)
    return row
