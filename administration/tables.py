"""The tables that administrators change: which columns, in which scope, and what each step of a change does for them.

The steps are the methods of `Table`, in the order in which administration/changes.py calls them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import ColumnElement, select

from administration import entered_years, form_rules, setting_rules
from administration.effects import enterprises, regions, staff, standards, texts
from administration.effects.counts import AlsoChanged
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
    Standard,
    db,
    now,
)
from models.changes import changed_columns
from workflow import scope

Row = TypeVar("Row")
Before = Mapping[str, Any]
"""The changed columns with their former values; empty for a new row."""


class Table(Generic[Row]):
    """One table that administrators change. Every method here is the default: it does nothing, or allows nothing more.

    The methods stand in the order in which a change calls them (administration/changes.py).
    """

    label: ClassVar[str]
    fields: ClassVar[Mapping[str, str]]
    """The columns that may be changed, each with its name on the page and in the audit trail."""
    unaudited: ClassVar[frozenset[str]] = frozenset()
    """Columns that change together with `fields`. The audit trail leaves them out."""
    unique: ClassVar[tuple[str, ...]] = ()
    append_only: ClassVar[bool] = False
    """Rows can be added and never changed."""

    def criterion(self, person: Account) -> ColumnElement[bool]:
        """Return the criterion of the rows that this administrator may see and change."""
        return scope.administered(person)

    def lock(self, key: Any) -> None:
        """Lock the rows that the change may affect. Runs before the row itself is locked; `key` is None for a new row.

        A table with a rule about several rows locks rows that exist in any case, such as the administrators: two rows
        that are added at once do not see each other.
        """

    def complete(self, row: Row) -> None:
        """Update the unaudited columns from the others."""

    def check(self, row: Row) -> None:
        """Raise Unacceptable for values that no row may have."""

    def preview_effects(self, row: Row, before: Before, person: Account) -> list[Sentence]:
        """Return the consequences of the change, which the administrator confirms. Raises Unacceptable, NotPermitted."""
        return []

    def apply_effects(self, row: Row, before: Before, person: Account) -> AlsoChanged:
        """Carry out the confirmed consequences. Returns the other rows that changed, for the audit trail."""
        return ()

    def row_name(self, row: Row) -> str:
        """Return the name of a row in the audit trail."""
        return str(row)

    def audit_values(
        self, row: Row, before: Before, after: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
        """Return the audit trail's values before and after; None where it records the columns as they are."""
        return None


class RegionTable(Table[Region]):
    label = N_("地区")
    fields = {
        "name": N_("名称"),
        "code": N_("代码"),
        "kind": N_("类别"),
        "office_id": N_("负责单位"),
        "position": N_("排列顺序"),
        "active": N_("启用"),
        "merged_into_id": N_("并入"),
    }
    unique = ("name", "code")

    def lock(self, key: Any) -> None:
        regions.lock_region(key)

    def preview_effects(self, row: Region, before: Before, person: Account) -> list[Sentence]:
        return regions.preview_region(row, before)

    def apply_effects(self, row: Region, before: Before, person: Account) -> AlsoChanged:
        return regions.apply_region_effects(row, before, person)


class OfficeTable(Table[Office]):
    label = N_("单位")
    fields = {"name": N_("名称"), "telephone": N_("电话")}
    unaudited = frozenset({"duty"})
    unique = ("name",)


class EnterpriseTable(Table[Enterprise]):
    label = N_("企业")
    fields = {
        "name": N_("单位名称"),
        "region_id": N_("所属地区"),
        "contact_name": N_("联系人"),
        "contact_phone": N_("联系电话"),
        "active": N_("启用"),
    }
    unaudited = frozenset({"initials", "name_key", "version"})

    def criterion(self, person: Account) -> ColumnElement[bool]:
        return scope.enterprises(person)

    def lock(self, key: Any) -> None:
        enterprises.lock_applications_of_enterprise(key)

    def complete(self, row: Enterprise) -> None:
        row.initials = initials(row.name)
        row.version += 1  # an office that is deciding the registration must read it again

    def preview_effects(self, row: Enterprise, before: Before, person: Account) -> list[Sentence]:
        return enterprises.preview_enterprise(row, before)

    def apply_effects(self, row: Enterprise, before: Before, person: Account) -> AlsoChanged:
        return enterprises.apply_enterprise_effects(row, before, person)


class StaffTable(Table[Account]):
    label = N_("工作人员")
    fields = {
        "login": N_("登录名"),
        "name": N_("姓名"),
        "role": N_("身份"),
        "office_id": N_("单位"),
        "phone": N_("联系电话"),
        "active": N_("可以登录"),
        "may_export_full": N_("导出完整号码"),
        "password_hash": N_("密码"),
        "recovery_hash": N_("找回码"),
        "second_factor": N_("动态验证码"),
    }
    unaudited = frozenset({"name_key", "session_stamp", "must_change_password"})

    def criterion(self, person: Account) -> ColumnElement[bool]:
        return scope.staff(person)

    def lock(self, key: Any) -> None:
        staff.lock_administrators()

    def preview_effects(self, row: Account, before: Before, person: Account) -> list[Sentence]:
        return staff.preview_account(row, before, person)

    def row_name(self, row: Account) -> str:
        return f"{row.name}（{row.login}）"


