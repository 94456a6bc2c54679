"""Reviewers of an enterprise (本单位审核人员) invite and remove reviewers of their own enterprise.

All have equal rights. Nobody can remove themself, so at least one remains and the enterprise is never locked out. Each
action notifies all of them and is recorded in the audit trail.
"""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, func, select

from accounts import logins, passwords
from accounts.access import active_account
from common import audit, messages
from common.errors import ConfirmationRequired, NotPermitted, NotVisible, Unacceptable
from common.identity import normalised
from common.wording import N_, Sentence
from enterprises import leaving, notifications
from enterprises.registration import is_approved
from models import Account, Enterprise, Invitation, Message, Registration, Role, db, exclusive, now
from models.secrets import vault
from models.transactions import WITHOUT_JOINS
from workflow import scope

LOGIN_KIND = logins.LOGIN_KIND_OF[Role.ENTERPRISE]
LIFETIME = messages.LIFETIMES["invitation"]
MOST_REVIEWERS = 20
"""Reviewers and invitations of one enterprise at a time."""
MOST_SENT = 20
MOST_SENT_WITHIN = timedelta(hours=1)
"""How many invitations one enterprise may send: they go to people who have no account here."""


@dataclass(frozen=True)
class SentInvitation:
    """An invitation with its code, which is shown once and stored only as a digest."""

    account: Account
    code: str = field(repr=False)


def invite(actor: Account, name: str, phone: str, email: str | None = None) -> SentInvitation:
    """Invite somebody as a reviewer of the actor's enterprise. Raises NotPermitted, Unacceptable."""
    with _lock_enterprise(actor) as (person, enterprise):
        theirs = db.session.scalars(select(Account).where(scope.reviewers(person))).all()
        here = [one for one in theirs if one.active or _invitation(one)]
        if any(one.phone == phone for one in here):
            raise Unacceptable("phone", Sentence(N_("这个手机号码已是本单位的审核人员，或已被邀请。")))
        if len(here) >= MOST_REVIEWERS:
            sentence = N_("审核人员和未接受的邀请最多 %(most)s 个，请先移除或撤回不再需要的。")
            raise Unacceptable("", Sentence(sentence, {"most": str(MOST_REVIEWERS)}))
        account = logins.new_account(
            Role.ENTERPRISE,
            _login(enterprise, len(theirs) + 1),
            name,
            passwords.generate_password(),
            phone=phone,
            email=email,
            wants_mail=bool(email),
            enterprise_id=enterprise.id,
        )
        account.active = False
        db.session.add(account)
        db.session.flush()
        return _send(account, person, "invited")


def send_again(actor: Account, account_id: int) -> SentInvitation:
    """Send a new code; the former one becomes invalid. Raises NotPermitted, NotVisible, Unacceptable."""
    with _lock_enterprise(actor) as (person, _):
        account = _lock_invited(person, account_id)
        return _send(account, person, "sent_again")


def withdraw(actor: Account, account_id: int) -> Account:
    """Withdraw an invitation. Raises NotPermitted, NotVisible."""
    with _lock_enterprise(actor) as (person, _):
        account = _lock_invited(person, account_id)
        db.session.delete(_invitation(account))
        audit.note_reviewers(person, "withdrawn", account)
        return account


def accept(login: str, code: str, password: str) -> tuple[Account, str] | None:
    """Activate the invited account with the person's own password. The code is used up.

    Returns the account and its recovery code (找回码), or None when the code is wrong or expired.
    """
    theirs = Account.login_digest == logins.login_digest(LOGIN_KIND, login)
    with exclusive():
        # An unknown login runs the same queries: the response time must not reveal whether an account exists.
        account = db.session.scalars(_locking_query(theirs)).one_or_none()
        invitation = db.session.scalars(
            select(Invitation).join(Invitation.account).where(theirs)
        ).one_or_none()
        if account is None or invitation is None:
            return None
        if not hmac.compare_digest(invitation.code_digest, _digest(account, code)):
            return None
        if invitation.expires_at < now() or not _is_open(account.enterprise):
            return None
        db.session.delete(invitation)
        account.active = True
        passwords.set_password(account, password)
        recovery_code = passwords.set_recovery_code(account)
        audit.note_reviewers(account, "joined", account)
        notifications.announce_reviewers(account)
        return account, recovery_code


