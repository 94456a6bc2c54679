"""What a person sees when something is wrong: the same frame, what happened, what to do, a reference that is in the log.

Never needs the database for that: it may be what is away.
"""

import secrets
import time
from contextlib import suppress
from http import HTTPStatus
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, render_template, request
from flask_babel import gettext
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException, TooManyRequests

from admin_views.site.base import door_of, in_own_console
from admin_views.site.frame import bare_frame
from models import db
from models.statements import release_connection
from uploads.names import display_name

PAGE = "site/error.html"
FORM_EXPIRED = 419
"""No code of the standard says "your form is too old"; this one is widely understood."""
SECONDS_IN_MINUTE = 60
BACK_IN_SECONDS = 120
"""When to ask again while the database is away: about as long as it takes to start it anew."""
NEVER_ECHOED = ("csrf_token", "password", "password_again", "present_password", "one_time_code")
REASON = "reason"
"""What every field is called in which somebody says why."""
MOST_ECHOED = 1000
"""Fields of a form that comes back; the longest of ours has some 330."""
SECRET_CODES = {("accounts.reset", "code"), ("accounts.use_code", "code"), ("accounts.invitation", "code")}
"""The fields that are called 「找回码」 and 「验证码」; elsewhere `code` is a region's."""


def register(app: Flask) -> None:
    """Show every error in the site's own frame."""
    app.register_error_handler(CSRFError, form_expired)
    for away in (OperationalError, InterfaceError, NoConnectionFree):
        app.register_error_handler(away, database_away)
    app.register_error_handler(DataError, not_storable)
    app.register_error_handler(HTTPException, known)
    app.register_error_handler(Exception, unexpected)


def known(error: HTTPException) -> Any:
    """Answer an error that HTTP has a number for; redirects pass."""
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error
    if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _failure(error.code, error)
    if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and _door() and not current_user.is_authenticated:
        # Too large for a stranger; whoever chose it has been away too long, and the file is the right one.
        return _page(FORM_EXPIRED, action=request.full_path.rstrip("?"), door=_door()), FORM_EXPIRED
    further: dict[str, Any] = {"typed": _typed()} if error.code == HTTPStatus.NOT_FOUND else {}
    if isinstance(error, TooManyRequests):
        further = {"retry_after": _when_again()}
    headers = [item for item in error.get_headers() if item[0].lower() in {"retry-after", "allow"}]
    return _page(error.code, **further), error.code, headers


def _typed() -> str:
    """Return the reason that somebody typed for a row that is theirs no longer, to be copied; "" for none."""
    if request.method != "POST" or not in_own_console():
        return ""
    return request.form.get(REASON, "").strip() if _from_here() else ""


def _when_again() -> str:
    """Return when the limit that was reached begins anew, in words."""
    limit = current_app.extensions["limits"].current_limit
    seconds = limit.reset_at - 1 - time.time() if limit else SECONDS_IN_MINUTE  # reset_at is rounded up
    return gettext("%(minutes)s 分钟后", minutes=max(ceil(seconds / SECONDS_IN_MINUTE), 1))


def form_expired(_error: CSRFError) -> tuple[str, int]:
    """Give back what was typed, to be sent again with a fresh token; of files only the names can come back.

    Nothing of what another site sent: one click of an unsuspecting reviewer would send it again in their name.
    """
    unreadable = request.mimetype == "multipart/form-data" and not (request.form or request.files)
    if unreadable or not _from_here() or len(request.form) > MOST_ECHOED:
        return _page(HTTPStatus.BAD_REQUEST), HTTPStatus.BAD_REQUEST
    page = _page(
        FORM_EXPIRED,
        fields=[(name, value) for name, value in request.form.items(multi=True) if _echoed(name)],
        files_lost=[
            display_name(file.filename) for _, file in request.files.items(multi=True) if file.filename
        ],
        action=request.full_path.rstrip("?"),
        door=_door(),
    )
    return page, FORM_EXPIRED


def _from_here() -> bool:
    """Say whether one of our own pages sent the request, as far as the browser tells."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def _door() -> str | None:
    """Return where somebody whose session has ended comes in again; None for who is at a door already."""
    return None if "door" in (request.view_args or {}) else door_of(request.endpoint)


def _echoed(name: str) -> bool:
    return name not in NEVER_ECHOED and (request.endpoint, name) not in SECRET_CODES


def not_storable(error: DataError) -> tuple[str, int]:
    """Refuse what no column can hold, such as a NUL in a text: no form of ours sends it."""
    _release_connection()
    return _page(HTTPStatus.BAD_REQUEST), HTTPStatus.BAD_REQUEST


def database_away(error: SQLAlchemyError) -> tuple[str, int, dict[str, str]]:
    """Say that the system is busy or away; nothing was stored."""
    return *_failure(HTTPStatus.SERVICE_UNAVAILABLE, error), {"Retry-After": str(BACK_IN_SECONDS)}


def unexpected(error: Exception) -> tuple[str, int]:
    """Say that it is our fault, with the number under which the log has the rest."""
    return _failure(HTTPStatus.INTERNAL_SERVER_ERROR, error)


def _failure(status: int, error: Exception) -> tuple[str, int]:
    _release_connection()
    reference = secrets.token_hex(4).upper()
    current_app.logger.error(
        "%s %s %r reference=%s", status, request.method, request.path, reference, exc_info=error
    )
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return _bare_page(status, reference=reference), status
    return _page(status, reference=reference), status


def _page(status: int, **told: Any) -> str:
    try:
        return render_template(PAGE, status=status, **told)
    except Exception:
        current_app.logger.exception("the frame could not be drawn around a %s", status)
        return _bare_page(status, **told)


def _bare_page(status: int, **told: Any) -> str:
    """Return the page without anything that asks the database, and so without Flask's context processors too."""
    _release_connection()
    return current_app.jinja_env.get_template(PAGE).render(**bare_frame(), status=status, **told)


def _release_connection() -> None:
    """Give the connection back; one that is broken cannot even be rolled back."""
    with suppress(SQLAlchemyError):
        release_connection()
    with suppress(SQLAlchemyError):
        db.session.rollback()
