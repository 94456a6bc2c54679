"""Coming in, registering, a forgotten password, and one's own account (A2, E1, E4).

No answer here tells a stranger who has an account: a wrong name and a wrong secret read the same and are looked up
alike. Only a code that somebody can be sent takes one message longer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from flask import (
    Blueprint,
    Flask,
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
from flask_limiter import Limiter
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from accounts import contacts, logins, passwords, recovery
from accounts.attempts import Purpose
from accounts.second_factor import offered_to
from admin_views import entrance, kept_licence, second_factor
from admin_views.account_forms import (
    AcceptedForm,
    AskForm,
    CodeForm,
    EnterpriseForm,
    FirstPasswordForm,
    LoginForm,
    MobileForm,
    OwnNameForm,
    PasswordForm,
    PersonForm,
    ResetForm,
    StaffContactForm,
    TelephoneForm,
    UseCodeForm,
    WaysForm,
)
from admin_views.attempts import Found, answered, counted, flood_key, knows_password, told, tried
from admin_views.frame import said
from admin_views.registration import lay
from admin_views.typed import one_line
from common import identity
from common.errors import Locked, NotPermitted, Unacceptable
from common.wording import N_
from enterprises import registration, reviewers
from models import Account, Enterprise, Role, Way, db
from models.secrets import vault
from uploads.limits import accepts_attachments
from workflow import corrections
from workflow.transitions import ROLE_WORDS

LIMITS = {
    "LOGIN_LIMIT_ADDRESS": "30 per minute",  # a whole office may stand behind one address
    "REGISTER_LIMIT_ADDRESS": "60 per hour",  # of enterprises: each attempt may store a file
}
"""How often a form may be sent, right or wrong: against a flood. How often a secret may be wrong stands in accounts.attempts."""

CLOSED = {
    Way.MAIL: N_("本系统目前不发送电子邮件，开通后按您的选择发送。"),
    Way.SMS: N_("本系统目前不发送短信，开通后按您的选择发送。"),
}
"""What is said of a way that this installation has not got."""

NO_MOBILE = N_("上面的联系电话不是手机号码，收不到短信。")

PENDING_CODE = "recovery_code"
"""Where a session keeps a new 「找回码」, sealed, until its owner says that it is written down."""

REGISTERED = "registered"
"""The same of somebody who has just registered and is not in: it names no account, since there may be none."""

ASKED = "reset_code"
"""What names the code that this browser has asked for."""

View = Callable[..., Any]


@dataclass(frozen=True)
class Door:
    """What a login page says; the words stand in the guide."""

    title: str
    login: str
    lead: str
    wrong: str
    registers: bool


DOORS = {
    "personal": Door(
        N_("个人登录"),
        N_("公民身份号码(证件号码)"),
        N_("申请、查询、修改本人的生活补贴。"),
        N_("证件号码或密码不正确，请核对后重新输入。"),
        True,
    ),
    "enterprise": Door(
        N_("企业登录"),
        N_("统一社会信用代码"),
        N_("审核本单位人员提交的申请。"),
        N_("统一社会信用代码或密码不正确，请核对后重新输入。"),
        True,
    ),
    "staff": Door(
        N_("工作人员登录"),
        N_("工作人员账号"),
        N_("人社部门、园区主管部门、市专家服务中心工作人员和系统管理员。"),
        N_("账号或密码不正确，请核对后重新输入。"),
        False,
    ),
}


def _any_of(doors: list[str]) -> str:
    return f"<any({', '.join(doors)}):door>"


# --- in and out


def login(door: str) -> Any:
    """「个人登录」, 「企业登录」 and the staff entrance."""
    wanted = request.args.get("next")
    if current_user.is_authenticated:
        target = entrance.destination(current_user, wanted)
        if request.method != "POST" and target == entrance.home(current_user):
            return _already_in(door)
        return redirect(target)
    form = LoginForm()
    form.login.label.text = said(DOORS[door].login)
    wrong: str | Locked | None = None
    if form.validate_on_submit():
        account, wrong = _judged(
            Purpose.LOGIN,
            logins.login_digest(door, form.login.data),
            lambda: logins.authenticate(door, form.login.data, form.password.data),
            DOORS[door].wrong,
        )
        if account is not None:
            return admit(account, wanted)
    return _page("accounts/login.html", form, door=door, wanted=entrance.own_path(wanted), wrong=wrong)


def _already_in(door: str) -> str:
    """Say who is logged in at this browser before anybody is led into that person's pages."""
    nobody = {"account": None, "home": None, "unread": 0}
    return render_template(
        "accounts/already_in.html", words=DOORS[door], present=entrance.present(), **nobody
    )


