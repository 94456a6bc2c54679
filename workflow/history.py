"""The rows of an application's history: written once, never changed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.orm.attributes import set_committed_value

from models import Account, Action, Application, Review, State, db
from models.statements import CompiledStatement, as_if_loaded, table_of
from workflow import moves
from workflow.decision import Decision

_REVIEWS = table_of(Review)
_EARLIER = _REVIEWS.alias()

INSERT_ROW = CompiledStatement(
    lambda: (
        insert(_REVIEWS)
        .values(
            sequence=select(func.coalesce(func.max(_EARLIER.c.sequence), 0) + 1)
            .where(_EARLIER.c.application_id == bindparam("numbered_application_id"))
            .scalar_subquery()
        )
        .returning(_REVIEWS.c.id, _REVIEWS.c.sequence)
    ),
    moves.HISTORY_COLUMNS,
)
"""Also assigns the next sequence number, so the caller must hold the lock of the application."""


FOLLOWERS: list[Callable[[Application, Review], None]] = []
"""What else is written with each row, in its transaction: app.py registers it for a room above (figures/)."""


def last_review(application: Application) -> Review | None:
    """Return the newest row of the application's history."""
    return db.session.scalars(
        select(Review)
        .where(Review.application_id == application.id)
        .order_by(Review.sequence.desc())
        .limit(1)
    ).first()


def write_row(
    application: Application,
    action: Action,
    before: State,
    person: Account,
    decision: Decision,
    at: datetime,
    **further: Any,
) -> Review:
    """Add a row to the history, with further columns of it. The caller holds the lock."""
    columns = moves.history_row(application, action, before, person, decision, at) | further
    [(number, sequence)] = INSERT_ROW.execute({"numbered_application_id": application.id, **columns})
    row = as_if_loaded(Review, {**columns, "id": number, "sequence": sequence})
    db.session.add(row)  # later queries of this session return this object
    set_committed_value(row, "application", application)
    for follow in FOLLOWERS:
        follow(application, row)
    return row
