"""Ends the publicity of batches whose last day is over (P2): what no objection holds up is granted.

Any number of workers may do it at once and as often as they like: each grant is locked, and granted only while it is 公示中.
"""

import logging
from collections.abc import Sequence

from sqlalchemy import select

from common.calendar import today
from models import Batch, BatchState, Grant, GrantAction, GrantState, db, exclusive, now
from models.transactions import UNAVAILABLE
from payments import grant_moves

ROWS_AT_ONCE = 50
"""Grants of one transaction: meanwhile nobody can write on SQLite."""
log = logging.getLogger(__name__)


def end_due_batches() -> int:
    """Grant what is due and end its batches. Returns how many were granted."""
    due = select(Batch.id).where(Batch.state == BatchState.PUBLIC, Batch.closes < today()).order_by(Batch.id)
    batches = db.session.scalars(due).all()
    db.session.rollback()
    return sum(_end(batch_id) for batch_id in batches)


def _end(batch_id: int) -> int:
    granted, after = 0, 0
    while rows := _next_rows(batch_id, after):
        after = rows[-1]
        try:
            granted += _grant(rows)
        except UNAVAILABLE:
            raise
        except Exception as error:
            log.error("batch %s: %s", batch_id, type(error).__name__)
            granted += sum(_grant_alone(key) for key in rows)
    with exclusive():
        # An objection that is dismissed in the last second holds this row too (grant_moves.py), so that none is missed.
        batch = db.session.get_one(Batch, batch_id, with_for_update=True, populate_existing=True)
        left = select(Grant.id).where(Grant.batch_id == batch_id, Grant.state == GrantState.PUBLICIZED)
        if batch.state is BatchState.PUBLIC and db.session.scalar(left.limit(1)) is None:
            batch.state, batch.ended_at = BatchState.ENDED, now()
            log.info("batch %s: ended", batch.number)
    return granted


def _next_rows(batch_id: int, after: int) -> Sequence[int]:
    rows = db.session.scalars(
        select(Grant.id)
        .where(Grant.batch_id == batch_id, Grant.state == GrantState.PUBLICIZED, Grant.id > after)
        .order_by(Grant.id)
        .limit(ROWS_AT_ONCE)
    ).all()
    db.session.rollback()
    return rows


def _grant(rows: Sequence[int]) -> int:
    granted = 0
    with exclusive():
        for key in rows:
            if grant_moves.lock_grant(key, None).state is GrantState.PUBLICIZED:
                grant_moves.perform_within(key, GrantAction.GRANT, None)
                granted += 1
    return granted


def _grant_alone(key: int) -> int:
    """Grant one of a transaction that failed, so that one faulty row does not hold up others; it is tried again next time."""
    try:
        return _grant([key])
    except UNAVAILABLE:
        raise
    except Exception as error:
        log.error("grant %s: %s", key, type(error).__name__)
        return 0
