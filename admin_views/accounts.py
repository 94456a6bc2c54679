"""Coming in, registering, a forgotten password, and one's own account (A2, E1, E4).

No answer here tells a stranger who has an account: a wrong name and a wrong secret read the same and take as long.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response
from wtforms import Field

from admin_views import entrance
from admin_views.account_forms import (
    AcceptedForm,
    CodeForm,
    EnterpriseForm,
    LoginForm,
    MobileForm,
    PasswordForm,
    PersonForm,
    ResetForm,
    TelephoneForm,
    WaysForm,
)
from admin_views.frame import said
from admin_views.registration import lay
from admin_views.typed import as_number, one_line
from models import Account, Enterprise, Role, Way, db, exclusive
from models.secrets import vault
from uploads.limits import accepts_attachments
from workflow import accounts, delivery, people, registration, reviewers
from workflow.transitions import ROLE_WORDS
from workflow.words import N_

LIMITS = {
    "LOGIN_LIMIT_ADDRESS": "30 per minute",  # a whole office may stand behind one address
    "LOGIN_LIMIT_LOGIN": "10 per 15 minutes",  # wrong passwords and codes for one login, from wherever they come
    "REGISTER_LIMIT_ADDRESS": "60 per hour",  # of enterprises: each attempt may store a file
}
"""How often may be tried, unless the configuration says otherwise."""

CLOSED = {
    Way.MAIL: N_("本系统目前不发送电子邮件，开通后按您的选择发送。"),
    Way.SMS: N_("本系统目前不发送短信，开通后按您的选择发送。"),
}
"""What is said of a way that this installation has not got."""

NO_MOBILE = N_("上面的联系电话不是手机号码，收不到短信。")

PENDING_CODE = "recovery_code"
"""Where a session keeps a new 「找回码」, sealed, until its owner says that it is written down."""

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
        return redirect(entrance.destination(current_user, wanted))
    form = LoginForm()
    form.login.label.text = said(DOORS[door].login)
    wrong = None
    if form.validate_on_submit():
        account = accounts.authenticate(door, form.login.data, form.password.data)
        if account is not None:
            entrance.enter(account)
            return redirect(entrance.destination(account, wanted), 303)
        wrong = _wrong_secret(DOORS[door].wrong)
    return _page("accounts/login.html", form, door=door, wanted=entrance.own_path(wanted), wrong=wrong)


def logout() -> Response:
    """End the session."""
    entrance.leave()
    flash(gettext("您已退出登录。"), "info")
    return redirect(url_for("portal.index"), 303)


def reset(door: str) -> Any:
    """A forgotten password: with the 「找回码」 here, or by the help line (A2, E4)."""
    form = ResetForm()
    form.login.label.text = said(DOORS[door].login)
    wrong = None
    if form.validate_on_submit():
        done = accounts.reset_password(door, form.login.data, form.code.data, form.password.data)
        if done is not None:
            account, code = done
            entrance.enter(account)
            flash(gettext("密码已重设，其他设备上的登录已失效。"), "success")
            return _show_code(account, code)
        wrong = _wrong_secret(N_("登录名与找回码不相符，密码没有改变。请核对后重新输入。"))
    return _page("accounts/reset.html", form, door=door, wrong=wrong)


def invitation(door: str) -> Any:
    """Whoever was invited to review for an enterprise chooses a password and is inside."""
    form = AcceptedForm()
    wrong = None
    if form.validate_on_submit():
        done = reviewers.accept(form.login.data, form.code.data, form.password.data)
        if done is not None:
            account, code = done
            entrance.enter(account)
            return _show_code(account, code)
        wrong = _wrong_secret(
            N_("登录名与邀请码不相符，或者邀请已过期、已撤回。请核对，或请邀请人重新发出。")
        )
    elif not form.is_submitted():
        form.login.data = one_line(request.args.get("login"))
    return _page("accounts/invitation.html", form, door=door, wrong=wrong)


# --- 「马上注册」


@accepts_attachments()
def register_account(door: str) -> Any:
    """「马上注册」, for a person or an enterprise."""
    if current_user.is_authenticated:
        return redirect(entrance.home(current_user))
    return REGISTERING[door]()


def _register_person() -> Any:
    form = PersonForm()
    taken = False
    if form.validate_on_submit():
        account = accounts.new_person(
            form.paper.data, form.number.data, form.name.data, form.phone.data, form.password.data
        )
        code = accounts.set_recovery_code(account)
        if _added(lambda: db.session.add(account)):
            entrance.enter(account)
            return _show_code(account, code)
        taken = _refuse(form.number, gettext("这个证件号码不能注册新账号，可能已经注册过。"))
    return _page("accounts/register_personal.html", form, door="personal", taken=taken)


def _register_enterprise() -> Any:
    form = EnterpriseForm()
    taken = False
    if form.validate_on_submit():
        enterprise = Enterprise()
        account = accounts.new_account(
            Role.ENTERPRISE,
            form.credit_code.data,
            form.contact_name.data,
            form.password.data,
            phone=form.contact_phone.data,
        )
        code = accounts.set_recovery_code(account)

        def add() -> None:
            lay(form, enterprise)
            registration.register(enterprise, account)

        if _added(add):
            entrance.enter(account)
            return _show_code(account, code)
        taken = _refuse(form.credit_code, gettext("这个统一社会信用代码不能注册新账号，可能已经注册过。"))
    return _page("accounts/register_enterprise.html", form, door="enterprise", taken=taken)


REGISTERING: dict[str, View] = {"personal": _register_person, "enterprise": _register_enterprise}
REGISTERING_LIMIT = {"personal": "LOGIN_LIMIT_ADDRESS", "enterprise": "REGISTER_LIMIT_ADDRESS"}


def _added(add: Callable[[], None]) -> bool:
    """Say whether a new account could be added; False when its number or code has one already."""
    try:
        with exclusive():
            add()
    except IntegrityError:
        return False
    return True


def _refuse(field: Field, sentence: str) -> bool:
    field.errors = [sentence]
    return True


# --- the code for a forgotten password, shown once


def _show_code(account: Account, code: str) -> Response:
    session[PENDING_CODE] = vault.seal(code, _code_context(account))
    return redirect(url_for("accounts.code"), 303)


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
def change_phone() -> Any:
    """Change one's telephone number."""
    form = _phone_form()
    if form.validate_on_submit():
        accounts.change_phone(current_user, form.phone.data)
        flash(gettext("联系电话已修改。"), "success")
        return redirect(url_for("accounts.own"), 303)
    return _own_page(phone_form=form)


