"""Which standard applies to an application on a day, and the rule in words (P3).

A condition is about a choice of the form. The answer is the application's own, in the version of the form that it was begun
with: a field that this version does not ask for has no answer, and a condition on it is not met.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from common.calendar import today
from common.money import in_yuan
from common.wording import N_, Sentence
from common.working_days import ONE_DAY
from models import Application, FormVersion, Standard, StandardState, db
from workflow.form import versions
from workflow.form.fields import Field, Kind

CONDITION_SECTIONS = frozenset({"schooling", "employment"})
"""Sections whose choices a standard may ask for. Sex, ethnicity and party decide nothing. Of the other sections it may ask for
choices that an administrator added."""

STANDARD_STATES = MappingProxyType(
    {
        StandardState.DRAFT: N_("草稿"),
        StandardState.IN_FORCE: N_("已生效"),
        StandardState.DISCARDED: N_("已放弃"),
    }
)


def standards_of(on: date) -> Sequence[Standard]:
    """Return the standards in force on this day in the order in which they are tried. For many applications read them once."""
    return db.session.scalars(in_force_query(on)).all()


def in_force_query(on: date) -> Select[Any]:
    """Return the query for the standards of a day, the smallest priority first."""
    return (
        select(Standard)
        .where(
            Standard.state == StandardState.IN_FORCE,
            Standard.valid_from <= on,
            or_(Standard.valid_until.is_(None), Standard.valid_until >= on),
        )
        .order_by(Standard.priority, Standard.id)
        .options(joinedload(Standard.period))
    )


def first_match(standards: Iterable[Standard], application: Any) -> Standard | None:
    """Return the first of these standards that matches. `application`: an Application, or a row with the same columns."""
    return next((each for each in standards if matches(each, application)), None)


def matches(standard: Standard, application: Any) -> bool:
    """Say whether a standard is for this application's period and each of its conditions is met."""
    if standard.period_id is not None and standard.period_id != application.period_id:
        return False
    return all(stored_answer(application, key) in accepted for key, accepted in standard.conditions.items())


def stored_answer(application: Any, key: str) -> Any:
    """Return the stored answer to a choice; None if it has none."""
    if hasattr(Application, key):
        return getattr(application, key)
    return (application.answers or {}).get(key)


# --- versions


def put_into_force(draft: Standard) -> None:
    """Let a draft hold from its first day; administration/changes.py has looked at its effects."""
    draft.state = StandardState.IN_FORCE


def discard(draft: Standard) -> None:
    """Give a draft up; the row stays."""
    draft.state = StandardState.DISCARDED


def next_version(row: Standard) -> Standard:
    """Return a draft with everything that a version says, from tomorrow on or from its own first day."""
    return Standard(
        name=row.name,
        period_id=row.period_id,
        conditions=dict(row.conditions),
        priority=row.priority,
        amount_fen=row.amount_fen,
        instalments=row.instalments,
        interval_months=row.interval_months,
        years=row.years,
        valid_from=max(today() + ONE_DAY, row.valid_from),
        version=row.version + 1,
        replaces_id=row.id,
        state=StandardState.DRAFT,
    )


# --- overlapping


def compete(one: Standard, other: Standard) -> bool:
    """Say whether both standards could match one application on one day at the same priority.

    Then it would be left to chance which of them applies, so that at most one of them may be in force.
    """
    return (
        one.priority == other.priority
        and (one.period_id is None or other.period_id is None or one.period_id == other.period_id)
        and _days_overlap(one, other)
        and all(
            set(one.conditions[key]) & set(other.conditions[key])
            for key in one.conditions.keys() & other.conditions.keys()
        )
    )


def _days_overlap(one: Standard, other: Standard) -> bool:
    first = max(one.valid_from, other.valid_from)
    return all(each.valid_until is None or each.valid_until >= first for each in (one, other))


def competitor_of(standard: Standard) -> Standard | None:
    """Return a standard in force that competes with this one; the version that it replaces does not."""
    others = select(Standard).where(
        Standard.state == StandardState.IN_FORCE,
        Standard.priority == standard.priority,
        Standard.id.is_distinct_from(standard.id),
        Standard.id.is_distinct_from(standard.replaces_id),
    )
    return next(
        (each for each in db.session.scalars(others.order_by(Standard.id)) if compete(standard, each)), None
    )


# --- in words


class Condition(NamedTuple):
    """One condition as people read it: the label of the field, and those of the accepted answers."""

    field: str
    answers: tuple[str, ...]


def condition_fields() -> Mapping[str, Field]:
    """Return the fields that a standard may ask for, with the choices of every published version of the form.

    Labels are the newest version's.
    """
    numbers = db.session.scalars(
        select(FormVersion.number).where(FormVersion.published_at.is_not(None)).order_by(FormVersion.number)
    )
    found: dict[str, Field] = {}
    for number in sorted({versions.FIRST, *numbers}):
        form = versions.version(number)
        for key, field in form.fields.items():
            if field.kind is Kind.CHOICE and not field.fixed and _may_decide(field, form.section_of[key]):
                earlier = found[key].choices if key in found else {}
                found[key] = replace(field, choices=MappingProxyType({**earlier, **field.choices}))
    return MappingProxyType(found)


def _may_decide(field: Field, section: str) -> bool:
    return field.further or section in CONDITION_SECTIONS


def conditions_in_words(standard: Standard, fields: Mapping[str, Field]) -> list[Condition]:
    """Return the conditions with their labels, which are still to be translated. `fields`: `condition_fields()`."""
    found = []
    for key, accepted in standard.conditions.items():
        field = fields.get(key)
        choices = field.choices if field else {}
        label = field.label if field else key
        found.append(Condition(label, tuple(choices.get(value, value) for value in accepted)))
    return found


def payment_rule(standard: Standard) -> Sentence:
    """Return how much is paid, and when."""
    words = {
        "amount": in_yuan(standard.amount_fen),
        "count": str(standard.instalments),
        "months": str(standard.interval_months),
        "years": str(standard.years),
    }
    if standard.years == 1:
        if standard.instalments == 1:
            return Sentence(N_("一次发放 %(amount)s 元"), words)
        return Sentence(N_("共 %(amount)s 元，分 %(count)s 次发放，每 %(months)s 个月一次"), words)
    if standard.instalments == 1:
        return Sentence(N_("每年 %(amount)s 元，一次发放，共 %(years)s 年"), words)
    return Sentence(
        N_("每年 %(amount)s 元，分 %(count)s 次发放，每 %(months)s 个月一次，共 %(years)s 年"), words
    )


def rule_text(standard: Standard, fields: Mapping[str, Field] | None = None) -> str:
    """Return the whole rule in Chinese, as a grant keeps it. Pages show the rule of a standard in the person's language."""
    known = condition_fields() if fields is None else fields
    asked = [
        f"{each.field}：{'、'.join(map(str, each.answers))}"  # stays Chinese
        for each in conditions_in_words(standard, known)
    ]
    rule = payment_rule(standard)
    name = f"{standard.name}（第 {standard.version} 版）"  # stays Chinese
    return "；".join([name, *asked, rule.text % rule.words]) + "。"  # stays Chinese
