"""What the system tells whom when something happens: written beside the event, in its transaction (A16, E3, E6).

How it leaves the house is worker/delivery.py's; nothing here waits for a letter to be sent.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Protocol

from sqlalchemy import bindparam, insert

from models import Account, Action, Application, Message, Review, State, db, now
from models.statements import CompiledStatement, table_of
from workflow import routing
from workflow.routing import Responsible, responsible_for
from workflow.transitions import BY_STATE_AND_ACTION, FINISHED, RETURNED

NO_RECIPIENT = {"account_id": None, "enterprise_id": None, "office_id": None}
"""What a row says of those whom it is not for."""

MESSAGES_WRITTEN = "told"
"""Marks a session in which a message was written as a row, past its objects: the worker is woken once it is stored."""


class HistoryRow(Protocol):
    """What of a line of the history decides who is told what: a Review, or one that is still to be written."""

    id: Any
    actor_id: Any
    to_state: Any
    result: Any
    resubmit_by: Any


def announce(application: Application, review: Review) -> None:
    """Remind the desk that has the application now, and tell the applicant what a reviewer did."""
    each = {"urgent": False, "created_at": now(), **NO_RECIPIENT}
    rows = [each | columns for columns in message_rows(application, review, responsible_for(application))]
    if rows:
        values = {f"{key}_{place}": value for place, row in enumerate(rows) for key, value in row.items()}
        _insert_messages(len(rows)).execute(values)
        db.session.info[MESSAGES_WRITTEN] = True


@cache
def _insert_messages(count: int) -> CompiledStatement:
    messages = table_of(Message)
    columns = (*NO_RECIPIENT, "kind", "application_id", "review_id", "urgent", "created_at")
    rows = [
        {key: bindparam(f"{key}_{place}", type_=messages.c[key].type) for key in columns}
        for place in range(count)
    ]
    return CompiledStatement(insert(messages).values(rows))


def message_rows(
    application: Application, line: HistoryRow, desk: Responsible | None
) -> Iterator[dict[str, Any]]:
    """Yield the columns of what a line of the history tells whom; `desk` has the application now."""
    about = {"application_id": application.id, "review_id": line.id}
    if desk is not None:
        yield about | {
            "kind": "to_review",
            "enterprise_id": desk.enterprise_id,
            "office_id": desk.office_id,
        }
    if line.actor_id != application.applicant_id:
        yield about | {"kind": _outcome(line), "account_id": application.applicant_id}


def announce_closing(application: Application, review: Review) -> None:
    """Tell the applicant that the employer was closed, and what that means."""
    db.session.add(
        Message(
            kind="employer_closed" if review.stayed else _outcome(review),
            account_id=application.applicant_id,
            application_id=application.id,
            review_id=review.id,
        )
    )


def announce_extension(application: Application, review: Review) -> None:
    """Tell the applicant until when the application can be resubmitted now."""
    db.session.add(
        Message(
            kind="term_extended",
            account_id=application.applicant_id,
            application_id=application.id,
            review_id=review.id,
        )
    )


CORRECTED = {Action.CORRECT_NAME: "name_corrected", Action.CORRECT_NUMBER: "number_corrected"}


def announce_correction(application: Application, review: Review) -> None:
    """Tell the applicant that somebody corrected their name or number."""
    db.session.add(
        Message(
            kind=CORRECTED[review.action],
            account_id=application.applicant_id,
            application_id=application.id,
            review_id=review.id,
        )
    )


def announce_own_correction(account: Account) -> None:
    """Tell a person that their own name was changed from their account; it may not have been them."""
    db.session.add(Message(kind="own_name_corrected", account_id=account.id))


def _outcome(line: HistoryRow) -> str:
    if line.to_state is FINISHED and line.result is not None:
        return str(line.result.value)
    if line.to_state is RETURNED:
        return "returned_until" if line.resubmit_by else "returned"
    return "passed_on"


def responsible_name(application: Application, step: State) -> str:
    """Return what the desk of a step is called for this application; "" where nobody reviews."""
    if step not in routing.REVIEW_STEPS or application.submitted_enterprise is None:
        return ""
    return routing.responsible_at(step, application.submitted_enterprise, application.region).name


def wording_values(
    message: Message, desk: Callable[[Application, State], str] = responsible_name
) -> dict[str, str]:
    """Return what fills the gaps of a message's wording, but for its secrets."""
    words: dict[str, str] = {}
    if message.application is not None and message.review is not None:
        review = message.review
        row = BY_STATE_AND_ACTION.get((review.from_state, review.action))
        words |= {
            "name": message.application.name,
            "number": message.application.number,
            "said": row.said if row else review.reason,  # a move says itself what it is
            "reason": review.reason,
            "by": review.resubmit_by.isoformat() if review.resubmit_by else "",
        }
        if message.kind == "passed_on":  # the only one that names it: a desk is asked for
            words["desk"] = desk(message.application, review.to_state)
    if message.subject_enterprise is not None:
        words["enterprise"] = message.subject_enterprise.name
    if message.registration_event is not None:
        words["reason"] = message.registration_event.reason
    return words
