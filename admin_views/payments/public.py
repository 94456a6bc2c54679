"""`/publicity/` (P1): what everybody may see of batches without a login. Names only while a batch runs, and masked."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for
from sqlalchemy import select

from admin_views.payments.badges import batch_badge
from admin_views.site.keyset import PAGE_SIZE, Order, page
from admin_views.site.lists import Column, DataTable
from admin_views.site.wording import missing_holidays_note
from common.money import in_yuan
from common.wording import N_
from common.working_days import current_calendar
from models import Batch, Period, db
from payments import publicity

blueprint = Blueprint("publicity", __name__, url_prefix="/publicity")

PERIOD_NAME = select(Period.name).where(Period.id == Batch.period_id).scalar_subquery()
BATCH_COLUMNS = (
    Column("number", N_("批次"), cell="title", style="num"),
    Column("period", N_("申报期")),
    Column("opens", N_("公示开始"), cell="day", style="num"),
    Column("closes", N_("公示结束"), cell="day", style="num"),
    Column("count", N_("人数"), style="num cell-num", kind="num"),
    Column("state", N_("状态"), batch_badge, cell="badge"),
)
PUBLISHED = (
    Column("position", N_("序号"), style="cell-quiet num"),
    Column("name", N_("姓名"), lambda row: publicity.public_name(row.name), cell="title"),
    Column("enterprise_name", N_("工作单位")),
    Column(
        "amount", N_("每年金额（元）"), lambda row: in_yuan(row.amount_fen), style="num cell-num", kind="num"
    ),
    Column("years", N_("年数"), style="num"),
)
"""The columns of the public page and of its export. Names leave the server masked."""


@blueprint.get("/")
def public_batches() -> str:
    """The batches whose first day has come, the newest first."""
    columns = Batch.number, PERIOD_NAME.label("period"), Batch.opens, Batch.closes, Batch.count
    order = Order(Batch.id, Batch.id, descending=True)
    found = page(select(*columns).where(publicity.begun()), order, request.args.get("page", ""), PAGE_SIZE)
    return render_template(
        "payments/public_batches.html",
        listing=DataTable(BATCH_COLUMNS, found.rows),
        pager=found.urls(url_for, "publicity.public_batches"),
    )


@blueprint.get("/<number>/")
def public_batch(number: str) -> Response:
    """One batch: its rows while it runs, afterwards only that it has ended."""
    if not number.isprintable():
        abort(HTTPStatus.NOT_FOUND)
    found = db.session.scalars(select(Batch).where(Batch.number == number, publicity.begun())).one_or_none()
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    running = publicity.is_running(found)
    whole = bool(request.args.get("all"))
    answer = make_response(
        render_template(
            "payments/public_batch.html",
            batch=found,
            badge_of=batch_badge(found),
            note=missing_holidays_note(current_calendar().waited(found.opens, found.closes).unknown),
            running=running,
            whole=whole,
            **(_rows(found, whole) if running else {}),
        )
    )
    # A search engine would keep the names after the last day.
    answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return answer


def _rows(found: Batch, whole: bool) -> dict[str, Any]:
    size = found.count if whole else PAGE_SIZE
    order = Order(publicity.POSITION, publicity.ROW_ID)
    rows = page(publicity.public_rows(found), order, "" if whole else request.args.get("page", ""), size)
    return {
        "listing": DataTable(PUBLISHED, rows.rows),
        "pager": rows.urls(url_for, "publicity.public_batch", number=found.number),
    }
