"""Grants that are paid for several years, for tests, made without the way that leads to them."""

from datetime import date
from itertools import count

from sqlalchemy import select

from models import Application, Batch, BatchState, Grant, GrantState, Period, db, exclusive, now
from payments import schedule
from tests import clock, factories
from tests.factories import World

GRANTED_ON = "2026-03-02 10:00"
BEFORE_SECOND_YEAR = "2027-02-01 10:00"
_numbers = count(1)


def granted(of: World, *, years: int = 3, application: Application | None = None) -> Grant:
    """A grant of 60,000.01 yuan a year in two payments, granted on GRANTED_ON, of a submitted application."""
    standard = factories.standard(amount_fen=6_000_001, years=years, priority=900)
    if application is None:
        application = factories.complete_application(of.city.enterprise)
        factories.submit(application)
    assert application.submitted_enterprise is not None
    period = db.session.scalars(select(Period)).first()
    assert period is not None
    batch = Batch(
        number=f"C-{next(_numbers)}",
        period_id=period.id,
        state=BatchState.ENDED,
        opens=date(2026, 2, 1),
        closes=date(2026, 2, 10),
        count=1,
        made_by_id=of.centre.id,
        made_by_name=of.centre.name,
    )
    factories.saved(batch)
    with clock.at(GRANTED_ON), exclusive():
        grant = Grant(
            batch_id=batch.id,
            position=1,
            application_id=application.id,
            period_id=period.id,
            applicant_id=application.applicant_id,
            identity_digest=application.identity_digest,
            submitted_enterprise_id=application.submitted_enterprise_id,
            region_id=application.region_id,
            name=application.name,
            enterprise_name=application.submitted_enterprise.name,
            state=GrantState.GRANTED,
            standard_id=standard.id,
            rule_text="示例",
            amount_fen=standard.amount_fen,
            years=years,
            granted_at=now(),
        )
        db.session.add(grant)
        db.session.flush()
        schedule.create_payments(grant)
    return grant
