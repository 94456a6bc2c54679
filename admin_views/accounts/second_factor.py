"""动态验证码: the second factor of a login, its enrolment, renewal and removal.

Between password and code there is no login session. For ten minutes the signed cookie names the account
whose password was right. It opens only the pages here, and becomes invalid when the account's sessions are ended.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from flask import Blueprint, Flask, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from markupsafe import Markup
from werkzeug.wrappers import Response

from accounts import second_factor
from accounts.attempts import Purpose
from accounts.second_factor import LoginStep
from admin_views.accounts.attempts import (
    count_and_try,
    error_response,
    flood_key,
    knows_password,
    locked_text,
)
from admin_views.accounts.forms import EnrolmentForm, OneTimeCodeForm, RenewForm, SwitchOffForm
from admin_views.site import login_session
from admin_views.site.rate_limits import RateLimits
from common.errors import Locked, NotPermitted
from models import Account, db, now
from models.secrets import vault

PENDING, SECRET, CODES = "second_step", "second_factor_secret", "spare_codes"
SECONDS = 10 * 60
"""How long after the password the code is accepted."""
CARRIED_KEYS = ("recovery_code",)
"""Session keys that are kept when the login completes: a 「找回码」 to be shown once."""

PAGES = {LoginStep.CODE: "second_factor.step", LoginStep.ENROLMENT: "second_factor.own"}
QUIET_ZONE = 4
"""Light modules around the QR code, without which telephones do not detect it."""

FORMS: Mapping[str, type[RenewForm] | type[SwitchOffForm]] = {"renew": RenewForm, "switch_off": SwitchOffForm}


def begin(account: Account, identifier: str, wanted: str | None) -> Response | None:
    """Redirect to the second factor after a right password; None if the account needs none. `identifier`: as of login_session.log_in."""
    step = second_factor.step_for(account)
    if step is LoginStep.NONE:
        return None
    login_session.log_out()
    session[PENDING] = {"of": identifier, "at": int(now().timestamp()), "wanted": wanted}
    return redirect(url_for(PAGES[step]), 303)


def _pending() -> Account | None:
    """Return the account that gave its password in this browser, if that is still valid."""
    note = session.get(PENDING)
    if not note or now().timestamp() - note["at"] > SECONDS:
        return None
    number, _, _stamp = note["of"].partition(".")
    account = db.session.get(Account, int(number))
    return account if account and account.active and account.get_id() == note["of"] else None


def _log_in(account: Account, identifier: str) -> str:
    """Begin the session. Returns the URL wanted before the login."""
    wanted = session.get(PENDING, {}).get("wanted")
    carried = {name: session[name] for name in CARRIED_KEYS if name in session}
    login_session.log_in(account, identifier)
    session.update(carried)
    return login_session.destination(account, wanted)


def _redirect_to_login() -> Response:
    flash(gettext("请先输入账号和密码。"), "info")
    return redirect(url_for("accounts.login", login_kind="staff"))


def step() -> Any:
    """Ask for the code after the password."""
    account = _pending()
    if account is None or not account.second_factor:
        return _redirect_to_login()
    form, identifier = OneTimeCodeForm(), account.get_id()
    if form.validate_on_submit() and _check_code(account, form):
        return redirect(_log_in(account, identifier), 303)
    page = render_template("accounts/second_step.html", form=form)
    return error_response(page, g.get("locked")) if form.is_submitted() else page


def own() -> Any:
    """Enrol a second factor, logged in or during a login; for an account that has one, show its settings."""
    logged_in = current_user.is_authenticated
    account: Account | None = current_user if logged_in else _pending()
    if account is None:
        return _redirect_to_login()
    if not second_factor.offered_to(account):
        return redirect(url_for("accounts.own"))
    if account.second_factor:
        return _own_page() if logged_in else redirect(url_for("second_factor.step"))
    form = EnrolmentForm()
    if not logged_in:
        del form.present_password  # was checked a moment ago
    secret = _secret(account)
    if form.validate_on_submit() and (not logged_in or knows_password(form)):
        number = account.id
        try:
            codes = second_factor.enrol(account, secret, form.one_time_code.data)
        except NotPermitted:
            return redirect(url_for("second_factor.own"), 303)
        if codes is not None:
            account = db.session.get_one(Account, number)
            wanted = _log_in(account, account.get_id())
            _store_codes(account, codes, wanted if not logged_in else url_for("second_factor.own"))
            return redirect(url_for("second_factor.codes"), 303)
        form.one_time_code.errors = [gettext("验证码不正确。请核对手机的时间，等下一个验证码出现后再输入。")]
    address = second_factor.provisioning_uri(account, secret)
    page = render_template(
        "accounts/second_factor.html",
        form=form,
        address=address,
        picture=_qr_code(address),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        required=not logged_in,
    )
    return error_response(page, g.get("locked")) if form.is_submitted() else page


@login_required
def codes() -> Any:
    """Show the spare codes until their owner confirms; then only digests remain."""
    stored = session.get(CODES)
    try:
        shown = json.loads(vault.open(stored["sealed"], _context(CODES, current_user))) if stored else None
    except (KeyError, InvalidTag):
        shown = None
    if shown is None:
        return redirect(url_for("accounts.own"))
    if request.method == "POST":
        del session[CODES]
        return redirect(stored["then"], 303)
    return render_template("accounts/spare_codes.html", codes=shown)


@login_required
def renew() -> Any:
    """Replace the spare codes."""
    return _change("renew", _renew)


def _renew(account: Account, code: str) -> Response | None:
    fresh = second_factor.renew_spare_codes(account, code)
    if fresh is None:
        return None
    _store_codes(current_user, fresh, url_for("second_factor.own"))
    return redirect(url_for("second_factor.codes"), 303)


@login_required
def switch_off() -> Any:
    """Disable the second factor."""
    return _change("switch_off", _switch_off)


def _switch_off(account: Account, code: str) -> Response | None:
    try:
        if not second_factor.disable(account, code):
            return None
        flash(gettext("动态验证码已停用，以后凭密码登录。"), "success")
    except NotPermitted:
        flash(gettext("系统要求工作人员使用动态验证码，不能停用。"), "error")
    return redirect(url_for("second_factor.own"), 303)


def _change(which: str, act: Callable[[Account, str], Response | None]) -> Any:
    """Run an action that needs password and code, or show the page with the error."""
    form = FORMS[which]()
    if not current_user.second_factor or not form.is_submitted():
        return redirect(url_for("second_factor.own"))
    if form.validate() and knows_password(form):
        try:
            answer = count_and_try(
                Purpose.SECOND_FACTOR,
                current_user.login_digest,
                lambda: act(current_user, form.one_time_code.data),
            )
        except Locked as locked:
            g.locked = locked
            form.one_time_code.errors = [locked_text(locked)]
        else:
            if answer is not None:
                return answer
            form.one_time_code.errors = [gettext("验证码不正确，或已经用过。")]
    return error_response(_own_page(**{which: form}), g.get("locked"))


def _check_code(account: Account, form: OneTimeCodeForm) -> bool:
    """Check the code; on failure set the field's error."""
    try:
        right = count_and_try(
            Purpose.SECOND_FACTOR,
            account.login_digest,
            lambda: second_factor.use_code(account, form.one_time_code.data) or None,
        )
    except Locked as locked:
        g.locked = locked
        form.one_time_code.errors = [locked_text(locked)]
        return False
    if not right:
        form.one_time_code.data = ""  # a code is never valid twice
        form.one_time_code.errors = [gettext("验证码不正确，或已经用过。请输入新的验证码。")]
    return bool(right)


