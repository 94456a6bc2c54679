"""The unread messages of an account, and marking them as read."""

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

from accounts.actor_shape import Actor, ActorShape
from models import Account, Application, Message, MessageReading, db, exclusive, now
from models.database import Instant
from models.statements import CompiledStatement, constant, table_of
from workflow import scope

MAX_UNREAD = 99
"""Counting stops here: the badge then says 99+, and costs the same for every account."""
NEWEST_PER_BOX = MAX_UNREAD + 1
"""How many messages of each box the badge looks at: an account with a million read messages must not scan them."""
MAX_MARKED = 10_000
"""How many messages of each box are marked at once. Marking a million took eight seconds, during which SQLite blocks every
other writer; the badge looks at far fewer."""


def unread(actor: Account) -> int:
    """Return how many of the newest messages this account has not read, at most MAX_UNREAD + 1."""
    return db.session.scalar(count_of_unread(actor)) or 0


def count_of_unread(actor: Actor) -> Select[int]:
    """Return the query of `unread`, so that it can be combined with others in one statement."""
    newest = newest_ids(actor, NEWEST_PER_BOX).subquery()
    read = exists().where(MessageReading.message_id == newest.c.id, MessageReading.account_id == actor.id)
    some = select(newest.c.id).where(~read).limit(constant(MAX_UNREAD + 1)).subquery()
    return select(func.count()).select_from(some)


def newest_ids(actor: Actor, most: int, before: int | None = None) -> CompoundSelect[int]:
    """Return the query for the ids of the newest `most` messages of each box; each part follows the order of its index.

    A message is in exactly one box (constraint `one_recipient`).
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
    """Mark one message of this account as read; a message of another account is ignored."""
    with exclusive():
        _add_readings(actor, "one", key=message_id)


def mark_decided(actor: Account, application: Application) -> None:
    """Mark the messages about an application as read for the account that decided it. Call within `exclusive()`."""
    _add_readings(actor, "about one", key=application.id)


def mark_all_read(actor: Account) -> None:
    """Mark the newest MAX_MARKED messages of each box as read."""
    with exclusive():
        _add_readings(actor, "all")


SELECTIONS: dict[str, Callable[[ActorShape], ColumnElement[bool]]] = {
    "one": lambda _: Message.id == bindparam("key"),
    "about one": lambda _: Message.application_id == bindparam("key"),
    "all": lambda actor: Message.id.in_(newest_ids(actor, MAX_MARKED)),
}


def _add_readings(actor: Account, which: str, **key: int) -> None:
    shape = ActorShape.of(actor)
    _insert_readings(shape, which).execute({**shape.bind_values(actor), **key, "at": now()})


@cache
def _insert_readings(actor: ActorShape, which: str) -> CompiledStatement:
    """Return the statement that adds missing readings. If two windows do it at once, the first one counts."""
    read = exists().where(MessageReading.message_id == Message.id, MessageReading.account_id == actor.id)
    fresh = (
        select(Message.id, actor.id, bindparam("at", type_=Instant))
        .where(scope.messages(actor), SELECTIONS[which](actor), ~read)
        .suffix_with("ON CONFLICT DO NOTHING")
    )
    return CompiledStatement(
        lambda: insert(table_of(MessageReading)).from_select(["message_id", "account_id", "at"], fresh)
    )
