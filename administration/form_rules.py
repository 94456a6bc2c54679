"""The rules for a version of the form, and the differences between two versions. Reads no request and writes nothing."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select

from common.errors import Unacceptable
from common.wording import N_, Sentence
from models import FormVersion, db
from workflow.form import living_allowance, versions
from workflow.form.fields import Field, Kind, Section
from workflow.form.living_allowance import FIELDS
from workflow.form.versions import Form

LONGEST_LABEL = 40
LONGEST_ENGLISH = 120
LONGEST_HELP = 200
LONGEST_STATEMENT = 1000
LONGEST_ANSWER = 400
MOST_DECIMALS = 4
FEWEST_CHOICES, MOST_CHOICES = 2, 100
MOST_ADDED_FIELDS = 20
"""Most fields that can be added to one section."""
QUANTITY = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,4})?")

ADDABLE_KINDS: Mapping[Kind, str] = {
    Kind.TEXT: N_("文字"),
    Kind.QUANTITY: N_("数字"),
    Kind.DATE: N_("日期"),
    Kind.CHOICE: N_("选项"),
}
"""The simple kinds that an administrator can add to a section."""
STATEMENTS = "promise"
"""The section whose fields are statements: each must be ticked. It has no other fields."""
KIND_WORDS: Mapping[Kind, str] = {
    **ADDABLE_KINDS,
    Kind.PHONE: N_("手机号码"),
    Kind.EMAIL: N_("电子邮箱"),
    Kind.NUMBER: N_("号码"),
    Kind.MONTH: N_("年月"),
    Kind.ENTERPRISE: N_("选择单位"),
    Kind.PROMISE: N_("勾选"),
}


def kinds_of(section: str) -> tuple[Kind, ...]:
    """Return the kinds that can be added to a section; none for one that has no fields."""
    if section == STATEMENTS:
        return (Kind.PROMISE,)
    return (
        tuple(ADDABLE_KINDS)
        if any(each.key == section and each.fields for each in living_allowance.SECTIONS)
        else ()
    )


def normalised_number(number: str) -> str:
    """Return a number as it is stored: without leading and trailing zeros, so that one number has one spelling."""
    plain = format(Decimal(number), "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain == "-0" else plain


# --- validation


def faults(one: Field, version: Form) -> Iterator[tuple[str, Sentence]]:
    """Yield every fault of a field, checked together with the other fields of its version. Each fault names the property it belongs to."""
    if not one.label.strip():
        yield "label", Sentence(N_("请填写名称。"))
    same = (each for each in version.fields.values() if each.key != one.key and each.label == one.label)
    if one.used and next(same, None):
        yield "label", Sentence(N_("“%(label)s”已经有了，请换一个名称。"), {"label": one.label})
    longest_help = LONGEST_STATEMENT if one.kind is Kind.PROMISE else LONGEST_HELP
    for name, text, longest in (
        ("label", one.label, LONGEST_LABEL),
        ("english", versions.in_english(one.label), LONGEST_ENGLISH),
        ("help", one.help, longest_help),
        ("help_english", versions.in_english(one.help), 2 * longest_help),
    ):
        if len(text) > longest:
            yield name, Sentence(N_("最多 %(max)s 个字。"), {"max": str(longest)})
    if one.kind is Kind.PROMISE and not one.help.strip():
        yield "help", Sentence(N_("请填写承诺的内容。"))
    if one.kind is Kind.CHOICE and not one.fixed:
        yield from _faults_of_choices(one)
    if one.further:
        yield from _faults_of_limits(one)


def _faults_of_choices(one: Field) -> Iterator[tuple[str, Sentence]]:
    labels = [label.strip() for label in one.choices.values()]
    if not FEWEST_CHOICES <= len(labels) <= MOST_CHOICES:
        words = {"least": str(FEWEST_CHOICES), "most": str(MOST_CHOICES)}
        yield "choices", Sentence(N_("请填写 %(least)s 至 %(most)s 个选项。"), words)
    if twice := next((label for label in labels if labels.count(label) > 1), None):
        yield "choices", Sentence(N_("选项“%(label)s”重复。"), {"label": twice})
    for label in one.choices.values():
        if not 0 < len(label.strip()) <= LONGEST_LABEL or len(versions.in_english(label)) > LONGEST_ENGLISH:
            words = {"label": label, "max": str(LONGEST_LABEL), "english": str(LONGEST_ENGLISH)}
            yield (
                "choices",
                Sentence(N_("选项“%(label)s”太长：最多 %(max)s 个字，英文 %(english)s 个字母。"), words),
            )
    declared = FIELDS.get(one.key)
    if declared is not None and declared.closed and one.choices.keys() - declared.choices.keys():
        yield "choices", Sentence(declared.closed)


def _faults_of_limits(one: Field) -> Iterator[tuple[str, Sentence]]:
    if one.kind is Kind.TEXT and not 1 <= one.longest <= LONGEST_ANSWER:
        yield "longest", Sentence(N_("请填写 1 至 %(max)s 的数字。"), {"max": str(LONGEST_ANSWER)})
    if one.kind is Kind.QUANTITY and not 0 <= one.decimals <= MOST_DECIMALS:
        yield "decimals", Sentence(N_("请填写 0 至 %(max)s 的数字。"), {"max": str(MOST_DECIMALS)})
    if one.kind not in (Kind.QUANTITY, Kind.DATE):
        return
    broken = False
    for name, given in (("least", one.least), ("most", one.most)):
        if given and not _is_limit(one.kind, given):
            broken = True
            wording = (
                N_("请填写数字，例如：3 或 3.5。")
                if one.kind is Kind.QUANTITY
                else N_("请填写日期，例如：2026-11-23。")
            )
            yield name, Sentence(wording)
    if not broken and one.least and one.most:
        empty = Decimal(one.least) > Decimal(one.most) if one.kind is Kind.QUANTITY else one.least > one.most
        if empty:
            yield "most", Sentence(N_("上限不能小于下限。"))


def _is_limit(kind: Kind, given: str) -> bool:
    if kind is Kind.QUANTITY:
        return QUANTITY.fullmatch(given) is not None
    try:
        return date.fromisoformat(given).isoformat() == given
    except ValueError:
        return False


def check(row: FormVersion) -> None:
    """Raise Unacceptable for a version that breaks a rule."""
    described = versions.from_json(row.number, row.content)
    for section in described.everything:
        _check_section(section)
        for one in section.fields:
            declared = FIELDS.get(one.key)
            if declared is not None and declared.needed and not (one.used and one.required):
                raise Unacceptable("used", Sentence(declared.needed))
            for name, sentence in faults(one, described):
                raise Unacceptable(name, sentence)


def _check_section(section: Section) -> None:
    kinds = kinds_of(section.key)
    further = [one for one in section.fields if one.further]
    if len(further) > MOST_ADDED_FIELDS:
        words = {"max": str(MOST_ADDED_FIELDS)}
        raise Unacceptable("", Sentence(N_("一个部分最多增加 %(max)s 项。"), words))
    for one in section.fields:
        home = next(
            (each.key for each in living_allowance.SECTIONS if one.key in {f.key for f in each.fields}),
            section.key,
        )
        if home != section.key or (one.further and one.kind not in kinds):
            raise Unacceptable("", Sentence(N_("这一部分不能有这样的内容。")))


# --- differences between two versions

PROPERTIES: Mapping[str, str] = {
    "kind": N_("形式"),
    "label": N_("名称"),
    "english": N_("英文名称"),
    "help": N_("说明"),
    "help_english": N_("英文说明"),
    "used": N_("询问"),
    "required": N_("必填"),
    "choices": N_("选项"),
    "longest": N_("最多字数"),
    "decimals": N_("小数位数"),
    "least": N_("下限"),
    "most": N_("上限"),
}
"""The properties of a field that can differ, with their names."""


class Difference(NamedTuple):
    """One property of one field in two versions; `new` when the older version does not have the field."""

    one: Field
    property: str
    before: str | bool | None
    after: str | bool | None
    new: bool = False


def differences(older: Form, newer: Form) -> list[Difference]:
    """Return the differences of the newer version, in the order of its page."""
    found = []
    for key, one in newer.known.items():
        was, now = older.known.get(key), _properties(one)
        if was is None:
            found += [
                Difference(one, name, None, _changed_values((), now[name])[1], new=True)
                for name in _informative_properties(now)
            ]
            continue
        then = _properties(was)
        found += [
            Difference(one, name, *_changed_values(then[name], now[name]))
            for name in then
            if then[name] != now[name]
        ]
    for key, one in older.known.items():
        if key not in newer.known:
            found.append(Difference(one, "used", one.used, False))
    return found


def _properties(one: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": one.kind.value} if one.further else {}
    found |= {
        "label": str(one.label),
        "english": versions.in_english(one.label),
        "help": str(one.help),
        "help_english": versions.in_english(one.help),
        "used": one.used,
        "required": one.required,
        "choices": tuple((key, str(label), versions.in_english(label)) for key, label in one.choices.items()),
    }
    if one.further:
        if one.kind is Kind.TEXT:
            found["longest"] = str(one.longest)
        if one.kind is Kind.QUANTITY:
            found["decimals"] = str(one.decimals)
        if one.kind in (Kind.QUANTITY, Kind.DATE):
            found |= {"least": one.least, "most": one.most}
    return found


def _informative_properties(now: Mapping[str, Any]) -> list[str]:
    """Return the properties of a new field that are worth listing. Its name and its use are shown anyway."""
    return [name for name in now if name not in ("label", "used") and now[name] not in ("", ())]


def _changed_values(then: Any, now: Any) -> tuple[Any, Any]:
    """Return both values for display. Choices: only those that differ, or all when only their order has changed."""
    if not isinstance(now, tuple):
        return then, now
    removed, added = [each for each in then if each not in now], [each for each in now if each not in then]
    if not removed and not added:
        removed, added = list(then), list(now)
    return _joined_choices(removed), _joined_choices(added)


def _joined_choices(choices: list[tuple[str, str, str]]) -> str:
    return "、".join(f"{label}（{english}）" if english else label for _key, label, english in choices)


# --- the audit trail

SEPARATOR = "·"
PUBLISHED = "published"


def version_label(row: FormVersion) -> str:
    """Return the name of a version in the audit trail."""
    return f"第 {row.number} 版"  # stays Chinese: stored in the audit trail


def audit_values(row: FormVersion, before: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the audit trail's values before and after: one for each property, never the whole version."""
    if "published_at" in before:
        earlier = db.session.scalar(
            select(FormVersion.number)
            .where(FormVersion.number < row.number, FormVersion.published_at.is_not(None))
            .order_by(FormVersion.number.desc())
            .limit(1)
        )
        return {f"{SEPARATOR}{PUBLISHED}": str(earlier or "")}, {f"{SEPARATOR}{PUBLISHED}": str(row.number)}
    older = versions.from_json(row.number, before["content"]) if "content" in before else versions.published()
    found = differences(older, versions.from_json(row.number, row.content))
    return (
        {f"{each.one.label}{SEPARATOR}{each.property}": each.before for each in found},
        {f"{each.one.label}{SEPARATOR}{each.property}": each.after for each in found},
    )


def field_and_property(name: str) -> tuple[str, str]:
    """Split a name of the audit trail into field and property; the field is empty when it is about the whole version."""
    field, _, prop = name.rpartition(SEPARATOR)
    return field, prop
