"""Begins, checks and ends login sessions, and decides where a person is redirected to.

Only requests of a person keep a session alive; requests that a page makes by itself do not.

Never redirects to another site, or to a console that is not this person's.
"""

import posixpath
from copy import deepcopy
from functools import cache, lru_cache
from time import time
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from flask import Flask, Response, current_app, flash, g, redirect, request, session, url_for
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SecureCookieSessionInterface
from flask_babel import gettext
from flask_login import current_user, login_user, logout_user
from flask_wtf.csrf import CSRFError, generate_csrf
from itsdangerous import URLSafeTimedSerializer

from accounts import access, devices, sessions
from common.characters import cleaned
from common.identity import masked_name
from enterprises import registration
from models import Account, db
from workflow.transitions import ROLE_WORDS

CARRIED_KEYS = ("language",)
"""Session keys that survive login and logout. All others are removed, the CSRF token too."""

TOKEN_KEY = "login_session"  # noqa: S105 - the key, not the token
"""Session key of the token that names the LoginSession row; without a live row the cookie is invalid."""

PAGES = ("text/html", "application/json")
ANY_NUMBER = "0000-000000"
SIGNED_EVERY = 60
"""Seconds."""
MOST_SIGNED = 500

FIRST_PASSWORD = "accounts.first_password"  # noqa: S105
BEFORE_FIRST_PASSWORD = (None, FIRST_PASSWORD, "second_factor.codes")
"""What an account with a handed-over password may open: the new password, and the spare codes that are shown once."""
ALWAYS_OPEN = frozenset({None, "static", "portal.language", "portal.healthz", "accounts.logout"})
"""Endpoints that need no account and that no required step blocks; None is a URL without any."""


class PlainTextFirst(TaggedJSONSerializer):
    """Flask's serializer of the cookie. It asks each value whether it is one of nine types; most are texts, which it leaves."""

    def tag(self, value: Any) -> Any:
        return value if type(value) is str else super().tag(value)


class CookieSessions(SecureCookieSessionInterface):
    """Flask's cookie sessions with one serializer for each set of keys, which caches what it has verified."""

    serializer = PlainTextFirst()

    def __init__(self) -> None:
        self._signing: dict[Any, CachedSerializer | None] = {}

    def get_signing_serializer(self, app: Flask) -> Any:
        keys = app.secret_key, tuple(app.config["SECRET_KEY_FALLBACKS"] or ())
        if keys not in self._signing:
            made = super().get_signing_serializer(app)
            self._signing[keys] = made and CachedSerializer(made)
        return self._signing[keys]

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        """Send the cookie if it has changed, or to renew it once a minute, when the session's row has just been touched.

        Renewed only for pages: an image that arrives after the logout must not restore the session. A page that only read the
        cookie adds to Vary as text, which Flask would parse first.
        """
        if g.get("session_noted") and response.mimetype in PAGES:
            session.modified = True
        if "device" in g:
            _set_device_cookie(response)
        if session and not self.should_set_cookie(app, session):
            if session.accessed:
                vary = response.headers.get("Vary")
                response.headers["Vary"] = f"{vary}, Cookie" if vary else "Cookie"
            return
        super().save_session(app, session, response)


