"""Writes the messages about an application, in the transaction of the event that causes them (A16, E3, E6).

worker/delivery.py sends them later; nothing here waits for a mail server or gateway.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Protocol

from sqlalchemy import bindparam, insert

from common.messages import WORDING
from models import Application, Message, Review, State, db, now
from models.statements import CompiledStatement, table_of
from workflow import routing
from workflow.routing import Responsible, responsible_for
from workflow.transitions import BY_STATE_AND_ACTION, FINISHED, RETURNED

NO_RECIPIENT = {"account_id": None, "enterprise_id": None, "office_id": None}
"""The recipient columns of a message; exactly one of them is then filled."""

MESSAGES_WRITTEN = "messages_written"
"""Key in `session.info`: a message was inserted without an object, so the worker must be woken after the commit."""


DIGEST_NUMBERS = ("waiting", "due_today", "overdue", "longest")


class HistoryRow(Protocol):
    """The columns of a history row that decide its messages: of a Review, or of a row of the sample data."""

    id: Any
    actor_id: Any
    to_state: Any
    result: Any
    resubmit_by: Any


def announce(application: Application, review: Review) -> None:
    """Write the messages about a history row: to the responsible, and to the applicant about what a reviewer did."""
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
    return CompiledStatement(lambda: insert(messages).values(rows))


def message_rows(
    application: Application, row: HistoryRow, responsible: Responsible | None
) -> Iterator[dict[str, Any]]:
    """Yield the columns of the messages that a history row causes. `responsible`: who has the application now."""
    about = {"application_id": application.id, "review_id": row.id}
    if responsible is not None:
        yield about | {
            "kind": "to_review",
            "enterprise_id": responsible.enterprise_id,
            "office_id": responsible.office_id,
        }
    if row.actor_id != application.applicant_id:
        yield about | {"kind": _outcome(row), "account_id": application.applicant_id}


def announce_closing(application: Application, review: Review) -> None:
    """Tell the applicant that the employer was closed, and what follows."""
    tell_applicant(application, review, "employer_closed" if review.stayed else _outcome(review))


def tell_applicant(application: Application, review: Review, kind: str) -> None:
    """Write a message of another kind about a history row to the applicant."""
    db.session.add(
        Message(
            kind=kind,
            account_id=application.applicant_id,
            application_id=application.id,
            review_id=review.id,
        )
    )


def _outcome(row: HistoryRow) -> str:
    if row.to_state is FINISHED and row.result is not None:
        return str(row.result.value)
    if row.to_state is RETURNED:
        return "returned_until" if row.resubmit_by else "returned"
    return "passed_on"


def responsible_name(application: Application, step: State) -> str:
    """Return the name of who is responsible for a step of this application; "" for a state without review."""
    if step not in routing.REVIEW_STEPS or application.submitted_enterprise is None:
        return ""
    return routing.responsible_at(step, application.submitted_enterprise, application.region).name


def wording_values(
    message: Message, name_of: Callable[[Application, State], str] = responsible_name
) -> dict[str, str]:
    """Return the values for the placeholders in a message's wording, except secret ones."""
    words = dict(message.words or {})
    if message.application is not None and message.review is not None:
        review = message.review
        row = BY_STATE_AND_ACTION.get((review.from_state, review.action))
        words |= {
            "name": message.application.name,
            "number": message.application.number,
            "said": row.wording
            if row
            else review.reason,  # a rerouting has no transition; its reason says what it is
            "reason": review.reason_with_marks,
            "by": review.resubmit_by.isoformat() if review.resubmit_by else "",
        }
        if "%(desk)s" in WORDING[message.kind]:  # looking it up costs a query
            words["desk"] = name_of(message.application, review.to_state)
    if message.digest is not None:
        words |= {key: str(getattr(message.digest, key)) for key in DIGEST_NUMBERS}
        words["number"] = message.application.number if message.application is not None else ""
    if message.subject_enterprise is not None:
        words["enterprise"] = message.subject_enterprise.name
    if message.registration_event is not None:
        words["reason"] = message.registration_event.reason
    return words
