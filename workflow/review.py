"""Every change of an application's state. Each function changes everything that belongs to the change, or nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm.attributes import set_committed_value

from accounts import logins
from accounts.access import active_account
from common.errors import (
    AlreadyUnderWay,
    ChangedMeanwhile,
    Incomplete,
    NotPermitted,
    PeriodClosed,
)
from common.initials import of_person
from models import (
    Account,
    Action,
    Application,
    Attachment,
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
from workflow import completeness, inbox, moves, notifications, periods, reading, routing
from workflow.decision import NO_REASON, Decision
from workflow.form import versions
from workflow.history import last_review, write_row
from workflow.locking import lock, lock_enterprise
from workflow.numbering import next_number
from workflow.transitions import (
    BY_STATE_AND_ACTION,
    DRAFT,
    UNRECORDED,
    Transition,
    find_transition,
    is_editable,
    returns_to_applicant,
)

ApplyForm = Callable[[Application], None]
"""Writes what the applicant typed into the application, inside the transaction."""
Check = Callable[[Application, Account], None]
"""Raises ActionRefused to refuse an action."""

_APPLICATIONS, _ATTACHMENTS = table_of(Application), table_of(Attachment)


def perform(
    key: int | str,
    action: Action,
    actor: Account,
    *,
    seen_version: int,
    decision: Decision = NO_REASON,
    change: ApplyForm | None = None,
    check: Check | None = None,
) -> Review | None:
    """Perform one action on one application. `key` is its id or its number. `check` runs with the row locked.

    Returns the new row of the history; None for 保存, which writes none.
    Raises NotVisible, ChangedMeanwhile, NotPermitted, ReasonMissing, ReasonTooLong; for 保存 and 提交 also NoticeUnread,
    for 提交 also Incomplete and PeriodClosed.
    """
    with exclusive():
        person = active_account(actor)
        return perform_within(
            key, action, person, seen_version=seen_version, decision=decision, change=change, check=check
        )


def perform_within(
    key: int | str,
    action: Action,
    person: Account,
    *,
    seen_version: int,
    decision: Decision = NO_REASON,
    change: ApplyForm | None = None,
    check: Check | None = None,
) -> Review | None:
    """Do what `perform` does for an active account, within `exclusive()`: several of one transaction (desk/bulk_decisions.py).

    Whatever it refuses, it refuses before it writes.
    """
    application = lock(key, person)
    if application.version != seen_version:
        raise ChangedMeanwhile(last_review(application))
    transition = permitted(application, action, person)
    decision = decision.gathered(application, transition, person)
    decision = decision.checked(needs_reason=transition.needs_reason)
    if check is not None:
        check(application, person)
    if person.role is Role.APPLICANT and action is not Action.WITHDRAW:
        reading.require(person, application)
    if change is not None:
        _apply_change(application, change)
    started = _submit(application) if action is Action.SUBMIT else {}
    decision.close_drafts(application)
    return _move(application, transition, person, decision, started)


def begin(actor: Account, change: ApplyForm) -> Application:
    """Create a person's application in the state 个人保存状态 with what was typed first.

    Raises NotPermitted for anybody but an applicant, NoticeUnread, AlreadyUnderWay.
    """
    with exclusive():
        person = active_account(actor)
        if person.role is not Role.APPLICANT or not person.identity_number or not person.paper:
            raise NotPermitted
        logins.lock_account(person)
        db.session.refresh(person, ["name"])  # it may have been corrected before the lock was free
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
    """Return the columns with a person's name and its initials, by which lists sort and search."""
    return {"name": name, **of_person(name)._asdict()}


@contextmanager
def editing(application_id: int, actor: Account) -> Iterator[Application]:
    """Lock an application for a change that is no field of the form: of its attachments.

    Raises NotVisible, NotPermitted when it cannot be changed any more (A14), NoticeUnread.
    """
    with exclusive():
        person = active_account(actor)
        application = lock(application_id, person)
        permitted(application, Action.SAVE, person)
        reading.require(person, application)
        application.opened_at = application.opened_at or now()
        yield application


def permitted(application: Application, action: Action, person: Account) -> Transition:
    """Return the transition for this person's action. Raises NotPermitted when there is none."""
    transition = find_transition(application.state, action, person.role)
    if transition is None:
        raise NotPermitted
    return transition


def open_application(person: Account) -> Application | None:
    """Return the person's unfinished application; there is at most one."""
    return db.session.scalars(
        select(Application).where(Application.applicant_id == person.id, Application.state != State.FINISHED)
    ).one_or_none()


def _apply_change(application: Application, change: ApplyForm) -> None:
    """Write what the applicant typed. Raises NotPermitted if the application can no longer be changed (A14)."""
    if not is_editable(application.state):
        raise NotPermitted
    change(application)
    db.session.expire(application, ["enterprise"])  # `change` may have chosen another one


_SUBMIT_FILES = CompiledStatement(
    lambda: (
        update(_ATTACHMENTS)
        .where(
            _ATTACHMENTS.c.application_id == bindparam("submitted_application_id"),
            _ATTACHMENTS.c.submitted_round.is_(None),
            _ATTACHMENTS.c.removed_after.is_(None),
        )
        .values(submitted_round=bindparam("new_round"))
    ),
)


