"""The payments of grants: what is due when, what became of it, and the bank accounts that were corrected.

Only payments/payment_moves.py changes a payment's state. An amount is an integer in fen.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import Account
from models.batches import Grant
from models.database import Instant, Model, enum_text, now, partial
from models.periods import Period
from models.secrets import Encrypted
from models.vocabulary import CorrectionState, PaymentAction, PaymentState

NOT_REVERSED = text("state <> 'reversed'")
UNDECIDED_CORRECTIONS = text("state = 'proposed'")


class Payment(Model):
    """One payment of a grant: the `ordinal` of its `year`. The unique index allows each only once, reversed ones apart.

    `run_id` is the run that it is in, or was in last. `replaces_id` is the reversed payment in whose place it stands.
    """

    __tablename__ = "payments"

    id: Mapped[int] = mapped_column(primary_key=True)
    grant_id: Mapped[int] = mapped_column(ForeignKey("grants.id"))
    period_id: Mapped[int] = mapped_column(ForeignKey("periods.id"))
    year: Mapped[int] = mapped_column(default=1)
    """The year of the grant, counted from 1."""
    ordinal: Mapped[int]
    due_on: Mapped[date]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[PaymentState] = mapped_column(enum_text(PaymentState), default=PaymentState.OPEN)
    version: Mapped[int] = mapped_column(default=1)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("payment_runs.id"))
    bank_reason: Mapped[str] = mapped_column(Text, default="")
    paid_on: Mapped[date | None]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), unique=True)

    grant: Mapped[Grant] = relationship()
    period: Mapped[Period] = relationship()

    __table_args__ = (
        Index(
            "uq_payments_one_of_each",
            "grant_id",
            "year",
            "ordinal",
            unique=True,
            **partial(NOT_REVERSED),
        ),
        Index(None, "state", "due_on", "id"),
        Index(None, "state", "period_id", "due_on", "id"),
        Index(None, "period_id", "state"),
        Index(None, "run_id"),
    )


class PaymentEvent(Model):
    """One row of a payment's history, never changed. Without an actor the worker did it."""

    __tablename__ = "payment_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    action: Mapped[PaymentAction] = mapped_column(enum_text(PaymentAction))
    from_state: Mapped[PaymentState] = mapped_column(enum_text(PaymentState, "payment_from_state"))
    to_state: Mapped[PaymentState] = mapped_column(enum_text(PaymentState, "payment_to_state"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(60), default="")
    run_id: Mapped[int | None] = mapped_column(ForeignKey("payment_runs.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant, default=now)

    __table_args__ = (Index(None, "payment_id", "id"),)


class Deduction(Model):
    """A stopped payment's amount, which is no longer part of what was granted from this day on.

    A stop that is taken back adds a row with the negative amount; no row is changed.
    """

    __tablename__ = "deductions"

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    grant_id: Mapped[int] = mapped_column(ForeignKey("grants.id"))
    period_id: Mapped[int] = mapped_column(ForeignKey("periods.id"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index(None, "payment_id"), Index(None, "grant_id"), Index(None, "period_id"))


class AccountCorrection(Model):
    """Another bank account for the payments of a grant, typed by the applicant. The newest confirmed one holds.

    The finished application is not changed. The unique index allows one that nobody has decided.
    """

    __tablename__ = "account_corrections"

    id: Mapped[int] = mapped_column(primary_key=True)
    grant_id: Mapped[int] = mapped_column(ForeignKey("grants.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"))
    bank: Mapped[str] = mapped_column(String(100))
    account: Mapped[str] = mapped_column(Encrypted("account_corrections.account"))
    state: Mapped[CorrectionState] = mapped_column(
        enum_text(CorrectionState), default=CorrectionState.PROPOSED
    )
    proposed_at: Mapped[datetime] = mapped_column(Instant, default=now)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text, default="")

    grant: Mapped[Grant] = relationship()
    decided_by: Mapped[Account | None] = relationship()

    __table_args__ = (
        Index(
            "uq_account_corrections_undecided",
            "grant_id",
            unique=True,
            **partial(UNDECIDED_CORRECTIONS),
        ),
        Index(None, "grant_id", "state", "id"),
        Index(None, "enterprise_id", "state", "id"),
    )
