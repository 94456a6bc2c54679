"""「收回」 (W13): whoever made the last decision takes it back, until somebody has opened the application where it went.

A return or a refusal goes to its applicant; a pass goes to the next desk, and the last one to a batch. Everybody who was
told of the decision is told that it no longer holds. The rows stand in workflow/transitions.py (TAKE_BACKS).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, exists, insert, literal, or_, select, update

from accounts import access
from common.errors import ChangedMeanwhile, NotPermitted, Unacceptable
from common.wording import N_, Sentence
from desk import applicant_locks, deputies, marks
from models import (
    Account,
    Application,
    Message,
    MessageReading,
    Result,
    Review,
    Role,
    State,
    db,
    exclusive,
    now,
)
from models.database import Instant
from models.transactions import optional_write
from workflow import locking, review, routing
from workflow.decision import Decision
from workflow.history import last_review
from workflow.scope import DECISIONS
from workflow.transitions import TAKE_BACK_BY, Transition, open_transitions

OPENED_BY_DESK = N_("%(desk)s已经打开这份申请，不能再收回。如需更正，请与其联系（电话：%(telephone)s）。")
OPENED_BY_APPLICANT = Sentence(N_("申请人已经打开这份申请，不能再收回。"))
IN_BATCH = Sentence(N_("这份申请已列入批次，不能再收回。"))
CHANGED_SINCE = Sentence(N_("审核之后单位已划转、停用或另有变动，不能再收回。"))
TOO_OLD = Sentence(N_("这次审核在本功能启用之前作出，不能收回。"))
BEGUN_ANEW = Sentence(N_("申请人已另起一份申请，不能再收回。"))


def transition_of(application: Application, newest: Review | None, actor: Account) -> Transition | None:
    """Return the row by which this account may take back the newest row of the history; None when it did not decide that."""
    row = TAKE_BACK_BY.get((application.state, actor.role))
    if row is None or newest is None or newest.actor_id != actor.id or newest.action not in DECISIONS:
        return None
    return row if newest.from_state is row.to and newest.to_state is row.state else None


def refusal(application: Application, newest: Review) -> Sentence | None:
    """Return why the newest decision can no longer be taken back; None while it can."""
    if newest.reached_before is None:
        return TOO_OLD
    if application.result is Result.PASSED:
        return IN_BATCH if application.in_batch else None
    if application.opened_at is None:
        return None
    desk = routing.responsible_for(application)
    if desk is None:
        return OPENED_BY_APPLICANT
    return Sentence(OPENED_BY_DESK, {"desk": desk.name, "telephone": desk.telephone})


def take_back(number: str, actor: Account, *, seen_version: int, decision: Decision) -> Review:
    """Take back the last decision on one application. Returns the row of the history.

    Raises NotVisible, NotPermitted for everybody but who decided, ChangedMeanwhile, ReasonMissing, ReasonTooLong, and
    Unacceptable with the sentence that says why it is too late.
    """
    with exclusive():
        person = access.active_account(actor)
        application, applicant = applicant_locks.lock_with_applicant(number, person)
        newest = last_review(application)
        if application.version != seen_version:
            raise ChangedMeanwhile(newest)
        transition = transition_of(application, newest, person)
        if transition is None or newest is None:
            raise NotPermitted
        if why := refusal(application, newest) or _outdated(application, applicant, transition):
            raise Unacceptable("", why)
        decision = decision.checked(needs_reason=transition.needs_reason)
        former = routing.responsible_for(application)
        row = review.restore(application, transition, newest, person, decision)
        marks.restore_drafts(application, newest)
        _tell_everybody(application, newest, row, former)
        return row


def note_opened(application: Application, actor: Account) -> None:
    """Note that whoever has the application now has opened it; from then on the decision before stands.

    Writes once after each arrival, and nothing when somebody else looks. The version decides between this and taking back.
    """
    if application.opened_at is not None or not _has_it(application, actor):
        return
    unseen = (
        Application.id == application.id,
        Application.version == application.version,
        Application.opened_at.is_(None),
    )
    first_look = update(Application).where(*unseen).values(opened_at=now())
    with optional_write(), exclusive():
        db.session.execute(first_look.execution_options(synchronize_session=False))


def _has_it(application: Application, actor: Account) -> bool:
    if actor.role is Role.APPLICANT:
        return application.state in (State.RETURNED, State.FINISHED)  # no decision comes before a draft
    return bool(open_transitions(application.state, actor.role))


def _outdated(application: Application, applicant: Account, transition: Transition) -> Sentence | None:
    """Return what has changed since the application left the review: a move of its employer follows only what is under review.

    `applicant` is locked, as when a new application is begun.
    """
    if application.state in routing.REVIEW_STEPS or application.submitted_enterprise_id is None:
        return None
    enterprise = locking.lock_enterprise(application.submitted_enterprise_id)
    region = enterprise.region
    if (
        not enterprise.active
        or region.id != application.region_id
        or transition.to not in routing.steps(region)
    ):
        return CHANGED_SINCE
    if application.state is not State.FINISHED:
        return None
    return BEGUN_ANEW if review.open_application(applicant) else None


def _tell_everybody(
    application: Application, taken: Review, row: Review, former: routing.Responsible | None
) -> None:
    """Tell whom the decision had told. What they have not read of it no longer counts as unread."""
    about: dict[str, Any] = {"application_id": application.id, "review_id": row.id}
    _mark_read(application, taken, former)
    db.session.add(Message(kind="taken_back", account_id=application.applicant_id, **about))
    if former is not None:
        desk = {"enterprise_id": former.enterprise_id, "office_id": former.office_id}
        db.session.add(Message(kind="no_longer_to_review", **desk, **about))


def _mark_read(application: Application, taken: Review, former: routing.Responsible | None) -> None:
    # Read first: a subquery here would scan all accounts.
    standing_in: Sequence[int] = ()
    if former is not None and former.office_id is not None:
        standing_in = db.session.scalars(deputies.deputy_offices(former.office_id)).all()
    receivers = or_(
        Account.id == Message.account_id,
        Account.enterprise_id == Message.enterprise_id,
        Account.office_id == Message.office_id,
        and_(Message.office_id.is_not(None), Account.office_id.in_(standing_in)),
    )
    read = exists().where(MessageReading.message_id == Message.id, MessageReading.account_id == Account.id)
    unread = (
        select(Message.id, Account.id, literal(now(), Instant))
        .join(Account, receivers)
        .where(Message.application_id == application.id, Message.review_id == taken.id, ~read)
        .suffix_with("ON CONFLICT DO NOTHING")
    )
    db.session.execute(insert(MessageReading).from_select(["message_id", "account_id", "at"], unread))
