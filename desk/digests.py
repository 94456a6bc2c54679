"""The daily reminder (W8): once a working day everybody is told how much waits at their desk, is due today and is overdue.

Administrators are told of what has been overdue for longer than the second limit. Nobody is told of nothing. Each reminder
is a message, sent like every other (worker/delivery.py). Exactly once: the row of an account and day (`Digest`) is
written in the transaction of its message, and is unique.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, case, delete, exists, false, func, null, or_, select
from sqlalchemy.exc import IntegrityError

from common.calendar import ORDOS, local_date, start_of, today
from common.settings import DIGEST_TIME, setting
from common.working_days import Calendar, current_calendar
from desk import deputies
from desk.time_limits import LIMITS, OWN_STEP, TimeLimits, bounds, limits_of
from models import (
    Account,
    Application,
    Delivery,
    Digest,
    Enterprise,
    Message,
    MessageReading,
    Region,
    Registration,
    Role,
    db,
    exclusive,
)

BATCH = 200
"""Accounts of one transaction."""

LIFETIME = timedelta(days=90)
"""How long a reminder can be read: what waited then says nothing of today."""


class Numbers(NamedTuple):
    """What a reminder says. `oldest`: the application that it leads to, if any."""

    waiting: int
    due_today: int
    overdue: int
    longest: int
    oldest: int | None = None


Desks = Mapping[tuple[Role, int | None], Numbers]
"""By role and enterprise or office; None for the city's clerks and administrators, who all have the same."""


def is_reminder_due(at: datetime) -> bool:
    """Say whether the reminders of this day in Ordos are due: on a working day from the time that is set on."""
    local = at.astimezone(ORDOS)
    return local.time() >= time.fromisoformat(setting(DIGEST_TIME)) and current_calendar().is_working_day(
        local.date()
    )


def write(day: date) -> bool:
    """Write the reminders of a day that are missing. Returns False when another worker is writing them just now.

    A transaction for every BATCH of accounts. What was written before the process died is not written again.
    """
    desks = _desks(day, limits_of(db.session.scalar(LIMITS)), current_calendar())
    try:
        for accounts in _receivers(day, {role for role, _ in desks}):
            with exclusive():
                for account_id, key in accounts:
                    if (numbers := desks.get(key)) is not None:
                        _write_one(account_id, day, numbers, key[0])
    except IntegrityError:
        return False
    return True


def delete_expired() -> None:
    """Delete old reminders with their messages, a transaction for every BATCH of them."""
    oldest = today() - LIFETIME
    while True:
        with exclusive():
            over = select(Digest.message_id).where(Digest.day < oldest).order_by(Digest.id).limit(BATCH)
            keys = db.session.scalars(over.with_for_update(skip_locked=True)).all()
            for column in (Digest.message_id, Delivery.message_id, MessageReading.message_id, Message.id):
                gone = delete(column.class_).where(column.in_(keys))
                db.session.execute(gone.execution_options(synchronize_session=False))
        if len(keys) < BATCH:
            return


def _write_one(account_id: int, day: date, numbers: Numbers, role: Role) -> None:
    kind = "overdue_digest" if role is Role.ADMINISTRATOR else "digest"
    message = Message(kind=kind, account_id=account_id, application_id=numbers.oldest)
    db.session.add(
        Digest(
            account_id=account_id,
            day=day,
            message=message,
            waiting=numbers.waiting,
            due_today=numbers.due_today,
            overdue=numbers.overdue,
            longest=numbers.longest,
        )
    )


def _receivers(day: date, roles: set[Role]) -> Iterator[Sequence[tuple[int, tuple[Role, int | None]]]]:
    """Yield the accounts that may be told and have not been today, with their desks."""
    last = 0
    told = exists().where(Digest.account_id == Account.id, Digest.day == day)
    while True:
        rows = db.session.execute(
            select(Account.id, Account.role, Account.enterprise_id, Account.office_id)
            .where(Account.id > last, Account.role.in_(roles), Account.active, Account.wants_digest, ~told)
            .order_by(Account.id)
            .limit(BATCH)
        ).all()
        if not rows:
            return
        last = rows[-1].id
        yield [(row.id, (row.role, _DESK_COLUMN[row.role](row))) for row in rows]


