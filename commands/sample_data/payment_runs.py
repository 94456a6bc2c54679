"""The money of a trial: runs that the bank has answered, refused accounts and what became of them, a run that waits for a second person,
and the questions about a second year."""

import csv
import io
from collections.abc import Collection, Sequence
from time import sleep

from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from commands.sample_data.clock import at, days_ago
from common.calendar import today
from common.money import as_typed_yuan
from models import (
    Account,
    BankAnswer,
    Continuation,
    ContinuationAction,
    Grant,
    GrantState,
    ImportState,
    PaymentRun,
    RunAction,
    db,
)
from payments import account_corrections, answers, continuation, continuation_terms, exporting, runs
from payments.bank_accounts import account_of
from payments.bank_lines import bank_lines
from payments.due import RunChoice
from uploads import tables
from uploads.sets import storage
from worker import bank_answers

HEADINGS = ("付款编号", "收款账号", "金额", "处理结果", "原因")  # stays Chinese
REFUSALS = ("户名与账号不符", "账户已销户", "账号不存在")  # stays Chinese
PATIENCE = 300
"""Tenths of a second that an answer may take."""

NEW_BANK, NEW_ACCOUNT = "中国银行鄂尔多斯分行", "6217000000099887"  # stays Chinese


def freeze(clerk: Account, days: int) -> PaymentRun:
    """Make a run of what was due so many days ago, and freeze it."""
    with at(days_ago(days, "09:10")):
        run = runs.make(clerk, RunChoice(today()))
    return _act(run, RunAction.FREEZE, clerk, days, "09:40")


def pay(clerk: Account, second: Account, days: int, refused: Collection[Grant] = ()) -> None:
    """Pay what was due so many days ago; two days later the bank answers, and refuses the payments of some grants."""
    run = freeze(clerk, days)
    run = _act(run, RunAction.APPROVE, second, days, "10:30")
    with at(days_ago(days, "14:00")):
        exporting.export(run.id, clerk, seen_version=run.version, store=storage().store)
    with at(days_ago(days - 2, "16:00")):
        _answer(clerk, run, {account_of(grant).account for grant in refused})


def correct_account(grant: Grant, days: int, *, confirmed: bool = False) -> None:
    """Let an applicant correct the account that the bank refused; a day later the enterprise confirms it, or has not yet."""
    with at(days_ago(days, "20:15")):
        person = db.session.get_one(Account, grant.applicant_id)
        correction = account_corrections.propose(grant.id, person, bank=NEW_BANK, account=NEW_ACCOUNT)
    if confirmed:
        with at(days_ago(days - 1, "09:30")):
            account_corrections.decide_correction(correction.id, _reviewer(grant), confirmed=True)


def ask_about_second_year(grants: Sequence[Grant], days: int) -> None:
    """Ask about the second year of the grants: the first is not answered, one waits for the enterprise, one is confirmed."""
    with at(days_ago(days, "00:01")):
        continuation_terms.ask_due(today())
    asked = select(Continuation).where(Continuation.grant_id.in_([grant.id for grant in grants[1:]]))
    for number, question in enumerate(db.session.scalars(asked.order_by(Continuation.id)).all()[:2]):
        grant = db.session.get_one(Grant, question.grant_id)
        with at(days_ago(days - 3, "19:20")):
            person = db.session.get_one(Account, grant.applicant_id)
            question = continuation.perform(
                question.id, ContinuationAction.CONTINUE, person, seen_version=question.version
            )
        if number:
            with at(days_ago(days - 5, "09:50")):
                continuation.perform(
                    question.id, ContinuationAction.CONFIRM, _reviewer(grant), seen_version=question.version
                )


def granted(grants: Sequence[Grant]) -> list[Grant]:
    """Return those of the grants that are paid."""
    ids = [grant.id for grant in grants]
    rows = select(Grant).where(Grant.id.in_(ids), Grant.state == GrantState.GRANTED).order_by(Grant.position)
    return list(db.session.scalars(rows))


def _act(run: PaymentRun, action: RunAction, clerk: Account, days: int, clock: str) -> PaymentRun:
    with at(days_ago(days, clock)):
        return runs.perform(run.id, action, clerk, seen_version=run.version)


def _answer(clerk: Account, run: PaymentRun, refused: Collection[str]) -> None:
    """Upload what a bank would send back, look at the preview, and confirm it."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(HEADINGS)
    reasons = iter(REFUSALS)
    for line in bank_lines(run):
        amount = as_typed_yuan(line.amount_fen)
        said = ("失败", next(reasons)) if line.account in refused else ("成功", "")  # stays Chinese
        rows.writerow((line.number, line.account, amount, *said))
    content = io.BytesIO(text.getvalue().encode("gb18030"))
    received = tables.receive_table(
        FileStorage(content, filename=f"银行回执{run.number}.csv")
    )  # stays Chinese
    answer = answers.begin(
        clerk,
        run.id,
        file_name=received.display_name,
        extension=received.extension,
        storage_name=received.storage_name,
    )
    seen = _processed(answer.id, ImportState.PREVIEW).accepted
    answers.confirm_answer(clerk, answer.id, seen=seen)
    _processed(answer.id, ImportState.DONE)


def _processed(answer_id: int, state: ImportState) -> BankAnswer:
    """Return the answer in this state; the worker of a site that runs may be at it already."""
    for _ in range(PATIENCE):
        bank_answers.process_due()
        db.session.expire_all()
        answer = db.session.get_one(BankAnswer, answer_id)
        if answer.state is state:
            return answer
        sleep(0.1)
    raise RuntimeError(f"the bank's answer is {answer.state.value}")


def _reviewer(grant: Grant) -> Account:
    of_the_enterprise = Account.enterprise_id == grant.submitted_enterprise_id
    return db.session.scalars(
        select(Account).where(of_the_enterprise, Account.active).order_by(Account.id).limit(1)
    ).one()