@login_required
def change_ways() -> Any:
    """Choose by which ways messages reach oneself."""
    form = WaysForm()
    if form.validate_on_submit():
        accounts.change_ways(current_user, form.email.data or None, form.wants_mail.data, form.wants_sms.data)
        flash(gettext("通知方式已保存。"), "success")
        return redirect(url_for("accounts.own"), 303)
    return _own_page(ways_form=form)


@login_required
def change_password() -> Any:
    """Change one's password: every other session of the account ends, this one stays."""
    form = PasswordForm()
    if form.validate_on_submit() and _knows_password(form):
        accounts.change_password(current_user, form.password.data)
        entrance.enter(db.session.get_one(Account, current_user.id))
        flash(gettext("密码已修改，其他设备上的登录已失效。"), "success")
        return redirect(url_for("accounts.own"), 303)
    return _own_page(password_form=form)


@login_required
def new_code() -> Any:
    """Give a new 「找回码」 in place of the old one."""
    form = CodeForm()
    if form.validate_on_submit() and _knows_password(form):
        return _show_code(current_user, accounts.renew_recovery_code(current_user))
    return _own_page(code_form=form)


def _knows_password(form: PasswordForm | CodeForm) -> bool:
    if accounts.verify(current_user.password_hash, form.present_password.data[: accounts.LONGEST_PASSWORD]):
        return True
    form.present_password.errors = [_wrong_secret(N_("现在的密码不正确。"))]
    return False


def _hint(account: Account, way: Way) -> str:
    """Return what to know before choosing a way."""
    if way not in current_app.extensions["ways"]:
        return CLOSED[way]
    if way is Way.SMS:
        return N_("发到上面的手机号码。") if delivery.address(account, way) else NO_MOBILE
    return ""


def _phone_form(**given: Any) -> MobileForm | TelephoneForm:
    return (MobileForm if current_user.identity_number else TelephoneForm)(**given)


