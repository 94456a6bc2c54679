"""The versions of the form that administrators publish. An application keeps the version it was begun with."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select

from common.wording import Bilingual
from models import Application, FormVersion, db
from workflow.form.fields import Field, Kind, Section
from workflow.form.living_allowance import FIELDS, SECTIONS

FIRST = 1
"""The number of the version that is declared in living_allowance.py."""


@dataclass(frozen=True, eq=False)
class Form:
    """One version of the form. `everything` includes unused fields; `issued` is the last number used in a generated key."""

    number: int
    everything: tuple[Section, ...]
    issued: int = 0

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """Return the sections with their used fields."""
        return tuple(
            replace(section, fields=tuple(one for one in section.fields if one.used))
            for section in self.everything
        )

    @cached_property
    def fields(self) -> dict[str, Field]:
        """Return the used fields by key, in the order of the page."""
        return {one.key: one for section in self.sections for one in section.fields}

    @cached_property
    def known(self) -> dict[str, Field]:
        """Return all fields by key, used or not."""
        return {one.key: one for section in self.everything for one in section.fields}

    @cached_property
    def section_of(self) -> dict[str, str]:
        """Return the section of each key."""
        return {one.key: section.key for section in self.everything for one in section.fields}


DECLARED = Form(FIRST, SECTIONS)
_versions: WeakKeyDictionary[Engine, dict[int, Form]] = WeakKeyDictionary()
"""A published version never changes, so a process reads each one once."""


def version(number: int) -> Form:
    """Return a published version. Version 1 is the declared one unless a row replaces it. Raises LookupError."""
    cached = _versions.setdefault(db.engine, {})
    if number not in cached:
        content = db.session.scalar(
            select(FormVersion.content).where(
                FormVersion.number == number, FormVersion.published_at.is_not(None)
            )
        )
        if content is None and number != FIRST:
            raise LookupError(f"no version {number} of the form has been published")
        cached[number] = DECLARED if content is None else from_json(number, content)
    return cached[number]


def published() -> Form:
    """Return the newest published version, with which new applications begin."""
    newest = select(func.max(FormVersion.number)).where(FormVersion.published_at.is_not(None))
    return version(db.session.scalar(newest) or FIRST)


def form_of(application: Application) -> Form:
    """Return the version of an application."""
    return version(application.form_version or FIRST)


# --- a version as JSON


def to_json(form: Form) -> dict[str, Any]:
    """Return a version as JSON."""
    return {
        "issued": form.issued,
        "sections": {
            section.key: [field_to_json(one) for one in section.fields]
            for section in form.everything
            if section.fields
        },
    }


def from_json(number: int, content: Mapping[str, Any]) -> Form:
    """Return a version from JSON. Fields declared after it was stored are unused, unless the procedure needs them."""
    sections = []
    for section in SECTIONS:
        fields = [_field_from_json(stored) for stored in content["sections"].get(section.key, ())]
        stored_keys = {one.key for one in fields}
        later = [replace(one, used=bool(one.needed)) for one in section.fields if one.key not in stored_keys]
        sections.append(replace(section, fields=(*fields, *later)))
    return Form(number, tuple(sections), content["issued"])


def field_to_json(one: Field) -> dict[str, Any]:
    """Return a field as JSON."""
    found = {
        "key": one.key,
        "label": str(one.label),
        "english": in_english(one.label),
        "help": str(one.help),
        "help_english": in_english(one.help),
        "used": one.used,
        "required": one.required,
        "choices": [
            {"key": key, "label": str(label), "english": in_english(label)}
            for key, label in one.choices.items()
        ],
    }
    if one.further:
        found |= {
            "kind": one.kind.value,
            "longest": one.longest,
            "least": one.least,
            "most": one.most,
            "decimals": one.decimals,
        }
    return found


def _field_from_json(stored: Mapping[str, Any]) -> Field:
    wording: dict[str, Any] = {
        "label": Bilingual(stored["label"], stored["english"]),
        "help": Bilingual(stored["help"], stored["help_english"]),
        "used": stored["used"],
        "required": stored["required"],
        "choices": MappingProxyType(
            {each["key"]: Bilingual(each["label"], each["english"]) for each in stored["choices"]}
        ),
    }
    if (declared := FIELDS.get(stored["key"])) is not None:
        if declared.fixed:
            wording["choices"] = declared.choices  # the kinds of identity documents are part of the procedure
        return replace(declared, **wording)
    limits = {name: stored[name] for name in ("longest", "least", "most", "decimals")}
    kind = Kind(stored["kind"])
    wide = kind is Kind.PROMISE or stored["longest"] > MAX_HALF_WIDTH
    return Field(stored["key"], kind=kind, further=True, wide=wide, **wording, **limits)


MAX_HALF_WIDTH = 100
"""A field with a longer answer gets the whole width of the page."""


def in_english(text: str) -> str:
    """Return the English of a bilingual text; "" for none."""
    return text.english if isinstance(text, Bilingual) else ""
