"""What the applicant's start page says of a person, read with one statement: their last application, the periods, an open question."""

import json
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Date, Select, bindparam, literal_column, select, true
from sqlalchemy.orm import aliased

from accounts.actor_shape import ActorShape
from admin_views.message_rows import FINAL_OFFICE, AboutApplication
from admin_views.site.page_counts import cache_counts, current_shape
from common.calendar import today
from models import (
    Account,
    Application,
    Continuation,
    Enterprise,
    Office,
    Period,
    Region,
    Result,
    Role,
    State,
    db,
)
from models.statements import CompiledStatement, JsonArray, constant
from payments import continuation
from workflow import periods, routing, scope
from workflow.periods import Admission
from workflow.transitions import is_editable

MOST_STATEMENTS = 10


class LatestApplication(NamedTuple):
    """The last application of a person."""

    id: int
    state: State
    result: Result | None
    round: int
    period_id: int | None

    @property
    def is_resubmitted_within_a_term(self) -> bool:
        """Say whether it was submitted before and is with its applicant again."""
        return bool(self.round) and is_editable(self.state)


class PeriodRow(NamedTuple):
    id: int
    name: str
    opens: date
    closes: date


class QuestionRow(NamedTuple):
    """A question about the continued employment that the person has to answer."""

    year: int
    due_by: date


class Situation(NamedTuple):
    """`about` has the number and the desks of `latest`."""

    latest: LatestApplication | None
    about: AboutApplication | None
    admission: Admission
    question: QuestionRow | None

    @property
    def has_passed(self) -> bool:
        """Say whether the last application has passed in the period that is open: nobody is paid twice for one period."""
        period, latest = self.admission.period, self.latest
        return bool(period and latest and latest.result is Result.PASSED and latest.period_id == period.id)

    @property
    def desk(self) -> str:
        """Return the name of who has to decide on the last application now; "" while nobody has."""
        if self.latest is None or self.about is None or self.latest.state not in routing.REVIEW_STEPS:
            return ""
        return self.about.desk_name(self.latest.state)


PARTS: tuple[Any, ...] = (LatestApplication, AboutApplication, PeriodRow, PeriodRow, QuestionRow)


def situation(actor: Account, also_count: Sequence[Select[Any]]) -> Situation:
    """Return the situation of an applicant. `also_count`: count queries of the page, cached for the request."""
    shape, counts = current_shape(), tuple(also_count)
    [row] = _statement(shape, counts).execute({**shape.bind_values(actor), "today": today()})
    cache_counts(counts, json.loads(row[-1]))
    found: list[Any] = []
    place = 0
    for kind in PARTS:
        columns = row[place : place + len(kind._fields)]
        found.append(kind(*columns) if columns[0] is not None else None)
        place += len(kind._fields)
    latest, about, opened, upcoming, question = found
    if latest is not None and latest.is_resubmitted_within_a_term:
        admission = periods.admission(db.session.get(Application, latest.id))
    else:
        admission = Admission(opened, None if opened else upcoming)
    return Situation(latest, about, admission, question)


@lru_cache(maxsize=MOST_STATEMENTS)
def _statement(actor: ActorShape, also_count: tuple[Select[Any], ...]) -> CompiledStatement:
    return CompiledStatement(lambda: _query(actor, also_count))


def _query(actor: ActorShape, also_count: tuple[Select[Any], ...]) -> Select[Any]:
    """Return the query of exactly one row: each part is joined to a row without columns."""
    day: Any = bindparam("today", type_=Date)
    employer = aliased(Enterprise)
    latest = (
        select(
            *(getattr(Application, name) for name in LatestApplication._fields),
            Application.number,
            Application.name,
            employer.name.label("employer"),
            Office.name.label("regional_office"),
            FINAL_OFFICE.label("final_office"),
        )
        .outerjoin(employer, employer.id == Application.submitted_enterprise_id)
        .outerjoin(Region, Region.id == Application.region_id)
        .outerjoin(Office, Office.id == Region.office_id)
        .where(scope.visible(actor))
        .order_by(Application.id.desc())
    )
    columns = [getattr(Period, name) for name in PeriodRow._fields]
    opened = select(*columns).where(Period.opens <= day, Period.closes >= day).order_by(Period.closes.desc())
    upcoming = select(*columns).where(Period.opens > day).order_by(Period.opens)
    question = (
        select(Continuation.year, Continuation.due_by)
        .where(continuation.continuations(actor), continuation.unanswered_by(Role.APPLICANT))
        .order_by(Continuation.due_by, Continuation.id)
    )
    parts = [part.limit(constant(1)).subquery() for part in (latest, opened, upcoming, question)]
    joined: Any = select(literal_column("1").label("one")).subquery()
    for part in parts:
        joined = joined.outerjoin(part, true())
    counts = JsonArray(*(each.scalar_subquery() for each in also_count))
    return select(
        *(column for part in parts for column in part.c), select(counts).scalar_subquery()
    ).select_from(joined)
