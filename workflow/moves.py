"""The effect of a transition on the columns of an application, and the history row that it writes.

Checks nothing: workflow/review.py checks before, under its lock. commands/sample_data/applications.py builds whole
histories with the same functions.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from models import Account, Action, Application, Enterprise, State
from workflow import routing
from workflow.decision import Decision
from workflow.form import answers
from workflow.transitions import UNRECORDED, Transition

HISTORY_COLUMNS = (
    "application_id", "action", "from_state", "to_state", "result", "actor_id", "actor_name", "actor_role", "desk",
    "on_behalf_of", "reason", "marks", "snapshot", "at", "resubmit_by", "waited_since", "reached_before",
)  # fmt: skip
"""The columns of a history row except its sequence number."""


def round_columns(application: Application, enterprise: Enterprise, at: datetime) -> dict[str, Any]:
    """Return the columns that a new round with this employer changes, who can see the application from then on."""
    region = enterprise.region
    return {
        "submitted_enterprise_id": enterprise.id,
        "region_id": region.id,
        "reached": routing.reached_in(application, region),
        "round": application.round + 1,
        "submitted_at": at,
    }


def start_round(application: Application, enterprise: Enterprise, at: datetime) -> dict[str, Any]:
    """Begin a new round with this employer.

    The object shows the new columns. Returns them: the caller writes them together with those of the state.
    """
    columns = round_columns(application, enterprise, at)
    for key, value in {**columns, "submitted_enterprise": enterprise, "region": enterprise.region}.items():
        set_committed_value(application, key, value)
    return columns


def state_columns(application: Application, transition: Transition, at: datetime) -> dict[str, Any]:
    """Return the columns that a transition changes in the application."""
    state = routing.target(transition, application.region)
    sent = {"resubmit_by": None} if transition.action is Action.SUBMIT else {}
    return {
        **sent,
        "state": state,
        "result": transition.result,
        "version": application.version + 1,
        "reached": routing.reached_bits(application, state),
        **(
            {"saved_at": at, "opened_at": at}
            if transition.wording == UNRECORDED
            else {"arrived_at": at, "opened_at": None}
        ),
    }


def history_row(
    application: Application,
    action: Action,
    before: State,
    person: Account,
    decision: Decision,
    at: datetime,
) -> dict[str, Any]:
    """Return the history row of a change that the application already shows, by `HISTORY_COLUMNS`."""
    return {
        "application_id": application.id,
        "action": action,
        "from_state": before,
        "to_state": application.state,
        "result": application.result,
        "actor_id": person.id,
        "actor_name": person.name,
        "actor_role": person.role,
        "desk": person.membership.desk_name(application.region_id),
        **decision.columns(),
        "snapshot": answers.snapshot(application) if action is Action.SUBMIT else None,
        "at": at,
        "resubmit_by": application.resubmit_by,
        "waited_since": None,
        "reached_before": None,
    }
