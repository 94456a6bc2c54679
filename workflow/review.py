"""The only door through which an application changes its state. Each function here moves wholly or not at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.orm import joinedload, load_only
from sqlalchemy.orm.attributes import set_committed_value

from accounts import logins
from accounts.access import active_account
from common.errors import (
    AlreadyUnderWay,
    ChangedMeanwhile,
    Incomplete,
    NotPermitted,
    NotVisible,
    PeriodClosed,
)
from common.initials import of_person
from models import (
    Account,
    Action,
    Application,
    Attachment,
    Enterprise,
    Region,
    Review,
    Role,
    State,
    db,
    exclusive,
    now,
)
from models.statements import CompiledStatement, table_of
from models.transactions import pipelined
from workflow import completeness, inbox, moves, notifications, periods, reading, routing, scope
from workflow.actor_shape import Actor, ActorShape
from workflow.decision import NOTHING_SAID, Decision
from workflow.form import versions
from workflow.history import last_review, write_row
from workflow.numbering import next_number
from workflow.transitions import (
    BY_STATE_AND_ACTION,
    DRAFT,
    UNRECORDED,
    Transition,
    editable,
    returns_to_applicant,
    transition,
)

ApplyForm = Callable[[Application], None]
"""What a person typed, laid into the application inside the transaction."""
Sight = Callable[[Actor], scope.Criterion]

_APPLICATIONS = table_of(Application)

DECISION_COLUMNS = (
    Application.number,
    Application.name,
    Application.applicant_id,
    Application.state,
    Application.result,
    Application.reached,
    Application.version,
    Application.submitted_enterprise_id,
    Application.region_id,
    Application.arrived_at,
    Application.period_id,
    Application.resubmit_by,
)
"""What a decision needs of an application. Another column is read when somebody asks for it."""


def perform(
    of: int | str,
    action: Action,
    actor: Account,
    *,
    seen_version: int,
    decision: Decision = NOTHING_SAID,
    change: ApplyForm | None = None,
) -> Review | None:
    """Move one application by one action, or raise; never half. `of` is its id or its number.

    Returns the new line of the history; None for an action that leaves no line (保存).
    Raises NotVisible, ChangedMeanwhile, NotPermitted, ReasonMissing, ReasonTooLong; for 保存 and 提交 also NoticeUnread,
    for 提交 also Incomplete and PeriodClosed.
    """
    with exclusive():
        person = active_account(actor)
        application = lock(of, person, whole=change is not None or action is Action.SUBMIT)
        if application.version != seen_version:
            raise ChangedMeanwhile(last_review(application))
        row = permitted(application, action, person)
        decision = decision.checked(needs_reason=row.needs_reason)
        if person.role is Role.APPLICANT and action is not Action.WITHDRAW:
            reading.require(person, application)
        if change is not None:
            _apply_change(application, change)
        if action is Action.SUBMIT:
            _submit(application)
        return _move(application, row, person, decision)


def begin(actor: Account, change: ApplyForm) -> Application:
    """Create a person's application as 个人保存状态 with what was typed first.

    Raises NotPermitted for anybody but an applicant, NoticeUnread, AlreadyUnderWay.
    """
    with exclusive():
        person = active_account(actor)
        if person.role is not Role.APPLICANT or not person.identity_number or not person.paper:
            raise NotPermitted
        logins.lock_account(person)
        if open_application(person) is not None:
            raise AlreadyUnderWay
        reading.require(person, None)
        application = Application(
            number=next_number(now()),
            applicant_id=person.id,
            state=DRAFT,
            version=1,
            round=0,
            reached=0,
            form_version=versions.published().number,
            **_name_columns(person.name),
            paper=person.paper,
            identity_number=person.identity_number,
            identity_digest=person.login_digest,
            answers={},
        )
        change(application)
        db.session.add(application)
        db.session.flush()
        reading.bind_to_application(person, application)
        return application


def _name_columns(name: str) -> dict[str, Any]:
    """Return the columns that hold a person's name, and what it is sorted and found by."""
    return {"name": name, **of_person(name)._asdict()}


