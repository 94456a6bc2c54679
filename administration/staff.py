"""Accounts of staff (工作人员): offices, city and administrators. Their first password is generated here and shown once."""

from typing import NamedTuple

from accounts import attempts, logins, passwords, second_factor
from administration.changes import add, change
from common import messages
from common.errors import Unacceptable
from common.wording import N_, Sentence
from models import Account, Office, OfficeDuty, Role, db
from workflow.routing import final_office


class Handover(NamedTuple):
    """The secrets that the administrator passes on to a person. Shown once, and stored only as hashes."""

    account: Account
    password: str
    recovery_code: str


def add_staff(
    actor: Account, role: Role, login: str, name: str, *, phone: str = "", office_id: int | None = None
) -> Handover:
    """Add a staff account. Raises Unacceptable, and what administration.changes.add raises."""
    if logins.find("staff", login) is not None:
        raise Unacceptable("login", Sentence(N_("登录名“%(login)s”已存在，请换一个。"), {"login": login}))
    password = passwords.generate_password()
    account = logins.new_account(
        role, login, name, password, phone=phone, office_id=_office_for_role(role, office_id)
    )
    account.must_change_password = True
    code = passwords.set_recovery_code(account)
    return Handover(add(account, actor), password, code)


def update_staff(
    actor: Account,
    account_id: int,
    name: str,
    phone: str,
    office_id: int | None,
    *,
    may_export_full: bool | None = None,
    seen: str,
    confirmed: str = "",
) -> Account:
    """Change somebody's name and telephone, move them to another office, give or withdraw the right to export full numbers."""

    def apply(account: Account) -> None:
        account.name, account.phone = name, phone
        account.office_id = _office_for_role(account.role, office_id)
        if may_export_full is not None:
            account.may_export_full = may_export_full

    return change(Account, account_id, actor, apply, seen=seen, confirmed=confirmed)


def deactivate(actor: Account, account_id: int, *, confirmed: str = "") -> Account:
    """Deactivate an account and end its sessions. Its past actions keep its name."""

    def apply(account: Account) -> None:
        account.active = False
        passwords.end_sessions(account)

    return change(Account, account_id, actor, apply, confirmed=confirmed)


def reactivate(actor: Account, account_id: int) -> Account:
    """Let a deactivated account log in again, with the password that it had."""

    def apply(account: Account) -> None:
        account.active = True

    return change(Account, account_id, actor, apply)


def renew_password(actor: Account, account_id: int, *, confirmed: str = "") -> Handover:
    """Generate a new password and a new recovery code (找回码) in place of lost ones."""
    password, codes = passwords.generate_password(), []

    def apply(account: Account) -> None:
        passwords.set_password(account, password, handed_over=True)
        attempts.clear(account.login_digest)
        codes.append(passwords.set_recovery_code(account))

    return Handover(change(Account, account_id, actor, apply, confirmed=confirmed), password, codes[-1])


def reset_second_factor(actor: Account, account_id: int, *, confirmed: str = "") -> Account:
    """Remove the second factor of somebody who has lost telephone and spare codes. If it is required, they enrol again."""

    def apply(account: Account) -> None:
        if account.second_factor:
            second_factor.remove_second_factor(account)
            passwords.end_sessions(account)
            messages.write_message(account, "second_factor_off", {})

    return change(Account, account_id, actor, apply, confirmed=confirmed)


def _office_for_role(role: Role, office_id: int | None) -> int | None:
    """Return the office that an account of this role belongs to. Raises Unacceptable when it needs another."""
    if role is Role.CITY:
        return final_office().id
    if role is not Role.OFFICE:
        return None
    office = db.session.get(Office, office_id) if office_id is not None else None
    if office is None or office.duty is not OfficeDuty.REGION:
        raise Unacceptable("office_id", Sentence(N_("请选择单位。")))
    return office.id
