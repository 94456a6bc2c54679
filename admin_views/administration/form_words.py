"""The fields of the form in words: their listings by section, permitted answers, differences and missing English."""

from typing import Any

from flask_babel import force_locale, gettext

from admin_views.administration.form_columns import columns_of
from admin_views.site.lists import DataTable
from admin_views.site.trail import value_words
from admin_views.site.wording import translated
from administration import form_rules
from administration.form_rules import ADDABLE_KINDS, KIND_WORDS, PROPERTIES, Difference
from common.wording import N_
from workflow.form import versions as description
from workflow.form.fields import Field, Kind
from workflow.form.versions import Form

FEW_CHOICES = 6
"""The list shows up to this many choices; of more it shows only the number."""


def kinds_of_section(section: str) -> list[tuple[str, str]]:
    return [(kind.value, ADDABLE_KINDS.get(kind, N_("承诺"))) for kind in form_rules.kinds_of(section)]


def section_listings(this: Form, older: Form, *, published: bool) -> list[dict[str, Any]]:
    """Return the sections with each field in a few words, and whether it differs from the older version."""
    changed = {each.one.key for each in form_rules.differences(older, this)}
    return [
        {
            "key": section.key,
            "title": translated(section.title),
            "listing": DataTable(
                columns_of(section.key, published),
                [
                    {
                        "one": one,
                        "label": translated(one.label),
                        "kind": translated(KIND_WORDS[one.kind]),
                        "limits": _limits(one),
                        "new": one.key not in older.known,
                        "changed": one.key in changed,
                    }
                    for one in section.fields
                ],
            ),
        }
        for section in this.everything
    ]


def _limits(one: Field) -> str:
    """Return the permitted answers in a few words."""
    if one.kind is Kind.PROMISE:
        return translated(one.help)
    if one.kind is Kind.CHOICE:
        labels = [translated(label) for label in one.choices.values()]
        return (
            gettext("、").join(labels)
            if len(labels) <= FEW_CHOICES
            else gettext("%(count)s 个选项", count=len(labels))
        )
    if not one.further:
        return ""
    if one.kind is Kind.TEXT:
        return gettext("最多 %(max)s 个字", max=one.longest)
    found = []
    if one.least or one.most:
        found.append(gettext("%(least)s 至 %(most)s", least=one.least or "…", most=one.most or "…"))
    if one.kind is Kind.QUANTITY:
        found.append(gettext("%(count)s 位小数", count=one.decimals) if one.decimals else gettext("整数"))
    return gettext("，").join(found)


def difference_rows(differences: list[Difference]) -> list[dict[str, Any]]:
    """Return differences as the screen shows them, grouped by field."""
    found: dict[str, dict[str, Any]] = {}
    for each in differences:
        one = found.setdefault(
            each.one.key, {"label": translated(each.one.label), "new": each.new, "properties": []}
        )
        one["properties"].append(
            {
                "label": translated(PROPERTIES[each.property]),
                "before": value_words(each.property, each.before),
                "after": value_words(each.property, each.after),
            }
        )
    return list(found.values())


def own_english(one: Field) -> str:
    """Return the English from the translation catalogue; "" when there is none."""
    with force_locale("en"):
        own = gettext(str(one.label)) if one.label else ""
    return own if own != one.label else ""


def untranslated_labels(form: Form) -> list[str]:
    """Return the labels that have no English."""
    return [
        str(one.label)
        for one in form.fields.values()
        if not description.in_english(one.label) and not own_english(one)
    ]
