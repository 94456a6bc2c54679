"""Another bank account for a grant (P4): the applicant types it after a refusal, the enterprise confirms it, the payment is open again.

An enterprise that was closed, or has no reviewer who can log in, can confirm nothing: the city does it in its place, with a
reason. While the enterprise can, the city can only refuse (payments/employers.py).
The finished application is not changed: a correction is a row of its own, and its account is encrypted.
"""

from collections.abc import Iterator
from types import MappingProxyType

from sqlalchemy import exists, select

from accounts.access import active_account
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible, Unacceptable
from common.identity import normalised
from common.text import one_line
from common.wording import N_, Sentence
from models import (
    Account,
    AccountCorrection,
    CorrectionState,
    Disclosure,
    Grant,
    GrantState,
    Message,
    Payment,
    PaymentAction,
    PaymentEvent,
    PaymentState,
    Role,
    db,
    exclusive,
    now,
)
from payments import employers, grant_moves, payment_moves, payment_scope
from payments.bank_accounts import account_of
from payments.bank_file import unwritable
from payments.exporting import DISCLOSED_FIELD
from workflow.completeness import BANK_ACCOUNT
from workflow.decision import Decision
from workflow.form.living_allowance import FIELDS

NEEDS_REASON = MappingProxyType(
    {
        (Role.ENTERPRISE, CorrectionState.CONFIRMED): False,
        (Role.ENTERPRISE, CorrectionState.REFUSED): True,
        (Role.CITY, CorrectionState.CONFIRMED): True,
        (Role.CITY, CorrectionState.REFUSED): True,
    }
)
"""Who decides a corrected account how, and whether a reason must be given. What is not in it is not permitted."""

BANK_MISSING = Sentence(N_("请填写开户银行，填到支行。"))
BANK_TOO_LONG = Sentence(N_("最多 %(most)s 个字。"), {"most": str(FIELDS["bank"].longest)})
ACCOUNT_WRONG = Sentence(N_("请填写 8 至 30 位数字的银行账号。"))
SAME_ACCOUNT = Sentence(N_("这就是被退回的账号和开户银行，请填写另一个。"))


def correctable(grant: Grant) -> bool:
    """Say whether the account of a grant can be corrected now: the bank refused it or sent money back, or it cannot be paid to."""
    if grant.state not in (GrantState.GRANTED, GrantState.STOPPED) or undecided_correction(grant) is not None:
        return False
    refused = exists().where(Payment.grant_id == grant.id, Payment.state == PaymentState.REFUSED)
    if db.session.scalar(select(refused)):
        return True
    unpaid = exists().where(Payment.grant_id == grant.id, Payment.state == PaymentState.OPEN)
    if account_of(grant).fault is not None and db.session.scalar(select(unpaid)):
        return True
    corrected_since = exists().where(
        AccountCorrection.grant_id == grant.id,
        AccountCorrection.state == CorrectionState.CONFIRMED,
        AccountCorrection.decided_at >= PaymentEvent.at,
    )
    sent_back = exists().where(
        Payment.grant_id == grant.id,
        Payment.state == PaymentState.OPEN,
        PaymentEvent.payment_id == Payment.replaces_id,
        PaymentEvent.action == PaymentAction.REVERSE,
        ~corrected_since.correlate(PaymentEvent),
    )
    return bool(db.session.scalar(select(sent_back)))


def undecided_correction(grant: Grant) -> AccountCorrection | None:
    """Return the correction of a grant that nobody has decided."""
    return db.session.scalars(
        select(AccountCorrection).where(
            AccountCorrection.grant_id == grant.id, AccountCorrection.state == CorrectionState.PROPOSED
        )
    ).one_or_none()


def account_faults(bank: str, account: str) -> Iterator[tuple[str, Sentence]]:
    """Yield what is wrong with a typed bank and account, each with its field."""
    if not bank:
        yield "bank", BANK_MISSING
    elif len(bank) > FIELDS["bank"].longest:
        yield "bank", BANK_TOO_LONG
    elif (fault := unwritable(bank)) is not None:
        yield "bank", fault
    if not BANK_ACCOUNT.fullmatch(account):
        yield "account", ACCOUNT_WRONG