def _own_page(**forms: Any) -> Any:
    """Return the page with its forms; one of them may have come back with what is wrong."""
    if request.method != "POST" and request.endpoint != "accounts.own":
        return redirect(url_for("accounts.own"))
    account: Account = current_user
    page = render_template(
        "accounts/own.html",
        person=account,
        role=said(ROLE_WORDS[account.role]),
        paper=said(people.PAPERS[account.paper].label) if account.paper else "",
        login=people.masked(account.identity_number) or account.login,
        has_code=account.recovery_hash is not None,
        back=entrance.home(account),
        phone_form=forms.get("phone_form") or _phone_form(formdata=None, data={"phone": account.phone}),
        ways_form=forms.get("ways_form") or WaysForm(formdata=None, obj=account),
        hints={way.value: said(_hint(account, way)) for way in Way},
        password_form=forms.get("password_form") or PasswordForm(formdata=None),
        code_form=forms.get("code_form") or CodeForm(formdata=None),
    )
    return page, 422 if forms else 200


# --- what the pages have in common


def _page(template: str, form: Any, **context: Any) -> Any:
    """Return a page with its form, as 422 when it came back with something wrong."""
    door = context["door"]
    page = render_template(template, form=form, words=DOORS[door], doors=DOORS, **context)
    return page, 422 if form.is_submitted() else 200


def _wrong_secret(sentence: str) -> str:
    """Return the sentence that answers a wrong name and a wrong secret alike; the attempt counts."""
    g.wrong_secret = True
    return said(sentence)


def _counts(_response: Response) -> bool:
    return bool(g.get("wrong_secret"))


def _login_named() -> str:
    """Return whose secret is being tried, as a keyed hash: a limit's storage must hold nobody's number.

    Spelled as the form spells it; else each invisible letter typed into a login would begin a new count.
    """
    if current_user.is_authenticated:
        return f"account:{current_user.id}"
    door = (request.view_args or {}).get("door", "")
    return accounts.login_digest(door, as_number(request.form.get("login")) or "")


def _must_log_in() -> Response:
    """Send somebody without a session to the door; the other doors stand beside it."""
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.login", door="personal", next=back))


def _setting(name: str) -> Callable[[], str]:
    return lambda: str(current_app.config[name])


def _limit_of_registering() -> str:
    door = (request.view_args or {}).get("door", "")
    return str(current_app.config[REGISTERING_LIMIT.get(door, "LOGIN_LIMIT_ADDRESS")])


def register(app: Flask) -> None:
    """Add the doors and one's own account, each with its limit."""
    for name, value in LIMITS.items():
        app.config.setdefault(name, value)
    app.login_manager.unauthorized_handler(_must_log_in)  # type: ignore[attr-defined]
    limits: Limiter = app.extensions["limits"]

    def guarded(view: View) -> View:
        by_login = limits.limit(
            _setting("LOGIN_LIMIT_LOGIN"), key_func=_login_named, methods=["POST"], deduct_when=_counts
        )
        return limits.limit(_setting("LOGIN_LIMIT_ADDRESS"), methods=["POST"])(by_login(view))

    every, registering = list(DOORS), list(REGISTERING)
    pages = Blueprint("accounts", __name__)
    for rule, endpoint, view, methods in (
        (f"/login/{_any_of(every)}", "login", guarded(login), ("GET", "POST")),
        ("/logout", "logout", logout, ("POST",)),
        (f"/reset/{_any_of(every)}", "reset", guarded(reset), ("GET", "POST")),
        (f"/invitation/{_any_of([reviewers.DOOR])}", "invitation", guarded(invitation), ("GET", "POST")),
        (
            f"/register/{_any_of(registering)}",
            "register",
            limits.limit(_limit_of_registering, methods=["POST"])(register_account),
            ("GET", "POST"),
        ),
        ("/account/", "own", own, ("GET",)),
        ("/account/phone", "change_phone", change_phone, ("GET", "POST")),
        ("/account/ways", "change_ways", change_ways, ("GET", "POST")),
        ("/account/password", "change_password", guarded(change_password), ("GET", "POST")),
        ("/account/new-code", "new_code", guarded(new_code), ("GET", "POST")),
        ("/account/code/", "code", show_code, ("GET", "POST")),
    ):
        pages.add_url_rule(rule, endpoint, view, methods=methods)
    pages.after_request(_kept_by_nobody)
    app.register_blueprint(pages)


def _kept_by_nobody(response: Response) -> Response:
    """These pages hold codes and numbers: no copy stays in the browser of a shared computer."""
    response.headers["Cache-Control"] = "no-store"
    return response
