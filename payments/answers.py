"""The bank's answer to a run (P4): an uploaded file becomes a preview, and once confirmed all accepted rows are written, or none.

Reads no file and no queue: the worker passes the cells. When the worker dies, another repeats the step (common/jobs.py). The
rows' outcomes and the payments' states are one transaction; the same answer again changes nothing.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, exists, insert, select, update

from accounts import access
from common import jobs
from common.calendar import today
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible
from common.locked_rows import locked_row
from common.row_faults import fault_as_json
from common.wording import N_, Sentence
from models import (
    Account,
    BankAnswer,
    BankAnswerRow,
    BankOutcome,
    ImportState,
    PaymentAction,
    PaymentRun,
    RunAction,
    RunRow,
    RunState,
    db,
    exclusive,
    now,
)
from models.statements import table_of
from payments import exporting, payment_moves, payment_scope, reversals, runs
from payments.accepted_rows import AcceptedRow, accepted_rows
from payments.answer_table import AnsweredRow
from payments.judging import SentRow, judge

PREVIEW_LIFETIME, ROWS_LIFETIME = timedelta(days=7), timedelta(days=90)
"""How long a preview and the rows of an answer are stored."""

IN_PROGRESS = (ImportState.READING, ImportState.IMPORTING)
ANSWERABLE = (RunState.EXPORTED, RunState.ANSWERED)
GRANTS_AT_ONCE = 500
"""Grants that one transaction completes: meanwhile nobody can write on SQLite."""

LONGEST_CELL = 200
NO_REASON_GIVEN = "银行没有说明原因"  # stays Chinese: it is stored where the bank's words would be

INTERRUPTED = Sentence(N_("多次中断，没有完成。请重新上传；仍不成功请联系维护人员。"))
GRANTS_LEFT = Sentence(
    N_("登记以后多次中断，有的补贴还没有办结。请再上传这份回执：不会重复登记；仍不成功请联系维护人员。")
)
FILE_MISSING = Sentence(N_("文件已不在服务器上，请重新上传。"))
ACTOR_GONE = Sentence(N_("确认的账号已停用或已换岗，没有登记。"))
CONTRADICTED = Sentence(N_("核对之后，这一批已按另一份回执登记，这一份一行也没有登记。请重新上传核对。"))
log = logging.getLogger(__name__)


# --- what people do


def begin(actor: Account, run_id: int, *, file_name: str, extension: str, storage_name: str) -> BankAnswer:
    """Create the answer of an uploaded file; a worker will read it. Raises NotVisible, NotPermitted."""
    with exclusive():
        person = access.active_account(actor)
        run = runs.lock_run(run_id, person)
        if run.state not in ANSWERABLE:
            raise NotPermitted
        answer = BankAnswer(
            run_id=run.id,
            actor_id=person.id,
            file_name=file_name,
            extension=extension,
            storage_name=storage_name,
        )
        db.session.add(answer)
    return answer


def confirm_answer(actor: Account, answer_id: int, *, seen: int) -> BankAnswer:
    """Let the worker write the accepted rows; `seen` is the number of them that the page showed.

    The run is locked before its answer, as everywhere: somebody may be giving it up as returned by the bank
    (run_checks.check_unanswered). Raises NotVisible, ChangedMeanwhile.
    """
    with exclusive():
        person = access.active_account(actor)
        run_id = db.session.scalar(select(BankAnswer.run_id).where(BankAnswer.id == answer_id))
        if run_id is None:
            raise NotVisible
        run = runs.lock_run(run_id, person)
        answer = _lock_answer(person, answer_id)
        if answer.state is not ImportState.PREVIEW or answer.accepted != seen or not seen:
            raise ChangedMeanwhile(None)
        if run.state not in ANSWERABLE:
            raise ChangedMeanwhile(None)
        answer.state, answer.confirmed_by_id = ImportState.IMPORTING, person.id
        answer.attempts, answer.next_try, answer.error = 0, now(), None
    return answer


def discard(actor: Account, answer_id: int) -> BankAnswer:
    """Drop an answer that is not written yet. Raises NotVisible, ChangedMeanwhile."""
    with exclusive():
        answer = _lock_answer(access.active_account(actor), answer_id)
        if answer.state not in (ImportState.READING, ImportState.PREVIEW):
            raise ChangedMeanwhile(None)
        _discard(answer)
    return answer


def delete_expired() -> None:
    """Discard old previews, and delete the rows of old answers."""
    with exclusive():
        over = select(BankAnswer.id).where(BankAnswer.finished_at < now() - ROWS_LIFETIME)
        db.session.execute(delete(BankAnswerRow).where(BankAnswerRow.answer_id.in_(over)))
        old = (BankAnswer.state == ImportState.PREVIEW) & (BankAnswer.created_at < now() - PREVIEW_LIFETIME)
        for answer in db.session.scalars(select(BankAnswer).where(old).with_for_update(skip_locked=True)):
            _discard(answer)


def _lock_answer(person: Account, answer_id: int) -> BankAnswer:
    return locked_row(BankAnswer, BankAnswer.id == answer_id, payment_scope.runs(person))


def _discard(answer: BankAnswer) -> None:
    db.session.execute(delete(BankAnswerRow).where(BankAnswerRow.answer_id == answer.id))
    answer.state, answer.finished_at, answer.storage_name = ImportState.DISCARDED, now(), None


# --- one worker at a time


class ClaimedAnswer(NamedTuple):
    """An answer as it was when a worker claimed it."""

    id: int
    state: ImportState
    attempts: int
    run_id: int
    file_name: str
    extension: str
    storage_name: str | None
    confirmed_by_id: int | None


def claim() -> ClaimedAnswer | None:
    """Claim the answer that has waited longest; None when there is none."""
    row = jobs.claim_oldest(BankAnswer, IN_PROGRESS, error=None)
    if row is None:
        return None
    names = ("id", "state", "attempts", "run_id", "file_name", "extension", "storage_name", "confirmed_by_id")
    return ClaimedAnswer(**{name: getattr(row, name) for name in names})


def interrupt(job: ClaimedAnswer) -> None:
    """End the answer after its last attempt, and say whether that attempt had written its rows. Raises ClaimLost."""
    if job.state is not ImportState.IMPORTING or _new_rows(accepted_rows(job.id, job.run_id)):
        fail_answer(job, INTERRUPTED)
        return
    with exclusive():
        jobs.report(BankAnswer, job, state=ImportState.DONE, error=GRANTS_LEFT.as_json(), finished_at=now())
    log.warning("bank answer %s: written, and interrupted before all grants were completed", job.id)


def fail_answer(job: ClaimedAnswer, sentence: Sentence) -> None:
    """End the answer; nothing of it has been written. Raises ClaimLost."""
    with exclusive():
        jobs.report(
            BankAnswer,
            job,
            state=ImportState.FAILED,
            error=sentence.as_json(),
            storage_name=None,
            finished_at=now(),
        )
    log.warning("bank answer %s: failed", job.id)


def postpone(job: ClaimedAnswer) -> None:
    """End an attempt that failed for a reason that may pass; the last one ends the answer. Raises ClaimLost."""
    if jobs.is_last_attempt(job):
        interrupt(job)
        return
    jobs.try_again(BankAnswer, job)


def store_preview(job: ClaimedAnswer, rows: Sequence[AnsweredRow], notes: Sequence[Sentence]) -> None:
    """Compare the rows with the run and store them as the answer's preview. Raises ClaimLost."""
    _judge(job.run_id, rows)
    with exclusive():
        db.session.execute(delete(BankAnswerRow).where(BankAnswerRow.answer_id == job.id))
        db.session.execute(insert(table_of(BankAnswerRow)), [_row(job.id, row) for row in rows])
        refused = sum(bool(row.faults) for row in rows)
        jobs.report(
            BankAnswer,
            job,
            state=ImportState.PREVIEW,
            total=len(rows),
            accepted=len(rows) - refused,
            refused=refused,
            unchanged=sum(row.unchanged and not row.faults for row in rows),
            notes=[note.as_json() for note in notes],
            storage_name=None,
            error=None,
        )


