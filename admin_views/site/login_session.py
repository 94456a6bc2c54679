"""Sessions begin and end here, and here it is decided where a person goes next.

What keeps a session alive is a person who asks for something; whatever a page asks for by itself does not.

Never follows an address that leads out of this site, or into a room that is not this person's.
"""

import posixpath
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, lru_cache
from time import time
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, flash, g, redirect, request, session, url_for
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

KEPT_ACROSS = ("language",)
"""What a session hands on to the next one; everything else, the token of every form included, is new."""

ROW = "login_session"
"""Where the cookie names the row without which it is worth nothing."""

SIGNED_EVERY = 60
"""Seconds."""
MOST_SIGNED = 500

FIRST_PASSWORD = "accounts.first_password"  # noqa: S105
BEFORE_FIRST_PASSWORD = (None, FIRST_PASSWORD, "second_factor.codes")
"""What is open to somebody whose password another one knows: a new one, and the spare codes that are shown once."""
ALWAYS_OPEN = {"static", "portal.language", "portal.healthz", "accounts.logout"}
"""What nobody is kept from, whatever they have to do first, and what asks for no account."""


class Sessions(SecureCookieSessionInterface):
    """Flask's own, but that what reads and signs cookies is made once for its keys, and remembers what it has read."""

    def __init__(self) -> None:
        self._signing: dict[Any, Remembering | None] = {}

    def get_signing_serializer(self, app: Flask) -> Any:
        keys = app.secret_key, tuple(app.config["SECRET_KEY_FALLBACKS"] or ())
        if keys not in self._signing:
            made = super().get_signing_serializer(app)
            self._signing[keys] = made and Remembering(made)
        return self._signing[keys]


