"""What must be true of payments after each step of the walk, in SQL of its own: not the product's own sums (payments/reconciling.py)."""

from collections.abc import Mapping

from sqlalchemy import select, text

from models import Payment, PaymentState, db

STORED = text("SELECT state, SUM(amount_fen) FROM payments WHERE period_id = :period GROUP BY state")
DEDUCTED = text("SELECT COALESCE(SUM(amount_fen), 0) FROM deductions WHERE period_id = :period")
STOPPED_BUT_SENT = text(
    "SELECT COUNT(*) FROM payments JOIN grants ON grants.id = payments.grant_id"
    " WHERE payments.run_id = :run AND payments.state = 'in_run'"
    " AND grants.state = 'stopped' AND payments.due_on >= grants.stopped_on"
)
WITH_THE_BANK = text(
    "SELECT payments.id, payments.state, COUNT(run_rows.run_id) AS runs"
    " FROM payments"
    " LEFT JOIN payment_runs ON payment_runs.state <> 'discarded'"
    " LEFT JOIN run_rows ON run_rows.run_id = payment_runs.id AND run_rows.payment_id = payments.id"
    " AND run_rows.left_out IS NULL AND COALESCE(run_rows.outcome, 'unknown') = 'unknown'"
    " WHERE payments.period_id = :period"
    " GROUP BY payments.id, payments.state"
    " HAVING COUNT(run_rows.run_id) <> CASE WHEN payments.state = 'in_run' THEN 1 ELSE 0 END"
)
"""A payment that is with the bank stands undecided in one run, every other one in none."""

PAID_UNCONFIRMED = text(
    "SELECT payments.id FROM payments"
    " LEFT JOIN continuations ON continuations.grant_id = payments.grant_id AND continuations.year = payments.year"
    " WHERE payments.period_id = :period AND payments.year > 1 AND payments.state IN ('open', 'in_run', 'paid', 'refused')"
    " AND COALESCE(continuations.state, '') <> 'confirmed'"
)
STILL_DEDUCTED = text(
    "SELECT payment_id FROM deductions WHERE grant_id = :grant GROUP BY payment_id HAVING SUM(amount_fen) <> 0"
)

_OPEN, _SUSPENDED = {PaymentState.OPEN}, {PaymentState.SUSPENDED}
_MAYBE_REFUSED = {PaymentState.OPEN, PaymentState.REFUSED}
AFTER_REINSTATING: Mapping[PaymentState | None, set[PaymentState]] = {
    None: _OPEN,
    PaymentState.OPEN: _OPEN,
    PaymentState.SUSPENDED: _SUSPENDED,
    PaymentState.REFUSED: _MAYBE_REFUSED,
    PaymentState.IN_RUN: _MAYBE_REFUSED,
}
"""Where a stopped payment goes, by its state before the stop: with the bank it was refused or released before it was stopped, and
a refused one is open when another account was confirmed since. None: it took the place of a paid one that came back."""

States = Mapping[int, PaymentState]


def check_period(period: int, granted: int, paid: int) -> None:
    """Compare what is stored with what was granted and paid."""
    stored = {state.value: 0 for state in PaymentState}
    stored |= dict(db.session.execute(STORED, {"period": period}).all())
    whole = sum(stored[state.value] for state in PaymentState if state is not PaymentState.REVERSED)
    assert whole == granted
    assert stored["paid"] == paid
    assert db.session.scalar(DEDUCTED, {"period": period}) == stored["stopped"]
    assert db.session.execute(WITH_THE_BANK, {"period": period}).all() == []
    assert db.session.execute(PAID_UNCONFIRMED, {"period": period}).all() == []


def states_of(grant: int) -> States:
    """Return the state of each payment of a grant."""
    db.session.rollback()
    rows = db.session.execute(select(Payment.id, Payment.state).where(Payment.grant_id == grant))
    return {row.id: row.state for row in rows}


def check_reinstated(grant: int, before_stop: States, stopped: States) -> None:
    """Say whether a stop that was taken back gave exactly the payments that it had taken off."""
    for key, state in states_of(grant).items():
        if stopped[key] is PaymentState.STOPPED:
            assert state in AFTER_REINSTATING[before_stop.get(key)], (key, before_stop.get(key), state)
        else:
            assert state is stopped[key], "it had not been stopped"
    assert db.session.scalars(STILL_DEDUCTED, {"grant": grant}).all() == []
