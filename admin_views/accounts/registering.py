"""「马上注册」 for a person or an enterprise. The answer is the same whether the number was free or not."""

from typing import Any

from cryptography.exceptions import InvalidTag
from flask import (
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import current_user
from werkzeug.wrappers import Response

from accounts import logins, passwords
from admin_views.accounts.enterprise_forms import EnterpriseRegistrationForm
from admin_views.accounts.forms import PersonForm
from admin_views.accounts.pages import View, form_page
from admin_views.files import licence
from enterprises import registration
from models import Enterprise, Role
from models.secrets import vault
from uploads.limits import accepts_attachments

REGISTERED = "registered"
"""Session key of the sealed 「找回码」 after a registration. It names no account: there is none if the number was taken.
With it stands the number or code that was typed, for the login that follows."""
TYPED_LOGIN = "typed_login"
"""Session key of that number, sealed, from 「我已记下，去登录」 to the login page, which shows it once."""


@accepts_attachments()
def register_account(login_kind: str) -> Any:
    """「马上注册」, for a person or an enterprise."""
    if current_user.is_authenticated:
        return redirect(url_for("accounts.login", login_kind=login_kind))
    return REGISTERING[login_kind]()


def _register_person() -> Any:
    form = PersonForm()
    if form.validate_on_submit():
        account = logins.new_person(
            form.paper.data, form.number.data, form.name.data, form.phone.data, form.password.data
        )
        code = passwords.set_recovery_code(account)
        registration.register_person(account)
        return _received("personal", code, form.number.data)
    return form_page("accounts/register_personal.html", form, login_kind="personal")


def _register_enterprise() -> Any:
    form = EnterpriseRegistrationForm()
    if form.validate_on_submit():
        account = logins.new_account(
            Role.ENTERPRISE,
            form.credit_code.data,
            form.contact_name.data,
            form.password.data,
            phone=form.contact_phone.data,
        )
        code = passwords.set_recovery_code(account)
        is_new = registration.register_enterprise(Enterprise(), account, form.apply_to)
        if not is_new and form.received is not None:
            licence.discard_licence(form.received)
        return _received("enterprise", code, form.credit_code.data)
    return form_page("accounts/register_enterprise.html", form, login_kind="enterprise")


REGISTERING: dict[str, View] = {"personal": _register_person, "enterprise": _register_enterprise}


REGISTERING_LIMIT = {"personal": "LOGIN_LIMIT_ADDRESS", "enterprise": "REGISTER_LIMIT_ADDRESS"}


def _received(login_kind: str, code: str, login: str) -> Response:
    """Answer a registration identically whether the number or code was free or taken."""
    session[REGISTERED] = vault.seal(f"{code}\n{login}", _registered_context(login_kind))
    return redirect(url_for("accounts.received", login_kind=login_kind), 303)


def received(login_kind: str) -> Any:
    """「注册信息已收到」, with a 「找回码」; if the account existed before, the code belongs to none."""
    try:
        code, login = vault.open(session[REGISTERED], _registered_context(login_kind)).split("\n")
    except (KeyError, InvalidTag):
        return redirect(url_for("accounts.login", login_kind=login_kind))
    if request.method == "POST":
        session.pop(REGISTERED)
        session[TYPED_LOGIN] = vault.seal(login, _typed_context(login_kind))
        return redirect(url_for("accounts.login", login_kind=login_kind), 303)
    return render_template("accounts/received.html", login_kind=login_kind, code=code)


def _registered_context(login_kind: str) -> str:
    return f"session.{REGISTERED}.{login_kind}"


def typed_login(login_kind: str) -> str:
    """Return once the number that was typed for a registration a moment ago, whether it was free or taken; "" for none."""
    try:
        return vault.open(session.pop(TYPED_LOGIN), _typed_context(login_kind))
    except (KeyError, InvalidTag):
        return ""


def _typed_context(login_kind: str) -> str:
    return f"session.{TYPED_LOGIN}.{login_kind}"
