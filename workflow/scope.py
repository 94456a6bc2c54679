"""Which rows an account may see, each as one SQL criterion. Every query of every console goes through here.

What is outside the scope does not exist for that account: 404, never 403.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import aliased

from accounts.logins import STAFF
from models import (
    REACHED_BITS,
    Account,
    Action,
    Application,
    Attachment,
    Enterprise,
    Message,
    Region,
    Registration,
    Review,
    Role,
    State,
)
from models.statements import constant
from workflow.actor_shape import Actor, region_ids, reviewed_region_ids
from workflow.transitions import STATES_WITH_APPLICANT, TRANSITIONS

Criterion = ColumnElement[bool]


def _own(actor: Actor) -> Criterion:
    return Application.applicant_id == actor.id


def _submitted_to_own_enterprise(actor: Actor) -> Criterion:
    approved = select(Enterprise.id).where(
        Enterprise.id == actor.enterprise_id, Enterprise.registration == constant(Registration.APPROVED)
    )
    # As one value an index can begin with it; joined as a list of ids, all rows of a large one were sorted for a page.
    return Application.submitted_enterprise_id == approved.scalar_subquery()


def _reached_own_office(actor: Actor) -> Criterion:
    return and_(Application.region_id.in_(reviewed_region_ids(actor)), _has_reached(State.PRELIMINARY_REVIEW))


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
    """Return the applications that this account may see (DESIGN.md, "Scope")."""
    return VISIBLE[actor.role](actor)


def waiting(actor: Actor) -> Criterion:
    """Return the applications that wait for a decision of this account's desk."""
    states = dict.fromkeys(row.state for row in TRANSITIONS if row.by is actor.role)
    return and_(visible(actor), _equals_any(Application.state, states))


DECISIONS = (Action.PASS, Action.RETURN, Action.REFUSE)


def decided(actor: Actor) -> Criterion:
    """Return the applications that this account itself has decided and may still see, each beside the `Review` by which
    it did so last."""
    own = aliased(Review)
    # As one value and not as "none later exists", which a database may turn round and begin with all that somebody decided.
    last = select(func.max(own.sequence)).where(
        own.application_id == Review.application_id,
        own.actor_id == actor.id,
        _equals_any(own.action, DECISIONS),
    )
    # Asked of each line's application, and nothing to begin with: an enterprise has thousands.
    may_still_see = visible(actor).is_(true())
    return and_(
        may_still_see,
        Review.application_id == Application.id,
        Review.actor_id == actor.id,
        _equals_any(Review.action, DECISIONS),
        Review.sequence == last.scalar_subquery(),
    )


def extendable(actor: Actor) -> Criterion:
    """Return the applications of an office's regions that were submitted and are back with their applicants.

    Their term to resubmit is the office's to extend, whether or not they have ever been before it: an enterprise may have
    returned them. So what they say may be shown to it no further than who they are of.
    """
    if actor.role is not Role.OFFICE:
        return false()
    return and_(
        Application.region_id.in_(region_ids(actor)), IS_WITH_APPLICANT, Application.round > constant(0)
    )


def _equals_any(column: Any, words: Iterable[State | Action]) -> Criterion:
    """Said with "equals" and not as a list, which would be written anew into each statement when it is sent."""
    return or_(false(), *(column == constant(word) for word in words))


IS_WITH_APPLICANT = _equals_any(Application.state, STATES_WITH_APPLICANT)
"""What is typed in such a one since its last submission is nobody else's to read."""


def attachments(actor: Account) -> Criterion:
    """Return the attachments this account may fetch: an applicant's own, and of others those of the last submission.

    What an earlier submission held may have been for another employer.
    """
    of_its_application = Application.id == Attachment.application_id
    # Asked of each attachment's own application: a list of all visible ones would be as long as the table.
    of_visible = (
        select(Application.id).where(of_its_application, visible(actor)).correlate(Attachment).exists()
    )
    if actor.role is Role.APPLICANT:
        return and_(of_visible, Attachment.removed_after.is_(None))
    present_round = (
        select(Application.round).where(of_its_application).correlate(Attachment).scalar_subquery()
    )
    of_last_submission = or_(Attachment.removed_after.is_(None), Attachment.removed_after == present_round)
    return and_(of_visible, Attachment.submitted_round.is_not(None), of_last_submission)


ENTERPRISES: dict[Role, Callable[[Actor], Criterion]] = {
    Role.APPLICANT: lambda _: false(),
    Role.ENTERPRISE: lambda actor: Enterprise.id == actor.enterprise_id,
    Role.OFFICE: lambda actor: Enterprise.region_id.in_(region_ids(actor)),
    Role.CITY: lambda _: false(),
    Role.ADMINISTRATOR: lambda _: true(),
}


def enterprises(actor: Actor) -> Criterion:
    """Return the enterprises whose registration this account may see; an office decides those it sees (O3)."""
    return ENTERPRISES[actor.role](actor)


def administered(actor: Account) -> Criterion:
    """Return every row of a table that administrators keep, to them; none of it to anybody else."""
    return true() if actor.role is Role.ADMINISTRATOR else false()


def staff(actor: Account) -> Criterion:
    """Return the accounts of offices, city and administrators: the only ones that an administrator keeps."""
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
    """Return where messages to this account lie: its own, and those of its desk; each is in the order of an index."""
    found = [Message.account_id == actor.id]
    if actor.enterprise_id is not None:
        found.append(Message.enterprise_id == actor.enterprise_id)
    if actor.office_id is not None:
        found.append(Message.office_id == actor.office_id)
    return found


def messages(actor: Actor) -> Criterion:
    """Return the messages to this account or to its desk."""
    return or_(*message_boxes(actor))
