"""The public page on which anybody checks 「审核结果通知书」 by its code (A25).

Says whether the decision holds, and nothing else: no name, no number, no date. Every answer to a wrong code is the same.
"""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, current_app, render_template, request

from admin_views.accounts.attempts import flood_key
from admin_views.site.wording import translated
from common.wording import N_
from documents.decision_notices import STANDING_WORDS, NoticeStanding, canonical, grouped, standing_of

CHECK_LIMIT = "CHECK_LIMIT_ADDRESS"
"""The setting of the rate limit, as that of logins; a code cannot be found by trying in any case."""

KINDS_OF_BAND = {
    NoticeStanding.VALID: "success",
    NoticeStanding.TAKEN_BACK: "error",
    NoticeStanding.OVERTAKEN: "error",
}
UNKNOWN = N_("没有这个核验码。请逐个核对字母和数字；核对无误仍查不到的，不是本系统出具的通知书。")
LONGEST_CODE = 200
"""Characters of a typed code that are looked at."""


def check_page() -> Any:
    """Show the form, and the answer for a code."""
    typed = request.args.get("code", "")[:LONGEST_CODE]
    standing = standing_of(typed) if typed.strip() else None
    unknown = bool(typed.strip()) and standing is None
    content = render_template(
        "documents/check.html",
        typed=typed if standing is None else grouped(canonical(typed)),
        standing=standing,
        kind=KINDS_OF_BAND[standing] if standing else "",
        answer=translated(STANDING_WORDS[standing]) if standing else "",
        wrong=translated(UNKNOWN) if unknown else "",
    )
    status = HTTPStatus.NOT_FOUND if unknown else HTTPStatus.OK
    return content, status, {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


def register(app: Flask) -> None:
    """Add `/check/`."""
    app.config.setdefault(CHECK_LIMIT, "30 per minute")
    limited_page = app.extensions["limits"].limited(
        check_page,
        lambda: str(current_app.config[CHECK_LIMIT]),
        lambda: flood_key(None),
        counts=lambda: bool(request.args.get("code")),
    )
    pages = Blueprint("decision_check", __name__)
    pages.add_url_rule("/check/", "page", limited_page)
    app.register_blueprint(pages)
