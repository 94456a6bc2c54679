"""What anybody may see without an account: the portal, 「申请须知」, the language, and whether the system answers."""

from typing import Any

from flask import Blueprint, Flask, abort, jsonify, redirect, render_template, request, session, url_for
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from admin_views.site.languages import LANGUAGES
from admin_views.site.login_session import logged_in_person, page_of
from common.calendar import today
from models import Notice, Period, Setting, db
from workflow.periods import next_period, open_period
from workflow.reading import current_notice

portal = Blueprint("portal", __name__)


@portal.get("/")
def index() -> str:
    """「鄂尔多斯人事人才公共服务大厅」: two doors, whether applications are open (A1), and who is logged in already."""
    return render_template(
        "portal.html",
        present=logged_in_person(),
        period=_period_words(open_period(), is_open=True) or _period_words(next_period(), is_open=False),
        notice_url=url_for("portal.notice") if db.session.scalar(select(Notice.id).limit(1)) else None,
    )


def _period_words(period: Period | None, *, is_open: bool) -> dict[str, Any] | None:
    if period is None:
        return None
    return {
        "name": period.name,
        "opens": period.opens,
        "closes": period.closes,
        "open": is_open,
        "days_left": (period.closes - today()).days,
    }


@portal.get("/notice/")
def notice() -> str:
    """「申请须知」 as it is now, to be read by anybody at leisure."""
    found = current_notice()
    if found is None:
        abort(404)
    return render_template("accounts/notice.html", notice=found)


@portal.get("/language/<code>")
def language(code: str) -> Response:
    """Change the language and stay on the page, or where it cannot be opened anew, on the one it lies under."""
    if code not in LANGUAGES:
        abort(404)
    session["language"] = code
    return redirect(page_of(request.referrer, request.host) or url_for("portal.index"))


@portal.get("/healthz")
def healthz() -> tuple[Response, int]:
    """Say whether the database answers and has our tables; for machines, so there is no redirect to https."""
    engine = db.engine.dialect.name
    try:
        db.session.execute(select(Setting.key).limit(1))
    except SQLAlchemyError:
        db.session.rollback()
        return jsonify(status="unavailable", database=engine), 503
    return jsonify(status="ok", database=engine), 200


healthz.talisman_view_options = {"force_https": False}  # type: ignore[attr-defined]


def register(app: Flask) -> None:
    """Add the public pages."""
    app.register_blueprint(portal)
    app.extensions["limits"].exempt(healthz)
