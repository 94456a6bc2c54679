"""Reads the accepted rows of a bank's answer, each with the row of the run that it answers (P4)."""

from typing import NamedTuple

from sqlalchemy import select

from models import BankAnswerRow, BankOutcome, Payment, RunRow, db


class AcceptedRow(NamedTuple):
    """An accepted row. `known` is the outcome that the run's row has so far."""

    position: int
    payment_id: int
    grant_id: int
    known: BankOutcome | None
    outcome: BankOutcome | None
    reason: str


def accepted_rows(answer_id: int, run_id: int) -> list[AcceptedRow]:
    """Return the accepted rows in the order of the run.

    Both tables were just written: PostgreSQL does not know yet how many rows they have, and joins 10,000 with 10,000 by reading
    one of them once for each row of the other (16 s). So they are read one after the other.
    """
    sent = {
        row.position: row
        for row in db.session.execute(
            select(RunRow.position, RunRow.payment_id, RunRow.outcome, Payment.grant_id)
            .join(Payment, Payment.id == RunRow.payment_id)
            .where(RunRow.run_id == run_id)
        )
    }
    said = db.session.execute(
        select(BankAnswerRow.position, BankAnswerRow.outcome, BankAnswerRow.reason)
        .where(BankAnswerRow.answer_id == answer_id, ~BankAnswerRow.refused)
        .order_by(BankAnswerRow.position)
    )
    return [
        AcceptedRow(row.position, of.payment_id, of.grant_id, of.outcome, row.outcome, row.reason)
        for row in said
        if row.position is not None and (of := sent.get(row.position)) is not None
    ]
