"""Two sample batches of a trial: one that has ended with its payments, and one in publicity with an objection."""

from datetime import timedelta

from sqlalchemy import select, update

from commands.sample_data import standards
from common.calendar import today
from models import Account, Application, Batch, Grant, Message, Role, db, exclusive, now
from payments import closing, ending, objections, scope

ROWS = 12
"""Applications of one batch."""
LONG_AGO, ENDED = timedelta(days=40), timedelta(days=30)
OBJECTION = objections.Objector(
    "示例异议人", "0477-8000000", "示例：该人已于上月离职，请核实。"
)  # stays Chinese


def fill() -> None:
    """Close two batches of passed applications when there is none yet; otherwise change nothing."""
    city = db.session.scalars(
        select(Account).where(Account.role == Role.CITY, Account.active).limit(1)
    ).first()
    if city is None or db.session.scalar(select(Batch.id).limit(1)) is not None:
        return
    standards.fill()
    ended = _close(city)
    if ended is not None:
        with exclusive():
            batch = db.session.get_one(Batch, ended)
            batch.opens, batch.closes = today() - LONG_AGO, today() - ENDED
        ending.end_due_batches()
    running = _close(city)
    if running is not None:
        grant = db.session.scalars(select(Grant).where(Grant.batch_id == running).limit(1)).one()
        objections.enter(city, grant.id, OBJECTION, seen_version=grant.version)
    with exclusive():  # what happened to invented people is sent to nobody
        unsent = update(Message).where(Message.expanded_at.is_(None), Message.words.is_not(None))
        db.session.execute(unsent.values(expanded_at=now()).execution_options(synchronize_session=False))


def _close(city: Account) -> int | None:
    """Close a batch of applications that a standard fits; return its id, None when there are none."""
    waiting = select(Application.period_id).where(
        scope.without_batch(city), Application.period_id.is_not(None)
    )
    period = db.session.scalar(waiting.order_by(Application.period_id.desc()).limit(1))
    if period is None:
        return None
    rows = select(Application.id).where(scope.without_batch(city), Application.period_id == period)
    ids = db.session.scalars(rows.order_by(Application.arrived_at, Application.id).limit(ROWS)).all()
    summary = closing.summarise(city, period, ids, today())
    if not summary.included:
        return None
    return closing.close_batch(city, period, ids, today(), summary.token).id
