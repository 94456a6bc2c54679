"""动态验证码: the second step of a login, and one's own: begun, renewed, given up.

Between password and code there is no session. A note in the signed cookie says for some minutes whose password was right;
it opens the pages here and no other, and is worth nothing once the account's sessions have been ended.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from flask import Blueprint, Flask, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_limiter import Limiter
from flask_login import current_user, login_required
from markupsafe import Markup
from werkzeug.wrappers import Response

from accounts import second_factor
from accounts.attempts import Purpose
from accounts.second_factor import LoginStep
from admin_views.accounts.attempts import answered, flood_key, knows_password, locked_text, tried
from admin_views.accounts.forms import EnrolmentForm, OneTimeCodeForm, RenewForm, SwitchOffForm
from admin_views.site import login_session
from common.errors import Locked, NotPermitted
from models import Account, db, now
from models.secrets import vault

PENDING, SECRET, CODES = "second_step", "second_factor_secret", "spare_codes"
SECONDS = 10 * 60
"""How long after the password the code may come."""
CARRIED = ("recovery_code",)
"""What was laid into the cookie beside the note and is for whoever comes in: a 「找回码」 to be shown once."""

PAGES = {LoginStep.CODE: "second_factor.step", LoginStep.ENROLMENT: "second_factor.own"}
QUIET = 4
"""Light squares around the picture: without them telephones do not find it."""

FORMS: Mapping[str, type[RenewForm] | type[SwitchOffForm]] = {"renew": RenewForm, "switch_off": SwitchOffForm}


def begin(account: Account, wanted: str | None) -> Response | None:
    """Lead somebody whose password is right to the second step; None where there is none."""
    step = second_factor.step_for(account)
    if step is LoginStep.NONE:
        return None
    login_session.log_out()
    session[PENDING] = {"of": account.get_id(), "at": int(now().timestamp()), "wanted": wanted}
    return redirect(url_for(PAGES[step]), 303)


def _pending() -> Account | None:
    """Return whose password was right a while ago at this browser, if nothing has ended that since."""
    note = session.get(PENDING)
    if not note or now().timestamp() - note["at"] > SECONDS:
        return None
    number, _, _stamp = note["of"].partition(".")
    account = db.session.get(Account, int(number))
    return account if account and account.active and account.get_id() == note["of"] else None


def _come_in(account: Account) -> str:
    """Begin the session at last. Returns where the person wanted to go."""
    wanted = session.get(PENDING, {}).get("wanted")
    carried = {name: session[name] for name in CARRIED if name in session}
    login_session.log_in(account)
    session.update(carried)
    return login_session.destination(account, wanted)


def _back_to_the_door() -> Response:
    flash(gettext("请先输入账号和密码。"), "info")
    return redirect(url_for("accounts.login", door="staff"))


def step() -> Any:
    """Ask for the code after the password."""
    account = _pending()
    if account is None or not account.second_factor:
        return _back_to_the_door()
    form = OneTimeCodeForm()
    if form.validate_on_submit() and _right(account, form):
        return redirect(_come_in(account), 303)
    page = render_template("accounts/second_step.html", form=form)
    return answered(page, g.get("locked")) if form.is_submitted() else page


def own() -> Any:
    """Set it up, from inside or on the way in; for whoever has it, what there is to know and to do about it."""
    inside = current_user.is_authenticated
    account: Account | None = current_user if inside else _pending()
    if account is None:
        return _back_to_the_door()
    if not second_factor.offered_to(account):
        return redirect(url_for("accounts.own"))
    if account.second_factor:
        return _own_page() if inside else redirect(url_for("second_factor.step"))
    form = EnrolmentForm()
    if not inside:
        del form.present_password  # it was right a moment ago
    secret = _secret(account)
    if form.validate_on_submit() and (not inside or knows_password(form)):
        number = account.id
        try:
            codes = second_factor.enrol(account, secret, form.one_time_code.data)
        except NotPermitted:
            return redirect(url_for("second_factor.own"), 303)
        if codes is not None:
            account = db.session.get_one(Account, number)
            wanted = _come_in(account)
            _keep(account, codes, wanted if not inside else url_for("second_factor.own"))
            return redirect(url_for("second_factor.codes"), 303)
        form.one_time_code.errors = [gettext("验证码不正确。请核对手机的时间，等下一个验证码出现后再输入。")]
    address = second_factor.provisioning_uri(account, secret)
    page = render_template(
        "accounts/second_factor.html",
        form=form,
        address=address,
        picture=_picture(address),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        required=not inside,
    )
    return answered(page, g.get("locked")) if form.is_submitted() else page


@login_required
def codes() -> Any:
    """Show the spare codes until their owner says that they are written down; only digests remain after that."""
    kept = session.get(CODES)
    try:
        shown = json.loads(vault.open(kept["sealed"], _context(CODES, current_user))) if kept else None
    except (KeyError, InvalidTag):
        shown = None
    if shown is None:
        return redirect(url_for("accounts.own"))
    if request.method == "POST":
        del session[CODES]
        return redirect(kept["then"], 303)
    return render_template("accounts/spare_codes.html", codes=shown)


@login_required
def renew() -> Any:
    """Give new spare codes in place of the old ones."""
    return _changed("renew", _renew)


def _renew(account: Account, code: str) -> Response | None:
    fresh = second_factor.renew_spare_codes(account, code)
    if fresh is None:
        return None
    _keep(current_user, fresh, url_for("second_factor.own"))
    return redirect(url_for("second_factor.codes"), 303)


@login_required
def switch_off() -> Any:
    """Do without it from now on."""
    return _changed("switch_off", _switch_off)


def _switch_off(account: Account, code: str) -> Response | None:
    try:
        if not second_factor.disable(account, code):
            return None
        flash(gettext("动态验证码已停用，以后凭密码登录。"), "success")
    except NotPermitted:
        flash(gettext("系统要求工作人员使用动态验证码，不能停用。"), "error")
    return redirect(url_for("second_factor.own"), 303)


def _changed(which: str, act: Callable[[Account, str], Response | None]) -> Any:
    """Do what asks for password and code, or show the page again with what is wrong."""
    form = FORMS[which]()
    if not current_user.second_factor or not form.is_submitted():
        return redirect(url_for("second_factor.own"))
    if form.validate() and knows_password(form):
        try:
            answer = tried(
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
    return answered(_own_page(**{which: form}), g.get("locked"))


def _right(account: Account, form: OneTimeCodeForm) -> bool:
    """Say whether the code is right; else say beside its field what is wrong."""
    try:
        right = tried(
            Purpose.SECOND_FACTOR,
            account.login_digest,
            lambda: second_factor.use_code(account, form.one_time_code.data) or None,
        )
    except Locked as locked:
        g.locked = locked
        form.one_time_code.errors = [locked_text(locked)]
        return False
    if not right:
        form.one_time_code.data = ""  # the next one is another
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
    """Return the secret that this browser is shown until a code of it has been typed."""
    try:
        return vault.open(session[SECRET], _context(SECRET, account))
    except (KeyError, InvalidTag):
        secret = second_factor.generate_secret()
        session[SECRET] = vault.seal(secret, _context(SECRET, account))
        return secret


def _keep(account: Account, codes: list[str], then: str) -> None:
    session.pop(SECRET, None)
    session[CODES] = {"sealed": vault.seal(json.dumps(codes), _context(CODES, account)), "then": then}


def _context(what: str, account: Account) -> str:
    return f"session.{what}.{account.id}"


def _picture(address: str) -> Markup:
    """Return the picture that a telephone reads, drawn without any style of its own."""
    import segno  # for the few pages on which somebody sets up a telephone

    drawn = segno.make(address, error="m").svg_inline(scale=4, border=QUIET, dark="#000", light="#fff")
    return Markup(drawn)  # noqa: S704  numbers of ours, no text of anybody's


def _whom_a_flood_is_of() -> str:
    """Return the key of the account whose second step this is, see flood_key."""
    account = _pending()
    return flood_key(account.login_digest if account else None)


def register(app: Flask) -> None:
    """Add the second step and one's own."""
    limits: Limiter = app.extensions["limits"]

    def limited(view: Any) -> Any:
        limit = limits.limit(
            lambda: str(app.config["LOGIN_LIMIT_ADDRESS"]),
            key_func=_whom_a_flood_is_of,
            methods=["POST"],
        )
        return limit(view)

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
