"""申请材料, 申请须知, 申报期, 系统设置: what applicants are asked for and told, and when (D2)."""

from datetime import datetime
from typing import Any

from flask_admin import expose
from flask_babel import gettext
from sqlalchemy import func, select

from admin_views.administration import forms
from admin_views.administration.base import MOST_SHOWN, AdministeredTable
from admin_views.site.wording import said
from common.calendar import today
from common.settings import HELP_LINE, IDLE_MINUTES, NAMES, STAFF_SECOND_FACTOR, value_label
from common.wording import N_, NP_
from models import Material, Notice, Period, Setting, db


class Materials(AdministeredTable):
    """What applicants have to upload."""

    form = forms.MaterialForm
    title = NP_("list", "申请材料")
    list_template = "administration/materials.html"
    full_width_fields = ("name", "shows")

    def rows_listed(self) -> Any:
        return db.session.scalars(
            self.rows().order_by(Material.active.desc(), Material.position, Material.id).limit(MOST_SHOWN)
        ).all()

    def prefill(self, form: Any) -> None:
        newest = select(func.max(Material.position)).where(self.criterion())
        form.position.data = (db.session.scalar(newest) or 0) + 1

    def beside(self, row: Any) -> dict[str, Any]:
        if row is None:
            return {}
        former = [(each["name"], datetime.fromisoformat(each["until"])) for each in row.former_names]
        return {"aside": "administration/beside_material.html", "former_names": former[::-1]}


class Notices(AdministeredTable):
    """「申请须知」: a version is added and then stands; a mistake is mended by the next version."""

    exposed_routes = ("index_view", "create_view", "notice")
    form = forms.NoticeForm
    title = N_("申请须知")
    list_template = "administration/notices.html"
    full_width_fields = ("version", "body")

    def rows_listed(self) -> Any:
        return db.session.execute(
            self.rows(Notice.id, Notice.version, Notice.published_at)
            .order_by(Notice.id.desc())
            .limit(MOST_SHOWN)
        ).all()

    def prefill(self, form: Any) -> None:
        newest = db.session.scalars(self.rows().order_by(Notice.id.desc()).limit(1)).first()
        form.body.data = newest.body if newest else ""

    def beside(self, row: Any) -> dict[str, Any]:
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


class Periods(AdministeredTable):
    """When applications can be submitted."""

    form = forms.PeriodForm
    title = NP_("list", "申报期")
    list_template = "administration/periods.html"
    full_width_fields = ("name",)

    def rows_listed(self) -> Any:
        return db.session.scalars(self.rows().order_by(Period.opens.desc()).limit(MOST_SHOWN)).all()

    def beside_list(self) -> dict[str, Any]:
        return {"today": today()}


SETTING_FORMS = {
    HELP_LINE: forms.TelephoneSettingForm,
    IDLE_MINUTES: forms.IdleSettingForm,
    STAFF_SECOND_FACTOR: forms.SecondFactorSettingForm,
}


class Settings(AdministeredTable):
    """Lines of text that stand on the pages. Which there are is the program's; what they say is the administrator's."""

    exposed_routes = ("index_view", "edit_view")
    form = forms.SettingForm
    lookup_column = "key"
    title = N_("系统设置")
    list_template = "administration/settings.html"
    full_width_fields = ("value",)

    def rows_listed(self) -> Any:
        return db.session.scalars(self.rows().order_by(Setting.key).limit(MOST_SHOWN)).all()

    def beside_list(self) -> dict[str, Any]:
        return {"names": NAMES, "value_label": value_label}

    def beside(self, row: Any) -> dict[str, Any]:
        return {
            "aside": "administration/beside_setting.html",
            "name": said(NAMES.get(row.key, row.key)),
        }

    def edit_form(self, obj: Any = None) -> Any:
        return SETTING_FORMS.get(obj.key, self.form)(obj=obj)
