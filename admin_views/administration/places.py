"""地区与单位, 企业: regions, offices and enterprises. They decide the route of an application; a change moves applications under review (D3)."""

from typing import Any, NamedTuple

from flask import flash, redirect, request
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import Select, func, select

from admin_views.administration import forms
from admin_views.administration.base import (
    MOST_SHOWN,
    AdministeredTable,
    active_badge,
    newest_first,
    query_values,
)
from admin_views.site.base import confirmed, expose
from admin_views.site.exporting import described_filters
from admin_views.site.lists import Badge, Column
from admin_views.site.wording import translated
from administration import changes
from administration.effects import regions as region_effects
from administration.effects.enterprises import STATES_WITH_APPLICANT
from common.wording import N_, NP_
from documents.exports import Described
from enterprises import registration
from enterprises.search import SEARCHED_FOR, search_paths
from models import Account, Application, Enterprise, Office, OfficeDuty, Region, Registration, db
from workflow import routing, scope
from workflow.transitions import STATE_WORDS


class OfficeRow(NamedTuple):
    """One office in the list, with the names of its regions."""

    id: int
    name: str
    duty: OfficeDuty
    telephone: str
    regions: list[str]


def _region_badge(row: Any) -> Badge:
    return Badge("idle", gettext("已并入其他地区")) if row.merged_into_id else active_badge(row)


def _regions_of(office: OfficeRow) -> str:
    if office.duty is OfficeDuty.FINAL:
        return gettext("全市（最后一级审核）")
    return gettext("、").join(office.regions)


def _registration_badge(row: Any) -> Badge:
    if not row.active:
        return Badge("idle", gettext("已停用"))
    return Badge(
        registration.BADGES[row.registration], translated(registration.REGISTRATION_WORDS[row.registration])
    )


class Regions(AdministeredTable):
    """Regions. The kind decides the route of applications, the office does the preliminary review."""

    exposed_routes = (*AdministeredTable.exposed_routes, "merge")
    form = forms.RegionForm
    title = N_("地区与单位")
    columns = (
        Column("name", N_("名称"), cell="title"),
        Column("code", N_("代码"), style="num"),
        Column("kind", N_("类别"), lambda row: translated(routing.KIND_WORDS[row.kind]), style="nowrap"),
        Column("office", N_("负责单位")),
        Column("telephone", N_("电话"), style="num", empty=N_("未填")),
        Column("state", N_("状态"), _region_badge, cell="badge"),
    )
    list_template = "administration/regions.html"

    def list_rows(self) -> Any:
        return db.session.execute(
            self.rows(
                Region.id,
                Region.name,
                Region.code,
                Region.kind,
                Region.active,
                Region.merged_into_id,
                Office.name.label("office"),
                Office.telephone,
            )
            .join(Office, Office.id == Region.office_id)
            .order_by(Region.position, Region.id)
            .limit(MOST_SHOWN)
        ).all()

    def prefill(self, form: Any) -> None:
        form.position.data = (
            db.session.scalar(select(func.max(Region.position)).where(self.criterion())) or 0
        ) + 1

    def form_context(self, row: Any) -> dict[str, Any]:
        return {
            "aside": "administration/beside_region.html",
            "kinds": routing.KIND_WORDS,
            "routes": routing.ROUTES,
            "steps": routing.STEP_WORDS,
            "can_merge": row is not None and self._can_merge(row),
        }

    @expose("/<key>/merge/", methods=("GET", "POST"))
    def merge(self, key: str) -> Any:
        """Merge a region into another one, with its enterprises, its applications under review, and its office."""
        row = self.get_one(key)
        if not self._can_merge(row):
            flash(gettext("没有审核流程相同的其他地区，不能合并。"), "error")
            return redirect(self.get_url(".edit_view", key=row.id))
        form = forms.MergeForm(row)
        context = {
            "name": gettext("%(region)s并入其他地区", region=row.name),
            "save_word": gettext("下一步：核对"),
            "confirm_word": gettext("确定合并"),
        }
        if request.method == "POST" and form.validate():
            return self._saved(form, row, lambda form: self._merge(form, row), self._merged, **context)
        return self._form_page(form, row, **context)

    def _can_merge(self, region: Region) -> bool:
        others = self.rows(Region.id).where(region_effects.merge_targets(region)).limit(1)
        return region.merged_into is None and db.session.scalar(others) is not None

    def _merge(self, form: Any, row: Region) -> Region:
        into_id = form.merged_into_id.data
        return changes.change(
            Region,
            row.id,
            current_user,
            lambda region: region_effects.merge_into(region, into_id),
            seen=request.form.get("seen", ""),
            confirmed=confirmed(),
        )

    def _merged(self, region: Region) -> Any:
        flash(gettext("%(region)s已并入%(into)s。", region=region.name, into=region.merged_into), "success")
        return redirect(self.get_url(".index_view"))


