"""One log line and one measurement for each request: number, endpoint, account id, statements, duration. Nothing about a person (S4).

Off unless TALENT_LOG_FORMAT=json or TALENT_METRICS_TOKEN is set: a request then pays nothing for it.
"""

import logging
import re
import secrets
import time
from typing import Any

from flask import (
    Flask,
    Response,
    g,
    has_request_context,
    request,
    request_finished,
    request_started,
    session,
)
from sqlalchemy import event

from admin_views.site.login_session import ALWAYS_OPEN
from admin_views.site.read_again import LOST
from models import db
from operation.log_lines import FACTS, configure
from operation.metrics import Requests

log = logging.getLogger("talent.requests")

HEADER = "X-Request-ID"
GIVEN_NUMBER = re.compile(r"[0-9A-Za-z-]{8,64}")
"""The proxy's number of a request, as deploy/nginx sends it."""


def register(app: Flask) -> None:
    """Log and measure requests as the configuration says."""
    as_json, measured = app.config["LOG_FORMAT"] == "json", bool(app.config["METRICS_TOKEN"])
    app.extensions["requests"] = requests = Requests(app.config["INSTANCE"]) if measured else None
    if not (as_json or measured):
        return
    if as_json:
        configure()
        log.setLevel(logging.INFO)

    def begin(_app: Flask, **_more: Any) -> None:
        given = request.headers.get(HEADER, "")
        g.request_number = given if GIVEN_NUMBER.fullmatch(given) else secrets.token_hex(8)
        g.begun, g.statements = time.perf_counter(), 0

    def end(_app: Flask, response: Response, **_more: Any) -> None:
        if LOST in request.environ:
            return  # it is read again, and the second answer counts
        seconds, endpoint = time.perf_counter() - g.begun, request.endpoint or "none"
        response.headers[HEADER] = g.request_number
        if requests:
            requests.count(endpoint, response.status_code, seconds, g.statements)
        if as_json:
            facts = {
                "request": g.request_number,
                "method": request.method,
                "endpoint": endpoint,
                "status": response.status_code,
                "ms": round(seconds * 1000, 1),
                "statements": g.statements,
                "account": _account(),
            }
            log.info("request", extra={FACTS: facts})

    request_started.connect(begin, app, weak=False)
    request_finished.connect(end, app, weak=False)
    with app.app_context():

        @event.listens_for(db.engine, "before_cursor_execute")
        def counted(*_given: object) -> None:
            if has_request_context() and "statements" in g:
                g.statements += 1


def _account() -> int | None:
    """Return the account id of the cookie: the log asks the database nothing, which may be down."""
    if request.endpoint in ALWAYS_OPEN or "_user_id" not in session:
        return None
    return int(session["_user_id"].partition(".")[0])  # before the stamp of its password
