"""The routes of the account pages and their rate limits."""

from collections.abc import Callable

from flask import (
    Blueprint,
    Flask,
    current_app,
    redirect,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response

from accounts import logins, recovery
from admin_views.accounts.attempts import flood_key
from admin_views.accounts.forgotten_password import RESET_KEY, ask_for_code, invitation, reset, use_code
from admin_views.accounts.login import login, logout
from admin_views.accounts.own_account import (
    change_contact,
    change_name,
    change_password,
    choose_channels,
    first_password,
    new_code,
    own,
    show_code,
)
from admin_views.accounts.pages import LOGIN_PAGES, View
from admin_views.accounts.registering import REGISTERING, REGISTERING_LIMIT, received, register_account
from admin_views.site.rate_limits import RateLimits
from enterprises import reviewers

LIMITS = {
    "LOGIN_LIMIT_ADDRESS": "30 per minute",  # a whole office may share one address
    "REGISTER_LIMIT_ADDRESS": "60 per hour",  # of enterprises: each attempt may store a file
}
"""Rate limits of forms against floods; they count right and wrong input alike. accounts.attempts limits wrong secrets."""


def _any_of(kinds: list[str]) -> str:
    return f"<any({', '.join(kinds)}):login_kind>"


def _must_log_in() -> Response:
    """Redirect an anonymous request to the login page."""
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.login", login_kind="personal", next=back))


def _setting(name: str) -> Callable[[], str]:
    return lambda: str(current_app.config[name])


def _flood_key() -> str:
    """Return the rate-limit key of the login that the form names, see flood_key."""
    login_kind, login = (request.view_args or {}).get("login_kind"), request.form.get("login")
    if login_kind and login:
        return flood_key(logins.login_digest(login_kind, login))
    asked = recovery.find(session[RESET_KEY]) if RESET_KEY in session else None
    return flood_key(asked.login_digest if asked else None)


def _limit_of_registering() -> str:
    login_kind = (request.view_args or {}).get("login_kind", "")
    return str(current_app.config[REGISTERING_LIMIT.get(login_kind, "LOGIN_LIMIT_ADDRESS")])


def register(app: Flask) -> None:
    """Add login, registration, forgotten passwords and the own account."""
    for name, value in LIMITS.items():
        app.config.setdefault(name, value)
    app.login_manager.unauthorized_handler(_must_log_in)  # type: ignore[attr-defined]
    limits: RateLimits = app.extensions["limits"]

    def limited(view: View) -> View:
        return limits.limited(view, _setting("LOGIN_LIMIT_ADDRESS"), _flood_key)

    every, registering = _any_of(list(LOGIN_PAGES)), _any_of(list(REGISTERING))
    both = ("GET", "POST")
    pages = Blueprint("accounts", __name__)
    for rule, endpoint, view, methods in (
        (f"/login/{every}", "login", limited(login), both),
        ("/logout", "logout", logout, ("POST",)),
        (f"/reset/{every}", "reset", limited(reset), both),
        (f"/reset/{every}/code/", "ask_for_code", limited(ask_for_code), both),
        (f"/reset/{every}/code/enter/", "use_code", limited(use_code), both),
        (f"/invitation/{_any_of([reviewers.LOGIN_KIND])}", "invitation", limited(invitation), both),
        (
            f"/register/{registering}",
            "register",
            limits.limited(register_account, _limit_of_registering),
            both,
        ),
        (f"/register/{registering}/received/", "received", received, both),
        ("/account/", "own", own, ("GET",)),
        ("/account/contact", "change_contact", limited(change_contact), both),
        ("/account/name", "change_name", limited(change_name), both),
        ("/account/ways", "choose_channels", choose_channels, both),
        ("/account/password", "change_password", limited(change_password), both),
        ("/account/first-password/", "first_password", limited(first_password), both),
        ("/account/new-code", "new_code", limited(new_code), both),
        ("/account/code/", "code", show_code, both),
    ):
        pages.add_url_rule(rule, endpoint, view, methods=methods)
    pages.after_request(_forbid_caching)
    app.register_blueprint(pages)


def _forbid_caching(response: Response) -> Response:
    """Forbid caching: these pages contain codes and numbers, and computers may be shared."""
    response.headers["Cache-Control"] = "no-store"
    return response
