"""The decisions that a number of the statistics counts, one by one.

Whoever sees the number sees them. Their applications are visible within workflow/scope.py only.
"""

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, select

from figures.report import Narrowing, Sight, last_day_of, regions_criterion
from models import State
from models.statistics import RETURN, counted_decisions, counted_reasons


class Counted(NamedTuple):
    """Which decisions: those of a step whose time is known, or the returns with a reason (figures/reasons.py; RETURN for all)."""

    step: State | None = None
    within: int | None = None
    """The largest number of working days; None for any."""
    reason: str = RETURN

    @property
    def ordered_by(self) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """Return the columns of the order: day and id."""
        columns = (counted_reasons if self.step is None else counted_decisions).c
        return columns.decided_on, columns.review_id


def decisions_of(sight: Sight, narrowed: Narrowing, counted: Counted) -> Select[Any]:
    """Return the query for these decisions, among what the account sees of the sums and the page's filters leave."""
    query = select(
        counted_decisions.c.application_id,
        counted_decisions.c.region_id,
        counted_decisions.c.step,
        counted_decisions.c.decided_on,
        counted_decisions.c.days,
        counted_decisions.c.reasons,
    )
    columns = counted_decisions.c
    if counted.step is None:
        columns = counted_reasons.c
        query = query.join(counted_reasons, counted_reasons.c.review_id == counted_decisions.c.review_id)
        query = query.where(columns.reason == counted.reason)
    else:
        query = query.where(columns.step == counted.step, columns.days.is_not(None))
        if counted.within is not None:
            query = query.where(columns.days <= counted.within)
    if sight.enterprise_id:
        query = query.where(columns.enterprise_id == sight.enterprise_id)
    else:
        query = query.where(regions_criterion(columns.region_id, sight, narrowed))
    if narrowed.period_id is not None:
        query = query.where(columns.period_id == narrowed.period_id)
    if narrowed.first:
        query = query.where(columns.decided_on >= date.fromisoformat(f"{narrowed.first}-01"))
    if narrowed.last:
        query = query.where(columns.decided_on <= date.fromisoformat(last_day_of(narrowed.last)))
    return query
