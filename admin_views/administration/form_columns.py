"""The columns of the lists of 申请表: its versions, and the fields of a section."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from flask_babel import gettext, ngettext

from admin_views.site.lists import Badge, Column
from administration.form_rules import STATEMENTS
from common.wording import N_


class VersionRow(NamedTuple):
    """One published version; `changes` is the number of fields that differ from the version before."""

    number: int
    published_at: datetime
    saved_by: str | None
    changes: int
    newest: bool


def _version_badge(row: VersionRow) -> Badge:
    return Badge("good", gettext("现行版本")) if row.newest else Badge("idle", gettext("以前的版本"))


def _changes(row: VersionRow) -> str:
    return ngettext("改动 %(num)s 项", "改动 %(num)s 项", row.changes) if row.changes else "—"


VERSION_COLUMNS = (
    Column("number", N_("版本"), lambda row: gettext("第 %(number)s 版", number=row.number), cell="title"),
    Column("published_at", N_("发布时间"), cell="stamp", style="num"),
    Column("saved_by", N_("发布人"), lambda row: row.saved_by or gettext("系统自带")),
    Column("changes", N_("与前一版不同"), _changes),
    Column("state", N_("状态"), _version_badge, cell="badge"),
)


def _requirement(field: Mapping[str, Any]) -> str:
    one = field["one"]
    if not one.used:
        return gettext("不询问")
    if one.fixed:
        return gettext("取自账号")
    return gettext("必填") if one.required else gettext("选填")


def _difference(new: str, changed: str, field: Mapping[str, Any]) -> Badge | None:
    if field["new"]:
        return Badge("wait", gettext(new))
    return Badge("wait", gettext(changed)) if field["changed"] else None


def _fields(limits: str, new: str, changed: str) -> tuple[Column, ...]:
    return (
        Column("label", N_("名称"), itemgetter("label"), cell="title"),
        Column("kind", N_("形式"), itemgetter("kind"), style="nowrap"),
        Column("limits", limits, itemgetter("limits"), cell="macro", hides_empty=True),
        Column("requirement", N_("要求"), _requirement, cell="macro", style="nowrap"),
        Column("difference", N_("改动"), partial(_difference, new, changed), cell="badge", kind="action"),
    )


_DRAFT = (N_("新增"), N_("已改动"))
_PUBLISHED = (N_("本版新增"), N_("本版改动"))
_ANSWERS, _TEXT = N_("选项或范围"), N_("内容")
_COLUMNS = {
    (statements, published): _fields(
        _TEXT if statements else _ANSWERS, *(_PUBLISHED if published else _DRAFT)
    )
    for statements in (False, True)
    for published in (False, True)
}


def columns_of(section: str, published: bool) -> tuple[Column, ...]:
    """Return the columns of a section's fields. `published`: the section belongs to a published version, not to the draft."""
    return _COLUMNS[section == STATEMENTS, published]
