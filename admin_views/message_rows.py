"""The newest messages of an account as plain rows, read with one statement: the start page and the messages are opened all day.

Reads the boxes of workflow.scope.message_boxes (inbox.newest_ids) and nothing else. A row has the attributes of a `Message` that
its wording and its link need (workflow.notifications.wording_values), and no others.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, Self

from sqlalchemy import Integer, Select, bindparam, select
from sqlalchemy.orm import aliased

from accounts.actor_shape import ActorShape
from admin_views.site.page_counts import cache_counts, current_shape
from admin_views.site.wording import shown_reason
from models import (
    Account,
    Action,
    Application,
    Digest,
    Enterprise,
    Message,
    MessageReading,
    Office,
    OfficeDuty,
    Region,
    RegistrationEvent,
    Review,
    State,
)
from models.statements import CompiledStatement, JsonArray, constant
from workflow import inbox

MOST_STATEMENTS = 50
"""Shapes of accounts, pages and counts whose statement is kept."""


class AboutApplication(NamedTuple):
    """The application of a message. `employer` and the offices are who is responsible at each step (workflow.routing)."""

    number: str
    name: str
    employer: str | None
    regional_office: str | None
    final_office: str | None

    def desk_name(self, step: State) -> str:
        """Return the name of who is responsible for a step; "" for a state without review."""
        names = {
            State.ENTERPRISE_REVIEW: self.employer,
            State.PRELIMINARY_REVIEW: self.regional_office,
            State.CITY_REVIEW: self.final_office,
        }
        return (self.employer and names.get(step)) or ""


class AboutReview(NamedTuple):
    """The history row of a message."""

    from_state: State
    action: Action
    to_state: State
    reason: str
    marks: list[dict[str, Any]] | None
    resubmit_by: date | None

    @property
    def reason_with_marks(self) -> str:
        return shown_reason(self.reason, self.marks)


class AboutRegistration(NamedTuple):
    reason: str


class AboutEnterprise(NamedTuple):
    name: str


class AboutDesk(NamedTuple):
    """The numbers of a daily reminder."""

    waiting: int
    due_today: int
    overdue: int
    longest: int


class MessageRow(NamedTuple):
    """One message; what it is about, where it has such a row."""

    id: int
    kind: str
    words: Mapping[str, str] | None
    created_at: datetime
    subject_enterprise_id: int | None
    read_at: datetime | None
    application: AboutApplication | None
    review: AboutReview | None
    registration_event: AboutRegistration | None
    subject_enterprise: AboutEnterprise | None
    digest: AboutDesk | None

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """Return a row of the statement: its own columns, then those of each other table (PARTS), NULL where it has none."""
        values, place = list(row[:OWN]), OWN
        for kind in PARTS:
            columns = row[place : place + len(kind._fields)]
            values.append(kind(*columns) if columns[0] is not None else None)
            place += len(kind._fields)
        return cls(*values)


PARTS: tuple[Any, ...] = (AboutApplication, AboutReview, AboutRegistration, AboutEnterprise, AboutDesk)
OWN = len(MessageRow._fields) - len(PARTS)
WIDTH = OWN + sum(len(kind._fields) for kind in PARTS)

_employer = aliased(Enterprise)
FINAL_OFFICE = (
    select(Office.name).where(Office.duty == constant(OfficeDuty.FINAL)).limit(constant(1)).scalar_subquery()
)


def newest_rows(
    actor: Account, most: int, before: int | None = None, also_count: Sequence[Select[Any]] = ()
) -> list[MessageRow]:
    """Return the newest messages to this account; older than `before`, if given.

    `also_count`: count queries of the page (site/page_counts.py), which are read beside the rows and cached for the request.
    """
    shape, counts = current_shape(), tuple(also_count)
    statement = _statement(shape, most, before is not None, counts)
    found = statement.execute({**shape.bind_values(actor), "before": before})
    if found and counts:
        cache_counts(counts, json.loads(found[0][WIDTH]))
    return [MessageRow.of(row) for row in found]


@lru_cache(maxsize=MOST_STATEMENTS)
def _statement(
    actor: ActorShape, most: int, older: bool, also_count: tuple[Select[Any], ...]
) -> CompiledStatement:
    return CompiledStatement(lambda: _query(actor, most, older, also_count))


def _query(actor: ActorShape, most: int, older: bool, also_count: tuple[Select[Any], ...]) -> Select[Any]:
    before: Any = bindparam("before", type_=Integer) if older else None
    ids = inbox.newest_ids(actor, most, before).subquery()
    counts = [JsonArray(*(each.scalar_subquery() for each in also_count))] if also_count else []
    return (
        select(*_columns(), *(select(each).scalar_subquery() for each in counts))
        .select_from(Message)
        .join(ids, ids.c.id == Message.id)
        .outerjoin(
            MessageReading,
            (MessageReading.message_id == Message.id) & (MessageReading.account_id == actor.id),
        )
        .outerjoin(Application, Application.id == Message.application_id)
        .outerjoin(_employer, _employer.id == Application.submitted_enterprise_id)
        .outerjoin(Region, Region.id == Application.region_id)
        .outerjoin(Office, Office.id == Region.office_id)
        .outerjoin(Review, Review.id == Message.review_id)
        .outerjoin(RegistrationEvent, RegistrationEvent.id == Message.registration_event_id)
        .outerjoin(Enterprise, Enterprise.id == Message.subject_enterprise_id)
        .outerjoin(Digest, Digest.message_id == Message.id)
        .order_by(Message.id.desc())
        .limit(constant(most))
    )


def _columns() -> Iterator[Any]:
    """Yield the columns in the order of `MessageRow`."""
    yield from (Message.id, Message.kind, Message.words, Message.created_at, Message.subject_enterprise_id)
    yield MessageReading.at
    yield from (Application.number, Application.name, _employer.name, Office.name, FINAL_OFFICE)
    yield from (getattr(Review, name) for name in AboutReview._fields)
    yield from (RegistrationEvent.reason, Enterprise.name)
    yield from (getattr(Digest, name) for name in AboutDesk._fields)
