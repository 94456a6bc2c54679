"""What an account or its desk has been told and has not read yet."""

from collections.abc import Callable
from functools import cache

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    bindparam,
    exists,
    func,
    insert,
    select,
    true,
    union_all,
)

from models import Account, Application, Message, MessageReading, db, exclusive, now
from models.database import Instant
from models.statements import CompiledStatement, constant, table_of
from workflow import scope
from workflow.actor_shape import Actor, ActorShape

MAX_UNREAD = 99
"""Counting stops here: the badge then says 99+, and costs the same for every desk."""


NEWEST_PER_BOX = MAX_UNREAD + 1
"""Of each box the newest so many: a desk that has read a million messages does not look through them for the badge."""


MAX_MARKED = 10_000
"""Of each box the newest so many are marked at once: for a desk that was told a million things it took eight seconds, and
on SQLite everybody else waited for it. The badge looks at far fewer."""


def unread(actor: Account) -> int:
    """Return how many of the newest messages this account has not read, counted to MOST_UNREAD + 1 at the most."""
    return db.session.scalar(count_of_unread(actor)) or 0


def count_of_unread(actor: Actor) -> Select[int]:
    """Return the query of `unread`, for whoever asks more in the same statement."""
    newest = newest_ids(actor, NEWEST_PER_BOX).subquery()
    read = exists().where(MessageReading.message_id == newest.c.id, MessageReading.account_id == actor.id)
    some = select(newest.c.id).where(~read).limit(constant(MAX_UNREAD + 1)).subquery()
    return select(func.count()).select_from(some)


def newest_ids(actor: Actor, most: int, before: int | None = None) -> CompoundSelect[int]:
    """Return the query for the ids of the newest messages, so many of each box: each comes in the order of its index.

    A message lies in one box alone (`one_recipient`).
    """
    older = true() if before is None else Message.id < before
    return union_all(
        *(
            select(
                select(Message.id)
                .where(box, older)
                .order_by(Message.id.desc())
                .limit(constant(most))
                .subquery()
            )
            for box in scope.message_boxes(actor)
        )
    )


def mark_read(actor: Account, message_id: int) -> None:
    """Note that this account has read one of its messages; what is not its own it cannot mark."""
    with exclusive():
        _add_readings(actor, "one", of=message_id)


def mark_decided(actor: Account, application: Application) -> None:
    """Note that whoever decides an application needs no reminder of it any more. Call within `exclusive()`."""
    _add_readings(actor, "about one", of=application.id)


def mark_all_read(actor: Account) -> None:
    """Note that this account has read everything that it has been told so far, but for what nobody looks back to."""
    with exclusive():
        _add_readings(actor, "all")


SELECTIONS: dict[str, Callable[[ActorShape], ColumnElement[bool]]] = {
    "one": lambda _: Message.id == bindparam("of"),
    "about one": lambda _: Message.application_id == bindparam("of"),
    "all": lambda actor: Message.id.in_(newest_ids(actor, MAX_MARKED)),
}


def _add_readings(actor: Account, which: str, **of: int) -> None:
    shape = ActorShape.of(actor)
    _insert_readings(shape, which).execute({**shape.bind_values(actor), **of, "at": now()})


@cache
def _insert_readings(actor: ActorShape, which: str) -> CompiledStatement:
    """Return what adds the readings that are missing. Two windows at once: the one that came first counts."""
    read = exists().where(MessageReading.message_id == Message.id, MessageReading.account_id == actor.id)
    fresh = (
        select(Message.id, actor.id, bindparam("at", type_=Instant))
        .where(scope.messages(actor), SELECTIONS[which](actor), ~read)
        .suffix_with("ON CONFLICT DO NOTHING")
    )
    return CompiledStatement(
        insert(table_of(MessageReading)).from_select(["message_id", "account_id", "at"], fresh)
    )
