"""What one application and one decision add to the sums (models/statistics.py). The counting, the recount and the page use it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, case, func, select

from common.calendar import local_date
from models import REACHED_BITS, Application, Result, State
from models.statements import constant
from models.statistics import EVERY_MONTH, EVERY_PERIOD, NO_PERIOD, NO_PLACE, RETURN
from workflow.scope import IS_WITH_APPLICANT

EVERY_STEP = sum(REACHED_BITS.values())
"""Decisions are counted for every desk: the city has to see where applications wait before they arrive there."""

STATUS, EDUCATION, INDUSTRY, MONTH, DAY = "status", "education", "industry", "month", "day"
DAYS, RETURNED, REASON = "days", "returned", "reason"
PASSED = f"{State.FINISHED.value}_{Result.PASSED.value}"
REFUSED = f"{State.FINISHED.value}_{Result.REFUSED.value}"

PRESENT: Select[Any] = select(
    Application.id,
    func.coalesce(Application.period_id, constant(NO_PERIOD)),
    func.coalesce(Application.region_id, constant(NO_PLACE)),
    func.coalesce(Application.submitted_enterprise_id, constant(NO_PLACE)),
    Application.reached,
    Application.state,
    Application.result,
    case((IS_WITH_APPLICANT, None), else_=func.coalesce(Application.education, "")),
    case((IS_WITH_APPLICANT, None), else_=func.coalesce(Application.answers["industry"].as_string(), "")),
    Application.submitted_at,
).where(Application.round > 0)
"""The columns of `Facts`, of every application that was submitted."""


class Facts(NamedTuple):
    """What is counted of an application, as `counted_applications` stores it."""

    application_id: int
    period_id: int
    region_id: int
    enterprise_id: int
    reached: int
    status: str
    education: str | None
    industry: str | None
    submitted_on: date


class DecisionFacts(NamedTuple):
    """What is counted of a decision, as `counted_decisions` stores it."""

    review_id: int
    application_id: int
    period_id: int
    region_id: int
    enterprise_id: int
    step: State
    decided_on: date
    days: int | None
    reasons: list[str] | None

    def listed_reasons(self) -> list[dict[str, Any]]:
        """Return the rows of `counted_reasons`: none for a decision that returned nothing."""
        if self.reasons is None:
            return []
        copied = {
            "review_id": self.review_id,
            "period_id": self.period_id,
            "region_id": self.region_id,
            "enterprise_id": self.enterprise_id,
            "decided_on": self.decided_on,
        }
        return [{**copied, "reason": reason} for reason in (RETURN, *self.reasons)]


class Place(NamedTuple):
    """The key of a row of `statistic_counts`, in the order of its columns."""

    enterprise_id: int
    month: str
    period_id: int
    region_id: int


class EnterprisePlace(NamedTuple):
    """The key of a row of `enterprise_totals`, in the order of its columns."""

    period_id: int
    region_id: int
    enterprise_id: int


class Sums:
    """Numbers to be added to the sums: `numbers` by place and number key, `totals` by enterprise."""

    def __init__(self) -> None:
        self.numbers: dict[Place, Counter[str]] = {}
        self.totals: dict[EnterprisePlace, list[int]] = {}

    def add(self, facts: Facts, sign: int = 1) -> None:
        """Add one application, or with `sign` -1 take it away."""
        day = facts.submitted_on
        month = day.isoformat()[:7]
        keys = [f"{STATUS}:{facts.status}:{facts.reached}", f"{MONTH}:{day.year}={day.month}:{facts.reached}"]
        if facts.education is not None:
            keys.append(f"{EDUCATION}:{facts.education}:{facts.reached}")
        if facts.industry is not None:
            keys.append(f"{INDUSTRY}:{facts.industry}:{facts.reached}")
        self._count(facts, month, keys, sign)
        of_day = f"{DAY}:{month}={day.day}:{facts.reached}"
        self._at(Place(NO_PLACE, month, facts.period_id, facts.region_id))[of_day] += sign
        amounts = [sign * bool(facts.reached & bits) for bits in TOTAL_BITS]
        for period in (facts.period_id, EVERY_PERIOD):
            total = self.totals.setdefault(
                EnterprisePlace(period, facts.region_id, facts.enterprise_id), [0, 0, 0]
            )
            for place, amount in enumerate(amounts):
                total[place] += amount

    def add_decision(self, facts: DecisionFacts, sign: int = 1) -> None:
        """Add one decision, or with `sign` -1 take it away."""
        keys = []
        if facts.days is not None:
            keys.append(f"{DAYS}:{facts.step.value}={facts.days}:{EVERY_STEP}")
        if facts.reasons is not None:
            keys.append(f"{RETURNED}:{facts.step.value}:{EVERY_STEP}")
            keys += [f"{REASON}:{reason}:{EVERY_STEP}" for reason in facts.reasons]
        self._count(facts, facts.decided_on.isoformat()[:7], keys, sign)

    def _count(self, facts: Facts | DecisionFacts, month: str, keys: list[str], sign: int) -> None:
        for place in (
            Place(NO_PLACE, EVERY_MONTH, EVERY_PERIOD, facts.region_id),
            Place(NO_PLACE, EVERY_MONTH, facts.period_id, facts.region_id),
            Place(NO_PLACE, month, facts.period_id, facts.region_id),
            Place(facts.enterprise_id, month, facts.period_id, NO_PLACE),
        ):
            numbers = self._at(place)
            for key in keys:
                numbers[key] += sign

    def _at(self, place: Place) -> Counter[str]:
        return self.numbers.setdefault(place, Counter())


TOTAL_BITS = (EVERY_STEP, REACHED_BITS[State.PRELIMINARY_REVIEW], REACHED_BITS[State.CITY_REVIEW])
"""Which steps an application must have reached to be in each column of `enterprise_totals`."""


def facts_of(rows: Iterable[Any]) -> Iterator[Facts]:
    """Yield the facts of rows of `PRESENT`."""
    for key, period, region, enterprise, reached, state, result, education, industry, submitted in rows:
        finished = state is State.FINISHED
        status = f"{state.value}_{result.value if result else ''}" if finished else state.value
        yield Facts(
            key, period, region, enterprise, reached, status, education, industry, local_date(submitted)
        )
