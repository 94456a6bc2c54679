"""Payments for the city of the route tests: a run that the bank answered in part, and a corrected account in two places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from models import (
    Account,
    AccountCorrection,
    Application,
    BankAnswer,
    Grant,
    Payment,
    PaymentRun,
    PaymentState,
    Period,
    RunState,
    db,
)
from payments import account_corrections
from tests import factories
from tests.factories import Place, World
from tests.payments import grants


@dataclass(frozen=True)
class Paid:
    """The rows of the payments, and which of them an actor sees."""

    runs: list[PaymentRun]
    answers: list[tuple[str, int]]
    payments: list[int]
    owners: dict[int, int]
    """The applicant of each grant."""
    corrections: dict[int, int]
    """The enterprise of each corrected account."""
    people: dict[str, tuple[int, int | None]]
    """The account of each actor, and its enterprise."""

    def named(self, actor: Any, view: Any, rule: Any) -> Iterator[tuple[dict[str, Any], Any, bool]]:
        """Yield the values of a route's address, the row, and whether the actor sees it."""
        account_id, enterprise_id = self.people.get(actor.name, (0, None))
        city = actor.console == "city"
        asked = set(rule.arguments)
        if view.model is Grant:
            for key, owner in self.owners.items():
                yield {"key": key}, None, owner == account_id
        elif view.model is AccountCorrection:
            for key, employer in self.corrections.items():
                yield {"key": key}, None, employer == enterprise_id and actor.console == "enterprise"
        elif asked == {"key"}:
            for key in self.payments:
                yield {"key": key}, None, city
        elif asked == {"number", "key"}:
            for number, key in self.answers:
                yield {"number": number, "key": key}, None, city
        else:
            further = {"kind": "csv"} if "kind" in asked else {}
            for run in self.runs:
                yield {"number": run.number, **further}, run, city and (not further or run.state in SENT)


SENT = (RunState.EXPORTED, RunState.ANSWERED)


def pay(made: World, passed: Callable[[Place], Application]) -> None:
    """Make a run of two people's payments; the bank refused both, and both typed another account."""
    second = factories.city_clerk(name="第二人")
    of = db.session.scalars(select(Period)).one()
    within = grants.batch(of, made.centre)

    def granted(place: Place) -> Grant:
        return grants.grant(within, place.enterprise, parts=1, application=passed(place))

    rows = [granted(place) for place in (made.banner, made.elsewhere)]
    run = grants.exported(made.centre, second, of)
    grants.answered(run, made.centre, grants.said(run, "失败"))
    for row in rows:
        account_corrections.propose(row.id, row.applicant, bank="中国银行", account=f"62170099{row.id:08d}")
    granted(made.banner)
    grants.previewed(run, made.centre, grants.said(run, "成功"))
    grants.made(made.centre, of)


def found(people: dict[str, Account]) -> Paid:
    """Return what `pay` made."""
    return Paid(
        list(db.session.scalars(select(PaymentRun).order_by(PaymentRun.id))),
        [
            (row.number, row.id)
            for row in db.session.execute(
                select(PaymentRun.number, BankAnswer.id).join(BankAnswer, BankAnswer.run_id == PaymentRun.id)
            )
        ],
        list(db.session.scalars(select(Payment.id).where(Payment.state != PaymentState.REVERSED))),
        {row.id: row.applicant_id for row in db.session.execute(select(Grant.id, Grant.applicant_id))},
        {
            row.id: row.enterprise_id
            for row in db.session.execute(select(AccountCorrection.id, AccountCorrection.enterprise_id))
        },
        {name: (account.id, account.enterprise_id) for name, account in people.items()},
    )
