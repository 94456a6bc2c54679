"""Error pages in the site's frame: what happened, what to do, and a reference to the log.

Must not need the database: it may be down.
"""

import math
import secrets
import time
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from flask import Flask, current_app, render_template, request
from flask_babel import gettext
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, InterfaceError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException, TooManyRequests

from admin_views.site.base import in_own_console, login_kind_of
from admin_views.site.frame import bare_frame
from admin_views.site.login_session import split_url
from admin_views.site.read_again import ReadAgain, note_lost_connection
from models import db
from models.statements import release_connection
from uploads.errors import StorageUnavailable
from uploads.names import display_name

PAGE = "site/error.html"
FORM_EXPIRED = 419
"""Not in the HTTP standard, which has no code for an expired form; widely used."""
SECONDS_IN_MINUTE = 60
RETRY_SECONDS = 120
"""Retry-After while the database is down: about as long as a restart takes."""
READ_ONLY = "25006"
"""PostgreSQL's SQLSTATE read_only_sql_transaction, which psycopg 3.3 raises as an InternalError."""
WAITED = "talent.waited"
"""In the environment of a request: the seconds that it waited for a thread (server/buffering_worker.py)."""
MOST_WAITED = 5.0
"""A request that waited longer is refused: the site cannot keep up, and later requests would wait for this one."""
OVERLOAD_RETRY_SECONDS = 30
"""Retry-After of a refused request. Those refused meanwhile come back spread over about as long as they take to read the page."""
LAST_OVERLOAD = "last_overload_logged"
LONG_BODY = 64 * 1024
"""Bytes. A request with a longer body is not refused: a telephone may have sent it for minutes. Such requests have threads of their
own, so that only uploads wait for it."""
NAVIGATION = "navigate"
"""Sec-Fetch-Mode of a request for a page, as a link or a form sends it (Fetch Metadata, W3C). Older browsers send none."""
NEVER_REFUSED = frozenset({"static", "portal.healthz"})
"""Endpoints that cost little, and without which pages are broken."""
NEVER_ECHOED = ("csrf_token", "password", "password_again", "present_password", "one_time_code")
LOGIN = "accounts.login"
REASON = "reason"
"""The name of every field for a reason."""
MOST_ECHOED = 1000
"""Limit of fields in a form that is returned; the longest of this site has some 330."""
SECRET_CODES = {("accounts.reset", "code"), ("accounts.use_code", "code"), ("accounts.invitation", "code")}
"""Fields with a 「找回码」 or 「验证码」; elsewhere `code` is a region's."""


def register(app: Flask) -> None:
    """Show every error in the site's own frame."""
    app.wsgi_app = ReadAgain(app.wsgi_app)  # type: ignore[method-assign]
    app.before_request(refuse_when_overloaded)
    app.register_error_handler(CSRFError, form_expired)
    for database_error in (OperationalError, InterfaceError, NoConnectionFree):
        app.register_error_handler(database_error, database_unavailable)
    app.register_error_handler(InternalError, database_internal_error)
    app.register_error_handler(StorageUnavailable, storage_unavailable)
    app.register_error_handler(DataError, not_storable)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, unexpected)


def http_error(error: HTTPException) -> Any:
    """Answer an HTTPException; redirects pass."""
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error
    if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _failure(error.code, error)
    if (
        error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        and _login_kind()
        and not current_user.is_authenticated
    ):
        # The small limit for anonymous requests applied because the session expired; the file itself is acceptable.
        return _page(
            FORM_EXPIRED, action=request.full_path.rstrip("?"), login_kind=_login_kind()
        ), FORM_EXPIRED
    further: dict[str, Any] = {"typed": _typed_reason()} if error.code == HTTPStatus.NOT_FOUND else {}
    if isinstance(error, TooManyRequests):
        further = {"retry_after": _retry_text(error)}
    headers = [item for item in error.get_headers() if item[0].lower() in {"retry-after", "allow"}]
    return _page(error.code, **further), error.code, headers


def _typed_reason() -> str:
    """Return the typed reason for a row now out of scope, so that the person can copy it; "" for none."""
    if request.method != "POST" or not in_own_console():
        return ""
    return request.form.get(REASON, "").strip() if _is_same_origin() else ""


def _retry_text(error: TooManyRequests) -> str:
    """Return when the rate limit resets, in words."""
    seconds = error.retry_after if isinstance(error.retry_after, int) else SECONDS_IN_MINUTE
    return gettext("%(minutes)s 分钟后", minutes=max(math.ceil(seconds / SECONDS_IN_MINUTE), 1))


def form_expired(_error: CSRFError) -> tuple[str, int]:
    """Return the typed fields in a form with a fresh token; of files only the names can be returned.

    A script gets the status alone. A page would begin a session, and its cookie could replace that of a login form opened
    meanwhile: the beacon of a page that was left is answered last.
    """
    if request.headers.get("Sec-Fetch-Mode", NAVIGATION) != NAVIGATION:
        return "", FORM_EXPIRED
    if not (typed := _typed_form()):
        return _page(HTTPStatus.BAD_REQUEST), HTTPStatus.BAD_REQUEST
    return _page(FORM_EXPIRED, **typed, login_kind=_login_kind()), FORM_EXPIRED


