"""申请材料, 申请须知, 申报期, 系统设置: the texts, materials, periods and settings that administrators maintain (D2)."""

from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import gettext
from sqlalchemy import func, select

from admin_views.administration import forms, setting_forms
from admin_views.administration.base import MOST_SHOWN, AdministeredTable, active_badge
from admin_views.site.base import expose
from admin_views.site.lists import Badge, Column
from admin_views.site.wording import translated
from common.calendar import today
from common.settings import (
    CONTINUATION_ASKED,
    CONTINUATION_TERM,
    DAYS_OF_LIMITS,
    DIGEST_TIME,
    FILES_AT_ONCE,
    HELP_LINE,
    IDLE_MINUTES,
    NAMES,
    PUBLICITY_DAYS,
    STAFF_SECOND_FACTOR,
    value_label,
)
from common.wording import N_, NP_
from models import Material, Notice, Period, Setting, db


class Materials(AdministeredTable):
    """The materials that applicants upload."""

    form = forms.MaterialForm
    title = NP_("list", "申请材料")
    columns = (
        Column("position", N_("顺序"), style="cell-num cell-quiet", kind="num"),
        Column("name", N_("名称"), cell="title", style="nowrap"),
        Column("shows", N_("须显示的内容"), short=N_("须显示")),
        Column(
            "required",
            N_("要求"),
            lambda row: gettext("必需") if row.required else gettext("选填"),
            style="nowrap",
        ),
        Column("state", N_("状态"), active_badge, cell="badge"),
    )
    list_template = "administration/materials.html"
    full_width_fields = ("name", "shows")

    def list_rows(self) -> Any:
        return db.session.scalars(
            self.rows().order_by(Material.active.desc(), Material.position, Material.id).limit(MOST_SHOWN)
        ).all()

    def prefill(self, form: Any) -> None:
        newest = select(func.max(Material.position)).where(self.criterion())
        form.position.data = (db.session.scalar(newest) or 0) + 1

    def form_context(self, row: Any) -> dict[str, Any]:
        if row is None:
            return {}
        former = [(each["name"], datetime.fromisoformat(each["until"])) for each in row.former_names]
        return {"aside": "administration/beside_material.html", "former_names": former[::-1]}


class NoticeRow(NamedTuple):
    """One version of the notice in the list; the newest is in force."""

    id: int
    version: str
    published_at: datetime
    newest: bool


def _version_badge(row: NoticeRow) -> Badge:
    return Badge("good", gettext("现行版本")) if row.newest else Badge("idle", gettext("以前的版本"))


class Notices(AdministeredTable):
    """「申请须知」: versions are only added; the next version corrects a mistake."""

    exposed_routes = ("index_view", "create_view", "notice")
    form = forms.NoticeForm
    title = N_("申请须知")
    columns = (
        Column("version", N_("版本"), cell="title"),
        Column("published_at", N_("发布时间"), cell="stamp", style="num"),
        Column("state", N_("状态"), _version_badge, cell="badge"),
    )
    list_template = "administration/notices.html"
    full_width_fields = ("version", "body")

    def list_rows(self) -> Any:
        rows = db.session.execute(
            self.rows(Notice.id, Notice.version, Notice.published_at)
            .order_by(Notice.id.desc())
            .limit(MOST_SHOWN)
        )
        return [NoticeRow(*row, newest=number == 0) for number, row in enumerate(rows)]

    def prefill(self, form: Any) -> None:
        newest = db.session.scalars(self.rows().order_by(Notice.id.desc()).limit(1)).first()
        form.body.data = newest.body if newest else ""

    def form_context(self, row: Any) -> dict[str, Any]:
        return {
            "name": gettext("发布新版本"),
            "save_word": gettext("发布"),
            "confirm_word": gettext("确定发布"),
        }

    @expose("/<key>/")
    def notice(self, key: str) -> str:
        """Show one version as it was published."""
        row = self.get_one(key)
        newest = db.session.scalar(select(func.max(Notice.id)).where(self.criterion()))
        return self.render(
            "administration/notice.html", title=gettext(self.title), notice=row, newest=row.id == newest
        )


def _period_badge(row: Period) -> Badge:
    if row.opens > today():
        return Badge("wait", gettext("尚未开始"))
    if row.closes < today():
        return Badge("idle", gettext("已结束"))
    return Badge("good", gettext("正在申报"))


class Periods(AdministeredTable):
    """The periods in which applications can be submitted."""

    form = forms.PeriodForm
    title = NP_("list", "申报期")
    columns = (
        Column("name", N_("名称"), cell="title"),
        Column("opens", N_("开始日期"), cell="day", style="num"),
        Column("closes", N_("结束日期"), cell="day", style="num"),
        Column("resubmit_days", N_("回退后的期限（工作日）"), style="num"),
        Column("state", N_("状态"), _period_badge, cell="badge"),
    )
    list_template = "administration/periods.html"
    full_width_fields = ("name",)

    def list_rows(self) -> Any:
        return db.session.scalars(self.rows().order_by(Period.opens.desc()).limit(MOST_SHOWN)).all()


SETTING_FORMS = {
    HELP_LINE: setting_forms.TelephoneSettingForm,
    IDLE_MINUTES: setting_forms.MinutesSettingForm,
    STAFF_SECOND_FACTOR: setting_forms.SecondFactorSettingForm,
    **dict.fromkeys(
        (*DAYS_OF_LIMITS, PUBLICITY_DAYS, CONTINUATION_ASKED, CONTINUATION_TERM),
        setting_forms.DaysSettingForm,
    ),
    DIGEST_TIME: setting_forms.TimeSettingForm,
    FILES_AT_ONCE: setting_forms.FilesSettingForm,
}


class Settings(AdministeredTable):
    """The settings. The program defines which exist; administrators set their values."""

    exposed_routes = ("index_view", "edit_view")
    form = setting_forms.SettingForm
    lookup_column = "key"
    title = N_("系统设置")
    columns = (
        Column(
            "name",
            N_("名称"),
            lambda row: translated(NAMES.get(row.key, row.key)),
            cell="title",
            style="nowrap",
        ),
        Column("value", N_("内容"), lambda row: translated(value_label(row.key, row.value))),
        Column("explanation", N_("说明"), lambda row: translated(row.explanation), style="cell-quiet"),
    )
    list_template = "administration/settings.html"
    full_width_fields = ("value",)

    def list_rows(self) -> Any:
        return db.session.scalars(self.rows().order_by(Setting.key).limit(MOST_SHOWN)).all()

    def form_context(self, row: Any) -> dict[str, Any]:
        return {
            "aside": "administration/beside_setting.html",
            "name": translated(NAMES.get(row.key, row.key)),
        }

    def edit_form(self, obj: Any = None) -> Any:
        return SETTING_FORMS.get(obj.key, self.form)(obj=obj)
