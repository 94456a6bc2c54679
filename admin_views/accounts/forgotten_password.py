"""A forgotten password: the recovery code, a code that is sent, an invitation."""

from typing import Any

from flask import (
    current_app,
    flash,
    redirect,
    request,
    session,
    url_for,
)
from flask_babel import gettext

from accounts import logins, recovery
from accounts.attempts import Purpose
from admin_views.accounts.attempts import count_attempt
from admin_views.accounts.enterprise_forms import AcceptInvitationForm
from admin_views.accounts.forms import AskForm, ResetForm, UseCodeForm
from admin_views.accounts.login import admit, admit_with_code, proven, proven_with_code
from admin_views.accounts.pages import LOGIN_PAGES, form_page, try_or_explain
from admin_views.site.typed import one_line
from admin_views.site.wording import translated
from common.errors import Locked
from common.wording import N_
from enterprises import reviewers

RESET_KEY = "reset_code"
"""Session key of the reset code that this browser requested."""


def reset(login_kind: str) -> Any:
    """Reset a forgotten password with the 「找回码」 (A2, E4); the page also leads to a sent code and the help line."""
    form = ResetForm()
    form.login.label.text = translated(LOGIN_PAGES[login_kind].login)
    wrong: str | Locked | None = None
    if form.validate_on_submit():
        done, wrong = try_or_explain(
            Purpose.RECOVERY,
            logins.login_digest(login_kind, form.login.data),
            lambda: proven_with_code(
                recovery.reset_by_recovery_code(
                    login_kind, form.login.data, form.code.data, form.password.data
                )
            ),
            N_("登录名与找回码不相符，密码没有改变。请核对后重新输入。"),
        )
        if done is not None:
            answer = admit_with_code(*done)
            flash(gettext("密码已重设，其他设备上的登录已失效。"), "success")
            return answer
    return form_page("accounts/reset.html", form, login_kind=login_kind, wrong=wrong, sends=sends_codes())


def ask_for_code(login_kind: str) -> Any:
    """Send a reset code to the telephone or mail address of this login, if it exists."""
    if not sends_codes():
        return redirect(url_for("accounts.reset", login_kind=login_kind))
    form = AskForm()
    form.login.label.text = translated(LOGIN_PAGES[login_kind].login)
    wrong: str | Locked | None = None
    if form.validate_on_submit():
        digest = logins.login_digest(login_kind, form.login.data)
        try:
            count_attempt(Purpose.CODE_REQUEST, digest)
        except Locked as locked:
            wrong = locked
        else:
            session[RESET_KEY] = recovery.send_code(login_kind, form.login.data)
            return redirect(url_for("accounts.use_code", login_kind=login_kind), 303)
    return form_page("accounts/ask_for_code.html", form, login_kind=login_kind, wrong=wrong)


def use_code(login_kind: str) -> Any:
    """Check the reset code and set the new password."""
    asked = recovery.find(session.get(RESET_KEY, ""))
    if asked is None:
        return redirect(url_for("accounts.ask_for_code", login_kind=login_kind))
    form = UseCodeForm()
    wrong: str | Locked | None = None
    if form.validate_on_submit():
        person, wrong = try_or_explain(
            Purpose.CODE,
            asked.login_digest,
            lambda: proven(recovery.reset_by_code(session[RESET_KEY], form.code.data, form.password.data)),
            N_("验证码不正确，密码没有改变。请核对后重新输入。"),
        )
        if person is not None:
            answer = admit(person)
            flash(gettext("密码已重设，其他设备上的登录已失效。"), "success")
            return answer
        if not isinstance(wrong, Locked) and recovery.find(session[RESET_KEY]) is None:
            flash(gettext("验证码输错的次数太多，已作废，密码没有改变。请重新获取。"), "error")
            return redirect(url_for("accounts.ask_for_code", login_kind=login_kind), 303)
    return form_page("accounts/use_code.html", form, login_kind=login_kind, wrong=wrong)


def sends_codes() -> bool:
    """Say whether a channel for codes is configured."""
    return bool(current_app.extensions["channels"])


def invitation(login_kind: str) -> Any:
    """An invited reviewer chooses a password and is logged in."""
    form = AcceptInvitationForm()
    wrong: str | Locked | None = None
    if form.validate_on_submit():
        done, wrong = try_or_explain(
            Purpose.INVITATION,
            logins.login_digest(login_kind, form.login.data),
            lambda: proven_with_code(reviewers.accept(form.login.data, form.code.data, form.password.data)),
            N_("登录名与邀请码不相符，或者邀请已过期、已撤回。请核对，或请邀请人重新发出。"),
        )
        if done is not None:
            return admit_with_code(*done)
    elif not form.is_submitted():
        form.login.data = one_line(request.args.get("login"))
    return form_page("accounts/invitation.html", form, login_kind=login_kind, wrong=wrong)
