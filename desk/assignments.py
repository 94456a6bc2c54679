"""领取, 放回, 交给: who of a desk works on an application (W4).

An assignment forbids nothing: a colleague can still decide after a question that names the holder. It belongs to an
application and a desk. It stays when the application moves on, so what comes back after a return is again of the same
person. It counts only while its account is active and sits at that desk.
"""

from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, Integer, Select, and_, bindparam, delete, literal, or_, select

from accounts.access import active_account, acts_for
from accounts.actor_shape import Actor, ActorShape
from common.calendar import today
from common.errors import TakenByColleague, Unacceptable
from common.wording import N_, Sentence
from desk.desks import at_desk, colleagues, desk_of
from models import Account, Application, Assignment, Deputy, Message, State, db, exclusive, now
from models.statements import CompiledStatement, constant
from workflow import locking, scope
from workflow.history import last_review

Criterion = ColumnElement[bool]

KEPT_AFTER_THE_END = timedelta(days=2)
"""The last pass can still be taken back for a while (desk/taking_back.py). Longer would slow down 「我领取的」, which reads all
assignments of an account.
"""


class Taker(NamedTuple):
    """Who has taken an application."""

    id: int
    name: str


# --- criteria, for queries over applications. Their bind parameters are those of an ActorShape.


def counted(actor: Actor) -> Any:
    """Return the assignments at this account's desk that count, to be joined with `Account`."""
    return (
        select(Assignment.account_id)
        .join(Account, Account.id == Assignment.account_id)
        .where(at_desk(Assignment, desk_of(actor)), colleagues(actor))
    )


def holder_name(actor: Actor) -> ColumnElement[str | None]:
    """Return who of the desk has taken an application, as a column: looked up for the rows of a page only.

    One lookup by key inside the other: joined, PostgreSQL went through all clerks of the office for each row.
    """
    account_id = (
        select(Assignment.account_id)
        .where(Assignment.application_id == Application.id, at_desk(Assignment, desk_of(actor)))
        .correlate(Application)
        .scalar_subquery()
    )
    name: ColumnElement[str | None] = (
        select(Account.name).where(Account.id == account_id, colleagues(actor)).scalar_subquery()
    )
    return name


def with_colleague(actor: Actor) -> Criterion:
    """Return the criterion for applications that a colleague, not this account itself, has taken."""
    found: Criterion = (
        counted(actor)
        .where(
            Assignment.application_id == Application.id,
            Assignment.account_id != actor.id,
            Assignment.account_id.not_in(_absent(actor)),
        )
        .correlate(Application)
        .exists()
    )
    return found


def _absent(actor: Actor | None = None) -> Select[Any]:
    """Return the accounts for which this account, or the bound one, is deputy today (W5)."""
    day = literal(today()) if isinstance(actor, Account) else bindparam("today", type_=Date)
    deputy = actor.id if actor is not None else bindparam("actor_id", type_=Integer)
    return select(Deputy.account_id).where(
        Deputy.deputy_id == deputy,
        Deputy.account_id.is_not(None),
        Deputy.in_force(day),
    )


_OWN_DESK = or_(
    and_(
        Assignment.office_id == bindparam("actor_office_id", type_=Integer),
        Account.office_id == Assignment.office_id,
    ),
    and_(
        Assignment.enterprise_id == bindparam("actor_enterprise_id", type_=Integer),
        Account.enterprise_id == Assignment.enterprise_id,
    ),
)
"""Whatever kind of desk asks: the parameter of the other kind is NULL."""


def taken_by_me() -> Criterion:
    """Return the criterion of 「我领取的」, with what colleagues have taken for whom the account is deputy today.

    A list of ids: few, while the waiting ones can be many. Bind parameters: also `today`.
    """
    own = (
        select(Assignment.application_id)
        .join(Account, Account.id == Assignment.account_id)
        .where(
            or_(
                Assignment.account_id == bindparam("actor_id", type_=Integer),
                Assignment.account_id.in_(_absent()),
            ),
            _OWN_DESK,
        )
    )
    return Application.id.in_(own)


