"""The batches of a trial: three have ended, with an objection that was upheld and one that was not; one is in publicity, with an open one."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import case, func, select

from commands.sample_data.clock import at, days_ago
from common.calendar import start_of, today
from models import Account, Application, Batch, Enterprise, Grant, Objection, ObjectionDecision, Period, db
from payments import batch_ending, batch_making, grant_scope, objections

ROWS = 6
"""Applications of one batch."""

OBJECTOR = objections.Objector(
    "示例异议人", "0477-8000000", "示例：该人已于上月离职，请核实。"
)  # stays Chinese


def publicize(
    city: Account, days: int, *, first: Application | None = None, rows: int = ROWS
) -> Sequence[Grant]:
    """Make a batch so many days ago, of the period of `first` or the newest with enough that have passed by then.

    With `first`, those come before others that are paid for several years; else those of the sample enterprises, whose reviewers
    can log in. Returns no grant when nothing fits a standard.
    """
    with at(days_ago(days)):
        period_id = first.period_id if first is not None else _period(city, rows)
        if period_id is None:
            return []
        ids = _candidates(city, period_id, first)
        found = batch_making.summarise(city, period_id, ids, today()).included
        years = {each.application.id: each.standard.years for each in found}
        if first is not None:
            ids = sorted(ids, key=lambda key: (key != first.id, years.get(key) == 1))
        chosen = [key for key in ids if key in years][:rows]
        if not chosen:
            return []
        summary = batch_making.summarise(city, period_id, chosen, today())
        batch = batch_making.make_batch(city, period_id, chosen, today(), summary.token)
    return db.session.scalars(select(Grant).where(Grant.batch_id == batch.id).order_by(Grant.position)).all()


def end(grants: Sequence[Grant]) -> None:
    """Let the publicity of a batch end on the day after its last one, as the worker would."""
    closes = db.session.get_one(Batch, grants[0].batch_id).closes
    with at(start_of(closes + timedelta(days=1)) + timedelta(hours=1)):
        batch_ending.end_due_batches()


def object_to(city: Account, grant: Grant, days: int) -> None:
    """Enter an objection against a grant so many days ago."""
    with at(days_ago(days, "11:20")):
        objections.enter(city, grant.id, OBJECTOR, seen_version=grant.version)


def settle_objection(
    city: Account, grant: Grant, decision: ObjectionDecision, reason: str, days: int
) -> None:
    """Decide the objection against a grant so many days ago."""
    key = db.session.scalars(select(Objection.id).where(Objection.grant_id == grant.id)).one()
    with at(days_ago(days, "15:40")):
        objections.decide_objection(city, key, decision, reason)


def _period(city: Account, rows: int) -> int | None:
    passed = grant_scope.without_batch(city), Application.arrived_at < days_ago(0)
    enough = case((func.count() >= rows, 0), else_=1)
    query = select(Period.id).join(Application, Application.period_id == Period.id).where(*passed)
    return db.session.scalar(
        query.group_by(Period.id, Period.opens).order_by(enough, Period.opens.desc()).limit(1)
    )


def _candidates(city: Account, period_id: int, first: Application | None) -> list[int]:
    colleagues = Enterprise.id == (first.submitted_enterprise_id if first is not None else None)
    of_the_sample = case((colleagues, 0), (Enterprise.name.contains("示例"), 1), else_=2)
    query = (
        select(Application.id)
        .join(Enterprise, Enterprise.id == Application.submitted_enterprise_id)
        .where(
            grant_scope.without_batch(city),
            Application.period_id == period_id,
            Application.arrived_at < days_ago(0),
        )
        .order_by(of_the_sample, Application.arrived_at, Application.id)
    )
    return list(db.session.scalars(query.limit(batch_making.MOST_ROWS)))