class Offices(AdministeredTable):
    """Offices: their regions, and the telephone by which applicants remind them."""

    form = forms.OfficeForm
    title = N_("地区与单位")
    columns = (
        Column("name", N_("名称"), cell="title"),
        Column("regions", N_("负责的地区"), _regions_of, empty=N_("无")),
        Column("telephone", N_("电话"), style="num", empty=N_("未填")),
    )
    list_template = "administration/offices.html"
    menu_parent = "administration_regions"

    def list_rows(self) -> Any:
        offices = db.session.execute(
            self.rows(Office.id, Office.name, Office.duty, Office.telephone)
            .order_by(Office.id)
            .limit(MOST_SHOWN)
        ).all()
        regions: dict[int, list[str]] = {}
        for row in db.session.execute(
            select(Region.office_id, Region.name).order_by(Region.position, Region.id)
        ):
            regions.setdefault(row.office_id, []).append(row.name)
        return [OfficeRow(*office, regions.get(office.id, [])) for office in offices]

    def create_model(self, form: Any) -> Any:
        office = Office(duty=OfficeDuty.REGION)
        form.populate_obj(office)
        return changes.add(office, current_user, confirmed=confirmed())

    def form_context(self, row: Any) -> dict[str, Any]:
        if row is None:
            return {}
        regions = select(Region).where(Region.office_id == row.id).order_by(Region.position, Region.id)
        clerks = (
            select(Account)
            .where(scope.staff(current_user), Account.office_id == row.id)
            .order_by(Account.active.desc(), Account.id)
        )
        return {
            "aside": "administration/beside_office.html",
            "regions": db.session.scalars(regions).all(),
            "clerks": db.session.scalars(clerks.limit(MOST_SHOWN)).all(),
            "final": OfficeDuty.FINAL,
        }


# --- 企业


class Enterprises(AdministeredTable):
    """Enterprises: searched by name, initials or code, and moved to another region with their applications under review (D3)."""

    exposed_routes = ("index_view", "edit_view")
    form = forms.EnterpriseForm
    title = NP_("list", "企业")
    columns = (
        Column("name", N_("单位名称"), cell="title"),
        Column("credit_code", N_("统一社会信用代码"), style="num", short=N_("信用代码")),
        Column("region", N_("所属地区")),
        Column("contact_name", N_("联系人")),
        Column("contact_phone", N_("联系电话"), style="num"),
        Column("registration", N_("注册状态"), _registration_badge, cell="badge"),
    )
    list_template = "administration/enterprises.html"
    full_width_fields = ("name", "region_id", "active")

    list_order = newest_first(Enterprise)

    def described(self) -> Described:
        chosen = self.filters()
        region = db.session.get(Region, int(chosen["region"])) if "region" in chosen else None
        words = {state.value: word for state, word in registration.REGISTRATION_WORDS.items()}
        return (
            *super().described(),
            *([(N_("所属地区"), region.name)] if region else ()),
            *described_filters(chosen, {"registration": (N_("注册状态"), words)}),
        )

    def found(self) -> list[Select[Any]]:
        chosen = self.filters()
        query = self.rows(
            Enterprise.name,
            Enterprise.credit_code,
            Enterprise.contact_name,
            Enterprise.contact_phone,
            Enterprise.registration,
            Enterprise.active,
            Region.name.label("region"),
            Enterprise.id,
        ).join(Region, Region.id == Enterprise.region_id)
        if region := chosen.get("region"):
            query = query.where(Enterprise.region_id == int(region))
        if state := chosen.get("registration"):
            query = query.where(Enterprise.registration == Registration(state))
        return [query.where(path) for path in search_paths(chosen["q"])] if "q" in chosen else [query]

    def filters(self) -> dict[str, str]:
        chosen = query_values("q", "region", "registration")
        if chosen.get("registration") not in {state.value for state in Registration}:
            chosen.pop("registration", None)
        if not (chosen.get("region", "").isdecimal() and len(chosen["region"]) < 10):
            chosen.pop("region", None)
        return chosen

    def list_context(self) -> dict[str, Any]:
        regions = select(Region.id, Region.name).order_by(Region.position, Region.id).limit(MOST_SHOWN)
        return {
            "chosen": self.filters(),
            "regions": [(row.id, row.name) for row in db.session.execute(regions)],
            "registrations": registration.REGISTRATION_WORDS,
            "searched_for": SEARCHED_FOR,
        }

    def form_context(self, row: Any) -> dict[str, Any]:
        # Only open applications: the number of all applications grows with the years.
        states = (
            select(Application.state, func.count().label("number"))
            .where(
                scope.visible(current_user),
                Application.submitted_enterprise_id == row.id,
                Application.state.in_((*routing.REVIEW_STEPS, *STATES_WITH_APPLICANT)),
            )
            .group_by(Application.state)
        )
        counts = {row.state: row.number for row in db.session.execute(states)}
        return {
            "aside": "administration/beside_enterprise.html",
            "under_review": [(STATE_WORDS[state], counts.get(state, 0)) for state in routing.REVIEW_STEPS],
            "returned": sum(counts.get(state, 0) for state in STATES_WITH_APPLICANT),
            "office": registration.office_of(row),
            "registrations": registration.REGISTRATION_WORDS,
            "badges": registration.BADGES,
            "events": registration.ACTION_WORDS,
        }
