"""Login and logout. No response reveals whether an account exists."""

from typing import Any, NamedTuple

from flask import (
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from accounts import logins
from accounts.attempts import Purpose
from admin_views.accounts import second_factor
from admin_views.accounts.forms import LoginForm
from admin_views.accounts.own_account import store_code
from admin_views.accounts.pages import LOGIN_PAGES, form_page, try_or_explain
from admin_views.accounts.registering import typed_login
from admin_views.site import login_session
from admin_views.site.wording import translated
from common.errors import Locked
from models import Account


def login(login_kind: str) -> Any:
    """「个人登录」, 「企业登录」 and the staff entrance."""
    wanted = request.args.get("next")
    if current_user.is_authenticated:
        target = login_session.destination(current_user, wanted)
        if request.method != "POST" and target == login_session.home(current_user):
            return _already_in(login_kind)
        return redirect(target)
    form = LoginForm()
    form.login.label.text = translated(LOGIN_PAGES[login_kind].login)
    if request.method == "GET":
        form.login.data = typed_login(login_kind)
    wrong: str | Locked | None = None
    if form.validate_on_submit():
        person, wrong = try_or_explain(
            Purpose.LOGIN,
            logins.login_digest(login_kind, form.login.data),
            lambda: proven(logins.authenticate(login_kind, form.login.data, form.password.data)),
            LOGIN_PAGES[login_kind].wrong,
        )
        if person is not None:
            return admit(person, wanted)
    return form_page(
        "accounts/login.html",
        form,
        login_kind=login_kind,
        login_pages=LOGIN_PAGES,
        wanted=login_session.own_path(wanted),
        wrong=wrong,
    )


def _already_in(login_kind: str) -> str:
    """Show who is logged in at this browser, instead of that person's pages."""
    nobody = {"account": None, "home": None, "unread": 0}
    return render_template(
        "accounts/already_in.html",
        words=LOGIN_PAGES[login_kind],
        logged_in=login_session.logged_in_person(),
        **nobody,
    )


class Proven(NamedTuple):
    """An account whose password was checked or just set, and its `get_id` at that moment."""

    account: Account
    identifier: str


def proven(account: Account | None) -> Proven | None:
    """Return the account with its present `get_id`; call it before another transaction reads the account anew."""
    return Proven(account, account.get_id()) if account is not None else None


def admit(person: Proven, wanted: str | None = None) -> Response:
    """Log in an account whose password was checked or just set, or begin its second factor."""
    if (further := second_factor.begin(*person, wanted)) is not None:
        return further
    login_session.log_in(*person)
    return redirect(login_session.destination(person.account, wanted), 303)


def admit_with_code(person: Proven, code: str) -> Response:
    """Log in an account with a new 「找回码」, which is shown first."""
    answer = admit(person, url_for("accounts.code"))
    store_code(person.account, code)
    return answer


def proven_with_code(done: tuple[Account, str] | None) -> tuple[Proven, str] | None:
    """Return the same as `proven` for an account with a new 「找回码」."""
    return (Proven(done[0], done[0].get_id()), done[1]) if done is not None else None


def logout() -> Response:
    """End the session."""
    login_session.log_out()
    flash(gettext("您已退出登录。"), "info")
    return redirect(url_for("portal.index"), 303)