def _submit(application: Application) -> dict[str, Any]:
    """Check that it can be submitted, and start a new round. Returns the columns of the round, which _move writes."""
    admission = periods.admission(application)
    if not admission.allowed:
        opens = admission.upcoming.opens if admission.upcoming else None
        raise PeriodClosed(opens, expired=admission.expired)
    enterprise = lock_enterprise(application.enterprise_id) if application.enterprise_id else None
    if problems := completeness.problems(application):
        raise Incomplete(problems)
    assert enterprise is not None  # noqa: S101 - completeness.problems has checked it
    columns = moves.start_round(application, enterprise, now())
    if application.round == 1 and admission.period is not None:
        columns["period_id"] = admission.period.id
    return columns


def _move(
    application: Application,
    transition: Transition,
    person: Account,
    decision: Decision,
    started: dict[str, Any],
) -> Review | None:
    """Write state, history and messages. The caller holds the lock and has checked everything.

    `started`: the columns of a round that starts (moves.start_round).
    """
    before, at = application.state, now()
    former = {"waited_since": application.arrived_at, "reached_before": application.reached}
    term = {"resubmit_by": periods.resubmit_by(application, at)} if returns_to_applicant(transition) else {}
    columns = started | moves.state_columns(application, transition, at) | term
    if transition.wording == UNRECORDED:
        for column, value in columns.items():
            setattr(application, column, value)  # the session writes them together with what was typed
        return None
    with pipelined():
        _write_columns(application, columns)
        if started:
            files = {"submitted_application_id": application.id, "new_round": application.round}
            _SUBMIT_FILES.execute(files)
        row = write_row(application, transition.action, before, person, decision, at, **former)
        if person.role is not Role.APPLICANT:
            inbox.mark_decided(person, application)
        notifications.announce(application, row)
    return row


def reroute(
    application: Application,
    region: Region,
    former: routing.Responsible | None,
    person: Account,
    decision: Decision,
) -> Review:
    """Reroute an application under review, because its enterprise has moved or its region has changed (D3).

    Decides nothing. `former` had it before; if that changes, the new one and the applicant are told.
    Call within `exclusive()` with the row locked.
    """
    before, at = application.state, now()
    application.state = routing.rerouted(before, region)
    application.reached = routing.reached_in(application, region)
    application.region, application.region_id = region, region.id
    application.reached = routing.reached_bits(application, application.state)
    application.version += 1
    now_responsible = routing.responsible_for(application)
    if now_responsible != former:
        application.arrived_at, application.opened_at = at, None
    row = write_row(application, Action.REROUTE, before, person, decision, at)
    if now_responsible != former:
        notifications.announce(application, row)
    return row


def correct(
    application: Application, action: Action, fields: dict[str, Any], person: Account, decision: Decision
) -> Review:
    """Write the corrected name or number into an unfinished application; the history row keeps the former value.

    `fields` are columns that come from the account (`Field.fixed`). Decides nothing; the new version tells whoever has the
    page open that something changed. desk/corrections.py has checked who may do it. Call within
    `exclusive()` with the row locked.
    """
    before = {key: getattr(application, key) for key in fields}
    columns = {**fields, **(_name_columns(fields["name"]) if "name" in fields else {})}
    for column, value in columns.items():
        setattr(application, column, value)
    application.version += 1
    corrected = {key: {"before": before[key], "after": value} for key, value in fields.items()}
    return write_row(
        application, action, application.state, person, decision, now(), snapshot={"corrected": corrected}
    )


def employer_closed(application: Application, person: Account, decision: Decision) -> Review:
    """Perform the transition for a closed employer (ON_ENTERPRISE_CLOSED) and tell the applicant.

    Call within `exclusive()` with the row locked.
    """
    transition, before, at = BY_STATE_AND_ACTION[application.state, Action.CLOSE], application.state, now()
    application.state = routing.target(transition, application.region)
    if application.state is not before:  # otherwise an open page of a reviewer stays valid
        application.result = transition.result
        application.version += 1
        application.arrived_at, application.opened_at = at, None
        if returns_to_applicant(transition):
            application.resubmit_by = periods.resubmit_by(application, at)
    row = write_row(application, transition.action, before, person, decision, at)
    notifications.announce_closing(application, row)
    return row


def restore(
    application: Application, transition: Transition, taken: Review, person: Account, decision: Decision
) -> Review:
    """Undo the newest decision, `taken`: the columns of the state become what they were before it, but for the version.

    desk/taking_back.py has checked who may do it and until when, and tells everybody. Call within `exclusive()` with the
    row locked.
    """
    before, at = application.state, now()
    columns = moves.state_columns(application, transition, at)
    restored = {"reached": taken.reached_before, "arrived_at": taken.waited_since, "resubmit_by": None}
    with pipelined():
        _write_columns(application, columns | restored | {"opened_at": at})
        return write_row(application, transition.action, before, person, decision, at)


def _write_columns(application: Application, columns: dict[str, Any]) -> None:
    """Change columns in the database and in the object. Letting the session find the changes takes longer."""
    _update_statement(tuple(columns)).execute({"key": application.id, **columns})
    for column, value in columns.items():
        set_committed_value(application, column, value)


@cache
def _update_statement(columns: tuple[str, ...]) -> CompiledStatement:
    return CompiledStatement(
        lambda: update(_APPLICATIONS).where(_APPLICATIONS.c.id == bindparam("key")), columns
    )