def propose(grant_id: int, actor: Account, *, bank: str, account: str) -> AccountCorrection:
    """Store another account for an own grant, and tell the enterprise.

    Raises NotVisible, NotPermitted when it cannot be corrected now, Unacceptable with the field that is wrong.
    """
    with exclusive():
        person = active_account(actor)
        grant = grant_moves.lock_grant(grant_id, person)
        if person.role is not Role.APPLICANT or not correctable(grant):
            raise NotPermitted
        bank, account = one_line(bank), normalised(account)
        for field, fault in account_faults(bank, account):
            raise Unacceptable(field, fault)
        if account_of(grant)[1:] == (bank, account):
            raise Unacceptable("account", SAME_ACCOUNT)
        correction = AccountCorrection(
            grant_id=grant.id, enterprise_id=grant.submitted_enterprise_id, bank=bank, account=account
        )
        db.session.add(correction)
        db.session.add(Message(kind="account_to_confirm", enterprise_id=grant.submitted_enterprise_id))
    return correction


def disclose_account(correction_id: int, actor: Account) -> str:
    """Return the corrected account in full, and record who saw it. Raises NotVisible."""
    with exclusive():
        person = active_account(actor)
        found = db.session.execute(
            select(AccountCorrection.account, Grant.application_id)
            .join(Grant, Grant.id == AccountCorrection.grant_id)
            .where(AccountCorrection.id == correction_id, payment_scope.corrections(person))
        ).one_or_none()
        if found is None:
            raise NotVisible
        db.session.add(
            Disclosure(application_id=found.application_id, account_id=person.id, field=DISCLOSED_FIELD)
        )
    return str(found.account)


def decide_correction(
    correction_id: int, actor: Account, *, confirmed: bool, reason: str = ""
) -> AccountCorrection:
    """Confirm or refuse a corrected account; confirmed, the returned payments of the grant are open again.

    Raises NotVisible, NotPermitted (for the city's yes also while the enterprise can give it), ChangedMeanwhile when it is
    decided already, ReasonMissing as NEEDS_REASON has it.
    """
    with exclusive():
        person = active_account(actor)
        in_sight = payment_scope.corrections(person)
        grant_id = db.session.scalar(
            select(AccountCorrection.grant_id).where(AccountCorrection.id == correction_id, in_sight)
        )
        if grant_id is None:
            raise NotVisible
        decision = CorrectionState.CONFIRMED if confirmed else CorrectionState.REFUSED
        needs_reason = NEEDS_REASON.get((person.role, decision))
        if needs_reason is None:
            raise NotPermitted
        payment_moves.lock_grants([grant_id])
        correction = db.session.scalars(
            select(AccountCorrection)
            .where(AccountCorrection.id == correction_id, in_sight)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        if correction.state is not CorrectionState.PROPOSED:
            raise ChangedMeanwhile(None)
        if confirmed and person.role is Role.CITY and employers.can_confirm(correction.enterprise_id):
            raise NotPermitted
        said = Decision(reason).checked(needs_reason=needs_reason).reason
        correction.state = decision
        correction.reason, correction.decided_by_id, correction.decided_at = said, person.id, now()
        grant = db.session.get_one(Grant, grant_id)
        kind = "account_confirmed" if confirmed else "account_not_confirmed"
        db.session.add(Message(kind=kind, account_id=grant.applicant_id))
        db.session.flush()
        if confirmed:
            refused = select(Payment.id).where(
                Payment.grant_id == grant_id, Payment.state == PaymentState.REFUSED
            )
            ids = db.session.scalars(refused).all()
            payment_moves.perform_within(ids, PaymentAction.REOPEN, person, reason=said, bank_reason="")
    return correction
