"""Where an application is, for everybody who may see it: steps done, the present one with whom, and those to come (A16, A17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import select

from models import REACHED_BITS, Action, Application, RegionKind, Review, State, db
from workflow import routing
from workflow.scope import DECISIONS
from workflow.transitions import DECIDES_NOTHING, DRAFT, FINISHED, RETURNED


class Stage(Enum):
    DONE = "done"
    NOW = "now"
    TO_COME = "to come"


@dataclass(frozen=True)
class Step:
    """One step of the way: `desk` is whose it is, `by` and `at` who finished it and when."""

    state: State
    stage: Stage
    desk: routing.Responsible | None
    by: str = ""
    at: datetime | None = None


def history(application: Application) -> Sequence[Review]:
    """Return the lines of the application's history, newest first."""
    return histories([application])[application.id]


def histories(applications: Sequence[Application]) -> dict[int, list[Review]]:
    """Return the lines of several applications, newest first, by the application's id; asked once for all."""
    found: dict[int, list[Review]] = {application.id: [] for application in applications}
    for line in db.session.scalars(
        select(Review).where(Review.application_id.in_(found)).order_by(Review.sequence.desc())
    ):
        found[line.application_id].append(line)
    return found


def open_returns(reviews: Sequence[Review]) -> list[Review]:
    """Return the returns that have not been dealt with, newest first. `reviews` is the whole history, newest first.

    A return is dealt with once the step that made it, or a later one, has decided again, and at the latest when the
    business ends. Neither a new submission nor its withdrawal deals with it. Where the employer was closed, the next
    submission deals with that: it goes to an employer that is open.
    """
    found = []
    furthest, submitted = 0, False
    for line in reviews:
        if line.to_state is FINISHED:
            break
        if line.action is Action.SUBMIT:
            submitted = True
        elif line.to_state is RETURNED and not line.stayed:
            if line.action is Action.CLOSE:
                is_open = not submitted
            else:
                is_open = REACHED_BITS[line.from_state] > furthest
            if is_open:
                found.append(line)
        if line.action in DECISIONS:
            furthest = max(furthest, REACHED_BITS[line.from_state])
    return found


def step_list(application: Application, reviews: Sequence[Review]) -> list[Step]:
    """Return the steps of the application's present round; before an employer is chosen, the longest way."""
    under_review = application.state in routing.REVIEW_STEPS or application.state is FINISHED
    enterprise = application.submitted_enterprise if under_review else application.enterprise
    region = application.region if under_review else enterprise.region if enterprise else None
    way = routing.steps(region) if region else routing.ROUTES[RegionKind.BANNER]
    done = _done_this_round(reviews) if under_review else {}
    present = application.state if application.state in routing.REVIEW_STEPS else None
    furthest = max((REACHED_BITS.get(state, 0) for state in (*done, present) if state), default=0)
    found = []
    for state in (DRAFT, *way):
        desk = (
            routing.responsible_at(state, enterprise, region) if enterprise and state is not DRAFT else None
        )
        line = done.get(state)
        if line is None and 0 < REACHED_BITS.get(state, 0) < furthest:
            continue  # the application was moved onto this way when it was further along already
        if state is present or (state is DRAFT and not under_review):
            found.append(Step(state, Stage.NOW, desk))
        elif line is not None:
            found.append(Step(state, Stage.DONE, desk, line.actor_name, line.at))
        else:
            found.append(Step(state, Stage.TO_COME, desk))
    return found


def _done_this_round(reviews: Sequence[Review]) -> dict[State, Review]:
    """Return, by the step they ended, the lines since the last submission (newest first in `reviews`)."""
    found: dict[State, Review] = {}
    for line in reviews:
        if line.action is Action.SUBMIT:
            found.setdefault(DRAFT, line)
            break
        if line.action not in DECIDES_NOTHING:
            found.setdefault(line.from_state, line)
    return found
