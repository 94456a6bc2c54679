"""The kinds of field that the administrator's forms have in common."""

from collections.abc import Sequence
from enum import Enum
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Regexp, ValidationError

from admin_views.site.typed import one_line
from admin_views.site.wording import translated
from common.characters import cleaned_lines


def clean_lines(text: str | None) -> str:
    """Return a multi-line text without invisible characters; line ends are kept."""
    return cleaned_lines(text or "")


TELEPHONE_SHAPE = r"[0-9+()\-/、，, 转]+\Z"  # stays Chinese
TELEPHONE = Regexp(TELEPHONE_SHAPE, message=_("请填写电话号码，例如：0477-8586912。"))


class TextLine(StringField):
    """One line of text, normalised by `normalise`."""

    def __init__(
        self, label: Any, longest: int, *validators: Any, normalise: Any = one_line, **given: Any
    ) -> None:
        limit = Length(max=longest, message=_("最多 %(max)d 个字。"))
        super().__init__(label, [*validators, limit], filters=[normalise], **given)


class WordChoice(SelectField):
    """One value of a closed set of words."""

    def __init__(self, label: Any, kind: type[Enum], words: dict[Any, str], **given: Any) -> None:
        super().__init__(
            label,
            coerce=kind,
            choices=lambda: [SelectChoice(key.value, translated(word)) for key, word in words.items()],
            **given,
        )

    def pre_validate(self, form: Any) -> None:
        if self.data not in [self.coerce(each.value) for each in self.choices or ()]:
            raise ValidationError(_("请选择一项。"))


def _number(value: Any) -> int | None:
    return int(value) if value not in (None, "", "None") else None


class Chosen(SelectField):
    """One row of a short table. The first choice is empty."""

    def __init__(self, label: Any, rows: Any, none: Any, **given: Any) -> None:
        super().__init__(
            label, coerce=_number, choices=lambda: [SelectChoice("", str(none)), *rows()], **given
        )

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = (
            int(valuelist[0]) if valuelist and valuelist[0].isdecimal() and len(valuelist[0]) < 10 else None
        )

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and self.data not in [each.value for each in self.choices or ()]:
            raise ValidationError(_("请选择一项。"))
