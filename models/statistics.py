"""What the statistics (W11) have counted. Only figures/ writes these tables; `flask --app app recount` rebuilds them.

A decision adds one row to `statistic_changes` and locks nothing else. The worker takes such rows away and changes the sums
(figures/counting.py). Nothing here names a person.
"""

from datetime import date
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Model, enum_text, partial
from models.vocabulary import State

NO_PERIOD, NO_PLACE = 0, 0
"""Stand for an application without a period, and in a sum for every region or every enterprise: a key holds no NULL."""
EVERY_PERIOD = -1
EVERY_MONTH = ""
RETURN = "return"
"""Stands for any reason at all (`CountedReason.reason`)."""

TIMED = partial(text("days IS NOT NULL"))
"""The decisions of which it is known how long they took."""


class StatisticChange(Model):
    """A history row that is not in the sums yet. `region_id`, `enterprise_id`: where its application was at that moment."""

    __tablename__ = "statistic_changes"

    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), primary_key=True, autoincrement=False)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    region_id: Mapped[int]
    enterprise_id: Mapped[int]


class CountedApplication(Model):
    """An application that was submitted, as it stands in the sums. The next change takes this away from them."""

    __tablename__ = "statistic_applications"

    application_id: Mapped[int] = mapped_column(
        ForeignKey("applications.id"), primary_key=True, autoincrement=False
    )
    period_id: Mapped[int]
    region_id: Mapped[int]
    enterprise_id: Mapped[int]
    reached: Mapped[int]
    status: Mapped[str] = mapped_column(String(40))
    """The state, of a finished one with its result."""
    education: Mapped[str | None] = mapped_column(String(20))
    industry: Mapped[str | None] = mapped_column(String(60))
    """Both are NULL while the applicant has it: nobody else sees what is typed then."""
    submitted_on: Mapped[date]
    """The day of the last submission in Ordos."""

    __table_args__ = (
        Index(None, "enterprise_id", "application_id"),
        Index(None, "industry", "application_id"),
    )


class CountedDecision(Model):
    """A decision in force, as it stands in the sums: how many working days it took, and why something was returned."""

    __tablename__ = "statistic_decisions"

    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), primary_key=True, autoincrement=False)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    period_id: Mapped[int]
    region_id: Mapped[int]
    enterprise_id: Mapped[int]
    step: Mapped[State] = mapped_column(enum_text(State, "step"))
    decided_on: Mapped[date]
    days: Mapped[int | None]
    """By the calendar of the day on which it was counted. NULL: its arrival was not recorded before December 2026."""
    reasons: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """Why it was returned (figures/reasons.py); NULL for another decision."""

    __table_args__ = (
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


class CountedReason(Model):
    """Why an application was returned, one row for each reason, and one for the return itself (`RETURN`); for the lists that the
    statistics lead to. The other columns are those of its `CountedDecision`, so that an index finds what a list is narrowed to.
    """

    __tablename__ = "statistic_reasons"

    review_id: Mapped[int] = mapped_column(
        ForeignKey("statistic_decisions.review_id"), primary_key=True, autoincrement=False
    )
    reason: Mapped[str] = mapped_column(String(100), primary_key=True)
    period_id: Mapped[int]
    region_id: Mapped[int]
    enterprise_id: Mapped[int]
    decided_on: Mapped[date]

    __table_args__ = tuple(
        Index(f"ix_statistic_reasons_{name}", *leading, "decided_on", "review_id", "period_id")
        for name, leading in (
            ("all", ("reason",)),
            ("of_region", ("region_id", "reason")),
            ("of_enterprise", ("enterprise_id", "reason")),
        )
    )


class StatisticCount(Model):
    """The sums of one region or one enterprise in one period: of one month, or of every month (`EVERY_MONTH`).

    The sum of a region has `enterprise_id` NO_PLACE, that of an enterprise `region_id` NO_PLACE. One row holds all numbers of
    its place. A region has a row of all its periods too (`EVERY_PERIOD`, with `EVERY_MONTH`): a page that is not narrowed
    reads one row for each region, however many applications and periods there are.
    """

    __tablename__ = "statistic_counts"

    enterprise_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    period_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    region_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    numbers: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Numbers by "dimension:value:reached" (figures/facts.py); those by day as lists (figures/packing.py)."""


class EnterpriseTotal(Model):
    """How many applications name an enterprise, for the list of the enterprises with the most. `EVERY_PERIOD` is all periods."""

    __tablename__ = "statistic_enterprises"

    period_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    region_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    enterprise_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    submitted: Mapped[int]
    reached_office: Mapped[int]
    reached_city: Mapped[int]

    __table_args__ = (
        Index(None, "period_id", "submitted"),
        Index(None, "period_id", "reached_city"),
        Index(None, "period_id", "region_id", "submitted"),
        Index(None, "period_id", "region_id", "reached_office"),
        Index(None, "period_id", "region_id", "reached_city"),
    )
