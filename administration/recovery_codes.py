"""A new recovery code (找回码) for an applicant or an enterprise's reviewer who calls the help line (A2, E4).

It is for people who have lost both password and code. They choose the new password themselves, on the page of the
forgotten password: an administrator never knows it.
"""

from accounts import attempts, logins, passwords
from accounts.access import active_administrator
from common import audit, messages
from common.errors import Unacceptable
from common.text import one_line
from common.wording import N_, Sentence
from models import Account, db, exclusive

LOGIN_KINDS = ("personal", "enterprise")
"""Staff get a password and a code from administration/staff.py."""

KIND = "recovery_code_given"

REASON_MISSING = Sentence(N_("请写明怎样核实了是本人。"))
NOT_FOUND = Sentence(N_("没有登录名和姓名都相符的账号，请向来电人核对。"))


def give_code(actor: Account, login_kind: str, login: str, name: str, reason: str) -> tuple[Account, str]:
    """Replace the recovery code of the account with this login and name. Returns the account and the code.

    `reason`: how it is known that the caller is its holder. The holder gets a message, the audit trail an entry with the reason.
    Raises NotPermitted, and Unacceptable with the field `reason` or `login`.
    """
    with exclusive():
        person = active_administrator(actor)
        if not (reason := one_line(reason)):
            raise Unacceptable("reason", REASON_MISSING)
        found = logins.find(login_kind, login) if login_kind in LOGIN_KINDS else None
        if found is None or not found.is_active or found.name != name:
            raise Unacceptable("login", NOT_FOUND)
        logins.lock_account(found)
        account = db.session.get_one(Account, found.id, populate_existing=True)
        code = passwords.set_recovery_code(account)
        attempts.clear(account.login_digest)
        messages.write_message(account, KIND, {}, urgent=True)
        audit.note_recovery_code(person, account, reason)
    return account, code
