"""The pages that need no account: the portal, 「申请须知」, the choice of language, and the health check."""

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
    """「鄂尔多斯人事人才公共服务大厅」: two entrances, whether applications are open (A1), and who is already logged in."""
    return render_template(
        "portal.html",
        logged_in=logged_in_person(),
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
    """The current 「申请须知」, without a reading time."""
    found = current_notice()
    if found is None:
        abort(404)
    return render_template("accounts/notice.html", notice=found)


@portal.get("/language/<code>")
def language(code: str) -> Response:
    """Change the language and return to the page; if GET cannot open it, to its nearest parent page."""
    if code not in LANGUAGES:
        abort(404)
    session["language"] = code
    return redirect(page_of(request.referrer, request.host) or url_for("portal.index"))


@portal.get("/healthz")
def healthz() -> tuple[Response, int]:
    """Return whether the database answers and has our tables. Monitoring calls it, so it does not redirect to https."""
    engine = db.engine.dialect.name
    try:
        db.session.execute(select(Setting.key).limit(1))
    except SQLAlchemyError:
        db.session.rollback()
        return jsonify(status="unavailable", database=engine), 503
    return jsonify(status="ok", database=engine), 200


def register(app: Flask) -> None:
    """Add the public pages."""
    app.register_blueprint(portal)