@contextmanager
def editing(application_id: int, actor: Account) -> Iterator[Application]:
    """Hold an application open for a change that belongs to it but is no field of the form: an attachment.

    Raises NotVisible, NotPermitted when it cannot be changed any more (A14), NoticeUnread.
    """
    with exclusive():
        person = active_account(actor)
        application = lock(application_id, person)
        permitted(application, Action.SAVE, person)
        reading.require(person, application)
        yield application


def lock(of: int | str, person: Account, whole: bool = True, sight: Sight = scope.visible) -> Application:
    """Return the application, read anew and held until the transaction ends. Raises NotVisible.

    `whole`: else `OF_A_DECISION` of it. `sight`: which applications this account can lock.
    """
    name = Application.number if isinstance(of, str) else Application.id
    shape = ActorShape.of(person)
    statement = _lock_query(shape, name, whole, sight)
    application = db.session.scalars(statement, {"of": of, **shape.bind_values(person)}).one_or_none()
    if application is None:
        raise NotVisible
    return application


@cache
def _lock_query(actor: ActorShape, name: Any, whole: bool, sight: Sight) -> Select[Application]:
    parts = [] if whole else [load_only(*DECISION_COLUMNS)]
    return (
        select(Application)
        .where(name == bindparam("of"), sight(actor))
        .options(joinedload(Application.region).lazyload(Region.office), *parts)
        .with_for_update(of=Application)
        .execution_options(populate_existing=True)
    )


def permitted(application: Application, action: Action, person: Account) -> Transition:
    """Return the table's row for this person's action. Raises NotPermitted when there is none."""
    row = transition(application.state, action, person.role)
    if row is None:
        raise NotPermitted
    return row


def open_application(person: Account) -> Application | None:
    """Return the person's application that is under way; there is at most one."""
    return db.session.scalars(
        select(Application).where(Application.applicant_id == person.id, Application.state != State.FINISHED)
    ).one_or_none()


def _apply_change(application: Application, change: ApplyForm) -> None:
    """Take over what the applicant typed. Raises NotPermitted where nothing can be changed any more (A14)."""
    if not editable(application.state):
        raise NotPermitted
    change(application)
    db.session.flush()
    db.session.expire(application, ["enterprise"])  # another one may have been chosen


def _submit(application: Application) -> None:
    admission = periods.admission(application)
    if not admission.allowed:
        opens = admission.upcoming.opens if admission.upcoming else None
        raise PeriodClosed(opens, expired=admission.expired)
    if application.enterprise is not None:
        _lock_enterprise(application.enterprise)
    if lacking := completeness.problems(application):
        raise Incomplete(lacking)
    assert application.enterprise is not None  # noqa: S101 - completeness has just said so
    if not application.round and admission.period is not None:
        application.period_id = admission.period.id
    moves.start_round(application, application.enterprise, now())
    fresh = select(Attachment).where(
        Attachment.application_id == application.id,
        Attachment.submitted_round.is_(None),
        Attachment.removed_after.is_(None),
    )
    for attachment in db.session.scalars(fresh):
        attachment.submitted_round = application.round


def _lock_enterprise(enterprise: Enterprise) -> None:
    """Keep an enterprise as it is until the transaction ends; one that moves or is closed meanwhile is waited for."""
    db.session.execute(select(Enterprise.id).where(Enterprise.id == enterprise.id).with_for_update(read=True))
    db.session.expire(enterprise, ["active", "registration", "region_id", "region"])


def _move(application: Application, row: Transition, person: Account, decision: Decision) -> Review | None:
    """Write state, history and messages. Whoever calls holds the lock and has checked everything."""
    before, since, at = application.state, application.arrived_at, now()
    term = {"resubmit_by": periods.resubmit_by(application, at)} if returns_to_applicant(row) else {}
    with pipelined():
        _write_columns(application, moves.state_columns(application, row, at) | term)
        if row.said == UNRECORDED:
            return None
        review = write_row(application, row.action, before, person, decision, at)
        review.waited_since = since
        if person.role is not Role.APPLICANT:
            inbox.mark_decided(person, application)
        notifications.announce(application, review)
    return review


