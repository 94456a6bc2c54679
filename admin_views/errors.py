"""What a person sees when something is wrong: the same frame, what happened, what to do, a reference that is in the log."""

import logging
import secrets
import time
from http import HTTPStatus
from math import ceil
from typing import Any

from flask import Flask, current_app, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, ServiceUnavailable, TooManyRequests

from models import db

logger = logging.getLogger("talent")
FORM_EXPIRED = 419
"""No code of the standard says "your form is too old"; this one is widely understood."""
SECONDS_IN_MINUTE = 60
NEVER_ECHOED = ("csrf_token", "password", "password_again", "present_password", "code")


def register(app: Flask) -> None:
    """Show every error in the site's own frame."""
    app.register_error_handler(CSRFError, form_expired)
    app.register_error_handler(OperationalError, database_away)
    app.register_error_handler(HTTPException, known)
    app.register_error_handler(Exception, unexpected)


def _page(status: int, **further: Any) -> tuple[str, int]:
    reference = secrets.token_hex(4).upper()
    log = logger.error if status >= HTTPStatus.INTERNAL_SERVER_ERROR else logger.info
    log(
        "%s %s %s reference=%s",
        status,
        request.method,
        request.path,
        reference,
        exc_info=further.pop("error", None),
    )
    page = render_template("errors/page.html", status=status, reference=reference, **further)
    return page, status


def known(error: HTTPException) -> Any:
    """Answer an error that HTTP has a number for; redirects pass."""
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error
    further: dict[str, Any] = {}
    if isinstance(error, TooManyRequests):
        further["retry_after"] = _when_again()
    if isinstance(error, RequestEntityTooLarge):
        further["retry_after"] = ""
    page, status = _page(error.code, **further)
    headers = [item for item in error.get_headers() if item[0].lower() in {"retry-after", "allow"}]
    return page, status, headers


def _when_again() -> str:
    """Return when the limit that was reached begins anew, in words."""
    limit = current_app.extensions["limits"].current_limit
    seconds = limit.reset_at - time.time() if limit else SECONDS_IN_MINUTE
    return gettext("%(minutes)s 分钟后", minutes=max(ceil(seconds / SECONDS_IN_MINUTE), 1))


def form_expired(_error: CSRFError) -> tuple[str, int]:
    """Give back what was typed, to be sent again with a fresh token."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in NEVER_ECHOED]
    return _page(FORM_EXPIRED, fields=fields, action=request.full_path.rstrip("?"))


def database_away(error: OperationalError) -> tuple[str, int]:
    """Say that the system is busy or away; nothing was stored."""
    db.session.rollback()
    return _page(ServiceUnavailable.code, error=error)


def unexpected(error: Exception) -> tuple[str, int]:
    """Say that it is our fault, with the number under which the log has the rest."""
    db.session.rollback()
    return _page(HTTPStatus.INTERNAL_SERVER_ERROR, error=error)
