"""What a move does to an application and what its line in the history says. Asks no database but for the version of the
form, once a process, and checks nothing:

workflow/review.py does that before, under its lock; commands/sample_data/applications.py replays whole histories by the same hand.
"""

from datetime import datetime
from typing import Any

from models import Account, Action, Application, Enterprise, State
from workflow import routing
from workflow.decision import Decision
from workflow.form import answers
from workflow.transitions import UNRECORDED, Transition

HISTORY_COLUMNS = (
    "application_id", "action", "from_state", "to_state", "result", "actor_id", "actor_name", "actor_role", "desk",
    "reason", "snapshot", "at", "resubmit_by",
)  # fmt: skip
"""The columns of the history's line, all but its number in the sequence."""


def start_round(application: Application, enterprise: Enterprise, at: datetime) -> None:
    """Begin a further round with this employer: from here on it is theirs to see."""
    application.submitted_enterprise = enterprise
    application.submitted_enterprise_id = enterprise.id
    routing.assign_region(application, enterprise.region)
    application.round += 1
    application.submitted_at = at


def state_columns(application: Application, row: Transition, at: datetime) -> dict[str, Any]:
    """Return the columns of the application as one row of the table leaves them."""
    state = routing.target(row, application.region)
    sent = {"resubmit_by": None} if row.action is Action.SUBMIT else {}
    return {
        **sent,
        "state": state,
        "result": row.result,
        "version": application.version + 1,
        "reached": routing.reached_bits(application, state),
        "saved_at" if row.said == UNRECORDED else "arrived_at": at,
    }


def history_row(
    application: Application,
    action: Action,
    before: State,
    person: Account,
    decision: Decision,
    at: datetime,
) -> dict[str, Any]:
    """Return what the history's line says of a move that has just been laid in, by `OF_A_LINE`."""
    return {
        "application_id": application.id,
        "action": action,
        "from_state": before,
        "to_state": application.state,
        "result": application.result,
        "actor_id": person.id,
        "actor_name": person.name,
        "actor_role": person.role,
        "desk": person.membership.name,
        **decision.columns(),
        "snapshot": answers.snapshot(application) if action is Action.SUBMIT else None,
        "at": at,
        "resubmit_by": application.resubmit_by,
    }