class MaterialTable(Table[Material]):
    label = N_("申请材料")
    fields = {
        "name": N_("名称"),
        "shows": N_("须显示的内容"),
        "required": N_("必需"),
        "printed_form": N_("由系统生成的申请表"),
        "position": N_("排列顺序"),
        "active": N_("启用"),
    }
    unique = ("name",)

    def complete(self, row: Material) -> None:
        """Add the former name and the time until which it was valid: files uploaded until then keep that name."""
        former = changed_columns(row).get("name")
        if former:
            row.former_names = [*row.former_names, {"name": former, "until": now().isoformat()}]

    def preview_effects(self, row: Material, before: Before, person: Account) -> list[Sentence]:
        return texts.preview_material(row, before)


class NoticeTable(Table[Notice]):
    label = N_("申请须知")
    fields = {"version": N_("版本"), "body": N_("正文")}
    unique = ("version",)
    append_only = True

    def preview_effects(self, row: Notice, before: Before, person: Account) -> list[Sentence]:
        return texts.preview_notice(row)


class PeriodTable(Table[Period]):
    label = N_("申报期")
    fields = {
        "name": N_("名称"),
        "opens": N_("开始日期"),
        "closes": N_("结束日期"),
        "resubmit_days": N_("回退后的期限（工作日）"),
    }
    unique = ("name",)

    def lock(self, key: Any) -> None:
        staff.lock_administrators()  # for the overlap below

    def check(self, row: Period) -> None:
        if row.closes < row.opens:
            raise Unacceptable("closes", Sentence(N_("结束日期不能早于开始日期。")))
        other = db.session.scalars(
            select(Period).where(
                Period.id != (row.id or 0), Period.opens <= row.closes, Period.closes >= row.opens
            )
        ).first()
        if other is not None:
            words = {"name": other.name, "opens": other.opens.isoformat(), "closes": other.closes.isoformat()}
            raise Unacceptable("opens", Sentence(N_("与“%(name)s”（%(opens)s 至 %(closes)s）重叠。"), words))

    def preview_effects(self, row: Period, before: Before, person: Account) -> list[Sentence]:
        return texts.preview_period(row, before)


class CalendarYearTable(Table[CalendarYear]):
    label = N_("工作日历")
    fields = {
        "year": N_("年份"),
        "holidays": N_("放假"),
        "workdays": N_("调休上班"),
        "source": N_("依据"),
        "active": N_("启用"),
    }
    unaudited = frozenset({"version"})
    unique = ("year",)

    def complete(self, row: CalendarYear) -> None:
        entered_years.complete(row)

    def check(self, row: CalendarYear) -> None:
        entered_years.check(row)

    def preview_effects(self, row: CalendarYear, before: Before, person: Account) -> list[Sentence]:
        return entered_years.preview_year(row, before)


class StandardTable(Table[Standard]):
    label = N_("补贴标准")
    fields = {
        "name": N_("名称"),
        "version": N_("版本"),
        "period_id": N_("申报期"),
        "conditions": N_("条件"),
        "priority": N_("优先级"),
        "amount_fen": N_("每年金额（元）"),
        "instalments": N_("每年发放次数"),
        "interval_months": N_("间隔（月）"),
        "years": N_("发放年数"),
        "valid_from": N_("第一天"),
        "valid_until": N_("最后一天"),
        "state": N_("状态"),
    }

    def lock(self, key: Any) -> None:
        staff.lock_administrators()  # two that overlap, put into force at once, would not see each other

    def check(self, row: Standard) -> None:
        standards.check(row)

    def preview_effects(self, row: Standard, before: Before, person: Account) -> list[Sentence]:
        return standards.preview_effects(row, before)

    def apply_effects(self, row: Standard, before: Before, person: Account) -> AlsoChanged:
        return standards.apply_effects(row, before)

    def row_name(self, row: Standard) -> str:
        return standards.version_name(row)


class FormVersionTable(Table[FormVersion]):
    label = N_("申请表")
    fields = {"content": N_("内容"), "published_at": N_("发布时间")}
    unaudited = frozenset({"saved_at", "saved_by"})

    def check(self, row: FormVersion) -> None:
        form_rules.check(row)

    def preview_effects(self, row: FormVersion, before: Before, person: Account) -> list[Sentence]:
        return texts.preview_form_version(row, before)

    def row_name(self, row: FormVersion) -> str:
        return form_rules.version_label(row)

    def audit_values(
        self, row: FormVersion, before: Before, after: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        return form_rules.audit_values(row, before)


class SettingTable(Table[Setting]):
    label = N_("系统设置")
    fields = {"value": N_("内容")}

    def check(self, row: Setting) -> None:
        setting_rules.check(row)

    def lock(self, key: Any) -> None:
        staff.lock_administrators()

    def preview_effects(self, row: Setting, before: Before, person: Account) -> list[Sentence]:
        return staff.preview_setting(row, before, person)

    def apply_effects(self, row: Setting, before: Before, person: Account) -> AlsoChanged:
        return staff.apply_setting_effects(row, before)

    def row_name(self, row: Setting) -> str:
        return NAMES.get(row.key, row.key)


TABLES: Mapping[type[Any], Table[Any]] = MappingProxyType(
    {
        Region: RegionTable(),
        Office: OfficeTable(),
        Enterprise: EnterpriseTable(),
        Account: StaffTable(),
        Material: MaterialTable(),
        Notice: NoticeTable(),
        Period: PeriodTable(),
        CalendarYear: CalendarYearTable(),
        Standard: StandardTable(),
        FormVersion: FormVersionTable(),
        Setting: SettingTable(),
    }
)
"""The tables by their model, in the order of the audit trail's filter."""