def write_answer(job: ClaimedAnswer) -> None:
    """Write the accepted rows of a confirmed answer, all or none, and complete the grants that are paid. Raises ClaimLost."""
    try:
        with exclusive():
            paid = _write_rows(job)
    except (NotPermitted, NotVisible):
        fail_answer(job, ACTOR_GONE)
        return
    except ChangedMeanwhile:
        fail_answer(job, CONTRADICTED)
        return
    for start in range(0, len(paid), GRANTS_AT_ONCE):
        with exclusive():
            reversals.complete_paid_grants(paid[start : start + GRANTS_AT_ONCE])
    with exclusive():
        jobs.report(BankAnswer, job, state=ImportState.DONE, error=None, finished_at=now())


def _write_rows(job: ClaimedAnswer) -> list[int]:
    """Write what the accepted rows say; returns the grants of the payments that the answer calls paid.

    An attempt that died may have written them already. Then whoever confirmed the answer need not be there any more.
    """
    run = locked_row(PaymentRun, PaymentRun.id == job.run_id)
    accepted = accepted_rows(job.id, run.id)
    paid = sorted({row.grant_id for row in accepted if row.outcome is BankOutcome.PAID})
    settled = (BankOutcome.PAID, BankOutcome.REFUSED)
    if new := _new_rows(accepted):
        person = access.active_account(db.session.get_one(Account, job.confirmed_by_id))
        runs.lock_run(run.id, person)  # not of somebody who has changed the desk meanwhile
        if run.state is not RunState.EXPORTED or any(row.known in settled for row in new):
            raise ChangedMeanwhile(None)
        _settle(run, person, new)
    jobs.report(BankAnswer, job)
    return paid


