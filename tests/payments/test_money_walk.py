"""Grants, runs, answers, refusals, corrections, objections, stops taken back or not and reversals in any order: the sums hold after each step (P5).

A second, simple ledger says what must have been granted and paid.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import event, select, text

from common.calendar import today
from common.errors import ActionRefused, Unacceptable
from models import (
    Account,
    AccountCorrection,
    BatchState,
    CorrectionState,
    Grant,
    GrantAction,
    GrantState,
    Objection,
    ObjectionDecision,
    Payment,
    PaymentRun,
    PaymentState,
    RunAction,
    RunState,
    db,
    exclusive,
)
from payments import (
    account_corrections,
    exporting,
    moves,
    objections,
    reconciling,
    reinstating,
    reversals,
    runs,
    stopping,
)
from payments.due import RunChoice
from payments.objections import Objector
from tests import factories
from tests.machine.databases import Databases
from tests.machine.worlds import application_on
from tests.payments import grants

STEPS, WALKS = 200, 10
NUMBERS = st.integers(0, 2**32)


class Money(RuleBasedStateMachine):
    """Every rule draws what it works on from a seed, among the rows that are there."""

    app: Flask
    work: Counter[str]

    @initialize(seed=NUMBERS)
    def begin(self, seed: int) -> None:
        self.context = self.app.app_context()
        self.context.push()
        self.maker, self.second = _people()
        self.employer = factories.enterprise()
        self.reviewer = factories.reviewer(self.employer)
        self.period = grants.period()
        self.batch = grants.batch(self.period, self.maker)
        self.batch.state, self.batch.closes = BatchState.PUBLIC, today() + timedelta(days=5)
        self.standards = [
            factories.standard(instalments=parts, interval_months=1, priority=9000 + parts).id
            for parts in (1, 2, 3)
        ]
        db.session.commit()
        self.granted = self.paid = 0

    def teardown(self) -> None:
        assert [each.text % each.words for each in reconciling.disagreements(grants.opened)] == []
        db.session.remove()
        self.context.pop()

    @rule(seed=NUMBERS)
    def step(self, seed: int) -> None:
        """Do one of the things that happen. One rule: Hypothesis leaves whole rules out of a walk, and money needs nearly all."""
        chance = Random(seed)
        names = ("publicize", "grant", "make_run", "move_run", "answer", "correct")
        seldom = ("object_or_decide", "stop", "take_back", "reverse")
        name = chance.choice((*names, *names, "move_run", "move_run", *seldom))
        getattr(self, name)(chance.randrange(2**32))

    def one(self, chance: Random, query: Any) -> Any:
        db.session.rollback()
        found = db.session.scalars(query).all()
        return chance.choice(found) if found else None

    def attempt(self, act: Callable[[], Any]) -> bool:
        try:
            act()
        except ActionRefused:
            return False
        return True

    def publicize(self, seed: int) -> None:
        fen = 3 + seed % 5000
        account = None if seed % 11 == 0 else "62170000"
        one = grants.grant(self.batch, self.employer, fen, parts=0, account=account)
        one.state, one.granted_at = GrantState.PUBLICIZED, None
        one.standard_id = self.standards[seed % 3]
        db.session.commit()

    def object_or_decide(self, seed: int) -> None:
        chance = Random(seed)
        one = self.one(chance, select(Grant).where(Grant.batch_id == self.batch.id))
        if one is None:
            return
        opened = self.one(
            chance, select(Objection).where(Objection.grant_id == one.id, Objection.decision.is_(None))
        )
        one = grants.fresh(one)
        if opened is None:
            says = Objector("某人", "", "不符合条件")
            self.attempt(lambda: objections.enter(self.maker, one.id, says, seen_version=one.version))
        else:
            decision = chance.choice(list(ObjectionDecision))
            self.attempt(lambda: objections.decide_objection(self.maker, opened.id, decision, "已核实"))

    def grant(self, seed: int) -> None:
        waiting = select(Grant).where(Grant.batch_id == self.batch.id, Grant.state == GrantState.PUBLICIZED)
        for one in db.session.scalars(waiting).all()[: seed % 4]:
            with exclusive():
                moves.perform_within(one.id, GrantAction.GRANT, None)
            self.granted += one.amount_fen

    def make_run(self, seed: int) -> None:
        choice = RunChoice(today() + timedelta(days=seed % 90), self.period.id)
        self.attempt(lambda: runs.make(Random(seed).choice((self.maker, self.second)), choice))

    def move_run(self, seed: int) -> None:
        chance = Random(seed)
        run = self.one(
            chance,
            select(PaymentRun).where(
                PaymentRun.period_id == self.period.id,
                PaymentRun.state.in_((RunState.MADE, RunState.FROZEN, RunState.APPROVED, RunState.EXPORTED)),
            ),
        )
        if run is None or (run.state is RunState.EXPORTED and chance.random() < 0.7):
            return
        person: Account = chance.choice((self.maker, self.second))
        if run.state is RunState.APPROVED and chance.random() < 0.9:
            if self.attempt(
                lambda: exporting.export(run.id, person, seen_version=run.version, store=grants.kept)
            ):
                self.work["run"] += 1
                assert db.session.scalar(STOPPED_BUT_SENT, {"run": run.id}) == 0
            return
        wanted = {RunState.MADE: RunAction.FREEZE, RunState.FROZEN: RunAction.APPROVE}.get(run.state)
        action = RunAction.DISCARD if wanted is None or chance.random() < 0.1 else wanted
        before = (run.made_by_id, run.frozen_by_id)
        second_needed = action is RunAction.APPROVE or run.state is RunState.EXPORTED
        done = self.attempt(
            lambda: runs.perform(run.id, action, person, seen_version=run.version, reason="重做")
        )
        assert not (done and second_needed and person.id in before)

    def answer(self, seed: int) -> None:
        chance = Random(seed)
        run = self.one(
            chance,
            select(PaymentRun).where(
                PaymentRun.period_id == self.period.id,
                PaymentRun.state.in_((RunState.EXPORTED, RunState.ANSWERED)),
            ),
        )
        if run is None:
            return
        rows = []
        for row in grants.said(run, "成功"):
            row["outcome"] = chance.choice(("成功", "成功", "失败", "处理中"))
            if chance.random() < 0.1:
                row["amount"] = "0.02"
            if chance.random() < 0.9:
                rows.append(row)
        if not rows:
            return
        states = select(Payment.id, Payment.amount_fen).where(
            Payment.run_id == run.id, Payment.state == PaymentState.PAID
        )
        before = {row.id for row in db.session.execute(states)}
        grants.answered(run, self.maker, rows)
        after = [row for row in db.session.execute(states) if row.id not in before]
        self.paid += sum(row.amount_fen for row in after)
        self.work["paid"] += len(after)

    def correct(self, seed: int) -> None:
        chance = Random(seed)
        waiting = self.one(
            chance,
            select(AccountCorrection).where(
                AccountCorrection.enterprise_id == self.employer.id,
                AccountCorrection.state == CorrectionState.PROPOSED,
            ),
        )
        if waiting is not None:
            confirmed = chance.random() < 0.8
            account_corrections.decide_correction(
                waiting.id, self.reviewer, confirmed=confirmed, reason="" if confirmed else "不符"
            )
            self.work["corrected"] += int(confirmed)
            return
        refused = select(Grant).join(Payment, Payment.grant_id == Grant.id)
        one = self.one(
            chance,
            refused.where(Grant.batch_id == self.batch.id, Payment.state == PaymentState.REFUSED),
        )
        if one is not None and chance.random() < 0.3:
            returned = select(Payment).where(
                Payment.grant_id == one.id, Payment.state == PaymentState.REFUSED
            )
            again = self.one(chance, returned)
            reversals.resend(again.id, self.maker, seen_version=again.version, reason="银行系统故障")
            self.work["resent"] += 1
        elif one is not None:
            account = f"6217{seed:010d}"
            self.attempt(
                lambda: account_corrections.propose(one.id, one.applicant, bank="中国银行", account=account)
            )

    def stop(self, seed: int) -> None:
        chance = Random(seed)
        one = self.one(chance, select(Grant).where(Grant.batch_id == self.batch.id))
        if one is None or chance.random() < 0.6:
            return
        day = today() + timedelta(days=chance.randrange(60))
        if self.attempt(
            lambda: stopping.stop_grant(
                one.id, self.maker, seen_version=one.version, first_day=day, reason="调离"
            )
        ):
            self.work["stopped"] += 1

    def take_back(self, seed: int) -> None:
        ended = Grant.state.in_((GrantState.STOPPED, GrantState.DENIED))
        one = self.one(Random(seed), select(Grant).where(Grant.batch_id == self.batch.id, ended))
        if one is None:
            return
        reinstated = one.state is GrantState.STOPPED
        take_back = reinstating.reinstate if reinstated else reinstating.reconsider
        with pytest.raises(Unacceptable):
            take_back(one.id, self.maker, seen_version=one.version, reason="办错了")
        one = grants.fresh(one)
        if self.attempt(lambda: take_back(one.id, self.second, seen_version=one.version, reason="办错了")):
            self.work["reinstated" if reinstated else "reconsidered"] += 1

    def reverse(self, seed: int) -> None:
        one = self.one(
            Random(seed),
            select(Payment).where(Payment.period_id == self.period.id, Payment.state == PaymentState.PAID),
        )
        if one is not None:
            fen = one.amount_fen
            reversals.reverse(one.id, self.maker, seen_version=one.version, reason="冲回")
            self.paid -= fen
            self.work["reversed"] += 1

    @invariant()
    def the_sums_hold(self) -> None:
        if not hasattr(self, "granted"):
            return
        db.session.rollback()
        stored = {state.value: 0 for state in PaymentState}
        stored |= dict(db.session.execute(STORED, {"period": self.period.id}).all())
        whole = sum(stored[state.value] for state in PaymentState if state is not PaymentState.REVERSED)
        assert whole == self.granted
        assert stored["paid"] == self.paid
        assert db.session.scalar(DEDUCTED, {"period": self.period.id}) == stored["stopped"]


STORED = text("SELECT state, SUM(amount_fen) FROM payments WHERE period_id = :period GROUP BY state")
DEDUCTED = text("SELECT COALESCE(SUM(amount_fen), 0) FROM deductions WHERE period_id = :period")
STOPPED_BUT_SENT = text(
    "SELECT COUNT(*) FROM payments JOIN grants ON grants.id = payments.grant_id"
    " WHERE payments.run_id = :run AND payments.state = 'in_run'"
    " AND grants.state = 'stopped' AND payments.due_on >= grants.stopped_on"
)
"""Not the product's own sums, which `teardown` compares as well."""


def _people() -> tuple[Account, Account]:
    factories.once_in_the_city()
    return factories.city_clerk(), factories.city_clerk()


@pytest.mark.guide("P4", "P5")
def test_two_thousand_steps_of_money_in_any_order_and_the_sums_hold_after_each(
    databases: Databases, tmp_path: Path
) -> None:
    url = databases.fresh("sqlite")
    app = application_on(url, tmp_path)
    app.extensions["wake_bank_answers"] = lambda: None
    with app.app_context():
        event.listen(db.engine, "connect", lambda made, _: made.execute("PRAGMA journal_mode=MEMORY"))
    machine = type("Walk", (Money,), {"app": app, "work": Counter()})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=STEPS,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    done = {"run", "paid", "reversed", "stopped", "reinstated", "reconsidered", "corrected", "resent"}
    assert done <= machine.work.keys(), "nothing was left out"
    with app.app_context():
        db.engine.dispose()
    databases.drop(url)
