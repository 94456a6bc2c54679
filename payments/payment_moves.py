"""Every change of a payment's state: locks the payments, checks the table, writes state, history and messages, or nothing.

Works on many payments at once, because a run has thousands. Locks are taken in the order of ids, grants before payments.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, insert, literal, or_, select, update

from common.calendar import today
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible
from models import (
    Account,
    Deduction,
    Grant,
    GrantState,
    Message,
    Payment,
    PaymentAction,
    PaymentEvent,
    PaymentState,
    db,
    now,
)
from models.database import Instant
from models.statements import table_of
from payments import payment_scope
from payments.run_transitions import BEFORE_STOP, STOPPABLE, PaymentTransition, find_payment_transition
from workflow.decision import Decision
from workflow.notifications import MESSAGES_WRITTEN

CHUNK = 500
"""Ids of one statement: both databases limit its parameters."""


DEDUCTED = {PaymentAction.STOP: 1, PaymentAction.REINSTATE: -1}
"""What is taken off the granted sum, as a sign of the payment's amount."""


class LockedPayment(NamedTuple):
    """The columns of a payment that its procedure needs."""

    id: int
    grant_id: int
    period_id: int
    state: PaymentState
    version: int
    amount_fen: int
    due_on: date


def perform_within(
    ids: Iterable[int],
    action: PaymentAction,
    person: Account | None,
    *,
    seen_version: int | None = None,
    reason: str = "",
    run_id: int | None = None,
    back_to: PaymentState | None = None,
    **columns: Any,
) -> list[LockedPayment]:
    """Do one action to all of these payments or to none, within `exclusive()`. `person`: None for the system.

    `columns` are written with the state. `back_to` belongs to REINSTATE alone. Returns the payments as they were before.

    Raises NotVisible, ChangedMeanwhile when one of them is in another version, NotPermitted when one of them is in a state without
    this action, ReasonMissing.
    """
    wanted = sorted(set(ids))
    found = lock_payments(wanted, person)
    if len(found) != len(wanted):
        raise NotVisible
    if seen_version is not None and any(each.version != seen_version for each in found):
        raise ChangedMeanwhile(None)
    for state in sorted({each.state for each in found}, key=lambda state: state.value):
        transition = find_payment_transition(state, action, person.role if person is not None else None)
        if transition is None or (transition.to is BEFORE_STOP) != (back_to in STOPPABLE):
            raise NotPermitted
        to = transition.to if isinstance(transition.to, PaymentState) else back_to
        said = Decision(reason).checked(needs_reason=transition.needs_reason).reason
        chosen = [each for each in found if each.state is state]
        _move(chosen, transition, person, said, run_id, {**columns, "state": to})
    return found


def lock_payments(ids: Sequence[int], person: Account | None) -> list[LockedPayment]:
    """Return these payments, read anew and held until the transaction ends, in the order of their ids; only those in sight."""
    found = []
    for chunk in chunks(ids):
        query = select(*(getattr(Payment, name) for name in LockedPayment._fields)).where(
            Payment.id.in_(chunk)
        )
        if person is not None:
            query = query.where(payment_scope.payments(person))
        rows = db.session.execute(query.order_by(Payment.id).with_for_update(of=Payment))
        found += [LockedPayment(*row) for row in rows]
    return found


def lock_grants(ids: Iterable[int]) -> None:
    """Lock grants before payments of them are locked, in the order in which everybody does."""
    for chunk in chunks(sorted(set(ids))):
        db.session.execute(
            select(Grant.id).where(Grant.id.in_(chunk)).order_by(Grant.id).with_for_update(of=Grant)
        )


def lock_grants_of(ids: Sequence[int]) -> None:
    """Lock the grants of these payments: so a grant that is being stopped is seen as stopped, or waits."""
    for chunk in chunks(sorted(ids)):
        lock_grants(db.session.scalars(select(Payment.grant_id).where(Payment.id.in_(chunk))))


def is_after_stop() -> ColumnElement[bool]:
    """Return the criterion, over Payment and Grant, for payments that are not due any more: due on the day of the stop or later."""
    return (Grant.state == GrantState.STOPPED) & or_(
        Grant.stopped_on.is_(None), Payment.due_on >= Grant.stopped_on
    )


def chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    """Yield the ids in lists of at most CHUNK."""
    rest = iter(ids)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _move(
    payments: Sequence[LockedPayment],
    transition: PaymentTransition,
    person: Account | None,
    reason: str,
    run_id: int | None,
    columns: Mapping[str, Any],
) -> None:
    at = now()
    if run_id is not None:
        columns = {**columns, "run_id": run_id}
    for chunk in chunks([each.id for each in payments]):
        db.session.execute(
            update(Payment)
            .where(Payment.id.in_(chunk))
            .values(version=Payment.version + 1, **columns)
            .execution_options(synchronize_session=False)
        )
        if transition.message:
            _tell_applicants(chunk, transition.message)
    events = table_of(PaymentEvent)
    signature = {"actor_id": person.id, "actor_name": person.name} if person is not None else {}
    row = {
        "action": transition.action,
        "from_state": transition.state,
        "to_state": columns["state"],
        "actor_id": None,
        "actor_name": "",
        "run_id": run_id,
        "reason": reason,
        "at": at,
        **signature,
    }
    db.session.execute(insert(events), [{"payment_id": each.id, **row} for each in payments])
    if sign := DEDUCTED.get(transition.action):
        _deduct(payments, reason, sign)
    for known in [one for one in db.session if isinstance(one, Payment)]:
        db.session.expire(known)


def _deduct(payments: Sequence[LockedPayment], reason: str, sign: int) -> None:
    """Take stopped payments off what was granted, each by a dated row; or take that back, by a row with the opposite amount."""
    db.session.execute(
        insert(table_of(Deduction)),
        [
            {
                "payment_id": each.id,
                "grant_id": each.grant_id,
                "period_id": each.period_id,
                "amount_fen": sign * each.amount_fen,
                "day": today(),
                "reason": reason,
            }
            for each in payments
        ],
    )


def _tell_applicants(ids: Sequence[int], kind: str) -> None:
    """Write a message to the applicant of each grant of these payments."""
    messages = table_of(Message)
    written = select(literal(kind), Grant.applicant_id, literal(False), literal(now(), Instant)).where(
        Grant.id.in_(select(Payment.grant_id).where(Payment.id.in_(ids)))
    )
    db.session.execute(insert(messages).from_select(["kind", "account_id", "urgent", "created_at"], written))
    db.session.info[MESSAGES_WRITTEN] = True


def stop_those_of_stopped_grants(ids: Sequence[int]) -> None:
    """Stop those of the payments whose grant was stopped while they were in a run: due on its day or later."""
    for chunk in chunks(ids):
        query = (
            select(Payment.id, Grant.stop_reason)
            .join(Grant, Grant.id == Payment.grant_id)
            .where(Payment.id.in_(chunk), is_after_stop())
        )
        for payment_id, reason in db.session.execute(query).all():
            perform_within([payment_id], PaymentAction.STOP, None, reason=reason or "—")