def admit(account: Account, wanted: str | None = None) -> Response:
    """Let somebody in whose password is right, or was just set anew, unless a second step is left."""
    if (further := second_factor.begin(account, wanted)) is not None:
        return further
    entrance.enter(account)
    return redirect(entrance.destination(account, wanted), 303)


def _admit_with_code(account: Account, code: str) -> Response:
    """Let somebody in who has a new 「找回码」 to write down first."""
    answer = admit(account, url_for("accounts.code"))
    _keep_code(account, code)
    return answer


def _judged(
    purpose: Purpose, subject: str, attempt: Callable[[], Found | None], wording: str
) -> tuple[Found | None, str | Locked | None]:
    """Return what the attempt found, and where it was in vain or one has to wait what is wrong."""
    try:
        found = tried(purpose, subject, attempt)
    except Locked as locked:
        return None, locked
    return found, said(wording) if found is None else None


def logout() -> Response:
    """End the session."""
    entrance.leave()
    flash(gettext("您已退出登录。"), "info")
    return redirect(url_for("portal.index"), 303)


# --- a forgotten password


def reset(door: str) -> Any:
    """A forgotten password: with the 「找回码」 here, by a code that is sent, or by the help line (A2, E4)."""
    form = ResetForm()
    form.login.label.text = said(DOORS[door].login)
    wrong: str | Locked | None = None
    if form.validate_on_submit():
        done, wrong = _judged(
            Purpose.RECOVERY,
            logins.login_digest(door, form.login.data),
            lambda: recovery.by_recovery_code(door, form.login.data, form.code.data, form.password.data),
            N_("登录名与找回码不相符，密码没有改变。请核对后重新输入。"),
        )
        if done is not None:
            answer = _admit_with_code(*done)
            flash(gettext("密码已重设，其他设备上的登录已失效。"), "success")
            return answer
    return _page("accounts/reset.html", form, door=door, wrong=wrong, sends=_sends())


def ask_for_code(door: str) -> Any:
    """A forgotten password: send a code to the telephone or mailbox of whoever has this login, if anybody."""
    if not _sends():
        return redirect(url_for("accounts.reset", door=door))
    form = AskForm()
    form.login.label.text = said(DOORS[door].login)
    wrong: str | Locked | None = None
    if form.validate_on_submit():
        digest = logins.login_digest(door, form.login.data)
        try:
            counted(Purpose.LETTER, digest)
        except Locked as locked:
            wrong = locked
        else:
            session[ASKED] = recovery.ask(door, form.login.data)
            return redirect(url_for("accounts.use_code", door=door), 303)
    return _page("accounts/ask_for_code.html", form, door=door, wrong=wrong)


def use_code(door: str) -> Any:
    """Take the code that was sent, and the new password."""
    asked = recovery.find(session.get(ASKED, ""))
    if asked is None:
        return redirect(url_for("accounts.ask_for_code", door=door))
    form = UseCodeForm()
    wrong: str | Locked | None = None
    if form.validate_on_submit():
        account, wrong = _judged(
            Purpose.CODE,
            asked.login_digest,
            lambda: recovery.by_code(session[ASKED], form.code.data, form.password.data),
            N_("验证码不正确，密码没有改变。请核对后重新输入。"),
        )
        if account is not None:
            answer = admit(account)
            flash(gettext("密码已重设，其他设备上的登录已失效。"), "success")
            return answer
        if not isinstance(wrong, Locked) and recovery.find(session[ASKED]) is None:
            flash(gettext("验证码输错的次数太多，已作废，密码没有改变。请重新获取。"), "error")
            return redirect(url_for("accounts.ask_for_code", door=door), 303)
    return _page("accounts/use_code.html", form, door=door, wrong=wrong)


def _sends() -> bool:
    """Say whether a code can leave the house at all."""
    return bool(current_app.extensions["ways"])