def reroute(
    application: Application,
    region: Region,
    desk: routing.Responsible | None,
    person: Account,
    decision: Decision,
) -> Review:
    """Lay an application under review onto the way of a region: its enterprise has moved, or the region has changed (D3).

    Decides nothing. `desk` is who had it before; when that is somebody else now, they are told, and so is the applicant.
    Call within `exclusive()` with the row locked.
    """
    before, at = application.state, now()
    application.state = routing.rerouted(before, region)
    routing.assign_region(application, region)
    application.reached = routing.reached_bits(application, application.state)
    application.version += 1
    present_desk = routing.responsible_for(application)
    if present_desk != desk:
        application.arrived_at = at
    review = write_row(application, Action.MOVE, before, person, decision, at)
    if present_desk != desk:
        notifications.announce(application, review)
    return review


def correct(
    application: Application, action: Action, fields: dict[str, Any], person: Account, decision: Decision
) -> Review:
    """Write the corrected name or number into an open application, with the line that keeps what it was before.

    `fields` are columns that the account fixes (workflow.form.versions), `decision` says what the line says. Decides nothing, and whoever
    has the application before them is told that it changed. desk/corrections.py has checked who may do it. Call within
    `exclusive()` with the row locked.
    """
    before = {key: getattr(application, key) for key in fields}
    columns = {**fields, **(_name_columns(fields["name"]) if "name" in fields else {})}
    for column, value in columns.items():
        setattr(application, column, value)
    application.version += 1
    corrected = {key: {"before": before[key], "after": value} for key, value in fields.items()}
    return write_row(
        application, action, application.state, person, decision, now(), {"corrected": corrected}
    )


def employer_closed(application: Application, person: Account, decision: Decision) -> Review:
    """Do with an application what the table says of one whose employer is closed; its applicant is told.

    Call within `exclusive()` with the row locked.
    """
    row, before, at = BY_STATE_AND_ACTION[application.state, Action.CLOSE], application.state, now()
    application.state = routing.target(row, application.region)
    if application.state is not before:  # else whoever has it before them goes on undisturbed
        application.result = row.result
        application.version += 1
        application.arrived_at = at
        if returns_to_applicant(row):
            application.resubmit_by = periods.resubmit_by(application, at)
    review = write_row(application, row.action, before, person, decision, at)
    notifications.announce_closing(application, review)
    return review


def extend(of: str, actor: Account, *, until: date, seen: date | None, decision: Decision) -> Review:
    """Let one application be resubmitted until a later day, and tell its applicant; returns the line of the history.

    `of` is its number, `until` the last day in Ordos, `seen` the term that the person had before them: of two clerks the
    second one learns of the first. The version stays, so that an applicant who is typing is not interrupted.
    Raises NotVisible for everybody but the office of its region, ChangedMeanwhile, ReasonMissing, ReasonTooLong,
    Unacceptable for a day that extends nothing.
    """
    with exclusive():
        person = active_account(actor)
        application = lock(of, person, sight=scope.extendable)
        if application.resubmit_by != seen:
            raise ChangedMeanwhile(last_review(application))
        row = BY_STATE_AND_ACTION[application.state, Action.EXTEND]
        decision = decision.checked(needs_reason=row.needs_reason)
        periods.check_extension(application, until)
        application.resubmit_by = until
        review = write_row(application, row.action, application.state, person, decision, now())
        notifications.announce_extension(application, review)
        return review


def _write_columns(application: Application, columns: dict[str, Any]) -> None:
    """Change some columns of the row, and of the object alike: to look what has changed takes a session longer."""
    _update_statement(tuple(columns)).execute({"of": application.id, **columns})
    for column, value in columns.items():
        set_committed_value(application, column, value)


@cache
def _update_statement(columns: tuple[str, ...]) -> CompiledStatement:
    return CompiledStatement(update(_APPLICATIONS).where(_APPLICATIONS.c.id == bindparam("of")), columns)