def _own_page(**forms: RenewForm | SwitchOffForm) -> str:
    return render_template(
        "accounts/second_factor_own.html",
        left=second_factor.spare_codes_left(current_user),
        required=second_factor.required_of(current_user),
        **{which: forms.get(which) or form(formdata=None) for which, form in FORMS.items()},
    )


def _secret(account: Account) -> str:
    """Return the secret of this browser's enrolment, created on the first call."""
    try:
        return vault.open(session[SECRET], _context(SECRET, account))
    except (KeyError, InvalidTag):
        secret = second_factor.generate_secret()
        session[SECRET] = vault.seal(secret, _context(SECRET, account))
        return secret


def _store_codes(account: Account, codes: list[str], then: str) -> None:
    session.pop(SECRET, None)
    session[CODES] = {"sealed": vault.seal(json.dumps(codes), _context(CODES, account)), "then": then}


def _context(what: str, account: Account) -> str:
    return f"session.{what}.{account.id}"


def _qr_code(address: str) -> Markup:
    """Return the QR code as SVG without inline styles."""
    import segno  # imported late: only this page needs it

    drawn = segno.make(address, error="m").svg_inline(scale=4, border=QUIET_ZONE, dark="#000", light="#fff")
    return Markup(drawn)  # noqa: S704  our own SVG


def _flood_key() -> str:
    """Return the rate-limit key of the pending account, see flood_key."""
    account = _pending()
    return flood_key(account.login_digest if account else None)


def register(app: Flask) -> None:
    """Add the second factor's pages."""
    limits: RateLimits = app.extensions["limits"]

    def limited(view: Any) -> Any:
        return limits.limited(view, lambda: str(app.config["LOGIN_LIMIT_ADDRESS"]), _flood_key)

    pages = Blueprint("second_factor", __name__)
    both = ("GET", "POST")
    for rule, endpoint, view in (
        ("/login/staff/code/", "step", limited(step)),
        ("/account/second-factor/", "own", limited(own)),
        ("/account/second-factor/codes/", "codes", codes),
        ("/account/second-factor/new-codes", "renew", limited(renew)),
        ("/account/second-factor/off", "switch_off", limited(switch_off)),
    ):
        pages.add_url_rule(rule, endpoint, view, methods=both)
    app.register_blueprint(pages)
