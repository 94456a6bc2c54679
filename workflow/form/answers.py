"""The answers of an application, their texts for people, and the snapshot of a submission."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache, partial
from typing import Any, NamedTuple

from common.text import same_text
from common.wording import N_
from models import Application, Experience
from workflow.form import versions
from workflow.form.fields import DAY_KINDS, Field, Kind, Section
from workflow.form.living_allowance import EXPERIENCE_KINDS, FIELDS

_has_column = cache(partial(hasattr, Application))


def value(application: Application, key: str) -> Any:
    """Return the answer of an application to a field: text, a date, a bool, or None."""
    if _has_column(key):
        return getattr(application, key)
    stored = (application.answers or {}).get(key)
    if stored is not None and (FIELDS.get(key) or versions.form_of(application).known[key]).kind in DAY_KINDS:
        return date.fromisoformat(stored)
    return stored


def set_value(application: Application, key: str, given: Any) -> None:
    """Set the answer to a field: in its own column if there is one, else in the JSON column `answers`."""
    set_values(application, {key: given})


def set_values(application: Application, given: Mapping[str, Any]) -> None:
    """Set the answers to several fields."""
    for key, answer in given.items():
        if _has_column(key):
            setattr(application, key, answer)
    further = {key: _plain(answer) for key, answer in given.items() if not _has_column(key)}
    if further:
        application.answers = {**(application.answers or {}), **further}


def answer_text(asked: Field, stored: Any) -> str:
    """Return a stored value as a person reads it, choices as their (untranslated) label."""
    if stored is None or stored == "":
        return ""
    if asked.kind is Kind.CHOICE:
        return asked.choices.get(stored, str(stored))
    if asked.kind is Kind.PROMISE:
        return N_("已承诺") if stored else N_("未承诺")
    if asked.kind is Kind.MONTH:
        return str(stored)[:7]
    return str(stored)


def _row(experience: Experience) -> dict[str, str]:
    return {
        "kind": EXPERIENCE_KINDS[experience.kind] if experience.kind else "",
        "start": month(experience.start),
        "end": month(experience.end),
        "place": experience.place,
        "subject": experience.subject,
        "witness": experience.witness,
    }


def month(day: date | None) -> str:
    """Return the month of a day as 2026-11; "" for none."""
    return day.isoformat()[:7] if day else ""


def snapshot(application: Application) -> dict[str, Any]:
    """Return all answers as JSON: what reviewers read, and what later rounds are compared with.

    `employer` identifies the enterprise, for comparison (desk.comparison); its text in `fields` is for display only.
    """
    fields = {key: _plain(value(application, key)) for key in versions.form_of(application).known}
    found = {"fields": fields, "experiences": [_row(row) for row in application.experiences]}
    enterprise = application.enterprise
    if enterprise is not None:
        fields["enterprise_id"] = f"{enterprise.name}（{enterprise.credit_code}，{enterprise.region.name}）"
        found["employer"] = {
            "id": enterprise.id,
            "credit_code": enterprise.credit_code,
            "name": enterprise.name,
            "region": enterprise.region.name,
        }
    return found


def _plain(stored: Any) -> Any:
    return stored.isoformat() if isinstance(stored, date) else stored


class ShownField(NamedTuple):
    """One field as a reviewer reads it; `before` is the text of the last submission if it differs, else None."""

    asked: Field
    text: str
    before: str | None


def shown_fields(
    section: Section, now: Mapping[str, Any], before: Mapping[str, Any] | None
) -> Iterator[ShownField]:
    """Yield the section's fields of a snapshot, each with the text of the earlier snapshot when that differs."""
    for asked in section.fields:
        text = answer_text(asked, now["fields"].get(asked.key))
        earlier = answer_text(asked, before["fields"].get(asked.key)) if before else text
        yield ShownField(asked, text, None if same_text(text, earlier) else earlier)
