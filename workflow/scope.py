"""Which rows an account may see, as SQL criteria. Every query of every console uses them.

A row outside the scope does not exist for that account: 404, never 403.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import aliased

from accounts.actor_shape import Actor, absent_office_ids, region_ids
from accounts.logins import STAFF
from models import (
    REACHED_BITS,
    Account,
    Action,
    Application,
    Attachment,
    Enterprise,
    InternalNote,
    Message,
    Region,
    Registration,
    Review,
    Role,
    State,
)
from models.statements import constant
from workflow.routing import KINDS_WITH_PRELIMINARY_REVIEW
from workflow.transitions import STATES_WITH_APPLICANT, TRANSITIONS

Criterion = ColumnElement[bool]


def _own(actor: Actor) -> Criterion:
    return Application.applicant_id == actor.id


def _submitted_to_own_enterprise(actor: Actor) -> Criterion:
    approved = select(Enterprise.id).where(
        Enterprise.id == actor.enterprise_id, Enterprise.registration == constant(Registration.APPROVED)
    )
    # A scalar sub-query can use the index; with IN (list of ids) PostgreSQL sorted all rows of a large enterprise.
    return Application.submitted_enterprise_id == approved.scalar_subquery()


def _reached_own_office(actor: Actor) -> Criterion:
    regions = region_ids(actor, KINDS_WITH_PRELIMINARY_REVIEW)
    return and_(Application.region_id.in_(regions), _has_reached(State.PRELIMINARY_REVIEW))


def _reached_city(_actor: Actor) -> Criterion:
    return _has_reached(State.CITY_REVIEW)


def _has_reached(step: State) -> Criterion:
    return Application.reached.bitwise_and(constant(REACHED_BITS[step])) != constant(0)


def _everything(_actor: Actor) -> Criterion:
    return true()


VISIBLE: dict[Role, Callable[[Actor], Criterion]] = {
    Role.APPLICANT: _own,
    Role.ENTERPRISE: _submitted_to_own_enterprise,
    Role.OFFICE: _reached_own_office,
    Role.CITY: _reached_city,
    Role.ADMINISTRATOR: _everything,
}


def visible(actor: Actor) -> Criterion:
    """Return the applications that this account may see. For it, no others exist."""
    return VISIBLE[actor.role](actor)


def waiting(actor: Actor) -> Criterion:
    """Return the applications that wait for a decision by this account or its colleagues."""
    states = dict.fromkeys(row.state for row in TRANSITIONS if row.by is actor.role)
    return and_(visible(actor), _equals_any(Application.state, states))


DECISIONS = (Action.PASS, Action.RETURN, Action.REFUSE)


def decided(actor: Actor) -> Criterion:
    """Return the applications that this account itself has decided and may still see, joined with its last decision (`Review`)."""
    own = aliased(Review)
    # A scalar sub-query: for NOT EXISTS a planner may start from everything that this account decided.
    last = select(func.max(own.sequence)).where(
        own.application_id == Review.application_id,
        own.actor_id == actor.id,
        _equals_any(own.action, DECISIONS),
    )
    # IS TRUE keeps the planner from starting with the visible applications, thousands for an enterprise.
    may_still_see = visible(actor).is_(true())
    return and_(
        may_still_see,
        Review.application_id == Application.id,
        Review.actor_id == actor.id,
        _equals_any(Review.action, DECISIONS),
        Review.sequence == last.scalar_subquery(),
    )


def extendable(actor: Actor) -> Criterion:
    """Return the returned applications of an office's regions, whose term to resubmit the office can extend.

    The office may never have reviewed them, as when an enterprise returned them. A page may therefore show who applied,
    but not the content.
    """
    if actor.role is not Role.OFFICE:
        return false()
    return and_(
        Application.region_id.in_(region_ids(actor)), IS_WITH_APPLICANT, Application.round > constant(0)
    )


def _equals_any(column: Any, words: Iterable[State | Action]) -> Criterion:
    """Return `column = a OR column = b`: SQLAlchemy expands an IN list again for every execution."""
    return or_(false(), *(column == constant(word) for word in words))


IS_WITH_APPLICANT = _equals_any(Application.state, STATES_WITH_APPLICANT)
"""Only the applicant may see what was typed since the last submission."""


def attachments(actor: Actor, application_id: ColumnElement[int] | None = None) -> Criterion:
    """Return the attachments this account may fetch: for an applicant the own ones, else those of the last submission and
    of those that its desk decided (W2).

    Another earlier submission may have been meant for another employer. `application_id`: a parameter for the files of one
    application alone, so that the database looks once, and not for each file.
    """
    of_its_application = Application.id == (
        Attachment.application_id if application_id is None else application_id
    )
    # Correlated: a list of all visible applications would be as long as the table.
    of_visible = (
        select(Application.id).where(of_its_application, visible(actor)).correlate(Attachment).exists()
    )
    if actor.role is Role.APPLICANT:
        return and_(of_visible, Attachment.removed_after.is_(None))
    current_round = (
        select(Application.round).where(of_its_application).correlate(Attachment).scalar_subquery()
    )
    of_last_submission = or_(Attachment.removed_after.is_(None), Attachment.removed_after == current_round)
    shown = or_(of_last_submission, _decided_by_desk(actor, application_id))
    return and_(of_visible, Attachment.submitted_round.is_not(None), shown)


def _decided_by_desk(actor: Actor, application_id: ColumnElement[int] | None) -> Criterion:
    """Say whether the attachment was part of a submission that somebody of the same enterprise or office decided."""
    column, desk = Account.office_id, actor.office_id
    if desk is None:
        column, desk = Account.enterprise_id, actor.enterprise_id
    if desk is None:
        return false()
    earlier = aliased(Review)
    round_of_decision = (
        select(func.count(earlier.id))
        .where(
            earlier.application_id == Review.application_id,
            earlier.sequence < Review.sequence,
            earlier.action == constant(Action.SUBMIT),
        )
        .scalar_subquery()
    )
    decisions = (
        select(round_of_decision.label("round"))
        .select_from(Review)
        .join(Account, Account.id == Review.actor_id)
        .where(column == desk, _equals_any(Review.action, DECISIONS))
    )
    decided: Any
    if application_id is None:
        decided = (
            decisions.where(Review.application_id == Attachment.application_id)
            .correlate(Attachment)
            .subquery()
        )
    else:
        decided = (
            decisions.where(Review.application_id == application_id)
            .cte("decided")
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )
    in_between = decided.c.round.between(Attachment.submitted_round, Attachment.removed_after)
    return select(decided.c.round).where(in_between).correlate(Attachment).exists()


NOTES: dict[Role, Callable[[Actor], Criterion]] = {
    Role.APPLICANT: lambda _: false(),
    Role.ENTERPRISE: lambda actor: InternalNote.enterprise_id == actor.enterprise_id,
    Role.OFFICE: lambda actor: or_(
        InternalNote.office_id.in_([actor.office_id, *absent_office_ids(actor)]),
        select(Enterprise.id).where(Enterprise.id == InternalNote.enterprise_id, enterprises(actor)).exists(),
    ),
    Role.CITY: lambda _: true(),
    Role.ADMINISTRATOR: lambda _: true(),
}


def notes(actor: Actor) -> Criterion:
    """Return the internal notes this account reads: its own desk's, those of the desks below it and of offices that it
    stands in for, on what it may see (W7)."""
    of_visible = select(Application.id).where(Application.id == InternalNote.application_id, visible(actor))
    return and_(NOTES[actor.role](actor), of_visible.correlate(InternalNote).exists())


ENTERPRISES: dict[Role, Callable[[Actor], Criterion]] = {
    Role.APPLICANT: lambda _: false(),
    Role.ENTERPRISE: lambda actor: Enterprise.id == actor.enterprise_id,
    Role.OFFICE: lambda actor: Enterprise.region_id.in_(region_ids(actor)),
    Role.CITY: lambda _: false(),
    Role.ADMINISTRATOR: lambda _: true(),
}


def enterprises(actor: Actor) -> Criterion:
    """Return the enterprises whose registration this account may see. An office decides those registrations (O3)."""
    return ENTERPRISES[actor.role](actor)


def administered(actor: Account) -> Criterion:
    """Return all rows of an administered table for an administrator, none for anybody else."""
    return true() if actor.role is Role.ADMINISTRATOR else false()


def staff(actor: Account) -> Criterion:
    """Return the accounts of offices, city and administrators, which administrators manage."""
    return and_(administered(actor), Account.role.in_(STAFF))


def reviewers(actor: Account) -> Criterion:
    """Return the accounts that review, have reviewed or are invited to review for this reviewer's own enterprise."""
    if actor.role is not Role.ENTERPRISE:
        return false()
    return and_(Account.role == Role.ENTERPRISE, Account.enterprise_id == actor.enterprise_id)


def choosable_enterprises() -> Criterion:
    """Return the enterprises that an applicant can choose as 工作单位: registered and approved (A8)."""
    return and_(
        Enterprise.registration == Registration.APPROVED,
        Enterprise.active,
        Enterprise.region_id.in_(select(Region.id).where(Region.active)),
    )


def message_boxes(actor: Actor) -> list[Criterion]:
    """Return one criterion per message box: the account's own, its enterprise's, those of its office and of offices that it
    stands in for. Each has an index."""
    found = [Message.account_id == actor.id]
    if actor.enterprise_id is not None:
        found.append(Message.enterprise_id == actor.enterprise_id)
    if actor.office_id is not None:
        found.append(Message.office_id == actor.office_id)
    found += [Message.office_id == key for key in absent_office_ids(actor)]
    return found


def messages(actor: Actor) -> Criterion:
    """Return the messages to this account, its enterprise or its office."""
    return or_(*message_boxes(actor))
