"""One's own account: contacts, channels, password, recovery code."""

from typing import Any

from flask import (
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext
from flask_login import current_user, login_required

from accounts import contacts, passwords
from accounts.second_factor import offered_to
from admin_views.accounts.attempts import error_response, knows_password
from admin_views.accounts.forms import (
    ChannelsForm,
    CodeForm,
    FirstPasswordForm,
    MobileForm,
    OwnNameForm,
    PasswordForm,
    StaffContactForm,
    TelephoneForm,
)
from admin_views.site import login_session
from admin_views.site.wording import translated
from common import identity
from common.errors import NotPermitted, Unacceptable
from common.wording import N_
from desk import corrections
from models import Account, Channel, Role, db
from models.secrets import vault
from workflow.transitions import ROLE_WORDS

CHANNEL_UNAVAILABLE = {
    Channel.MAIL: N_("本系统目前不发送电子邮件，开通后按您的选择发送。"),
    Channel.SMS: N_("本系统目前不发送短信，开通后按您的选择发送。"),
}
"""The hint beside a channel that this installation does not have."""


NO_MOBILE = N_("上面的联系电话不是手机号码，收不到短信。")


PENDING_CODE = "recovery_code"
"""Session key of a new 「找回码」, sealed, until its owner confirms having written it down."""


def store_code(account: Account, code: str) -> None:
    session[PENDING_CODE] = vault.seal(code, _code_context(account))


def _code_context(account: Account) -> str:
    return f"session.{PENDING_CODE}.{account.id}"


@login_required
def show_code() -> Any:
    """Show a new 「找回码」 until its owner presses 「我已记下」; then only its hash remains."""
    if request.method == "POST":
        session.pop(PENDING_CODE, None)
        return redirect(login_session.home(current_user), 303)
    if PENDING_CODE not in session:
        return redirect(url_for("accounts.own"))
    shown = vault.open(session[PENDING_CODE], _code_context(current_user))
    return render_template("accounts/code.html", code=shown)


@login_required
def own() -> Any:
    """Show the own account: person, contacts, password, 「找回码」."""
    return own_page()


@login_required
def change_contact() -> Any:
    """Change telephone and mail address; the former ones are notified."""
    form = _contact_form()
    if form.validate_on_submit() and knows_password(form):
        try:
            contacts.change_contact(current_user, form.phone.data, form.email.data or None)
        except Unacceptable as refusal:
            form[refusal.field].errors = [translated(refusal.sentence.text, refusal.sentence.words)]
        else:
            flash(gettext("联系方式已修改。"), "success")
            return redirect(url_for("accounts.own"), 303)
    return own_page(contact_form=form)


@login_required
def change_name() -> Any:
    """Correct one's own name, until the first submission."""
    if current_user.role is not Role.APPLICANT or corrections.who_corrects_name(current_user) is not None:
        return redirect(url_for("accounts.own"))
    form = OwnNameForm()
    if form.validate_on_submit() and knows_password(form):
        try:
            corrections.correct_own_name(current_user._get_current_object(), form.name.data)
        except Unacceptable as refusal:
            form.name.errors = [translated(refusal.sentence.text, refusal.sentence.words)]
        except NotPermitted:  # it has just been submitted in another window
            return redirect(url_for("accounts.own"), 303)
        else:
            flash(gettext("姓名已更正。"), "success")
            return redirect(url_for("accounts.own"), 303)
    return own_page(name_form=form)


@login_required
def choose_channels() -> Any:
    """Choose the channels for one's messages."""
    form = ChannelsForm()
    form.email = current_user.email
    if current_user.role is Role.APPLICANT:
        form.wants_digest.data = True  # not asked, and nothing to remind of
    if form.validate_on_submit():
        contacts.change_channels(
            current_user, form.wants_mail.data, form.wants_sms.data, form.wants_digest.data
        )
        flash(gettext("通知方式已保存。"), "success")
        return redirect(url_for("accounts.own"), 303)
    return own_page(channels_form=form)


@login_required
def change_password() -> Any:
    """Change one's password: every other session of the account ends, this one stays."""
    form = PasswordForm()
    if form.validate_on_submit() and knows_password(form):
        passwords.change_password(current_user, form.password.data)
        account = db.session.get_one(Account, current_user.id)
        login_session.log_in(account, account.get_id())
        flash(gettext("密码已修改，其他设备上的登录已失效。"), "success")
        return redirect(url_for("accounts.own"), 303)
    return own_page(password_form=form)


@login_required
def first_password() -> Any:
    """Replace the handed-over password. Until then no other page opens."""
    if not current_user.must_change_password:
        return redirect(url_for("accounts.own"))
    form = FirstPasswordForm()
    if form.validate_on_submit():
        if not passwords.verify(current_user.password_hash, form.password.data):
            passwords.change_password(current_user, form.password.data)
            account = db.session.get_one(Account, current_user.id)
            login_session.log_in(account, account.get_id())
            flash(gettext("密码已设置，请妥善保管。"), "success")
            return redirect(login_session.home(account), 303)
        form.password.errors = [gettext("新密码不能与交给您的密码相同。")]
    page = render_template("accounts/first_password.html", form=form)
    return page, 422 if form.is_submitted() else 200


@login_required
def new_code() -> Any:
    """Replace the 「找回码」."""
    form = CodeForm()
    if form.validate_on_submit() and knows_password(form):
        store_code(current_user, passwords.renew_recovery_code(current_user))
        return redirect(url_for("accounts.code"), 303)
    return own_page(code_form=form)


def _hint(account: Account, channel: Channel) -> str:
    """Return the hint beside a channel."""
    if channel not in current_app.extensions["channels"]:
        return CHANNEL_UNAVAILABLE[channel]
    if channel is Channel.SMS:
        return N_("发到上面的手机号码。") if contacts.address(account, channel) else NO_MOBILE
    return ""


CONTACT_FORMS = {Role.APPLICANT: MobileForm, Role.ENTERPRISE: TelephoneForm}
"""The contact form of each role; staff may leave everything empty."""


def _contact_form(**given: Any) -> Any:
    return CONTACT_FORMS.get(current_user.role, StaffContactForm)(**given)


def own_page(**forms: Any) -> Any:
    """Render the page with its forms; one of them may contain errors."""
    if request.method != "POST" and request.endpoint != "accounts.own":
        return redirect(url_for("accounts.own"))
    account: Account = current_user
    page = render_template(
        "accounts/own.html",
        person=account,
        role=translated(ROLE_WORDS[account.role]),
        paper=translated(identity.IDENTITY_DOCUMENTS[account.paper].label) if account.paper else "",
        login=identity.masked(account.identity_number) or account.login,
        offers_second_factor=offered_to(account),
        has_code=account.recovery_hash is not None,
        back=login_session.home(account),
        is_applicant=account.role is Role.APPLICANT,
        name_corrected_by=corrections.who_corrects_name(account) if account.role is Role.APPLICANT else None,
        name_form=forms.get("name_form") or OwnNameForm(formdata=None, obj=account),
        contact_form=forms.get("contact_form") or _contact_form(formdata=None, obj=account),
        channels_form=forms.get("channels_form") or ChannelsForm(formdata=None, obj=account),
        hints={channel.value: translated(_hint(account, channel)) for channel in Channel},
        password_form=forms.get("password_form") or PasswordForm(formdata=None),
        code_form=forms.get("code_form") or CodeForm(formdata=None),
    )
    return error_response(page, g.get("locked")) if forms else page
