"""The wording of what the statistics count."""

from collections.abc import Iterable, Mapping

from flask_babel import gettext
from sqlalchemy import select

from admin_views.site.wording import translated
from figures.reasons import FIELD, PAPER, PHRASE, ROW
from models import Material
from models.statements import execute
from models.statistics import RETURN
from workflow.form.fields import Field


def reason_words(reasons: Iterable[str], fields: Mapping[str, Field]) -> dict[str, str]:
    """Return the wording of these reasons (figures/reasons.py). `fields`: those of the form, by key."""
    known = list(reasons)
    materials = _materials({key for reason in known if (key := _paper(reason)) is not None})
    return {reason: _word(reason, fields, materials) for reason in known}


def _paper(reason: str) -> int | None:
    kind, _, key = reason.partition("=")
    return int(key) if kind == PAPER and key.isdecimal() else None


def _materials(ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    rows = execute(select(Material.id, Material.name).where(Material.id.in_(sorted(ids))), {})
    return {row.id: row.name for row in rows}


def _word(reason: str, fields: Mapping[str, Field], materials: Mapping[int, str]) -> str:
    kind, _, value = reason.partition("=")
    if reason == RETURN:
        return gettext("全部回退")
    if kind == PHRASE:
        return translated(value)
    if kind == FIELD:
        return gettext("标记：%(place)s", place=translated(fields[value].label) if value in fields else value)
    if kind == PAPER:
        return gettext("标记：%(place)s", place=materials.get(_paper(reason) or 0, value))
    return gettext("标记：%(place)s", place=gettext("学习工作经历")) if kind == ROW else gettext("其他")
