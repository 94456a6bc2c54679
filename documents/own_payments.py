"""What is stored about the payments for one application, for the person's own file (A24). Amounts are in fen, as stored.

Who objected, and which runs and bank files a payment was in, is left out: that is not the person's.
"""

from typing import Any

from sqlalchemy import select

from models import (
    AccountCorrection,
    Application,
    Continuation,
    Deduction,
    Grant,
    GrantEvent,
    Payment,
    PaymentEvent,
    db,
)


def stored_grants(application: Application) -> list[dict[str, Any]]:
    """Return the grant of an application with its history and payments; at most one stands."""
    found = db.session.scalars(
        select(Grant).where(Grant.application_id == application.id).order_by(Grant.id)
    ).all()
    return [_grant(each) for each in found]


def _grant(grant: Grant) -> dict[str, Any]:
    payments = db.session.scalars(
        select(Payment)
        .where(Payment.grant_id == grant.id)
        .order_by(Payment.year, Payment.ordinal, Payment.id)
    ).all()
    return {
        **_columns(
            grant, "state", "rule_text", "amount_fen", "years", "granted_at", "stopped_on", "stop_reason"
        ),
        "batch": grant.batch.number,
        "history": _rows(GrantEvent, GrantEvent.grant_id == grant.id, "at", "action", "to_state", "reason"),
        "payments": [
            {
                **_columns(
                    each, "year", "ordinal", "due_on", "amount_fen", "state", "paid_on", "bank_reason"
                ),
                "history": _rows(
                    PaymentEvent, PaymentEvent.payment_id == each.id, "at", "action", "to_state", "reason"
                ),
            }
            for each in payments
        ],
        "continuations": _rows(
            Continuation,
            Continuation.grant_id == grant.id,
            "year",
            "state",
            "asked_at",
            "due_by",
            "answered_at",
            "last_day",
            "end",
            "decided_at",
        ),
        "deductions": _rows(Deduction, Deduction.grant_id == grant.id, "day", "amount_fen", "reason"),
        "account_corrections": _rows(
            AccountCorrection,
            AccountCorrection.grant_id == grant.id,
            "proposed_at",
            "bank",
            "account",
            "state",
            "decided_at",
            "reason",
        ),
    }


def _rows(model: Any, criterion: Any, *columns: str) -> list[dict[str, Any]]:
    found = db.session.scalars(select(model).where(criterion).order_by(model.id))
    return [_columns(each, *columns) for each in found]


def _columns(row: Any, *columns: str) -> dict[str, Any]:
    return {key: getattr(row, key) for key in columns}
