"""Payment runs: which payments go to the bank together, the file that was made of them, and what the bank answered.

Only payments/runs.py, payments/run_checks.py, payments/exporting.py, payments/layouts.py and payments/answers.py write these
tables. What a frozen run holds is never changed.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import Account
from models.database import Instant, Model, enum_text, now
from models.jobs import Leased
from models.periods import Period
from models.secrets import Encrypted
from models.vocabulary import BankOutcome, ImportState, RunAction, RunState


class PaymentRun(Model):
    """One run. `period_id` is NULL for all periods. `count` and `total_fen` are those of its rows, left-out ones apart."""

    __tablename__ = "payment_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(12), unique=True)
    period_id: Mapped[int | None] = mapped_column(ForeignKey("periods.id"))
    due_until: Mapped[date]
    state: Mapped[RunState] = mapped_column(enum_text(RunState), default=RunState.MADE)
    version: Mapped[int] = mapped_column(default=1)
    count: Mapped[int] = mapped_column(default=0)
    total_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    left_out: Mapped[int] = mapped_column(default=0)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    made_at: Mapped[datetime] = mapped_column(Instant, default=now)
    frozen_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    layout_id: Mapped[int | None] = mapped_column(ForeignKey("bank_layouts.id"))

    period: Mapped[Period | None] = relationship()
    made_by: Mapped[Account] = relationship(foreign_keys=[made_by_id])
    frozen_by: Mapped[Account | None] = relationship(foreign_keys=[frozen_by_id])
    approved_by: Mapped[Account | None] = relationship(foreign_keys=[approved_by_id])

    def __str__(self) -> str:
        return self.number


class RunRow(Model):
    """One payment of a run. `number` is what the bank gets and answers with; a later run has another for the same payment.

    Holder, bank and account are copied when the run is frozen. `left_out` is why it is not paid with this run, as wording and
    words; such a row has no number.
    """

    __tablename__ = "run_rows"

    run_id: Mapped[int] = mapped_column(ForeignKey("payment_runs.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    number: Mapped[str | None] = mapped_column(String(20), unique=True)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    left_out: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    holder: Mapped[str | None] = mapped_column(String(60))
    bank: Mapped[str | None] = mapped_column(String(100))
    account: Mapped[str | None] = mapped_column(Encrypted("run_rows.account"))
    outcome: Mapped[BankOutcome | None] = mapped_column(enum_text(BankOutcome))
    bank_reason: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("run_id", "payment_id"),
        Index(None, "payment_id"),
        Index(None, "run_id", "outcome", "position"),
    )


class RunEvent(Model):
    """One row of a run's history, never changed."""

    __tablename__ = "run_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("payment_runs.id"))
    action: Mapped[RunAction] = mapped_column(enum_text(RunAction))
    from_state: Mapped[RunState | None] = mapped_column(enum_text(RunState, "run_from_state"))
    to_state: Mapped[RunState] = mapped_column(enum_text(RunState, "run_to_state"))
    actor_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant, default=now)

    __table_args__ = (Index(None, "run_id", "id"),)


class RunFile(Model):
    """A file for the bank, made once when the run is exported. `kind` is its extension."""

    __tablename__ = "run_files"

    run_id: Mapped[int] = mapped_column(ForeignKey("payment_runs.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(160))
    storage_name: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    count: Mapped[int]
    total_fen: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant, default=now)

    __table_args__ = (Index(None, "storage_name"),)


class BankLayout(Model):
    """How the bank wants its file. Each saving is a new row, and the newest holds; a run names the one it was made with.

    `content` is payments/bank_file.py's layout as JSON.
    """

    __tablename__ = "bank_layouts"

    id: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    made_at: Mapped[datetime] = mapped_column(Instant, default=now)


class BankAnswer(Leased, Model):
    """The bank's answer to one run: an uploaded file, its preview, and what was written. A job of the worker.

    `storage_name` is set until the file has been read. `notes` are shown above the preview, `error` is the fault of the last
    attempt, each as wording and words.
    """

    __tablename__ = "bank_answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("payment_runs.id"))
    actor_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    file_name: Mapped[str] = mapped_column(String(160))
    extension: Mapped[str] = mapped_column(String(8))
    storage_name: Mapped[str | None] = mapped_column(String(80))
    state: Mapped[ImportState] = mapped_column(enum_text(ImportState), default=ImportState.READING)
    total: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    notes: Mapped[list[Any]] = mapped_column(JSON, default=list)
    error: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)

    actor: Mapped[Account] = relationship(foreign_keys=[actor_id])

    __table_args__ = (
        Index(None, "state", "next_try"),
        Index(None, "run_id", "id"),
        Index(None, "storage_name"),
    )


class BankAnswerRow(Model):
    """One row of the bank's file as it was read. `faults` is a list of [column, wording, words]; empty for an accepted row.

    `position` is that of the run's row; `unchanged`: the run has this outcome already.
    """

    __tablename__ = "bank_answer_rows"

    answer_id: Mapped[int] = mapped_column(ForeignKey("bank_answers.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[str] = mapped_column(Text, default="")
    account: Mapped[str] = mapped_column(Encrypted("bank_answer_rows.account"), default="")
    amount: Mapped[str] = mapped_column(Text, default="")
    said: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int | None]
    outcome: Mapped[BankOutcome | None] = mapped_column(enum_text(BankOutcome))
    unchanged: Mapped[bool] = mapped_column(default=False)
    refused: Mapped[bool] = mapped_column(default=False)
    faults: Mapped[list[Any]] = mapped_column(JSON, default=list)

    __table_args__ = (Index(None, "answer_id", "refused", "line"),)
