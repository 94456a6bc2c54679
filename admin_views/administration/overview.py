"""`/administration/`: the tables that the city maintains without a developer (D1, D2), an overview, and the audit trail.

Nothing here decides an application or changes an applicant's answers (D4).
"""

from collections.abc import Mapping
from typing import Any

from flask import Flask, request
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from admin_views.administration.applications import Applications
from admin_views.administration.bank_layout import BankFileSettings
from admin_views.administration.base import (
    CONSOLE,
    MOST_SHOWN,
    PAGE_SIZE,
    Administration,
    newest_first,
    query_values,
)
from admin_views.administration.calendar import CalendarYears
from admin_views.administration.deputies import AdministeredDeputies
from admin_views.administration.form import FormVersions
from admin_views.administration.imports import Imports
from admin_views.administration.operation import Operation
from admin_views.administration.places import Enterprises, Offices, Regions
from admin_views.administration.recovery import AccountRecovery
from admin_views.administration.staff import Staff
from admin_views.administration.standards import Standards
from admin_views.administration.texts import Materials, Notices, Periods, Settings
from admin_views.site.base import Console, ScopedView, expose
from admin_views.site.exporting import ListExport, ListSheet, described_filters, described_search
from admin_views.site.keyset import everything, page
from admin_views.site.lists import DataTable
from admin_views.site.page_counts import present_calendar
from admin_views.site.trail import COLUMNS, TRAIL_COLUMNS, change_text, last_changes
from admin_views.site.wording import translated
from administration.audit_words import AUDIT_WORDS
from common.calendar import today
from common.wording import N_, NP_
from models import (
    Account,
    Application,
    AuditEntry,
    BankLayout,
    CalendarYear,
    Enterprise,
    FormVersion,
    Import,
    Material,
    Notice,
    Office,
    Period,
    Region,
    Setting,
    Standard,
    db,
)
from models.search import contains
from workflow import periods, scope


class Overview(Administration):
    """The current settings, and what is missing before applicants notice."""

    exposed_routes = ("index_view",)

    @expose("/")
    def index_view(self) -> str:
        scoped = scope.administered(current_user)
        without_telephone = db.session.scalars(
            select(Office).where(scoped, Office.telephone == "").order_by(Office.id).limit(MOST_SHOWN)
        ).all()
        clerk = exists().where(Account.office_id == Office.id, scope.staff(current_user), Account.active)
        without_staff = db.session.scalars(
            select(Office).where(scoped, ~clerk).order_by(Office.id).limit(MOST_SHOWN)
        ).all()
        return self.render(
            "administration/overview.html",
            title=gettext(CONSOLE),
            period=periods.open_period(),
            upcoming=periods.next_period(),
            notice=db.session.scalars(
                select(Notice).where(scoped).order_by(Notice.id.desc()).limit(1)
            ).first(),
            without_telephone=without_telephone,
            without_staff=without_staff,
            years_missing=present_calendar().missing(today()),
            materials=db.session.scalar(
                select(func.count()).select_from(Material).where(scoped, Material.active)
            ),
            changes=last_changes(scoped),
            change_text=change_text,
        )


class Changes(Administration, ScopedView):
    """操作记录: who changed what, with before and after. Read only."""

    exposed_routes = ("index_view",)
    exports = {"index_view": "exported"}

    def criterion(self) -> ColumnElement[bool]:
        return scope.administered(current_user)

    def exported(self) -> ListExport:
        """Return the entries of the same address for an export."""
        chosen = query_values("table", "row", "q")
        rows = map(change_text, everything(self._found(chosen), newest_first(AuditEntry)))
        labels = {name: table.label for name, table in AUDIT_WORDS.items()}
        described = (
            *described_search(chosen.get("q")),
            *described_filters(chosen, {"table": (N_("类别"), labels), "row": (N_("对象"), {})}),
        )
        return ListExport(N_("操作记录"), [ListSheet(TRAIL_COLUMNS, rows)], described)

    def _found(self, chosen: Mapping[str, str]) -> Select[Any]:
        query = self.rows(*COLUMNS, AuditEntry.id)
        if chosen.get("table") in AUDIT_WORDS:
            query = query.where(AuditEntry.table_name == chosen["table"])
            if chosen.get("row"):
                query = query.where(AuditEntry.row_key == chosen["row"])
        if words := chosen.get("q"):
            query = query.where(
                or_(contains(AuditEntry.label, words), contains(AuditEntry.actor_name, words))
            )
        return query

    @expose("/")
    def index_view(self) -> str:
        chosen = query_values("table", "row", "q")
        rows = page(self._found(chosen), newest_first(AuditEntry), request.args.get("page", ""), PAGE_SIZE)
        return self.render(
            "administration/changes.html",
            title=gettext("操作记录"),
            listing=DataTable(TRAIL_COLUMNS, [change_text(row) for row in rows.rows]),
            pager=rows.urls(self.get_url, ".index_view", **chosen),
            chosen=chosen,
            tables=[(name, translated(table.label)) for name, table in AUDIT_WORDS.items()],
        )


def register(app: Flask) -> None:
    """Add `/administration/`."""
    admin = Console(
        app,
        name=CONSOLE,
        index_view=Overview(name=N_("概览"), endpoint="administration", url="/administration"),
    )
    for view, model, name, endpoint in (
        (Regions, Region, N_("地区与单位"), "regions"),
        (Offices, Office, NP_("list", "单位"), "offices"),
        (Enterprises, Enterprise, NP_("list", "企业"), "enterprises"),
        (Imports, Import, N_("批量导入企业"), "imports"),
        (Applications, Application, N_("申请"), "applications"),
        (Staff, Account, NP_("list", "工作人员"), "staff"),
        (FormVersions, FormVersion, N_("申请表"), "form"),
        (Materials, Material, NP_("list", "申请材料"), "materials"),
        (Notices, Notice, N_("申请须知"), "notices"),
        (Periods, Period, NP_("list", "申报期"), "periods"),
        (Standards, Standard, NP_("list", "补贴标准"), "standards"),
        (BankFileSettings, BankLayout, BankFileSettings.title, "bank_file"),
        (CalendarYears, CalendarYear, N_("工作日历"), "calendar"),
        (Settings, Setting, N_("系统设置"), "settings"),
        (Changes, AuditEntry, N_("操作记录"), "changes"),
    ):
        admin.add_view(
            view(model, name=name, endpoint=f"administration_{endpoint}", url=f"/administration/{endpoint}")
        )
    admin.add_view(AdministeredDeputies())
    admin.add_view(
        AccountRecovery(
            name=AccountRecovery.title, endpoint="administration_recovery", url="/administration/recovery"
        )
    )
    admin.add_view(
        Operation(name=N_("运行情况"), endpoint="administration_operation", url="/administration/operation")
    )
