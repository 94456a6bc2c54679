"""Corrections of a wrong name or identity number: who may make them, until when, how often.

The person corrects the name until the application is first submitted; afterwards the office of its region does, with a
reason. An administrator corrects the number, once. Each correction writes a history row of the open application and an
audit entry, and the person gets a message. A finished application stays unchanged. Nothing here decides an application.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError

from accounts import access, logins
from common import identity
from common.audit import APPLICANTS
from common.errors import ChangedMeanwhile, NotPermitted, Unacceptable
from common.identity import masked
from common.wording import N_, Sentence
from desk import applicant_locks
from models import (
    REACHED_BITS,
    Account,
    Action,
    Application,
    AuditEntry,
    ChangeKind,
    Message,
    Review,
    Role,
    State,
    db,
    exclusive,
    now,
)
from workflow import history, locking, notifications, review, routing
from workflow.decision import NO_REASON, Decision

LONGEST_NAME = 60

SAME_NAME = Sentence(N_("与现在的姓名相同，没有更正。"))
SAME_NUMBER = Sentence(N_("与现在的证件类型和号码相同，没有更正。"))
NUMBER_TAKEN = Sentence(N_("这个证件号码已有账号，不能更正为它。"))
ALREADY_CORRECTED = Sentence(N_("这个人的证件号码已经更正过一次，不能再更正。"))


def role_for_name(application: Application) -> Role:
    """Return the role that corrects the name in this application.

    The office of the region once it may see the application; the city if the region has no preliminary review; otherwise
    an administrator, so that somebody can always correct the name.
    """
    if not application.round:
        return Role.APPLICANT
    has_office = application.region is not None and (
        application.region.kind in routing.KINDS_WITH_PRELIMINARY_REVIEW
    )
    if has_office and application.reached & REACHED_BITS[State.PRELIMINARY_REVIEW]:
        return Role.OFFICE
    if not has_office and application.reached & REACHED_BITS[State.CITY_REVIEW]:
        return Role.CITY
    return Role.ADMINISTRATOR


def permitted_corrections(application: Application, actor: Account) -> tuple[Action, ...]:
    """Return the corrections that this account may make in an application it may see."""
    if application.state is State.FINISHED:
        return ()
    found = []
    if actor.role is role_for_name(application):
        found.append(Action.CORRECT_NAME)
    if actor.role is Role.ADMINISTRATOR and application.applicant.number_corrected_at is None:
        found.append(Action.CORRECT_NUMBER)
    return tuple(found)


class CorrectedBy(NamedTuple):
    """Who corrects the name instead of the person: `desk`, or an administrator when it is None."""

    desk: routing.Responsible | None


def who_corrects_name(person: Account) -> CorrectedBy | None:
    """Return who corrects this person's name; None when the person does."""
    found = review.open_application(person)
    by = role_for_name(found) if found is not None else Role.APPLICANT
    if found is None or by is Role.APPLICANT:
        return None
    step = {Role.OFFICE: State.PRELIMINARY_REVIEW, Role.CITY: State.CITY_REVIEW}.get(by)
    if step is None or found.submitted_enterprise is None:
        return CorrectedBy(None)
    return CorrectedBy(routing.responsible_at(step, found.submitted_enterprise, found.region))


def correct_own_name(actor: Account, name: str) -> None:
    """Correct one's own name, in the account and in the open application.

    Raises NotPermitted after the first submission and for accounts that are no applicant's, Unacceptable for the same name.
    """
    with exclusive():
        person = applicant_locks.lock_applicant(access.active_account(actor).id)
        if person.role is not Role.APPLICANT:
            raise NotPermitted
        _check_name(name, person.name)
        before, person.name = person.name, name
        current = review.open_application(person)
        if current is not None:
            application = locking.lock(current.id, person)
            if Role.APPLICANT is not role_for_name(application):
                raise NotPermitted
            review.correct(
                application, Action.CORRECT_NAME, {"name": name}, person, _from_to(before, name, NO_REASON)
            )
        # in case somebody else did it
        db.session.add(Message(kind="own_name_corrected", account_id=person.id))
        _record(person, person, {"name": before}, {"name": name}, NO_REASON)