def invitation(door: str) -> Any:
    """Whoever was invited to review for an enterprise chooses a password and is inside."""
    form = AcceptedForm()
    wrong: str | Locked | None = None
    if form.validate_on_submit():
        done, wrong = _judged(
            Purpose.INVITATION,
            logins.login_digest(door, form.login.data),
            lambda: reviewers.accept(form.login.data, form.code.data, form.password.data),
            N_("登录名与邀请码不相符，或者邀请已过期、已撤回。请核对，或请邀请人重新发出。"),
        )
        if done is not None:
            return _admit_with_code(*done)
    elif not form.is_submitted():
        form.login.data = one_line(request.args.get("login"))
    return _page("accounts/invitation.html", form, door=door, wrong=wrong)


# --- 「马上注册」


@accepts_attachments()
def register_account(door: str) -> Any:
    """「马上注册」, for a person or an enterprise."""
    if current_user.is_authenticated:
        return redirect(url_for("accounts.login", door=door))
    return REGISTERING[door]()


def _register_person() -> Any:
    form = PersonForm()
    if form.validate_on_submit():
        account = logins.new_person(
            form.paper.data, form.number.data, form.name.data, form.phone.data, form.password.data
        )
        code = passwords.set_recovery_code(account)
        registration.enrol_person(account)
        return _received("personal", code)
    return _page("accounts/register_personal.html", form, door="personal")


def _register_enterprise() -> Any:
    form = EnterpriseForm()
    if form.validate_on_submit():
        account = logins.new_account(
            Role.ENTERPRISE,
            form.credit_code.data,
            form.contact_name.data,
            form.password.data,
            phone=form.contact_phone.data,
        )
        code = passwords.set_recovery_code(account)
        is_new = registration.enrol_enterprise(
            Enterprise(), account, lambda enterprise: lay(form, enterprise)
        )
        if not is_new and form.received is not None:
            kept_licence.let_go(form.received)
        return _received("enterprise", code)
    return _page("accounts/register_enterprise.html", form, door="enterprise")


REGISTERING: dict[str, View] = {"personal": _register_person, "enterprise": _register_enterprise}
REGISTERING_LIMIT = {"personal": "LOGIN_LIMIT_ADDRESS", "enterprise": "REGISTER_LIMIT_ADDRESS"}


def _received(door: str, code: str) -> Response:
    """Answer a registration: word for word the same whether the number or code was free or not."""
    session[REGISTERED] = vault.seal(code, _registered_context(door))
    return redirect(url_for("accounts.received", door=door), 303)


def received(door: str) -> Any:
    """「注册信息已收到」, with the 「找回码」 of the new account, or, where there was one already, of none."""
    if request.method == "POST":
        session.pop(REGISTERED, None)
        return redirect(url_for("accounts.login", door=door), 303)
    try:
        code = vault.open(session[REGISTERED], _registered_context(door))
    except (KeyError, InvalidTag):
        return redirect(url_for("accounts.login", door=door))
    return render_template("accounts/received.html", door=door, code=code)


def _registered_context(door: str) -> str:
    return f"session.{REGISTERED}.{door}"


# --- the code for a forgotten password, shown once


def _keep_code(account: Account, code: str) -> None:
    session[PENDING_CODE] = vault.seal(code, _code_context(account))


def _code_context(account: Account) -> str:
    return f"session.{PENDING_CODE}.{account.id}"


@login_required
def show_code() -> Any:
    """Show a new 「找回码」 until its owner says 「我已记下」; only its hash remains after that."""
    if request.method == "POST":
        session.pop(PENDING_CODE, None)
        return redirect(entrance.home(current_user), 303)
    if PENDING_CODE not in session:
        return redirect(url_for("accounts.own"))
    shown = vault.open(session[PENDING_CODE], _code_context(current_user))
    return render_template("accounts/code.html", code=shown, enterprise=current_user.enterprise)


# --- one's own account


@login_required
def own() -> Any:
    """One's own account: who one is here, telephone, password, 「找回码」."""
    return _own_page()


