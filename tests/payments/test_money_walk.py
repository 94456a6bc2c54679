"""Grants of one or two years, runs, answers, refusals, corrections, objections, stops taken back or not and reversals in any order and
on any day: the sums hold after each step (P5), no payment is in two runs, and a stop taken back gives what it took.

A second, simple ledger says what must have been granted and paid.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import event, select

from common.calendar import today
from common.errors import ActionRefused, Unacceptable
from models import (
    Account,
    AccountCorrection,
    BatchState,
    Continuation,
    ContinuationAction,
    ContinuationState,
    CorrectionState,
    EmploymentEnd,
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
    continuation,
    continuation_terms,
    exporting,
    grant_moves,
    objections,
    reconciling,
    reinstating,
    reversals,
    runs,
    stopping,
)
from payments.due import RunChoice
from payments.objections import Objector
from tests import clock, factories
from tests.machine.databases import Databases
from tests.machine.worlds import application_on
from tests.payments import grants
from tests.payments.ledger import STOPPED_BUT_SENT, States, check_period, check_reinstated, states_of

STEPS, WALKS = 200, 10
NUMBERS = st.integers(0, 2**32)
BEGINNING = date(2027, 12, 20)
SPECIAL_DAYS = tuple(map(date.fromisoformat, ("2027-12-31", "2028-02-29", "2028-12-31", "2029-02-28")))
"""Runs are numbered by the year, and a grant of 29 February is due on another day a year later."""


class Money(RuleBasedStateMachine):
    """Every rule draws what it works on from a seed, among the rows that are there."""

    app: Flask
    work: Counter[str]

    @initialize(seed=NUMBERS)
    def begin(self, seed: int) -> None:
        self.around = ExitStack()
        self.set_clock = self.around.enter_context(clock.moving())
        self.day = BEGINNING
        self.set_clock(self.instant(seed))
        self.around.enter_context(self.app.app_context())
        self.maker, self.second, self.third = _people()
        self.employer = factories.enterprise()
        self.reviewer = factories.reviewer(self.employer)
        self.period = grants.period()
        self.batch = grants.batch(self.period, self.maker)
        self.batch.state, self.batch.closes = BatchState.PUBLIC, today() + timedelta(days=5000)
        self.standards = [
            factories.standard(instalments=parts, interval_months=1, priority=9000 + parts).id
            for parts in (1, 2, 3)
        ]
        db.session.commit()
        self.steps = self.granted = self.paid = 0
        self.before_stop: dict[int, States] = {}

    def teardown(self) -> None:
        try:
            assert [each.text % each.words for each in reconciling.disagreements(grants.opened)] == []
        finally:
            db.session.remove()
            self.around.close()

    @rule(seed=NUMBERS)
    def step(self, seed: int) -> None:
        """Do one of the things that happen. One rule: Hypothesis leaves whole rules out of a walk, and money needs nearly all."""
        self.steps += 1
        chance = Random(f"{seed} {self.steps}")  # Hypothesis draws the same few numbers again and again
        names = ("publicize", "grant", "make_run", "move_run", "answer", "correct")
        seldom = ("object_or_decide", "stop", "take_back", "reverse", "confirm_year", "confirm_year")
        name = chance.choice((*names, *names, "move_run", "move_run", "wait", *seldom))
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

    def instant(self, seed: int) -> datetime:
        """The first or the last minute of the day in Ordos; it is another day in UTC in the first one."""
        return clock.in_ordos(f"{self.day} {'00:01' if seed % 2 else '23:59'}")

    def wait(self, seed: int) -> None:
        """Let some days pass, often until the last day of a year or of a February."""
        later = self.day + timedelta(days=1 + seed % 120)
        self.day = next((day for day in SPECIAL_DAYS if self.day < day <= later), later)
        self.set_clock(self.instant(seed // 120))

    def confirm_year(self, seed: int) -> None:
        """Ask about later years, and let the person or the employer answer, or the term pass."""
        chance = Random(seed)
        continuation_terms.ask_due(today())
        if chance.random() < 0.3:
            continuation_terms.expire_due(today())
        of_batch = select(Continuation).join(Grant, Grant.id == Continuation.grant_id)
        waiting = Continuation.state.in_((ContinuationState.ASKED, ContinuationState.ANSWERED))
        row = self.one(chance, of_batch.where(Grant.batch_id == self.batch.id, waiting))
        if row is None:
            return
        asked, ends = row.state is ContinuationState.ASKED, chance.random() < 0.25
        goes_on = ContinuationAction.CONTINUE if asked else ContinuationAction.CONFIRM
        last_day = today() - timedelta(days=chance.randrange(60))
        states = states_of(row.grant_id)
        row = grants.fresh(row)
        if self.attempt(
            lambda: continuation.perform(
                row.id,
                ContinuationAction.END if ends else goes_on,
                grants.fresh(row.grant).applicant if asked else self.reviewer,
                seen_version=row.version,
                ended=continuation.Ended(last_day, EmploymentEnd.LEFT) if ends else None,
            )
        ):
            self.work["ended" if ends else goes_on.value] += 1
            if ends:
                self.before_stop[row.grant_id] = states

    def publicize(self, seed: int) -> None:
        fen = 3 + seed % 5000
        account = None if seed % 11 == 0 else "62170000"
        one = grants.grant(self.batch, self.employer, fen, parts=0, account=account)
        one.state, one.granted_at = GrantState.PUBLICIZED, None
        one.standard_id, one.years = self.standards[seed % 3], 1 + seed % 2
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
                grant_moves.perform_within(one.id, GrantAction.GRANT, None)
            self.granted += one.amount_fen * one.years

    def make_run(self, seed: int) -> None:
        choice = RunChoice(today() + timedelta(days=seed % 40), self.period.id)
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
        person: Account = chance.choice((self.maker, self.second, self.third, self.third))
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
        states = states_of(one.id)
        one = grants.fresh(one)
        if self.attempt(
            lambda: stopping.stop_grant(
                one.id, self.maker, seen_version=one.version, first_day=day, reason="调离"
            )
        ):
            self.work["stopped"] += 1
            self.before_stop[one.id] = states

    def take_back(self, seed: int) -> None:
        ended = Grant.state.in_((GrantState.STOPPED, GrantState.DENIED))
        one = self.one(Random(seed), select(Grant).where(Grant.batch_id == self.batch.id, ended))
        if one is None:
            return
        reinstated = one.state is GrantState.STOPPED
        take_back = reinstating.reinstate if reinstated else reinstating.reconsider
        if grant_moves.second_person_refusal(
            one, self.maker
        ):  # not where an answer about the employment stopped it
            with pytest.raises(Unacceptable):
                take_back(one.id, self.maker, seen_version=one.version, reason="办错了")
        states = states_of(one.id)
        one = grants.fresh(one)
        if self.attempt(lambda: take_back(one.id, self.second, seen_version=one.version, reason="办错了")):
            self.work["reinstated" if reinstated else "reconsidered"] += 1
            if reinstated:
                check_reinstated(one.id, self.before_stop.pop(one.id), states)

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
        check_period(self.period.id, self.granted, self.paid)


def _people() -> tuple[Account, Account, Account]:
    factories.once_in_the_city()
    return factories.city_clerk(), factories.city_clerk(), factories.city_clerk()


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
    done |= {"continue", "confirm", "ended"}
    assert done <= machine.work.keys(), "nothing was left out"
    with app.app_context():
        db.engine.dispose()
    databases.drop(url)
