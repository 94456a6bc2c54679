"""The tables that administrators change: which columns, in which scope, with which checks and effects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, select

from administration import entered_years, form_rules
from administration.effects import counts, enterprises, regions, staff, texts
from common.audit import APPLICANTS, REVIEWERS
from common.errors import Unacceptable
from common.initials import initials
from common.settings import NAMES
from common.wording import N_, Sentence
from models import (
    Account,
    CalendarYear,
    Enterprise,
    FormVersion,
    Material,
    Notice,
    Office,
    Period,
    Region,
    Setting,
    db,
    now,
)
from models.changes import changed_columns
from workflow import scope


def _nothing(_row: Any) -> None:
    pass


def _sets_off_nothing(_row: Any, _before: Mapping[str, Any], _person: Account) -> list[Sentence]:
    return []


def _carries_out_nothing(_row: Any, _before: Mapping[str, Any], _person: Account) -> counts.Followed:
    return ()


Recorded = Callable[[Any, Mapping[str, Any], Mapping[str, Any]], tuple[Mapping[str, Any], Mapping[str, Any]]]


@dataclass(frozen=True)
class Table:
    """What an administrator may do with a table: `fields` are the columns that may change, with their names."""

    label: str
    fields: Mapping[str, str]
    criterion: Callable[[Account], ColumnElement[bool]] = scope.administered
    unique: tuple[str, ...] = ()
    added_only: bool = False
    silent: frozenset[str] = frozenset()
    """Columns that change along and say nothing to a person."""
    hold: Callable[[Any], None] = _nothing
    """Locks what the change may set off, before the row itself, by the row's key."""
    complete: Callable[[Any], None] = _nothing
    """Brings the row's silent columns up to date."""
    name: Callable[[Any], str] = str
    """What a row is called in the audit trail."""
    check: Callable[[Any], None] = _nothing
    """Raises Unacceptable for what no row may hold."""
    sets_off: Callable[[Any, Mapping[str, Any], Account], list[Sentence]] = _sets_off_nothing
    """Tells what the change sets off; `before` holds the changed columns as they were, {} for a new row."""
    carry_out: Callable[[Any, Mapping[str, Any], Account], counts.Followed] = _carries_out_nothing
    """Does what it sets off, once that has been confirmed; returns the rows that changed along."""
    recorded: Recorded | None = None
    """Says before and after in the table's own words, where its columns would say nothing to a person."""


def _enterprise_follows(enterprise: Enterprise) -> None:
    enterprise.initials = initials(enterprise.name)
    enterprise.version += 1  # an office that has the registration before it has an older one


def _material_keeps_its_former_name(material: Material) -> None:
    """Note until when a material had the name that is being changed: what was uploaded until then keeps it."""
    former = changed_columns(material).get("name")
    if former:
        material.former_names = [*material.former_names, {"name": former, "until": now().isoformat()}]


def _period(period: Period) -> None:
    if period.closes < period.opens:
        raise Unacceptable("closes", Sentence(N_("结束日期不能早于开始日期。")))
    other = db.session.scalars(
        select(Period).where(
            Period.id != (period.id or 0), Period.opens <= period.closes, Period.closes >= period.opens
        )
    ).first()
    if other is not None:
        words = {"name": other.name, "opens": other.opens.isoformat(), "closes": other.closes.isoformat()}
        raise Unacceptable("opens", Sentence(N_("与“%(name)s”（%(opens)s 至 %(closes)s）重叠。"), words))