@login_required
def change_contact() -> Any:
    """Change where one is reached; the former telephone or mailbox is told."""
    form = _contact_form()
    if form.validate_on_submit() and knows_password(form):
        contacts.change_contact(current_user, form.phone.data, form.email.data or None)
        flash(gettext("联系方式已修改。"), "success")
        return redirect(url_for("accounts.own"), 303)
    return _own_page(contact_form=form)


@login_required
def change_name() -> Any:
    """Correct one's own name, until the first submission."""
    if current_user.role is not Role.APPLICANT or corrections.whom_to_ask(current_user) is not None:
        return redirect(url_for("accounts.own"))
    form = OwnNameForm()
    if form.validate_on_submit() and knows_password(form):
        try:
            corrections.correct_own_name(current_user._get_current_object(), form.name.data)
        except Unacceptable as hindrance:
            form.name.errors = [said(hindrance.sentence.text, hindrance.sentence.words)]
        except NotPermitted:  # it was submitted in another window in this moment
            return redirect(url_for("accounts.own"), 303)
        else:
            flash(gettext("姓名已更正。"), "success")
            return redirect(url_for("accounts.own"), 303)
    return _own_page(name_form=form)


@login_required
def change_ways() -> Any:
    """Choose by which ways messages reach oneself."""
    form = WaysForm()
    form.email = current_user.email
    if form.validate_on_submit():
        contacts.change_ways(current_user, form.wants_mail.data, form.wants_sms.data)
        flash(gettext("通知方式已保存。"), "success")
        return redirect(url_for("accounts.own"), 303)
    return _own_page(ways_form=form)


@login_required
def change_password() -> Any:
    """Change one's password: every other session of the account ends, this one stays."""
    form = PasswordForm()
    if form.validate_on_submit() and knows_password(form):
        passwords.change_password(current_user, form.password.data)
        entrance.enter(db.session.get_one(Account, current_user.id))
        flash(gettext("密码已修改，其他设备上的登录已失效。"), "success")
        return redirect(url_for("accounts.own"), 303)
    return _own_page(password_form=form)


@login_required
def first_password() -> Any:
    """Choose a password of one's own in place of the one that was handed over; nothing else is open before."""
    if not current_user.must_change_password:
        return redirect(url_for("accounts.own"))
    form = FirstPasswordForm()
    if form.validate_on_submit():
        if not passwords.verify(current_user.password_hash, form.password.data):
            passwords.change_password(current_user, form.password.data)
            account = db.session.get_one(Account, current_user.id)
            entrance.enter(account)
            flash(gettext("密码已设置，请妥善保管。"), "success")
            return redirect(entrance.home(account), 303)
        form.password.errors = [gettext("新密码不能与交给您的密码相同。")]
    page = render_template("accounts/first_password.html", form=form)
    return page, 422 if form.is_submitted() else 200


@login_required
def new_code() -> Any:
    """Give a new 「找回码」 in place of the old one."""
    form = CodeForm()
    if form.validate_on_submit() and knows_password(form):
        _keep_code(current_user, passwords.renew_recovery_code(current_user))
        return redirect(url_for("accounts.code"), 303)
    return _own_page(code_form=form)


def _hint(account: Account, way: Way) -> str:
    """Return what to know before choosing a way."""
    if way not in current_app.extensions["ways"]:
        return CLOSED[way]
    if way is Way.SMS:
        return N_("发到上面的手机号码。") if contacts.address(account, way) else NO_MOBILE
    return ""


CONTACT_FORMS = {Role.APPLICANT: MobileForm, Role.ENTERPRISE: TelephoneForm}
"""What is asked of whom; staff may leave everything empty."""


def _contact_form(**given: Any) -> Any:
    return CONTACT_FORMS.get(current_user.role, StaffContactForm)(**given)