def remove(actor: Account, account_id: int, *, confirmed: str = "") -> Account:
    """End a reviewer's access and withdraw their open invitations. The history keeps their name.

    Raises NotPermitted, NotVisible, Unacceptable, ConfirmationRequired unless `confirmed` is the token of the consequences.
    """
    with _lock_enterprise(actor) as (person, _):
        account = _lock_colleague(person, account_id)
        if not account.active:
            raise NotVisible
        if account.id == person.id:
            raise Unacceptable(
                "", Sentence(N_("不能移除自己。请先邀请另一位审核人员，由对方移除您；本单位至少保留一位。"))
            )
        sentences = leaving.preview_removal(account)
        if confirmed != (question := ConfirmationRequired(sentences)).token:
            raise question
        account.active = False
        passwords.end_sessions(account)
        for invitation in db.session.scalars(
            select(Invitation).where(Invitation.invited_by_id == account.id)
        ):
            audit.note_reviewers(person, "withdrawn", invitation.account)
            db.session.delete(invitation)
        audit.note_reviewers(person, "removed", account)
        notifications.announce_reviewers(person)
        return account


@contextmanager
def _lock_enterprise(actor: Account) -> Iterator[tuple[Account, Enterprise]]:
    """Lock the enterprise while a reviewer changes its reviewers: two reviewers must not remove each other."""
    with exclusive():
        enterprise = db.session.scalars(
            select(Enterprise)
            .where(Enterprise.id == actor.enterprise_id)
            .options(WITHOUT_JOINS)
            .with_for_update(of=Enterprise, key_share=True)
            .execution_options(populate_existing=True)
        ).one_or_none()
        person = active_account(actor)
        if enterprise is None or person.enterprise_id != enterprise.id or not is_approved(person):
            raise NotPermitted
        yield person, enterprise


def _is_open(enterprise: Enterprise | None) -> bool:
    return enterprise is not None and enterprise.active and enterprise.registration is Registration.APPROVED


def _login(enterprise: Enterprise, place: int) -> str:
    """Return a generated login that is unique: the enterprise's credit code and a number."""
    return f"{enterprise.credit_code}-{place}"


def _lock_colleague(person: Account, account_id: int) -> Account:
    account = db.session.scalars(
        _locking_query(Account.id == account_id, scope.reviewers(person))
    ).one_or_none()
    if account is None:
        raise NotVisible
    return account


def _locking_query(*which: ColumnElement[bool]) -> Select[Account]:
    """Return the query that reloads accounts and locks them until the transaction ends."""
    return (
        select(Account)
        .where(*which)
        .with_for_update(of=Account, key_share=True)
        .execution_options(populate_existing=True)
    )


def _lock_invited(person: Account, account_id: int) -> Account:
    account = _lock_colleague(person, account_id)
    if _invitation(account) is None:
        raise NotVisible
    return account


def _invitation(account: Account) -> Invitation | None:
    found: Invitation | None = db.session.get(Invitation, account.id, populate_existing=True)
    return found


def _send(account: Account, person: Account, act: str) -> SentInvitation:
    """Give the invitation a new code and send it."""
    recently = (
        select(func.count())
        .select_from(Message)
        .join(Account, Account.id == Message.account_id)
        .where(
            Message.kind == "invitation",
            Message.created_at > now() - MOST_SENT_WITHIN,
            Account.enterprise_id == person.enterprise_id,
        )
    )
    if (db.session.scalar(recently) or 0) >= MOST_SENT:
        raise Unacceptable("", Sentence(N_("一小时内发出的邀请太多，请稍后再试。")))
    code = passwords.generate_code()
    invitation = _invitation(account) or Invitation(account_id=account.id)
    invitation.code_digest = _digest(account, code)
    invitation.invited_by_id = person.id
    invitation.expires_at = now() + LIFETIME
    db.session.add(invitation)
    words = {
        "inviter": person.name,
        "enterprise": str(person.enterprise),
        "login": account.login or "",
        "code": code,
    }
    messages.write_message(account, "invitation", words, urgent=True)
    audit.note_reviewers(person, act, account)
    return SentInvitation(account, code)


def _digest(account: Account, code: str) -> str:
    return vault.digest(f"invitation:{account.id}:{normalised(code)}")
