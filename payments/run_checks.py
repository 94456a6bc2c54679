"""What may not be in a payment run when it goes on, or is taken back."""

from sqlalchemy import ColumnElement, exists, func, or_, select, update

from common.errors import Unacceptable
from common.wording import N_, Sentence
from models import (
    Account,
    AccountCorrection,
    BankAnswer,
    CorrectionState,
    Grant,
    ImportState,
    Payment,
    PaymentRun,
    RunAction,
    RunEvent,
    RunRow,
    db,
    now,
)
from payments import payment_moves

STOPPED_IN_RUN = N_(
    "这一批建立后，其中 %(count)s 笔的补贴已停止发放（例如%(name)s）。请作废这一批后重新建立，不会列入这些款项。"
)
CORRECTED_IN_RUN = N_(
    "这一批冻结后，其中 %(count)s 笔的收款人更正了账号（例如%(name)s）。请作废这一批后重新建立，确认后的账号从新的一批起使用。"
)
ANSWERED_IN_PART = Sentence(
    N_("这一批已登记过银行回执，或有一份正在登记，不能整批退回。请上传银行的明细，逐笔登记。")
)


def check_still_payable(run: PaymentRun, _person: Account) -> None:
    """Refuse to go on towards the bank with payments of a grant that was stopped since, or to an account that is no longer the
    person's; a frozen run is not changed."""
    _refuse_rows(run, payment_moves.is_after_stop(), STOPPED_IN_RUN)
    _refuse_rows(run, _is_corrected_since_freezing(run), CORRECTED_IN_RUN)


def _refuse_rows(run: PaymentRun, faulty: ColumnElement[bool], wording: str) -> None:
    """Raise Unacceptable with the number of these rows of the run, and with one name."""
    found = db.session.execute(
        select(func.count().label("rows"), func.min(Grant.name).label("name"))
        .select_from(RunRow)
        .join(Payment, Payment.id == RunRow.payment_id)
        .join(Grant, Grant.id == Payment.grant_id)
        .where(RunRow.run_id == run.id, RunRow.left_out.is_(None), faulty)
    ).one()
    if found.rows:
        words = {"count": str(found.rows), "name": found.name}
        raise Unacceptable("", Sentence(wording, words))


def _is_corrected_since_freezing(run: PaymentRun) -> ColumnElement[bool]:
    """Return the criterion for grants for which another account was typed since, and not refused. One that was typed earlier has
    been looked at when the run was frozen."""
    frozen = select(func.max(RunEvent.at)).where(
        RunEvent.run_id == run.id, RunEvent.action == RunAction.FREEZE
    )
    return Grant.id.in_(
        select(AccountCorrection.grant_id).where(
            AccountCorrection.proposed_at >= frozen.scalar_subquery(),
            AccountCorrection.state != CorrectionState.REFUSED,
        )
    )


def is_answered_in_part(run: PaymentRun) -> bool:
    """Say whether the bank has said something about a payment of the run, or an answer is being written."""
    said = exists().where(RunRow.run_id == run.id, RunRow.outcome.is_not(None))
    being_written = exists().where(BankAnswer.run_id == run.id, BankAnswer.state == ImportState.IMPORTING)
    return bool(db.session.scalar(select(or_(said, being_written))))


def check_unanswered(run: PaymentRun) -> None:
    """Refuse to give payments free that the bank may have made."""
    if is_answered_in_part(run):
        raise Unacceptable("", ANSWERED_IN_PART)


def drop_unconfirmed_answers(run: PaymentRun) -> None:
    """Drop the answers that nobody has confirmed: they are answers to a file that the bank returned."""
    waiting = BankAnswer.state.in_((ImportState.READING, ImportState.PREVIEW))
    db.session.execute(
        update(BankAnswer)
        .where(BankAnswer.run_id == run.id, waiting)
        .values(state=ImportState.DISCARDED, finished_at=now(), storage_name=None)
        .execution_options(synchronize_session=False)
    )