def _own_page(**forms: Any) -> Any:
    """Return the page with its forms; one of them may have come back with what is wrong."""
    if request.method != "POST" and request.endpoint != "accounts.own":
        return redirect(url_for("accounts.own"))
    account: Account = current_user
    page = render_template(
        "accounts/own.html",
        person=account,
        role=said(ROLE_WORDS[account.role]),
        paper=said(identity.PAPERS[account.paper].label) if account.paper else "",
        login=identity.masked(account.identity_number) or account.login,
        offers_second_factor=offered_to(account),
        has_code=account.recovery_hash is not None,
        back=entrance.home(account),
        is_applicant=account.role is Role.APPLICANT,
        asked_for_name=corrections.whom_to_ask(account) if account.role is Role.APPLICANT else None,
        name_form=forms.get("name_form") or OwnNameForm(formdata=None, obj=account),
        contact_form=forms.get("contact_form") or _contact_form(formdata=None, obj=account),
        ways_form=forms.get("ways_form") or WaysForm(formdata=None, obj=account),
        hints={way.value: said(_hint(account, way)) for way in Way},
        password_form=forms.get("password_form") or PasswordForm(formdata=None),
        code_form=forms.get("code_form") or CodeForm(formdata=None),
    )
    return answered(page, g.get("locked")) if forms else page


# --- what the pages have in common


def _page(template: str, form: Any, *, wrong: str | Locked | None = None, **context: Any) -> Any:
    """Return a page with its form, as 422 when it came back with something wrong, as 429 when one has to wait."""
    locked = wrong if isinstance(wrong, Locked) else None
    page = render_template(
        template,
        form=form,
        words=DOORS[context["door"]],
        doors=DOORS,
        wrong=told(locked) if locked else wrong,
        **context,
    )
    return answered(page, locked) if form.is_submitted() else page


def _must_log_in() -> Response:
    """Send somebody without a session to the door; the other doors stand beside it."""
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.login", door="personal", next=back))


def _setting(name: str) -> Callable[[], str]:
    return lambda: str(current_app.config[name])


def _whom_a_flood_is_of() -> str:
    """Return the key of the login that this form is about, see flood_key."""
    door, login = (request.view_args or {}).get("door"), request.form.get("login")
    if door and login:
        return flood_key(logins.login_digest(door, login))
    asked = recovery.find(session[ASKED]) if ASKED in session else None
    return flood_key(asked.login_digest if asked else None)


def _limit_of_registering() -> str:
    door = (request.view_args or {}).get("door", "")
    return str(current_app.config[REGISTERING_LIMIT.get(door, "LOGIN_LIMIT_ADDRESS")])


def register(app: Flask) -> None:
    """Add the doors and one's own account."""
    for name, value in LIMITS.items():
        app.config.setdefault(name, value)
    app.login_manager.unauthorized_handler(_must_log_in)  # type: ignore[attr-defined]
    limits: Limiter = app.extensions["limits"]

    def limited(view: View) -> View:
        limit = limits.limit(_setting("LOGIN_LIMIT_ADDRESS"), key_func=_whom_a_flood_is_of, methods=["POST"])
        return limit(view)

    every, registering = _any_of(list(DOORS)), _any_of(list(REGISTERING))
    both = ("GET", "POST")
    pages = Blueprint("accounts", __name__)
    for rule, endpoint, view, methods in (
        (f"/login/{every}", "login", limited(login), both),
        ("/logout", "logout", logout, ("POST",)),
        (f"/reset/{every}", "reset", limited(reset), both),
        (f"/reset/{every}/code/", "ask_for_code", limited(ask_for_code), both),
        (f"/reset/{every}/code/enter/", "use_code", limited(use_code), both),
        (f"/invitation/{_any_of([reviewers.DOOR])}", "invitation", limited(invitation), both),
        (
            f"/register/{registering}",
            "register",
            limits.limit(_limit_of_registering, methods=["POST"])(register_account),
            both,
        ),
        (f"/register/{registering}/received/", "received", received, both),
        ("/account/", "own", own, ("GET",)),
        ("/account/contact", "change_contact", limited(change_contact), both),
        ("/account/name", "change_name", limited(change_name), both),
        ("/account/ways", "change_ways", change_ways, both),
        ("/account/password", "change_password", limited(change_password), both),
        ("/account/first-password/", "first_password", limited(first_password), both),
        ("/account/new-code", "new_code", limited(new_code), both),
        ("/account/code/", "code", show_code, both),
    ):
        pages.add_url_rule(rule, endpoint, view, methods=methods)
    pages.after_request(_kept_by_nobody)
    app.register_blueprint(pages)


def _kept_by_nobody(response: Response) -> Response:
    """These pages hold codes and numbers: no copy stays in the browser of a shared computer."""
    response.headers["Cache-Control"] = "no-store"
    return response