def _new_rows(accepted: Sequence[AcceptedRow]) -> list[AcceptedRow]:
    return [row for row in accepted if row.outcome is not row.known]


def _settle(run: PaymentRun, person: Account, rows: Sequence[AcceptedRow]) -> None:
    at = now()
    outcomes = [
        {
            "run_id": run.id,
            "position": row.position,
            "outcome": row.outcome,
            "bank_reason": _reason(row),
            "answered_at": at,
        }
        for row in rows
    ]
    payment_moves.lock_grants(row.grant_id for row in rows)
    db.session.execute(update(RunRow), outcomes)
    paid = [row.payment_id for row in rows if row.outcome is BankOutcome.PAID]
    if paid:
        payment_moves.perform_within(
            paid, PaymentAction.PAY, person, run_id=run.id, paid_on=today(), bank_reason=""
        )
    by_reason: dict[str, list[int]] = {}
    for row in rows:
        if row.outcome is BankOutcome.REFUSED:
            by_reason.setdefault(_reason(row), []).append(row.payment_id)
    for reason, ids in by_reason.items():
        payment_moves.perform_within(
            ids, PaymentAction.REFUSE, person, run_id=run.id, reason=reason, bank_reason=reason
        )
        payment_moves.stop_those_of_stopped_grants(sorted(ids))
    left = exists().where(
        RunRow.run_id == run.id,
        RunRow.left_out.is_(None),
        RunRow.outcome.is_(None) | (RunRow.outcome == BankOutcome.UNKNOWN),
    )
    action = RunAction.ANSWER if db.session.scalar(select(left)) else RunAction.COMPLETE
    runs.perform_within(run.id, action, person)


def _reason(row: AcceptedRow) -> str:
    return (row.reason or NO_REASON_GIVEN) if row.outcome is BankOutcome.REFUSED else ""


def _judge(run_id: int, rows: Sequence[AnsweredRow]) -> None:
    run = db.session.get_one(PaymentRun, run_id)
    sent = {
        row.number: SentRow(row.position, row.number, row.account or "", row.amount_fen, row.outcome)
        for row in db.session.execute(
            select(RunRow.position, RunRow.number, RunRow.account, RunRow.amount_fen, RunRow.outcome).where(
                RunRow.run_id == run_id, RunRow.number.is_not(None)
            )
        )
        if row.number is not None
    }
    judge(rows, sent, exporting.layout_of_run(run), _run_of)


def _run_of(number: str) -> str | None:
    """Return the run that a number of the bank's answer belongs to; None for no run of ours."""
    return db.session.scalar(
        select(PaymentRun.number).join(RunRow, RunRow.run_id == PaymentRun.id).where(RunRow.number == number)
    )


def _row(answer_id: int, row: AnsweredRow) -> Mapping[str, Any]:
    cells = {key: text[:LONGEST_CELL] for key, text in row.cells.items()}
    return {
        "answer_id": answer_id,
        "line": row.line,
        "number": cells.get("number", ""),
        "account": cells.get("account", ""),
        "amount": cells.get("amount", ""),
        "said": cells.get("outcome", ""),
        "reason": cells.get("reason", ""),
        "position": row.position,
        "outcome": row.outcome,
        "unchanged": row.unchanged,
        "refused": bool(row.faults),
        "faults": [fault_as_json(*fault) for fault in row.faults],
    }