class CachedSerializer:
    """A serializer that verifies the same cookie once a minute, since every page sends it.

    Raises BadSignature for an invalid cookie; failures are not cached.
    """

    def __init__(self, serializer: URLSafeTimedSerializer) -> None:
        self.dumps = serializer.dumps
        self._read = lru_cache(MOST_SIGNED)(
            lambda text, longest, _minute: serializer.loads(text, max_age=longest)
        )

    def loads(self, text: str, max_age: int) -> dict[str, Any]:
        """Return a copy of the payload, which the caller may change."""
        read = self._read(text, max_age, int(time() // SIGNED_EVERY))
        return {key: value if type(value) is str else deepcopy(value) for key, value in read.items()}


def log_in(account: Account, identifier: str) -> None:
    """Begin a new session for this account. The caller has checked password and second factor.

    `identifier`: the account's `get_id` when the password was checked or set. The session of a password that was changed
    since then is none. The browser counts as recognised by the account from now on (accounts.devices).
    """
    _end_session()
    _clear_session()
    session.permanent = True
    session[TOKEN_KEY] = sessions.begin(account)
    login_user(account)
    session["_user_id"] = identifier
    g.device = devices.remember(sent_device(), account)


def sent_device() -> str:
    """Return the device cookie, which lists the accounts that logged in at this browser (accounts.devices); "" for none."""
    return request.cookies.get(_device_cookie(), "")


def _device_cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-device"


def _set_device_cookie(response: Response) -> None:
    """Set the device cookie after a login; scripts and other sites cannot read it."""
    response.set_cookie(
        _device_cookie(),
        g.device,
        max_age=devices.LIFETIME,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Strict",
    )


def log_out() -> None:
    """End the session on the server, so that copies of the cookie become invalid too."""
    _end_session()
    logout_user()
    _clear_session()


def load_account(identifier: str) -> Account | None:
    """Return the account of a session; None when the session has ended."""
    if not _is_among("runs_without_session"):
        db.session()  # opens the ORM session, so that the account is loaded into it
    number, _, stamp = identifier.partition(".")
    found = sessions.find(int(number), stamp, session.get(TOKEN_KEY, "")) if number.isdecimal() else None
    if found is None:
        return None
    g.session_idle, g.session_unnoted = found.idle, found.seen_at_is_old
    return None if found.idle else found.account


def _is_among(attribute: str) -> bool:
    """Say whether the view of this request names the requested function in this attribute (site/base.py)."""
    endpoint = request.endpoint
    view = getattr(current_app.view_functions.get(endpoint or ""), "__self__", None)
    return endpoint is not None and endpoint.rpartition(".")[2] in getattr(view, attribute, ())


def _check_session() -> Any:
    """Record activity, or end an idle session: a POST is then answered like an expired form."""
    if "_user_id" not in session or request.endpoint in ALWAYS_OPEN:
        return None
    account = current_user._get_current_object()
    if account.is_authenticated:
        if g.session_unnoted and _is_user_request():
            sessions.mark_seen(session[TOKEN_KEY])
            g.session_noted = True
        if account.must_change_password and request.endpoint not in BEFORE_FIRST_PASSWORD:
            return redirect(url_for(FIRST_PASSWORD), 303)
        return None
    if g.get("session_idle"):
        sessions.end_idle(session[TOKEN_KEY])
        logout_user()
        _clear_session()
        if request.method == "POST":
            raise CSRFError
        if _is_user_request():
            flash(gettext("您离开的时间较长，为了安全已自动退出，请重新登录。"), "info")
    return None


def _is_user_request() -> bool:
    """Say whether a person made this request, as far as the browser tells. Images, polling scripts and automatic reloads
    do not keep a session alive."""
    if _is_among("sent_by_page"):
        return False
    if request.method != "GET" or "Sec-Fetch-Mode" not in request.headers:
        return True
    return request.headers.get("Sec-Fetch-User") == "?1"


def _end_session() -> None:
    if token := session.get(TOKEN_KEY):
        sessions.end(token)


def _clear_session() -> None:
    carried = {key: session[key] for key in CARRIED_KEYS if key in session}
    session.clear()
    session.update(carried)


def home(account: Account) -> str:
    """Return the URL of this account's console; an enterprise that is not approved gets its registration page (E3)."""
    if account.enterprise_id is not None and not registration.is_approved(account):
        return url_for("registration.index")
    return url_of(f"{access.CONSOLES[account.role]}.index_view")


def url_of(endpoint: str) -> str:
    """Return url_for of an endpoint without parameters, cached."""
    return _url_of(request.script_root, endpoint)


@cache
def _url_of(_script_root: str, endpoint: str) -> str:
    return url_for(endpoint)


def url_of_application(endpoint: str, number: str) -> str:
    """Return url_for of an endpoint whose only parameter is the number of an application, cached without it."""
    return _url_of_application(request.script_root, endpoint).replace(ANY_NUMBER, number)


@cache
def _url_of_application(_script_root: str, endpoint: str) -> str:
    return url_for(endpoint, number=ANY_NUMBER)


def csrf_token() -> str:
    """Return the CSRF token of this page. It is signed once a minute, because reviewers open a page every few seconds."""
    known: str | None = g.get("csrf_token")
    if known is not None:
        return known
    raw = session.get("csrf_token")
    if raw is None:
        return generate_csrf()
    g.csrf_token = token = _signed(current_app.secret_key, raw, int(time() // SIGNED_EVERY))
    return token


@lru_cache(maxsize=MOST_SIGNED)
def _signed(_key: str, _raw: str, _minute: int) -> str:
    return generate_csrf()


class LoggedInPerson(NamedTuple):
    """The person logged in at this browser, masked, as other people at a shared computer may see it."""

    name: str
    role: str
    membership: str
    home: str


def logged_in_person() -> LoggedInPerson | None:
    """Return who is logged in, with the name masked for shared computers; None for nobody."""
    account = current_user._get_current_object()
    if not account.is_authenticated:
        return None
    return LoggedInPerson(
        masked_name(account.name), ROLE_WORDS[account.role], account.membership.name, home(account)
    )


def destination(account: Account, wanted: str | None) -> str:
    """Return the URL wanted before the login if this account may open it, else its home."""
    path = own_path(wanted)
    allowed = (home(account), url_for("messages.own"), url_for("accounts.own"))
    return path if path is not None and path.startswith(allowed) else home(account)


def own_path(address: str | None) -> str | None:
    """Return a path of this site unchanged; None for anything a browser could take for another site."""
    if not address or not address.startswith("/") or address.startswith("//"):
        return None
    if "\\" in address or cleaned(address) != address:  # browsers read \ as / and drop tabs and line ends
        return None
    return address


def split_url(address: str | None) -> SplitResult:
    """Return the parts of a URL in a header; empty parts for one that is none, such as http://[."""
    try:
        return urlsplit(address or "")
    except ValueError:
        return urlsplit("")


def path_of(address: str | None, host: str) -> str | None:
    """Return the path of a full URL on this host, such as a Referer; None for any other host."""
    parts = split_url(address)
    if parts.netloc != host:
        return None
    return own_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def page_of(address: str | None, host: str) -> str | None:
    """Return a path on this host that GET can open, from a full URL such as a Referer; None for any other host.

    The URL of a POST answer may not accept GET; then the nearest parent path that does is returned.
    """
    path, adapter = path_of(address, host), current_app.create_url_adapter(request)
    while path and adapter and not adapter.test(path.partition("?")[0], method="GET"):
        path = f"{posixpath.dirname(path.partition('?')[0].rstrip('/'))}/".replace("//", "/")
    return path


def register(app: Flask) -> None:
    """Check the session before each request."""
    app.session_interface = CookieSessions()
    app.before_request(_check_session)