class Remembering:
    """A serializer that looks at the same signature once a minute: the same cookie comes with every page.

    What cannot be read raises BadSignature, and is not remembered.
    """

    def __init__(self, serializer: URLSafeTimedSerializer) -> None:
        self.dumps = serializer.dumps
        self._read = lru_cache(MOST_SIGNED)(
            lambda text, longest, _minute: serializer.loads(text, max_age=longest)
        )

    def loads(self, text: str, max_age: int) -> dict[str, Any]:
        """Return what stands in it; whoever gets it may change it."""
        read = self._read(text, max_age, int(time() // SIGNED_EVERY))
        return {key: value if type(value) is str else deepcopy(value) for key, value in read.items()}


def log_in(account: Account) -> None:
    """Begin a session for this account; whatever the browser held before is worth nothing in it.

    Everything that is asked of its person has been right: from now on the browser is known to the account.
    """
    _end()
    _begin_anew()
    session.permanent = True
    session[ROW] = sessions.begin(account)
    login_user(account)
    g.device = devices.remember(sent_device(), account)


def sent_device() -> str:
    """Return the cookie that says which accounts have logged in at this browser (accounts.devices); "" where there is none."""
    return request.cookies.get(_device_cookie(), "")


def _device_cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-device"


def _hand_out_device(response: Response) -> Response:
    """Let the browser of somebody who has just logged in keep that; no script and no other site gets it."""
    if "device" in g:
        response.set_cookie(
            _device_cookie(),
            g.device,
            max_age=devices.LIFETIME,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Strict",
        )
    return response


def log_out() -> None:
    """End the session: for every copy of its cookie too."""
    _end()
    logout_user()
    _begin_anew()


def load_account(identifier: str) -> Account | None:
    """Return the account of a session; None when it has ended, by whatever end."""
    if not _reads_plainly(request.endpoint):
        db.session()  # what is read from here on is read in it
    number, _, stamp = identifier.partition(".")
    found = sessions.find(int(number), stamp, session.get(ROW, "")) if number.isdecimal() else None
    if found is None:
        return None
    g.session_idle, g.session_unnoted = found.idle, found.seen_at_is_old
    return None if found.idle else found.account


def _reads_plainly(endpoint: str | None) -> bool:
    view = getattr(current_app.view_functions.get(endpoint or ""), "__self__", None)
    return endpoint is not None and endpoint.rpartition(".")[2] in getattr(view, "runs_without_session", ())


def _look_at_the_session() -> Any:
    """Note that somebody is here, or that nobody was for too long: then what they send comes back as after an old form."""
    if "_user_id" not in session or request.endpoint in ALWAYS_OPEN | {None}:
        return None
    account = current_user._get_current_object()
    if account.is_authenticated:
        if g.session_unnoted and _is_asked_by_a_person():
            sessions.mark_seen(session[ROW])
            g.session_noted = True
        if account.must_change_password and request.endpoint not in BEFORE_FIRST_PASSWORD:
            return redirect(url_for(FIRST_PASSWORD), 303)
        return None
    if g.get("session_idle"):
        log_out()
        if request.method == "POST":
            raise CSRFError
        if _is_asked_by_a_person():
            flash(gettext("您离开的时间较长，为了安全已自动退出，请重新登录。"), "info")
    return None


def _is_asked_by_a_person() -> bool:
    """Say whether somebody sits there, as far as the browser tells: a picture, a script that looks again, a page that
    loads itself anew keep no session alive."""
    if request.method != "GET" or "Sec-Fetch-Mode" not in request.headers:
        return True
    return request.headers.get("Sec-Fetch-User") == "?1"


def _end() -> None:
    if token := session.get(ROW):
        sessions.end(token)


def _begin_anew() -> None:
    kept = {key: session[key] for key in KEPT_ACROSS if key in session}
    session.clear()
    session.update(kept)


def home(account: Account) -> str:
    """Return the address of this account's console; before its approval an enterprise has its registration alone (E3)."""
    if account.enterprise_id is not None and not registration.is_approved(account):
        return url_for("registration.index")
    return url_of(f"{access.CONSOLES[account.role]}.index_view")


def url_of(endpoint: str) -> str:
    """Return the address of an endpoint that has one address for everybody: url_for, asked once."""
    return _url_of(request.script_root, endpoint)


@cache
def _url_of(_script_root: str, endpoint: str) -> str:
    return url_for(endpoint)


def csrf_token() -> str:
    """Return the token of every form of this page. It is signed once a minute: whoever decides opens a page every few seconds."""
    raw = session.get("csrf_token")
    if raw is not None and "csrf_token" not in g:
        g.csrf_token = _signed(current_app.secret_key, raw, int(time() // SIGNED_EVERY))
    return generate_csrf()


@lru_cache(maxsize=MOST_SIGNED)
def _signed(_key: str, _raw: str, _minute: int) -> str:
    return generate_csrf()


@dataclass(frozen=True)
class Present:
    """Who is logged in at this browser, as anybody who sits down at it may read."""

    name: str
    role: str
    membership: str
    home: str


def logged_in_person() -> Present | None:
    """Return who is logged in, with the name masked: at a shared computer it may be somebody else."""
    account = current_user._get_current_object()
    if not account.is_authenticated:
        return None
    return Present(
        masked_name(account.name), ROLE_WORDS[account.role], account.membership.name, home(account)
    )


def destination(account: Account, wanted: str | None) -> str:
    """Return the address that was asked for before the login when it is in this account's rooms, else its home."""
    path = own_path(wanted)
    rooms = (home(account), url_for("messages.own"), url_for("accounts.own"))
    return path if path is not None and path.startswith(rooms) else home(account)


def own_path(address: str | None) -> str | None:
    """Return a path of this site as it is; None for everything that a browser could read as another site's."""
    if not address or not address.startswith("/") or address.startswith("//"):
        return None
    if "\\" in address or cleaned(address) != address:  # browsers read \ as / and drop tabs and line ends
        return None
    return address


def path_of(address: str | None, host: str) -> str | None:
    """Return the path of a full address on this host, such as a Referer; None for every other."""
    parts = urlsplit(address or "")
    if parts.netloc != host:
        return None
    return own_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def page_of(address: str | None, host: str) -> str | None:
    """Return the page of a full address on this host, such as a Referer; None for every other.

    What came as the answer to a form cannot be opened by its address again; the page that it lies under can.
    """
    path, ways = path_of(address, host), current_app.create_url_adapter(request)
    while path and ways and not ways.test(path.partition("?")[0], method="GET"):
        path = f"{posixpath.dirname(path.partition('?')[0].rstrip('/'))}/".replace("//", "/")
    return path


def register(app: Flask) -> None:
    """Look at the session before each request."""
    app.session_interface = Sessions()
    app.before_request(_look_at_the_session)
    app.after_request(_hand_out_device)
