"""Counting and locking the applications that a change affects."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from models import (
    Account,
    Application,
    Enterprise,
    Region,
    Standard,
    State,
    db,
)
from workflow import routing

IS_UNDER_REVIEW = Application.state.in_(routing.REVIEW_STEPS)


EVERY_REGION = select(Region.id).order_by(Region.id)


AlsoChanged = Sequence[tuple[Account | Enterprise | Standard, Mapping[str, Any]]]
"""Other rows that a change has changed, each with the former values of its columns: for the audit trail."""


def count_by_step(which: ColumnElement[bool]) -> Counter[State]:
    """Return how many of the matching applications are at each step of the review."""
    counted = (
        select(Application.state, func.count()).where(IS_UNDER_REVIEW, which).group_by(Application.state)
    )
    return Counter(dict(db.session.execute(counted).all()))


def lock_under_review(which: ColumnElement[bool]) -> Sequence[Application]:
    """Return the matching applications that are under review, reloaded and locked until the transaction ends."""
    return lock_applications(and_(IS_UNDER_REVIEW, which))


def lock_applications(which: ColumnElement[bool]) -> Sequence[Application]:
    """Return the matching applications, reloaded and locked until the transaction ends."""
    return db.session.scalars(
        select(Application)
        .where(which)
        .order_by(Application.id)
        .with_for_update(of=Application)
        .execution_options(populate_existing=True)
    ).all()
