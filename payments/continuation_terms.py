"""When the questions about continued employment are asked, and what a term that passes does (P6).

The worker calls `ask_due` and `expire_due` (worker/continuing.py). A term that passes suspends and stops nothing: an answer after
it is still accepted (payments/continuation.py).
"""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from common.calendar import today
from common.settings import CONTINUATION_ASKED, CONTINUATION_TERM, setting
from common.working_days import current_calendar
from models import (
    Account,
    Continuation,
    Grant,
    GrantState,
    Message,
    Payment,
    PaymentState,
    db,
    exclusive,
    now,
)
from payments import continuation, grant_moves, payment_moves
from payments.continuation_transitions import (
    ANSWERED,
    ASK_AGAIN,
    ASKED,
    BY_STATE_ACTION_AND_ROLE,
    ENDED,
    EXPIRE,
    SYSTEM,
)

BATCH = 200
"""Grants of one transaction."""


def ask_due(day: date) -> int:
    """Ask about every later year whose first payment is near. Returns how many were asked.

    A transaction for every BATCH of grants. What another worker asks at the same moment is left to it.
    """
    horizon, due_by = current_calendar().after(day, int(setting(CONTINUATION_ASKED))).last, _last_day(day)
    asked = 0
    while True:
        try:
            with exclusive():
                found = _ask_batch(horizon, due_by)
        except IntegrityError:
            return asked
        asked += found
        if found < BATCH:
            return asked


def _ask_batch(horizon: date, due_by: date) -> int:
    known = select(Continuation.id).where(
        Continuation.grant_id == Payment.grant_id, Continuation.year == Payment.year
    )
    due = (
        select(Payment.grant_id, Payment.year)
        .join(Grant, Grant.id == Payment.grant_id)
        .where(
            Payment.state == PaymentState.SUSPENDED,
            Payment.year > 1,
            Payment.due_on <= horizon,
            Grant.state == GrantState.GRANTED,
            ~known.correlate(Payment).exists(),
        )
        .group_by(Payment.grant_id, Payment.year)
        .order_by(func.min(Payment.due_on), Payment.grant_id)
        .limit(BATCH)
    )
    rows = db.session.execute(due).all()
    payment_moves.lock_grants(row.grant_id for row in rows)
    grants = {
        grant.id: grant
        for grant in db.session.scalars(
            select(Grant)
            .where(Grant.id.in_([row.grant_id for row in rows]))
            .execution_options(populate_existing=True)
        )
    }
    for grant_id, year in rows:
        grant = grants[grant_id]
        row = Continuation(
            grant_id=grant_id, year=year, enterprise_id=grant.submitted_enterprise_id, due_by=due_by
        )
        db.session.add(row)
        _ask(row, grant)
    db.session.flush()
    return len(rows)


def ask_again(grant: Grant, person: Account) -> None:
    """Ask anew about the year whose answer stopped a grant that is reinstated now; its term begins today. Within `exclusive()`."""
    ended = select(Continuation).where(Continuation.grant_id == grant.id, Continuation.state == ENDED)
    for row in db.session.scalars(ended.with_for_update(of=Continuation)):
        row.state = BY_STATE_ACTION_AND_ROLE[row.state, ASK_AGAIN, person.role].to
        row.version += 1
        row.asked_at, row.due_by = now(), _last_day(today())
        row.answered_at = row.last_day = row.end = row.decided_by_id = row.decided_at = row.overdue_on = None
        _ask(row, grant)
    db.session.flush()


def _last_day(asked_on: date) -> date:
    """Return the last day of the term of a question. It ends before the payment is due."""
    term = min(int(setting(CONTINUATION_TERM)), int(setting(CONTINUATION_ASKED)))
    return current_calendar().after(asked_on, term).last


def _ask(row: Continuation, grant: Grant) -> None:
    words = continuation.message_values(row, grant)
    db.session.add(Message(kind="continuation_asked", words=words, account_id=grant.applicant_id))


def expire_due(day: date) -> int:
    """Note every question whose term passed without a confirmation. Returns how many there were."""
    passed = (
        select(Continuation.id, Continuation.grant_id)
        .join(Grant, Grant.id == Continuation.grant_id)
        .where(
            Continuation.overdue_on.is_(None),
            Continuation.state.in_((ASKED, ANSWERED)),
            Continuation.due_by < day,
            Grant.state == GrantState.GRANTED,
        )
        .order_by(Continuation.grant_id)
        .limit(BATCH)
    )
    noted = 0
    while rows := db.session.execute(passed).all():
        done = 0
        with exclusive():
            for key, grant_id in rows:
                done += _expire(key, grant_id)
        noted += done
        if not done or len(rows) < BATCH:
            break
    return noted


def _expire(key: int, grant_id: int) -> bool:
    """Note one; False when it was answered or noted meanwhile."""
    grant_moves.lock_grant(grant_id, None)
    row = db.session.get_one(Continuation, key, populate_existing=True)
    grant = db.session.get_one(Grant, grant_id)
    if (
        row.overdue_on is not None
        or row.state not in (ASKED, ANSWERED)
        or grant.state is not GrantState.GRANTED
    ):
        return False
    continuation.perform_within(key, grant_id, EXPIRE, SYSTEM)
    return True
