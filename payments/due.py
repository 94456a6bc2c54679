"""Which payments a run is made of (P4): those that are due and can be paid now, and why the others cannot.

What cannot be paid never keeps a run from reaching what can: all due payments are looked at until the run is full.
"""

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Select, select, tuple_

from common.wording import Sentence
from models import Payment, PaymentState, db
from payments import answer_table
from payments.bank_accounts import payees
from payments.payment_moves import CHUNK

MOST_ROWS = answer_table.MOST_ROWS
"""Payments of one run: the file of a bank and one answer to it hold no more."""

MOST_LEFT_OUT = 1_000
"""Left-out payments that a run lists: those that are due first. Another run lists them again until they can be paid."""

PAGE = 4 * CHUNK
"""Payments of one statement that looks for what is due."""


class RunChoice(NamedTuple):
    """What a run is made of: the payments due by a day, of one period or of all."""

    due_until: date
    period_id: int | None = None


class DuePayments(NamedTuple):
    """The payments of a run in their order: the amount of each that can be paid; amount and reason of each that is left out."""

    included: dict[int, int]
    left_out: dict[int, tuple[int, Sentence]]


def due_payments(choice: RunChoice) -> DuePayments:
    """Return at most MOST_ROWS payments that can be paid, what is due first first, and at most MOST_LEFT_OUT that cannot.

    A payment that the bank refused is left out as well: a corrected account makes it an open one again.
    """
    found = DuePayments({}, {})
    waiting = _waiting(choice, PaymentState.OPEN)
    while len(found.included) < MOST_ROWS and (amounts := dict(islice(waiting, CHUNK))):
        _judge(amounts, found)
    refused = dict(islice(_waiting(choice, PaymentState.REFUSED), MOST_LEFT_OUT - len(found.left_out)))
    _judge(refused, found)
    return found


def _judge(amounts: dict[int, int], found: DuePayments) -> None:
    """Add these payments to what was found, as far as there is room."""
    to = payees([*amounts])
    for key, fen in amounts.items():
        fault = to[key].fault
        if fault is None:
            if len(found.included) < MOST_ROWS:
                found.included[key] = fen
        elif len(found.left_out) < MOST_LEFT_OUT:
            found.left_out[key] = fen, fault


def _waiting(choice: RunChoice, state: PaymentState) -> Iterator[tuple[int, int]]:
    """Yield id and amount of the payments of a choice in a state, what is due first first; a page of them at a time."""
    query = _in_order(choice, state).limit(PAGE)
    page = db.session.execute(query).all()
    while page:
        yield from ((row.id, row.amount_fen) for row in page)
        if len(page) < PAGE:
            return
        last = page[-1]
        page = db.session.execute(
            query.where(tuple_(Payment.due_on, Payment.id) > tuple_(last.due_on, last.id))
        ).all()


def _in_order(choice: RunChoice, state: PaymentState) -> Select[int, date, int]:
    query = select(Payment.id, Payment.due_on, Payment.amount_fen).where(
        Payment.state == state, Payment.due_on <= choice.due_until
    )
    if choice.period_id is not None:
        query = query.where(Payment.period_id == choice.period_id)
    return query.order_by(Payment.due_on, Payment.id)