def _typed_form() -> dict[str, Any]:
    """Return what the error page needs to send the form again; nothing where it cannot be read.

    Not for a request of another site: a click on it would submit that request in the person's name.
    """
    unreadable = request.mimetype == "multipart/form-data" and not (request.form or request.files)
    if unreadable or not _is_same_origin() or len(request.form) > MOST_ECHOED:
        return {}
    return {
        "fields": [(name, value) for name, value in request.form.items(multi=True) if _echoed(name)],
        "files_lost": [
            display_name(file.filename) for _, file in request.files.items(multi=True) if file.filename
        ],
        "secrets_lost": any(not _echoed(name) for name in request.form if name != "csrf_token"),
        "action": request.full_path.rstrip("?"),
    }


def _refused_form() -> dict[str, Any]:
    """Return what the page of a 503 needs to send the refused form again; nothing for a read.

    A login needs a page of its own: the person would suspect the password.
    """
    if request.method != "POST":
        return {}
    return {"login_page": request.full_path.rstrip("?")} if request.endpoint == LOGIN else _typed_form()


def _is_same_origin() -> bool:
    """Say whether a page of this site sent the request, as far as the browser tells."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or split_url(origin).netloc == request.host


def _login_kind() -> str | None:
    """Return the kind of login with which to continue; None on a login page."""
    return None if "login_kind" in (request.view_args or {}) else login_kind_of(request.endpoint)


def _echoed(name: str) -> bool:
    return name not in NEVER_ECHOED and (request.endpoint, name) not in SECRET_CODES


def not_storable(error: DataError) -> tuple[str, int]:
    """Refuse a value no column can store, such as NUL in a text; our forms never send one."""
    _release_connection()
    return _page(HTTPStatus.BAD_REQUEST), HTTPStatus.BAD_REQUEST


def database_unavailable(error: SQLAlchemyError) -> tuple[str, int, dict[str, str]]:
    """Answer 503 with what was typed: the database is busy or down. Nobody sees the answer to a read that begins anew."""
    if note_lost_connection(request, error):
        _release_connection()
        return "", HTTPStatus.SERVICE_UNAVAILABLE, {}
    page = _failure(HTTPStatus.SERVICE_UNAVAILABLE, error, **_refused_form())
    return *page, {"Retry-After": str(RETRY_SECONDS)}


def database_internal_error(error: InternalError) -> tuple[Any, ...]:
    """Answer 503 with what was typed while PostgreSQL takes no writes: a standby, or a host that locks a full database. Else 500."""
    if getattr(error.orig, "sqlstate", None) == READ_ONLY:
        return database_unavailable(error)
    return unexpected(error)


def refuse_when_overloaded() -> tuple[str, int, dict[str, str]] | None:
    """Answer 503 with what was typed, without the database, when the request waited too long for a thread. Returns None otherwise."""
    waited = request.environ.get(WAITED, 0.0)
    if waited <= MOST_WAITED or request.endpoint in NEVER_REFUSED:
        return None
    if (request.content_length or 0) > LONG_BODY:
        return None
    _log_overload(waited)
    page = _bare_page(HTTPStatus.SERVICE_UNAVAILABLE, **_refused_form())
    return page, HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": str(OVERLOAD_RETRY_SECONDS)}


def _log_overload(waited: float) -> None:
    """Log at most once a second: a line for each refused request would cost more than the refusal."""
    logged, at = current_app.extensions, time.monotonic()
    if at - logged.get(LAST_OVERLOAD, -math.inf) >= 1:
        logged[LAST_OVERLOAD] = at
        current_app.logger.warning("overloaded: %s %r waited %.1f s", request.method, request.path, waited)


def storage_unavailable(_error: StorageUnavailable) -> tuple[str, int, dict[str, str]]:
    """Answer 503: a file can neither be sent nor stored, and everything else works. uploads/s3_bucket.py has logged it."""
    _release_connection()
    page = _page(HTTPStatus.SERVICE_UNAVAILABLE, storage_down=True)
    return page, HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": str(RETRY_SECONDS)}


def unexpected(error: Exception) -> tuple[str, int]:
    """Answer 500 with the reference under which the log has the details."""
    return _failure(HTTPStatus.INTERNAL_SERVER_ERROR, error)


def _failure(status: int, error: Exception, **context: Any) -> tuple[str, int]:
    _release_connection()
    reference = secrets.token_hex(4).upper()
    current_app.logger.error(
        "%s %s %r reference=%s", status, request.method, request.path, reference, exc_info=error
    )
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return _bare_page(status, reference=reference, **context), status
    return _page(status, reference=reference), status


def _page(status: int, **context: Any) -> str:
    try:
        return render_template(PAGE, status=status, **context)
    except Exception:
        current_app.logger.exception("could not render the frame of a %s page", status)
        return _bare_page(status, **context)


def _bare_page(status: int, **context: Any) -> str:
    """Render the page without database access, hence without Flask's context processors."""
    _release_connection()
    return current_app.jinja_env.get_template(PAGE).render(**bare_frame(), status=status, **context)


def _release_connection() -> None:
    """Release the connection; rolling back a broken one raises too."""
    with suppress(SQLAlchemyError):
        release_connection()
    with suppress(SQLAlchemyError):
        db.session.rollback()
