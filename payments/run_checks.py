"""What may not be in a payment run when it goes on, or is taken back."""

from sqlalchemy import exists, func, or_, select, update

from common.errors import Unacceptable
from common.wording import N_, Sentence
from models import Account, BankAnswer, Grant, ImportState, Payment, PaymentRun, RunRow, db, now
from payments import payment_moves

STOPPED_IN_RUN = N_(
    "这一批建立后，其中 %(count)s 笔的补贴已停止发放（例如%(name)s）。请作废这一批后重新建立，不会列入这些款项。"
)
ANSWERED_IN_PART = Sentence(
    N_("这一批已登记过银行回执，或有一份正在登记，不能整批退回。请上传银行的明细，逐笔登记。")
)


def check_none_stopped(run: PaymentRun, _person: Account) -> None:
    """Refuse to go on towards the bank with payments of a grant that was stopped since; a frozen run is not changed."""
    found = db.session.execute(
        select(func.count().label("stopped"), func.min(Grant.name).label("name"))
        .select_from(RunRow)
        .join(Payment, Payment.id == RunRow.payment_id)
        .join(Grant, Grant.id == Payment.grant_id)
        .where(RunRow.run_id == run.id, RunRow.left_out.is_(None), payment_moves.is_after_stop())
    ).one()
    if found.stopped:
        words = {"count": str(found.stopped), "name": found.name}
        raise Unacceptable("", Sentence(STOPPED_IN_RUN, words))


def check_unanswered(run: PaymentRun) -> None:
    """Refuse to give payments free that the bank may have made."""
    said = exists().where(RunRow.run_id == run.id, RunRow.outcome.is_not(None))
    being_written = exists().where(BankAnswer.run_id == run.id, BankAnswer.state == ImportState.IMPORTING)
    if db.session.scalar(select(or_(said, being_written))):
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