def correct_name(
    application_number: str, name: str, actor: Account, *, seen_version: int, decision: Decision
) -> Review:
    """Correct the name in a submitted application and in its applicant's account. Returns the history row.

    Raises NotVisible, NotPermitted, ChangedMeanwhile, ReasonMissing, ReasonTooLong,
    Unacceptable for the same name.
    """
    with exclusive():
        person = access.active_account(actor)
        application, owner = _lock(application_number, person, seen_version)
        if Action.CORRECT_NAME not in permitted_corrections(application, person):
            raise NotPermitted
        _check_name(name, application.name)
        decision = decision.checked(needs_reason=True)
        before, owner.name = application.name, name
        row = review.correct(
            application, Action.CORRECT_NAME, {"name": name}, person, _from_to(before, name, decision)
        )
        notifications.tell_applicant(application, row, "name_corrected")
        _record(owner, person, {"name": before}, {"name": name}, decision)
    return row


def correct_number(
    application_number: str, paper: str, number: str, actor: Account, *, seen_version: int, decision: Decision
) -> Review:
    """Correct type and number of a person's identity document, in the account and the open application. Returns the history row.

    The corrected number becomes the login. History and audit trail show masked numbers only; the history row stores the
    former number encrypted. Raises NotVisible, NotPermitted, ChangedMeanwhile, ReasonMissing, ReasonTooLong,
    Unacceptable for a number that is invalid, the same, taken, or was corrected before.
    """
    number = identity.normalised(number)
    if fault := identity.fault(paper, number):
        raise Unacceptable("number", Sentence(fault))
    with exclusive():
        person = access.active_account(actor)
        application, owner = _lock(application_number, person, seen_version)
        if Action.CORRECT_NUMBER not in permitted_corrections(application, person):
            if person.role is Role.ADMINISTRATOR and owner.number_corrected_at is not None:
                raise Unacceptable("number", ALREADY_CORRECTED)
            raise NotPermitted
        former = {"paper": owner.paper, "identity_number": owner.identity_number}
        corrected = {"paper": paper, "identity_number": number}
        if former == corrected:
            raise Unacceptable("number", SAME_NUMBER)
        decision = decision.checked(needs_reason=True)
        owner.paper, owner.identity_number = paper, number
        owner.login_digest = logins.login_digest("personal", number)
        owner.number_corrected_at = now()
        try:
            db.session.flush()
        except IntegrityError as error:  # the digest is unique: of two concurrent corrections one fails
            raise Unacceptable("number", NUMBER_TAKEN) from error
        before, after = masked(former["identity_number"]), masked(number)
        columns = {**corrected, "identity_digest": owner.login_digest}
        row = review.correct(
            application, Action.CORRECT_NUMBER, columns, person, _from_to(before, after, decision)
        )
        notifications.tell_applicant(application, row, "number_corrected")
        _record(
            owner,
            person,
            {"paper": former["paper"], "identity_number": before},
            {"paper": paper, "identity_number": after},
            decision,
        )
    return row


def _lock(application_number: str, person: Account, seen_version: int) -> tuple[Application, Account]:
    """Return an application in the person's scope and its applicant's account, both locked. Raises NotVisible, ChangedMeanwhile."""
    application, owner = applicant_locks.lock_with_applicant(application_number, person)
    if application.version != seen_version:
        raise ChangedMeanwhile(history.last_review(application))
    return application, owner


def _check_name(name: str, current: str) -> None:
    if not name:
        raise Unacceptable("name", Sentence(N_("请填写姓名。")))
    if len(name) > LONGEST_NAME:
        raise Unacceptable("name", Sentence(N_("最多 60 个字。")))
    if name == current:
        raise Unacceptable("name", SAME_NAME)


def _from_to(before: str, after: str, decision: Decision) -> Decision:
    """Return the decision with both values in its reason. The text stays Chinese: it is stored."""
    changed = f"“{before}”更正为“{after}”。"  # stays Chinese
    reason = f"{changed}原因：{decision.reason}" if decision.reason else changed  # stays Chinese
    return replace(decision, reason=reason)


def _record(
    owner: Account,
    person: Account,
    before: Mapping[str, str | None],
    after: Mapping[str, str],
    decision: Decision,
) -> None:
    """Write an audit entry. Call within `exclusive()`."""
    db.session.add(
        AuditEntry(
            actor_id=person.id,
            actor_name=person.name,
            table_name=APPLICANTS,
            row_key=str(owner.id),
            label=owner.name,
            kind=ChangeKind.CHANGED,
            before=dict(before),
            after={**after, **({"reason": decision.reason} if decision.reason else {})},
        )
    )
