"""The forms with which an administrator describes one field of the application form, one for each kind of field."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, NumberRange, Optional, Regexp

from admin_views.administration.input_fields import TextLine, clean_lines
from admin_views.personal.form import Rows
from admin_views.site.day_fields import DayField, limits
from admin_views.site.typed import half_width
from administration.form_draft import NEW_CHOICE_PREFIX
from administration.form_rules import (
    LONGEST_ANSWER,
    LONGEST_ENGLISH,
    LONGEST_HELP,
    LONGEST_LABEL,
    LONGEST_STATEMENT,
    MOST_CHOICES,
    MOST_DECIMALS,
    QUANTITY,
    normalised_number,
)
from common.wording import Bilingual
from workflow.form.fields import Field, Kind
from workflow.form.versions import in_english

BLANKS = 3
"""Number of empty rows for further choices; 「再加几行」 adds as many."""
LAST_PLACE = 9999


class FieldForm(FlaskForm):
    """The inputs that every kind of field has."""

    label = TextLine(_("名称"), LONGEST_LABEL, InputRequired(_("请填写名称。")))
    english = TextLine(
        _("英文名称"),
        LONGEST_ENGLISH,
        Optional(),
        description=_("英文界面上显示；留空时显示系统自带的译文，没有译文就显示中文。"),
    )
    help = TextLine(
        _("说明"), LONGEST_HELP, Optional(), description=_("写在填写处下面，例如怎样填、填到哪一级。")
    )
    help_english = TextLine(_("英文说明"), 2 * LONGEST_HELP, Optional())
    used = BooleanField(_("询问"), default=True, description=_("不选时，此后新开始的申请不再出现这一项。"))
    required = BooleanField(_("必填"), default=True, description=_("没有填写就不能提交；保存不受影响。"))

    def show(self, one: Field) -> None:
        """Fill the form with the current description of the field."""
        now = {
            "label": str(one.label),
            "english": in_english(one.label),
            "help": str(one.help),
            "help_english": in_english(one.help),
            "used": one.used,
            "required": one.required,
        }
        for name in now.keys() & self._fields.keys():
            self[name].data = now[name]

    def reduce(self, one: Field) -> None:
        """Remove the inputs that cannot be changed for this field."""
        fixed = ("help", "help_english") if one.fixed else ()
        for name in (*(("used", "required") if one.needed else ()), *fixed):
            if name in self:
                del self[name]

    def described(self, one: Field) -> Field:
        """Return the field as it was typed."""
        given: dict[str, Any] = {"label": Bilingual(self.label.data or "", self.english.data or "")}
        if "help" in self:
            given["help"] = Bilingual(self.help.data or "", self.help_english.data or "")
        for name in ("used", "required"):
            if name in self:
                given[name] = self[name].data
        return replace(one, **given)


class StatementForm(FieldForm):
    """A statement is always required, so the form has no such checkbox."""

    label = TextLine(
        _("名称"),
        LONGEST_LABEL,
        InputRequired(_("请填写名称。")),
        description=_("写在勾选框旁边，例如：本人承诺。"),
    )
    help = TextAreaField(
        _("承诺的内容"),
        [InputRequired(_("请填写承诺的内容。"))],
        filters=[clean_lines],
        render_kw={"rows": 5, "maxlength": LONGEST_STATEMENT},
    )
    help_english = TextAreaField(
        _("英文内容"), filters=[clean_lines], render_kw={"rows": 5, "maxlength": 2 * LONGEST_STATEMENT}
    )
    required = None


class TextFieldForm(FieldForm):
    longest = IntegerField(
        _("最多字数"),
        [
            InputRequired(_("请填写数字。")),
            NumberRange(1, LONGEST_ANSWER, message=_("请填写 %(min)s 至 %(max)s 的数字。")),
        ],
        default=60,
    )

    def show(self, one: Field) -> None:
        super().show(one)
        self.longest.data = one.longest

    def described(self, one: Field) -> Field:
        return replace(super().described(one), longest=self.longest.data)


class QuantityFieldForm(FieldForm):
    least = StringField(
        _("下限"),
        [Optional(), Regexp(rf"({QUANTITY.pattern})\Z", message=_("请填写数字，例如：3 或 3.5。"))],
        filters=[half_width],
        description=_("最小的数字；留空不限。"),
    )
    most = StringField(
        _("上限"),
        [Optional(), Regexp(rf"({QUANTITY.pattern})\Z", message=_("请填写数字，例如：3 或 3.5。"))],
        filters=[half_width],
        description=_("最大的数字；留空不限。"),
    )
    decimals = IntegerField(
        _("小数位数"),
        [
            InputRequired(_("请填写数字。")),
            NumberRange(0, MOST_DECIMALS, message=_("请填写 %(min)s 至 %(max)s 的数字。")),
        ],
        default=0,
        description=_("0 表示只能填整数。"),
    )

    def show(self, one: Field) -> None:
        super().show(one)
        self.least.data, self.most.data, self.decimals.data = one.least, one.most, one.decimals

    def described(self, one: Field) -> Field:
        limits = {
            name: normalised_number(self[name].data) if self[name].data else "" for name in ("least", "most")
        }
        return replace(super().described(one), decimals=self.decimals.data, **limits)


class DayFieldForm(FieldForm):
    least = DayField(_("最早"), [Optional()], description=_("留空不限。"), render_kw=limits(DayField))
    most = DayField(_("最晚"), [Optional()], description=_("留空不限。"), render_kw=limits(DayField))

    def show(self, one: Field) -> None:
        super().show(one)
        for name in ("least", "most"):
            self[name].data = date.fromisoformat(given) if (given := getattr(one, name)) else None

    def described(self, one: Field) -> Field:
        limits = {name: self[name].data.isoformat() if self[name].data else "" for name in ("least", "most")}
        return replace(super().described(one), **limits)


class ChoiceRow(Form):
    """One choice. Its key stays the same when its label changes; rows without a label are ignored."""

    key = HiddenField()
    label = TextLine(_("选项"), LONGEST_LABEL)
    english = TextLine(_("英文"), LONGEST_ENGLISH)
    place = IntegerField(
        _("顺序"), [Optional(), NumberRange(0, LAST_PLACE, message=_("请填写 0 至 9999 的数字。"))]
    )


class ChoiceFieldForm(FieldForm):
    choices = Rows(FormField(ChoiceRow), max_entries=MOST_CHOICES + BLANKS)

    def show(self, one: Field) -> None:
        super().show(one)
        for place, (key, label) in enumerate(one.choices.items(), 1):
            self.choices.append_entry(
                {"key": key, "label": str(label), "english": in_english(label), "place": place}
            )
        if not one.closed:
            self.more()

    def more(self) -> None:
        """Add empty rows."""
        for _row in range(BLANKS):
            if len(self.choices) < MOST_CHOICES + BLANKS:
                self.choices.append_entry()

    def described(self, one: Field) -> Field:
        return replace(super().described(one), choices=dict(self._chosen(one)))

    def _chosen(self, one: Field) -> Iterator[tuple[str, str]]:
        """Yield the choices in their order. An unknown key gets the prefix of a new choice."""
        typed = [entry.form for entry in self.choices if entry.form.label.data]
        known: set[str] = set()
        for number, row in enumerate(
            sorted(typed, key=lambda row: (row.place.data is None, row.place.data or 0))
        ):
            key = row.key.data
            if key not in one.choices or key in known:
                key = f"{NEW_CHOICE_PREFIX}{number}"
            known.add(key)
            yield key, Bilingual(row.label.data, row.english.data or "")


FORM_OF_KIND: dict[Kind, type[FieldForm]] = {
    Kind.TEXT: TextFieldForm,
    Kind.QUANTITY: QuantityFieldForm,
    Kind.DATE: DayFieldForm,
    Kind.CHOICE: ChoiceFieldForm,
    Kind.PROMISE: StatementForm,
}


def form_for_field(one: Field) -> FieldForm:
    """Return the empty form of a field. Only added fields have limits; those of built-in fields are fixed."""
    kind = FieldForm
    if one.further or (one.kind in (Kind.CHOICE, Kind.PROMISE) and not one.fixed):
        kind = FORM_OF_KIND[one.kind]
    form = kind()
    form.reduce(one)
    return form