def untaken() -> Criterion:
    """Return the criterion of 「未领取」."""
    taken = (
        select(Assignment.id)
        .join(Account, Account.id == Assignment.account_id)
        .where(Assignment.application_id == Application.id, _OWN_DESK, Account.active)
    )
    return ~taken.correlate(Application).exists()


# --- one application


def taken_by_colleague(application_id: int, actor: Account) -> Taker | None:
    """Return the colleague who has taken the application at this account's desk; None for nobody, for oneself, and for
    somebody for whom the account is deputy today.

    Bulk decisions skip what this finds, and report whose it is.
    """
    present = taker_of(application_id, actor)
    return None if present is None or present.id in acts_for(actor) else present


def taker_of(application_id: int, actor: Account) -> Taker | None:
    """Return who has taken the application at this account's desk, oneself included."""
    shape = ActorShape.of(actor)
    rows = _holder_query(shape).execute({"application_id": application_id, **shape.bind_values(actor)})
    return Taker(*rows[0]) if rows else None


@cache
def _holder_query(actor: ActorShape) -> CompiledStatement:
    return CompiledStatement(
        lambda: (
            counted(actor)
            .with_only_columns(Account.id, Account.name)
            .where(Assignment.application_id == bindparam("application_id", type_=Integer))
        )
    )


def refuse_taken(application: Application, person: Account) -> None:
    """Raise TakenByColleague when a colleague has taken it. A `check` for workflow.review.perform, asked with the row locked."""
    if (present := taken_by_colleague(application.id, person)) is not None:
        raise TakenByColleague(present.name)


def assign(number: str, actor: Account, *, to: int | None, seen: int | None) -> Taker | None:
    """Give an application that waits at the actor's desk to one of the desk, or to nobody. Returns who has it now.

    `to`: the account, oneself for 「领取」, None for 「放回」. `seen`: who had it on the actor's page.
    Any clerk of the desk may: somebody may be ill, and nobody is the head of the others.
    Raises NotVisible when it does not wait there, TakenByColleague when somebody else has it by now than was seen,
    Unacceptable when the account is not an active one of this desk.
    """
    with exclusive():
        person = active_account(actor)
        application = locking.lock(number, person, sight=scope.waiting)
        present = taker_of(application.id, person)
        if (present.id if present else None) != seen:
            raise TakenByColleague(present.name if present else "")
        colleague = None if to is None else _colleague(to, person)
        desk = desk_of(person)
        db.session.execute(
            delete(Assignment)
            .where(Assignment.application_id == application.id, at_desk(Assignment, desk))
            .execution_options(synchronize_session=False)
        )
        if colleague is None:
            return None
        db.session.add(
            Assignment(application_id=application.id, account_id=colleague.id, at=now(), **desk.columns)
        )
        if colleague.id != person.id:
            _write_message(colleague, application)
        return Taker(colleague.id, colleague.name)


def _write_message(colleague: Account, application: Application) -> None:
    """Write the message that an application was handed over; it counts as read once the colleague has decided."""
    newest = last_review(application)
    db.session.add(
        Message(
            kind="handed_over",
            account_id=colleague.id,
            application_id=application.id,
            review_id=newest.id if newest else None,
        )
    )


def _colleague(account_id: int, person: Account) -> Account:
    found = db.session.scalars(
        select(Account).where(Account.id == account_id, colleagues(person))
    ).one_or_none()
    if found is None:
        raise Unacceptable("to", Sentence(N_("只能交给本单位在用的账号，请在名单中重新选择。")))
    return found


def delete_expired() -> None:
    """Delete the assignments of applications that are finished for good."""
    finished = select(Application.id).where(
        Application.id == Assignment.application_id,
        Application.state == constant(State.FINISHED),
        Application.arrived_at < now() - KEPT_AFTER_THE_END,
    )
    with exclusive():
        db.session.execute(
            delete(Assignment)
            .where(finished.correlate(Assignment).exists())
            .execution_options(synchronize_session=False)
        )
