"""The form's controls, rendered once for each version and language and then filled in: nothing that somebody typed is cached.

WTForms takes a third of a millisecond for a control, and the form has sixty. Fields with an error or a mark are rare: they are
rendered each time.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from markupsafe import Markup, escape
from wtforms import Field

from admin_views.personal.form import BLANK, blank_experience, form_class
from admin_views.personal.saved_form import single_field
from admin_views.personal.typed_fields import CELLS, CHECKED, typed_text
from admin_views.site.languages import cached_per_language, language
from workflow.form import versions as description
from workflow.form.fields import Field as Described
from workflow.form.fields import Kind
from workflow.form.living_allowance import EXPERIENCE_KINDS

Macro = Callable[..., Markup]
Parts = tuple[str, ...]
"""A control or several, cut where the typed texts belong."""

EMPTY = 'value=""'
"""How a control shows that it is empty. A choice has an element for each of its values instead."""
KINDS = tuple(kind.value for kind in EXPERIENCE_KINDS)
CHOSEN = (Kind.CHOICE, Kind.PROMISE)
NUMBER = "__number__"
"""Placeholder for the number of a row in its legend."""

_rendered: WeakKeyDictionary[description.Form, dict[tuple[str, str, str], Parts]] = WeakKeyDictionary()
"""The controls of a version by language, key, and chosen value."""


def rendered_field(version: description.Form, render: Macro, asked: Described, field: Any) -> Markup:
    """Return a field of a version as the macro `render` renders it."""
    text = typed_text(field)
    chosen = asked.kind in CHOSEN
    if field.errors or (chosen and text not in ("", CHECKED, *asked.choices)):
        return render(_bound(version, asked, field), wide=asked.wide)
    known = _rendered.setdefault(version, {})
    key = language(), asked.key, text if chosen else ""
    if key not in known and chosen:
        known[key] = (render(_bound(version, asked, field), wide=asked.wide),)
    elif key not in known:
        known |= _text_controls(version, render)
    return _filled(known[key], () if chosen else (text,))


def _bound(version: description.Form, asked: Described, field: Any) -> Field:
    return field if isinstance(field, Field) else single_field(version, asked.key, field.data or None)


def _text_controls(version: description.Form, render: Macro) -> dict[tuple[str, str, str], Parts]:
    """Return all controls of a version for texts, in this language."""
    blank = form_class(version)(formdata=None)
    return {
        (language(), key, ""): _cut(render(field, wide=version.fields[key].wide))
        for key, field in blank.described_fields()
        if version.fields[key].kind not in (*CHOSEN, Kind.ENTERPRISE)
    }


def rendered_experience(render: Macro, entry: Any, marks_at: Mapping[str, Any]) -> Markup:
    """Return a row of 学习工作经历, with the marks of returns at it, as the macro `render` renders it."""
    index = entry.name.rpartition("-")[2]
    number, marks = int(index) + 1, marks_at.get(f"row-{index}", ())
    kind, *texts = (typed_text(entry.form[cell]) for cell in CELLS)
    if entry.errors or marks or kind not in ("", *KINDS):
        return render(entry, index, number, marks)
    parts = _row_parts(render, kind)
    return _filled([part.replace(NUMBER, str(number)).replace(BLANK, index) for part in parts], texts)


@cached_per_language
def _row_parts(render: Macro, kind: str) -> Parts:
    entry = blank_experience()
    entry.form.kind.data = kind
    return _cut(render(entry, BLANK, NUMBER, ()))


@cached_per_language
def rendered_blank_experience(render: Macro) -> Markup:
    """Return the row that the script copies: its names contain BLANK as the index."""
    return render(blank_experience(), BLANK, 1, ())


def _cut(control: Markup) -> Parts:
    return tuple(str(control).split(EMPTY))


def _filled(parts: Iterable[str], texts: Iterable[str]) -> Markup:
    """Return the parts with a text between each two of them. Raises ValueError for another number of texts."""
    first, *others = parts
    pieces = [first]
    for text, part in zip(texts, others, strict=True):
        pieces += ('value="', escape(text), '"', part)
    return Markup("".join(pieces))  # noqa: S704 - parts are a macro's, texts are escaped