_DESK_COLUMN: Mapping[Role, Callable[[Any], int | None]] = {
    Role.ENTERPRISE: lambda row: row.enterprise_id,
    Role.OFFICE: lambda row: row.office_id,
    Role.CITY: lambda _row: None,
    Role.ADMINISTRATOR: lambda _row: None,
}


def _desks(day: date, limits: TimeLimits, calendar: Calendar) -> Desks:
    """Return the numbers of every desk at which something waits, and the administrators'."""
    found: dict[tuple[Role, int | None], Numbers] = {}
    for role, step in OWN_STEP.items():
        edges = bounds(limits.of(step), day, calendar)
        overdue = Application.arrived_at < edges.overdue
        due_today = and_(Application.arrived_at >= edges.overdue, Application.arrived_at < edges.today)
        query = _WAITING[role].add_columns(
            func.count(),
            func.sum(case((due_today, 1), else_=0)),
            func.sum(case((overdue, 1), else_=0)),
            func.min(Application.arrived_at),
        )
        for desk, waiting, due, late, first in db.session.execute(query.where(Application.state == step)):
            if waiting:
                found[role, desk] = Numbers(waiting, due, late, _waited(first, day, calendar))
    own = dict(found)  # a deputy's deputy has nothing of the first office's
    for absent, deputy in db.session.execute(deputies.current_offices()):
        if (numbers := own.get((Role.OFFICE, absent))) is not None:
            found[Role.OFFICE, deputy] = _together(found.get((Role.OFFICE, deputy)), numbers)
    if (numbers := _for_administrators(day, limits, calendar)) is not None:
        found[Role.ADMINISTRATOR, None] = numbers
    return found


_WAITING: Mapping[Role, Select[Any]] = {
    Role.ENTERPRISE: select(Application.submitted_enterprise_id)
    .join(Enterprise, Enterprise.id == Application.submitted_enterprise_id)
    .where(Enterprise.registration == Registration.APPROVED, Enterprise.active)
    .group_by(Application.submitted_enterprise_id),
    Role.OFFICE: select(Region.office_id)
    .select_from(Application)
    .join(Region, Region.id == Application.region_id)
    .group_by(Region.office_id),
    Role.CITY: select(null()).select_from(Application),
}
"""For each role the desks at which applications wait; the numbers and the step are added."""


def _together(own: Numbers | None, absent: Numbers) -> Numbers:
    """Return the numbers of an office with those of an office for which it stands in."""
    if own is None:
        return absent
    return Numbers(
        own.waiting + absent.waiting,
        own.due_today + absent.due_today,
        own.overdue + absent.overdue,
        max(own.longest, absent.longest),
    )


def _for_administrators(day: date, limits: TimeLimits, calendar: Calendar) -> Numbers | None:
    """Return how many are overdue by at least the second limit, and which has waited longest."""
    if not limits.administrator:
        return None
    late = [
        and_(
            Application.state == step,
            Application.arrived_at < start_of(calendar.back(day, limits.of(step) + limits.administrator)),
        )
        for step in OWN_STEP.values()
        if limits.of(step)
    ]
    beyond = or_(false(), *late)
    count = db.session.scalar(select(func.count(Application.id)).where(beyond)) or 0
    if not count:
        return None
    oldest, first = db.session.execute(
        select(Application.id, Application.arrived_at)
        .where(beyond)
        .order_by(Application.arrived_at, Application.id)
        .limit(1)
    ).one()
    return Numbers(count, 0, count, _waited(first, day, calendar), oldest)


def _waited(since: datetime, day: date, calendar: Calendar) -> int:
    return calendar.waited(local_date(since.replace(tzinfo=UTC)), day).days
