"""The progress of an application: steps done, the current step and who is responsible, and the steps to come (A16, A17)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from sqlalchemy import Integer, bindparam, select

from models import REACHED_BITS, Action, Application, RegionKind, Review, State, db
from models.object_statements import ObjectStatement
from workflow import routing
from workflow.scope import DECISIONS
from workflow.transitions import DECIDES_NOTHING, DRAFT, FINISHED, RETURNED


class Stage(Enum):
    DONE = "done"
    NOW = "now"
    TO_COME = "to come"


class Step(NamedTuple):
    """One step of the route. `by` and `at`: who finished it and when."""

    state: State
    stage: Stage
    responsible: routing.Responsible | None
    by: str = ""
    at: datetime | None = None


_HISTORY = ObjectStatement(
    lambda: (
        select(Review)
        .where(Review.application_id == bindparam("application_id", type_=Integer))
        .order_by(Review.sequence.desc())
    )
)


def history(application: Application) -> Sequence[Review]:
    """Return the rows of the application's history, newest first."""
    return _HISTORY.objects({"application_id": application.id})


def histories(applications: Sequence[Application]) -> dict[int, list[Review]]:
    """Return the history rows of several applications by id, newest first, in one query."""
    found: dict[int, list[Review]] = {application.id: [] for application in applications}
    for row in db.session.scalars(
        select(Review).where(Review.application_id.in_(found)).order_by(Review.sequence.desc())
    ):
        found[row.application_id].append(row)
    return found


def in_force(reviews: Sequence[Review]) -> Iterator[Review]:
    """Yield the rows, newest first, without decisions that were taken back: each stands directly before that row."""
    rows = iter(reviews)
    for row in rows:
        if row.action is Action.TAKE_BACK:
            next(rows, None)
        else:
            yield row


def open_returns(reviews: Sequence[Review]) -> list[Review]:
    """Return the returns that have not been dealt with, newest first. `reviews` is the whole history, newest first.

    A return is dealt with once the step that made it, or a later one, has decided again, and at the latest when the
    business ends. Neither a new submission nor its withdrawal deals with it. Where the employer was closed, the next
    submission deals with that: it goes to an employer that is open.
    """
    found = []
    furthest, submitted = 0, False
    for row in in_force(reviews):
        if row.to_state is FINISHED:
            break
        if row.action is Action.SUBMIT:
            submitted = True
        elif row.to_state is RETURNED and not row.stayed:
            passed = submitted if row.action is Action.CLOSE else REACHED_BITS[row.from_state] <= furthest
            if not passed:
                found.append(row)
        if row.action in DECISIONS:
            furthest = max(furthest, REACHED_BITS[row.from_state])
    return found


def step_list(application: Application, reviews: Sequence[Review]) -> list[Step]:
    """Return the steps of the application's current round; those of the longest route if no employer is chosen yet."""
    under_review = application.state in routing.REVIEW_STEPS or application.state is FINISHED
    enterprise = application.submitted_enterprise if under_review else application.enterprise
    region = application.region if under_review else enterprise.region if enterprise else None
    route = routing.steps(region) if region else routing.ROUTES[RegionKind.BANNER]
    done = _done_this_round(reviews) if under_review else {}
    current = application.state if application.state in routing.REVIEW_STEPS else None
    furthest = max((REACHED_BITS.get(state, 0) for state in (*done, current) if state), default=0)
    found = []
    for state in (DRAFT, *route):
        responsible = (
            routing.responsible_at(state, enterprise, region) if enterprise and state is not DRAFT else None
        )
        row = done.get(state)
        if row is None and 0 < REACHED_BITS.get(state, 0) < furthest:
            continue  # the application was rerouted when it had passed this step already
        if state is current or (state is DRAFT and not under_review):
            found.append(Step(state, Stage.NOW, responsible))
        elif row is not None:
            found.append(Step(state, Stage.DONE, responsible, row.actor_name, row.at))
        else:
            found.append(Step(state, Stage.TO_COME, responsible))
    return found


def _done_this_round(reviews: Sequence[Review]) -> dict[State, Review]:
    """Return the history rows since the last submission by the step that they ended. `reviews` is newest first."""
    found: dict[State, Review] = {}
    for row in in_force(reviews):
        if row.action is Action.SUBMIT:
            found.setdefault(DRAFT, row)
            break
        if row.action not in DECIDES_NOTHING:
            found.setdefault(row.from_state, row)
    return found
