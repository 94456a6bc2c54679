"""「公示批次」 (P1, P2): the batches, the rows of one, and one row with its history and the objections against it."""

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, func, select

from admin_views.payments.badges import batch_badge, grant_badge
from admin_views.payments.console import CityPage
from admin_views.payments.grant_page import GrantPage
from admin_views.payments.public import PUBLISHED
from admin_views.review.exported import chosen_values
from admin_views.site.base import expose
from admin_views.site.exporting import ListExport, ListSheet, described_filters, described_search
from admin_views.site.keyset import PAGE_SIZE, Order, everything, page
from admin_views.site.lists import Column, DataTable
from admin_views.site.typed import row_number
from admin_views.site.wording import missing_holidays_note, translated
from common.money import in_yuan
from common.wording import N_
from common.working_days import current_calendar
from models import Application, Batch, Grant, GrantState, Objection, Period, db
from models.search import key_contains_words
from payments import grant_scope, publicity
from payments.grant_transitions import GRANT_STATE_WORDS

PUBLIC_LIST = N_("公示名单")
OPEN_OBJECTIONS = (
    select(func.count(Objection.id))
    .join(Grant, Grant.id == Objection.grant_id)
    .where(Grant.batch_id == Batch.id, Objection.decision.is_(None))
    .scalar_subquery()
)

PERIOD_NAME = select(Period.name).where(Period.id == Batch.period_id).scalar_subquery()

BATCH_COLUMNS = (
    Column("number", N_("批次"), cell="title", style="num"),
    Column("period", N_("申报期")),
    Column("opens", N_("公示开始"), cell="day", style="num"),
    Column("closes", N_("公示结束"), cell="day", style="num"),
    Column("count", N_("人数"), style="num cell-num", kind="num"),
    Column("open_objections", N_("未处理的异议"), style="num cell-num", kind="num"),
    Column("state", N_("状态"), batch_badge, cell="badge"),
)
GRANT_COLUMNS = (
    Column("position", N_("序号"), style="cell-quiet num"),
    Column("name", N_("姓名"), cell="title"),
    Column("enterprise_name", N_("工作单位")),
    Column(
        "amount", N_("每年金额（元）"), lambda row: in_yuan(row.amount_fen), style="num cell-num", kind="num"
    ),
    Column("state", N_("状态"), grant_badge, cell="badge"),
)


NEWEST_BATCH = Order(Batch.id, Batch.id, descending=True)
BY_POSITION = Order(Grant.position, Grant.id)


class Batches(GrantPage, CityPage):
    """The batches and what happens to their rows."""

    exposed_routes = ("index_view", "batch", *GrantPage.exposed_routes)
    exports = {"index_view": "exported", "batch": "exported_rows"}
    lookup_column = "number"
    title = N_("公示批次")

    def criterion(self) -> ColumnElement[bool]:
        return grant_scope.batches(current_user)

    @expose("/")
    def index_view(self) -> str:
        """Return the batches, the newest first."""
        found = page(self._found(), NEWEST_BATCH, request.args.get("page", ""), PAGE_SIZE)
        return self.render(
            "payments/batches.html",
            title=translated(self.title),
            listing=DataTable(BATCH_COLUMNS, found.rows),
            pager=found.urls(self.get_url, ".index_view"),
        )

    def exported(self) -> ListExport:
        """Return the batches for an export."""
        return ListExport(self.title, [ListSheet(BATCH_COLUMNS, everything(self._found(), NEWEST_BATCH))])

    def exported_rows(self) -> ListExport:
        """Return the rows of one batch, as they are narrowed, for an export; while it runs also the list as the public has it."""
        batch = self.get_one((request.view_args or {})["number"])
        chosen = chosen_values(request.args.items())
        words = {each.value: GRANT_STATE_WORDS[each] for each in GrantState}
        described = (
            (N_("批次"), batch.number),
            *described_search(chosen.get("q")),
            *described_filters(chosen, {"state": (N_("状态"), words)}),
        )
        rows = everything(self._grants(batch, chosen), BY_POSITION)
        sheets = [ListSheet(GRANT_COLUMNS, rows)]
        if publicity.is_running(batch):
            public = everything(publicity.public_rows(batch), BY_POSITION)
            sheets.append(ListSheet(PUBLISHED, public, PUBLIC_LIST))
        return ListExport(self.title, sheets, described)

    @expose("/<number>/")
    def batch(self, number: str) -> str:
        """Return one batch with its rows."""
        batch = self.get_one(number)
        chosen = chosen_values(request.args.items())
        found = page(self._grants(batch, chosen), BY_POSITION, chosen.get("page", ""), PAGE_SIZE)
        kept = {key: chosen[key] for key in ("q", "state") if key in chosen}
        span = current_calendar().waited(batch.opens, batch.closes)
        return self.render(
            "payments/batch.html",
            title=gettext("第 %(batch)s 批", batch=batch.number),
            list_title=translated(self.title),
            batch=batch,
            badge_of=batch_badge(batch),
            days=span.days,
            note=missing_holidays_note(span.unknown),
            counts=self._counts(batch),
            states=[(each.value, translated(GRANT_STATE_WORDS[each])) for each in GrantState],
            chosen=chosen,
            filtered=bool(kept),
            listing=DataTable(GRANT_COLUMNS, found.rows),
            pager=found.urls(self.get_url, ".batch", number=batch.number, **kept),
        )

    def _found(self) -> Select[Any]:
        return self.rows(
            Batch.number,
            PERIOD_NAME.label("period"),
            Batch.opens,
            Batch.closes,
            Batch.count,
            OPEN_OBJECTIONS.label("open_objections"),
        )

    def _grants(self, batch: Batch, chosen: Mapping[str, str]) -> Select[Any]:
        query = select(
            Grant.position, Grant.name, Grant.enterprise_name, Grant.amount_fen, Grant.state
        ).where(Grant.batch_id == batch.id, grant_scope.grants(current_user))
        state = next((each for each in GrantState if each.value == chosen.get("state")), None)
        if state is not None:
            query = query.where(Grant.state == state)
        if words := chosen.get("q"):
            position = row_number(words)
            if position is not None:
                return query.where(Grant.position == position)
            query = query.join(Application, Application.id == Grant.application_id).where(
                key_contains_words(Application.name, words) | Grant.name.contains(words, autoescape=True)
            )
        return query

    def _counts(self, batch: Batch) -> list[tuple[str, int]]:
        """Return how many rows of a batch are in each state."""
        query = (
            select(Grant.state, func.count())
            .where(Grant.batch_id == batch.id, grant_scope.grants(current_user))
            .group_by(Grant.state)
        )
        found = {state: count for state, count in db.session.execute(query)}  # noqa: C416 - rows, not pairs
        return [(translated(GRANT_STATE_WORDS[each]), found[each]) for each in GrantState if each in found]