TABLES: Mapping[type[Any], Table] = MappingProxyType(
    {
        Region: Table(
            N_("地区"),
            {
                "name": N_("名称"),
                "code": N_("代码"),
                "kind": N_("类别"),
                "office_id": N_("负责单位"),
                "position": N_("排列顺序"),
                "active": N_("启用"),
                "merged_into_id": N_("并入"),
            },
            unique=("name", "code"),
            hold=regions.lock_region,
            sets_off=regions.preview_region,
            carry_out=regions.apply_region_effects,
        ),
        Office: Table(
            N_("单位"),
            {"name": N_("名称"), "telephone": N_("电话")},
            unique=("name",),
            silent=frozenset({"duty"}),
        ),
        Enterprise: Table(
            N_("企业"),
            {
                "name": N_("单位名称"),
                "region_id": N_("所属地区"),
                "contact_name": N_("联系人"),
                "contact_phone": N_("联系电话"),
                "active": N_("启用"),
            },
            criterion=scope.enterprises,
            silent=frozenset({"initials", "name_key", "version"}),
            hold=enterprises.lock_applications_of_enterprise,
            complete=_enterprise_follows,
            sets_off=enterprises.preview_enterprise,
            carry_out=enterprises.apply_enterprise_effects,
        ),
        Account: Table(
            N_("工作人员"),
            {
                "login": N_("登录名"),
                "name": N_("姓名"),
                "role": N_("身份"),
                "office_id": N_("单位"),
                "phone": N_("联系电话"),
                "active": N_("可以登录"),
                "password_hash": N_("密码"),
                "recovery_hash": N_("找回码"),
                "second_factor": N_("动态验证码"),
            },
            criterion=scope.staff,
            name=lambda row: f"{row.name}（{row.login}）",
            silent=frozenset({"name_key", "session_stamp", "must_change_password"}),
            hold=staff.lock_administrators,
            sets_off=staff.preview_account,
        ),
        Material: Table(
            N_("申请材料"),
            {
                "name": N_("名称"),
                "shows": N_("须显示的内容"),
                "required": N_("必需"),
                "position": N_("排列顺序"),
                "active": N_("启用"),
            },
            unique=("name",),
            complete=_material_keeps_its_former_name,
            sets_off=texts.preview_material,
        ),
        Notice: Table(
            N_("申请须知"),
            {"version": N_("版本"), "body": N_("正文")},
            unique=("version",),
            added_only=True,
            sets_off=texts.preview_notice,
        ),
        Period: Table(
            N_("申报期"),
            {
                "name": N_("名称"),
                "opens": N_("开始日期"),
                "closes": N_("结束日期"),
                "resubmit_days": N_("回退后的期限（工作日）"),
            },
            unique=("name",),
            check=_period,
            sets_off=texts.preview_period,
        ),
        CalendarYear: Table(
            N_("工作日历"),
            {
                "year": N_("年份"),
                "holidays": N_("放假"),
                "workdays": N_("调休上班"),
                "source": N_("依据"),
                "active": N_("启用"),
            },
            unique=("year",),
            silent=frozenset({"version"}),
            complete=entered_years.complete,
            check=entered_years.check,
            sets_off=entered_years.consequences,
        ),
        FormVersion: Table(
            N_("申请表"),
            {"content": N_("内容"), "published_at": N_("发布时间")},
            silent=frozenset({"saved_at", "saved_by"}),
            name=form_rules.version_label,
            check=form_rules.check,
            sets_off=texts.preview_form_version,
            recorded=form_rules.recorded,
        ),
        Setting: Table(
            N_("系统设置"),
            {"value": N_("内容")},
            name=lambda row: NAMES.get(row.key, row.key),
            hold=staff.lock_administrators,
            sets_off=staff.preview_setting,
            carry_out=staff.apply_setting_effects,
        ),
    }
)


KEPT_BY_ENTERPRISES = Table(
    N_("企业审核人员"),
    {
        "invited": N_("邀请"),
        "sent_again": N_("重新发出邀请"),
        "withdrawn": N_("撤回邀请"),
        "joined": N_("接受邀请"),
        "removed": N_("移除"),
    },
)
"""What an enterprise does with its own reviewers: in the same trail, under the enterprise's key. No administrator does it."""


CORRECTED = Table(
    N_("申请人"),
    {
        "name": N_("姓名"),
        "paper": N_("证件类型"),
        "identity_number": N_("证件号码"),
        "reason": N_("原因"),
    },
)
"""Corrections of names and identity numbers (desk/corrections.py): in the same trail, under the account's key."""


BY_NAME = MappingProxyType(
    {
        **{model.__tablename__: table for model, table in TABLES.items()},
        REVIEWERS: KEPT_BY_ENTERPRISES,
        APPLICANTS: CORRECTED,
    }
)
"""The same by the name that a Change holds."""
