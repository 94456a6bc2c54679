"""What the statistics (W11) have counted. Only figures/ writes these tables; `flask --app app recount` rebuilds them.

A decision adds one row to `statistic_changes` and locks nothing else. The worker takes such rows away and changes the sums
(figures/counting.py). Nothing here names a person.

They are tables without a class: their rows are written and read many at a time and are never objects. Mapping a class takes a
millisecond of each start and 60 KB of each process.
"""

import functools
from collections.abc import Iterator
from typing import Any

from sqlalchemy import JSON, Column, Date, ForeignKey, Index, Integer, String, Table, text

from models.database import Model, enum_text, partial
from models.vocabulary import State

NO_PERIOD, NO_PLACE = 0, 0
"""Stand for an application without a period, and in a sum for every region or every enterprise: a key holds no NULL."""
EVERY_PERIOD = -1
EVERY_MONTH = ""
RETURN = "return"
"""Stands for any reason at all (`counted_reasons.reason`)."""

TIMED = partial(text("days IS NOT NULL"))
"""The decisions whose duration is known."""

_column: Any = functools.partial(Column, nullable=False)
_key: Any = functools.partial(Column, primary_key=True, autoincrement=False)


def _table(name: str, *parts: Any) -> Table:
    return Table(name, Model.metadata, *parts)


def _counted_under() -> Iterator[Any]:
    return (_column(name, Integer) for name in ("period_id", "region_id", "enterprise_id"))


statistic_changes = _table(
    "statistic_changes",
    _key("review_id", ForeignKey("reviews.id")),
    _column("application_id", ForeignKey("applications.id")),
    _column("region_id", Integer),
    _column("enterprise_id", Integer),
)
"""The history rows that are not in the sums yet. `region_id`, `enterprise_id`: where the application was at that moment."""


counted_applications = _table(
    "statistic_applications",
    _key("application_id", ForeignKey("applications.id")),
    *_counted_under(),
    _column("reached", Integer),
    _column("status", String(40)),
    Column("education", String(20)),
    Column("industry", String(60)),
    _column("submitted_on", Date),
    Index(None, "enterprise_id", "application_id"),
    Index(None, "industry", "application_id"),
)
"""The applications that were submitted, as they stand in the sums. The next change takes a row away from them.

`status` is the state, of a finished one with its result. `education` and `industry` are NULL while the applicant has it: nobody
else sees what is typed then. `submitted_on` is the day of the last submission in Ordos.
"""


counted_decisions = _table(
    "statistic_decisions",
    _key("review_id", ForeignKey("reviews.id")),
    _column("application_id", ForeignKey("applications.id")),
    *_counted_under(),
    _column("step", enum_text(State, "step")),
    _column("decided_on", Date),
    Column("days", Integer),
    Column("reasons", JSON(none_as_null=True)),
    Index(None, "application_id"),
    Index(None, "enterprise_id", "review_id"),
    *(
        Index(
            f"ix_statistic_decisions_{name}",
            *leading,
            "decided_on",
            "review_id",
            "days",
            "period_id",
            **TIMED,
        )
        for name, leading in (
            ("timed", ("step",)),
            ("timed_of_region", ("region_id", "step")),
            ("timed_of_enterprise", ("enterprise_id", "step")),
        )
    ),
)
"""The decisions in force, as they stand in the sums: how many working days each took, and why something was returned.

`days` are by the calendar of the day on which it was counted; NULL: its arrival was not recorded before December 2026. `reasons`
are those of a return (figures/reasons.py); NULL for another decision.
"""


counted_reasons = _table(
    "statistic_reasons",
    _key("review_id", ForeignKey("statistic_decisions.review_id")),
    _key("reason", String(100)),
    *_counted_under(),
    _column("decided_on", Date),
    *(
        Index(f"ix_statistic_reasons_{name}", *leading, "decided_on", "review_id", "period_id")
        for name, leading in (
            ("all", ("reason",)),
            ("of_region", ("region_id", "reason")),
            ("of_enterprise", ("enterprise_id", "reason")),
        )
    ),
)
"""Why an application was returned, one row for each reason, and one for the return itself (`RETURN`); for the lists that the
statistics lead to. The other columns are those of its row of `counted_decisions`, so that an index finds what a list is narrowed to.
"""


statistic_counts = _table(
    "statistic_counts",
    _key("enterprise_id", Integer),
    _key("month", String(7)),
    _key("period_id", Integer),
    _key("region_id", Integer),
    _column("numbers", JSON),
)
"""The sums of one region or one enterprise in one period: of one month, or of every month (`EVERY_MONTH`).

The sum of a region has `enterprise_id` NO_PLACE, that of an enterprise `region_id` NO_PLACE. One row holds all numbers of
its place. A region has a row of all its periods too (`EVERY_PERIOD`, with `EVERY_MONTH`): a page that is not narrowed
reads one row for each region, however many applications and periods there are.

`numbers` are by "dimension:value:reached" (figures/facts.py); those by day are lists (figures/packing.py).
"""


enterprise_totals = _table(
    "statistic_enterprises",
    _key("period_id", Integer),
    _key("region_id", Integer),
    _key("enterprise_id", Integer),
    _column("submitted", Integer),
    _column("reached_office", Integer),
    _column("reached_city", Integer),
    Index(None, "period_id", "submitted"),
    Index(None, "period_id", "reached_city"),
    Index(None, "period_id", "region_id", "submitted"),
    Index(None, "period_id", "region_id", "reached_office"),
    Index(None, "period_id", "region_id", "reached_city"),
)
"""How many applications name an enterprise, for the list of the enterprises with the most. `EVERY_PERIOD` is all periods."""
