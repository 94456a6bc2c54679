"""Proves the sums (P5): what was granted is paid, returned, open or suspended, to the fen; and every frozen run is its rows and files.

Reads only. Each finding is a sentence with its numbers; no finding means that all sums agree.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any, BinaryIO

from sqlalchemy import ColumnElement, case, distinct, func, or_, select
from sqlalchemy.orm import aliased

from common.money import in_yuan
from common.wording import N_, Sentence
from models import (
    BankOutcome,
    Deduction,
    Grant,
    GrantState,
    Payment,
    PaymentRun,
    PaymentState,
    Period,
    RunFile,
    RunRow,
    RunState,
    db,
)

Open = Callable[[str], BinaryIO]
"""Opens a stored file; raises FileNotFoundError."""

MOST_NAMED = 20
"""Findings of one kind that are listed."""

GRANTED_STATES = (GrantState.GRANTED, GrantState.STOPPED, GrantState.COMPLETED)
ONLY_ONCE_GRANTED = Grant.state.in_(GRANTED_STATES)
SENT = (RunState.EXPORTED, RunState.ANSWERED)


@dataclass(frozen=True)
class PeriodSums:
    """The sums of one period, or of all, in fen. `granted` is without what was stopped."""

    granted: int = 0
    paid: int = 0
    refused: int = 0
    open: int = 0
    suspended: int = 0
    stopped: int = 0

    @property
    def difference(self) -> int:
        """Return what is missing; 0 when the sums agree."""
        return self.granted - self.paid - self.refused - self.open - self.suspended

    def __add__(self, other: "PeriodSums") -> "PeriodSums":
        return PeriodSums(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(PeriodSums)))


def _sum(*states: PaymentState) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((Payment.state.in_(states), Payment.amount_fen), else_=0)), 0)


def sums_by_period() -> dict[str, PeriodSums]:
    """Return the sums of each period that has grants, by its name."""
    years = (
        select(Payment.grant_id, func.count(distinct(Payment.year)).label("years"))
        .group_by(Payment.grant_id)
        .subquery()
    )
    counted = case((years.c.years.is_(None), 1), else_=years.c.years)
    granted = select(Grant.period_id, func.sum(Grant.amount_fen * counted)).where(ONLY_ONCE_GRANTED)
    granted = granted.outerjoin(years, years.c.grant_id == Grant.id).group_by(Grant.period_id)
    deducted = select(Deduction.period_id, func.sum(Deduction.amount_fen)).group_by(Deduction.period_id)
    whole = {key: int(fen) for key, fen in db.session.execute(granted)}
    less = {key: int(fen) for key, fen in db.session.execute(deducted)}
    state = PaymentState
    paid = {
        row[0]: [int(fen) for fen in row[1:]]
        for row in db.session.execute(
            select(
                Payment.period_id,
                _sum(state.PAID),
                _sum(state.REFUSED),
                _sum(state.OPEN, state.IN_RUN),
                _sum(state.SUSPENDED),
                _sum(state.STOPPED),
            ).group_by(Payment.period_id)
        )
    }
    names = {row.id: row.name for row in db.session.execute(select(Period.id, Period.name))}
    return {
        names.get(key, str(key)): PeriodSums(whole.get(key, 0) - less.get(key, 0), *paid.get(key, [0] * 5))
        for key in sorted({*whole, *less, *paid})
    }


def disagreements(open_file: Open) -> Iterator[Sentence]:
    """Yield everything that does not agree."""
    for name, sums in sums_by_period().items():
        if sums.difference:
            yield Sentence(
                N_("申报期“%(period)s”的合计相差 %(yuan)s 元。"),
                {"period": name, "yuan": in_yuan(sums.difference)},
            )
    yield from _grants()
    yield from _deductions()
    yield from _replacements()
    yield from _runs(open_file)
    yield from _places()


def _grants() -> Iterator[Sentence]:
    """Find grants whose own sum does not agree: two of them could cancel each other out in the total."""
    whole = Grant.amount_fen * func.max(Payment.year) - func.coalesce(
        select(func.sum(Deduction.amount_fen))
        .where(Deduction.grant_id == Grant.id)
        .correlate(Grant)
        .scalar_subquery(),
        0,
    )
    have = _sum(*(each for each in PaymentState if each not in (PaymentState.STOPPED, PaymentState.REVERSED)))
    query = (
        select(Grant.id, Grant.name, (whole - have).label("difference"))
        .join(Payment, Payment.grant_id == Grant.id)
        .group_by(Grant.id, Grant.name, Grant.amount_fen)
        .having(whole != have)
        .order_by(Grant.id)
        .limit(MOST_NAMED)
    )
    for found in db.session.execute(query):
        yield Sentence(
            N_("%(name)s（%(id)s）的各笔与核定金额相差 %(yuan)s 元。"),
            {"name": found.name, "id": str(found.id), "yuan": in_yuan(int(found.difference))},
        )
    never = ~select(Payment.id).where(Payment.grant_id == Grant.id).exists()
    for row in db.session.execute(
        select(Grant.id, Grant.name).where(ONLY_ONCE_GRANTED, never).order_by(Grant.id).limit(MOST_NAMED)
    ):
        yield Sentence(
            N_("%(name)s（%(id)s）已核定，但没有任何一笔款项。"), {"name": row.name, "id": str(row.id)}
        )
    early = select(Grant.id, Grant.name).join(Payment, Payment.grant_id == Grant.id).where(~ONLY_ONCE_GRANTED)
    for row in db.session.execute(early.distinct().order_by(Grant.id).limit(MOST_NAMED)):
        yield Sentence(N_("%(name)s（%(id)s）没有核定，却有款项。"), {"name": row.name, "id": str(row.id)})


def _deductions() -> Iterator[Sentence]:
    """Find payments whose deductions, those taken back included, are not what their state says."""
    deducted = func.coalesce(func.sum(Deduction.amount_fen), 0)
    due = case((Payment.state == PaymentState.STOPPED, Payment.amount_fen), else_=0)
    wrong = (
        select(Payment.id)
        .outerjoin(Deduction, Deduction.payment_id == Payment.id)
        .where(or_(Payment.state == PaymentState.STOPPED, Deduction.id.is_not(None)))
        .group_by(Payment.id, Payment.state, Payment.amount_fen)
        .having(deducted != due)
    )
    yield from _findings(wrong, N_("款项 %(id)s 的停发与扣减记录不一致。"))


def _replacements() -> Iterator[Sentence]:
    anew = aliased(Payment)
    wrong = (
        select(Payment.id)
        .outerjoin(anew, anew.replaces_id == Payment.id)
        .where(
            or_(
                (Payment.state == PaymentState.REVERSED)
                & (anew.id.is_(None) | (anew.amount_fen != Payment.amount_fen)),
                (Payment.state != PaymentState.REVERSED) & anew.id.is_not(None),
            )
        )
    )
    yield from _findings(wrong, N_("款项 %(id)s 的冲回与重新发放不一致。"))


def _findings(query: Any, wording: str) -> Iterator[Sentence]:
    for key in db.session.scalars(query.order_by(Payment.id).limit(MOST_NAMED)):
        yield Sentence(wording, {"id": str(key)})


def _runs(open_file: Open) -> Iterator[Sentence]:
    """Compare each run with its rows, and each exported one with its files."""
    rows = (
        select(RunRow.run_id, func.count().label("count"), func.sum(RunRow.amount_fen).label("total"))
        .where(RunRow.left_out.is_(None))
        .group_by(RunRow.run_id)
        .subquery()
    )
    query = (
        select(PaymentRun, rows.c.count, rows.c.total)
        .outerjoin(rows, rows.c.run_id == PaymentRun.id)
        .order_by(PaymentRun.id)
    )
    for run, count, total in db.session.execute(query):
        about = {"run": run.number}
        if (run.count, run.total_fen) != (count or 0, int(total or 0)):
            yield Sentence(N_("发放批次 %(run)s 的笔数或合计与各行不一致。"), about)
        if run.approved_by_id is not None and run.approved_by_id in (run.made_by_id, run.frozen_by_id):
            yield Sentence(N_("发放批次 %(run)s 由建立或冻结的人自己批准。"), about)
        if run.state in SENT:
            yield from _files(run, open_file)


def _files(run: PaymentRun, open_file: Open) -> Iterator[Sentence]:
    files = db.session.scalars(select(RunFile).where(RunFile.run_id == run.id)).all()
    if not files:
        yield Sentence(N_("发放批次 %(run)s 没有银行文件。"), {"run": run.number})
    for file in files:
        about = {"run": run.number, "file": file.display_name}
        if (file.count, file.total_fen) != (run.count, run.total_fen):
            yield Sentence(N_("发放批次 %(run)s 的文件“%(file)s”笔数或合计与批次不一致。"), about)
        try:
            with open_file(file.storage_name) as content:
                same = hashlib.sha256(content.read()).hexdigest() == file.sha256
        except FileNotFoundError:
            yield Sentence(N_("发放批次 %(run)s 的文件“%(file)s”不在了。"), about)
        else:
            if not same:
                yield Sentence(N_("发放批次 %(run)s 的文件“%(file)s”已被改动（SHA-256 不符）。"), about)


def _places() -> Iterator[Sentence]:
    """Find payments whose state is not that of their row in the run."""
    row = aliased(RunRow)
    in_run, paid = Payment.state == PaymentState.IN_RUN, Payment.state == PaymentState.PAID
    wrong = (
        select(Payment.id)
        .outerjoin(row, (row.run_id == Payment.run_id) & (row.payment_id == Payment.id))
        .where(
            or_(
                (in_run | paid) & (row.run_id.is_(None) | (row.amount_fen != Payment.amount_fen)),
                in_run & row.outcome.in_((BankOutcome.PAID, BankOutcome.REFUSED)),
                paid & or_(row.outcome.is_(None), row.outcome != BankOutcome.PAID),
            )
        )
    )
    yield from _findings(wrong, N_("款项 %(id)s 的状态与所在发放批次不一致。"))
