"""Which bank account a payment goes to: the application's, or the newest corrected one that the enterprise confirmed."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, select

from common.wording import N_, Sentence
from models import AccountCorrection, Application, CorrectionState, Grant, Payment, PaymentState, RunRow, db
from payments.bank_file import unwritable
from payments.payment_moves import chunks, is_after_stop
from workflow.completeness import BANK_ACCOUNT

GRANT_STOPPED = Sentence(N_("补贴已停止发放。"))
NO_ACCOUNT = Sentence(N_("没有有效的收款账号，请本人更正。"))
NO_BANK = Sentence(N_("没有开户银行，请本人更正。"))
ACCOUNT_REFUSED = Sentence(N_("银行退回过这个账号，本人还没有更正。"))
CORRECTION_WAITS = Sentence(N_("本人更正的账号还没有由工作单位确认。"))


class BankAccount(NamedTuple):
    holder: str
    bank: str
    account: str

    @property
    def fault(self) -> Sentence | None:
        """Say why nothing can be paid to it; None when it can."""
        if not BANK_ACCOUNT.fullmatch(self.account):
            return NO_ACCOUNT
        if not self.bank:
            return NO_BANK
        return unwritable(self.holder) or unwritable(self.bank)


class Payee(NamedTuple):
    """Where a payment goes, or why it cannot be paid now."""

    account: BankAccount
    fault: Sentence | None


def payees(payment_ids: Sequence[int]) -> dict[int, Payee]:
    """Return the payee of each payment."""
    found: dict[int, Payee] = {}
    for chunk in chunks(payment_ids):
        found |= _payees(Payment.id.in_(chunk))
    return found


def payees_of_run(run_id: int) -> dict[int, Payee]:
    """Return the payee of each payment that a run holds, in few statements: a run has thousands."""
    held = select(RunRow.payment_id).where(RunRow.run_id == run_id, RunRow.left_out.is_(None))
    return _payees(Payment.id.in_(held))


def _payees(among: ColumnElement[bool]) -> dict[int, Payee]:
    found: dict[int, Payee] = {}
    rows = db.session.execute(
        select(
            Payment.id,
            Payment.grant_id,
            Application.name,
            Application.bank_account,
            Application.answers["bank"].as_string().label("bank"),
            is_after_stop().label("stopped"),
        )
        .join(Grant, Grant.id == Payment.grant_id)
        .join(Application, Application.id == Grant.application_id)
        .where(among)
    ).all()
    grants = select(Payment.grant_id).where(among)
    corrected, waiting = _corrections(grants)
    refused = set(
        db.session.scalars(
            select(Payment.grant_id).where(
                Payment.grant_id.in_(grants), Payment.state == PaymentState.REFUSED
            )
        )
    )
    for row in rows:
        bank, account = corrected.get(row.grant_id) or (row.bank or "", row.bank_account or "")
        to = BankAccount(row.name, bank, account)
        fault = to.fault
        if row.stopped:
            fault = GRANT_STOPPED
        elif row.grant_id in waiting:
            fault = CORRECTION_WAITS
        elif row.grant_id in refused:
            fault = ACCOUNT_REFUSED
        found[row.id] = Payee(to, fault)
    return found


def _corrections(grants: Sequence[int] | Select[int]) -> tuple[Mapping[int, tuple[str, str]], set[int]]:
    """Return the newest confirmed bank and account of each grant, and the grants with an undecided correction."""
    confirmed: dict[int, tuple[str, str]] = {}
    waiting: set[int] = set()
    rows = db.session.execute(
        select(
            AccountCorrection.grant_id,
            AccountCorrection.state,
            AccountCorrection.bank,
            AccountCorrection.account,
        )
        .where(AccountCorrection.grant_id.in_(grants), AccountCorrection.state != CorrectionState.REFUSED)
        .order_by(AccountCorrection.id)
    )
    for row in rows:
        if row.state is CorrectionState.CONFIRMED:
            confirmed[row.grant_id] = row.bank, row.account
        else:
            waiting.add(row.grant_id)
    return confirmed, waiting


def account_of(grant: Grant) -> BankAccount:
    """Return the account that a grant is paid to now."""
    corrected, _ = _corrections([grant.id])
    application = grant.application
    bank, account = corrected.get(grant.id) or (
        str((application.answers or {}).get("bank") or ""),
        application.bank_account or "",
    )
    return BankAccount(application.name, bank, account)
