"""Passed applications, a standard and a batch for tests of what follows a final pass."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import count

from sqlalchemy import select

from common.calendar import today
from models import Account, Application, Batch, Grant, Period, Standard, StandardState, State, db
from payments import batch_making
from tests.factories import Place, World, application_at, saved

AMOUNT = 60_000_01
_numbers = count(1)


def period_with_standard(amount_fen: int = AMOUNT, years: int = 1) -> Period:
    """A period that is over, and a standard for its masters."""
    day = today()
    period = saved(
        Period(
            name=f"公示测试 {next(_numbers)}",
            opens=day - timedelta(days=900),
            closes=day - timedelta(days=800),
        )
    )
    saved(
        Standard(
            name="硕士",
            period_id=period.id,
            conditions={"education": ["master"]},
            amount_fen=amount_fen,
            instalments=2,
            interval_months=6,
            years=years,
            valid_from=day - timedelta(days=900),
            state=StandardState.IN_FORCE,
        )
    )
    return period


def passed(world: World, period: Period, at: Place | None = None, by: Account | None = None) -> Application:
    """An application of this period that the city has passed."""
    application = application_at(State.FINISHED, at or world.city, world, by)
    application.period_id = period.id
    db.session.commit()
    return application


def batch_of(world: World, period: Period, rows: Collection[Application]) -> Batch:
    """A batch of these applications, public from today on."""
    ids = [each.id for each in rows]
    summary = batch_making.summarise(world.centre, period.id, ids, today())
    return batch_making.make_batch(world.centre, period.id, ids, today(), summary.token)


def grants_of(batch: Batch) -> Sequence[Grant]:
    """The grants of a batch as they stand in the database now."""
    db.session.rollback()
    query = select(Grant).where(Grant.batch_id == batch.id).order_by(Grant.position)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()
