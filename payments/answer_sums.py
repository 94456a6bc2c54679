"""Adds up the rows of a bank's answer before they are recorded (P4). Only reads.

Without a join: PostgreSQL plans one badly while both tables are new (payments/accepted_rows.py). An accepted row needs none, because
its amount has been found equal to that of the run.
"""

from typing import NamedTuple

from sqlalchemy import func, select

from models import BankAnswer, BankAnswerRow, BankOutcome, PaymentRun, db
from payments import exporting
from payments.bank_amounts import fen_of_text


class AnswerSum(NamedTuple):
    """How many rows, and how many fen. `unreadable` of the rows have no amount that can be read."""

    rows: int = 0
    fen: int = 0
    unreadable: int = 0


def answer_sums(answer: BankAnswer, run: PaymentRun) -> dict[BankOutcome | None, AnswerSum]:
    """Return the sums of the accepted rows by outcome, and under None those of the refused rows."""
    unit = exporting.layout_of_run(run).unit
    found = db.session.execute(
        select(BankAnswerRow.refused, BankAnswerRow.outcome, BankAnswerRow.amount, func.count())
        .where(BankAnswerRow.answer_id == answer.id)
        .group_by(BankAnswerRow.refused, BankAnswerRow.outcome, BankAnswerRow.amount)
    )
    sums: dict[BankOutcome | None, AnswerSum] = dict.fromkeys([*BankOutcome, None], AnswerSum())
    for refused, outcome, amount, count in found:
        kind = None if refused else outcome
        fen = fen_of_text(amount, unit)
        before = sums[kind]
        sums[kind] = AnswerSum(
            before.rows + count,
            before.fen + count * (fen or 0),
            before.unreadable + (count if fen is None else 0),
        )
    return sums
