"""The registration of an enterprise: submitted, approved or refused by the office of its region, corrected (E1-E3)."""

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts import logins
from accounts.access import active_account
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible
from common.wording import N_, NP_
from enterprises import notifications
from models import (
    Account,
    Enterprise,
    Office,
    Registration,
    RegistrationAction,
    RegistrationEvent,
    Role,
    db,
    exclusive,
    now,
)
from models.transactions import WITHOUT_JOINS
from workflow import scope
from workflow.decision import NO_REASON, Decision

APPROVE, REFUSE, RESUBMIT = RegistrationAction.APPROVE, RegistrationAction.REFUSE, RegistrationAction.RESUBMIT


class RegistrationStep(NamedTuple):
    state: Registration
    action: RegistrationAction
    by: Role
    to: Registration
    needs_reason: bool
    button: str


S = RegistrationStep

# fmt: off
STEPS = (
    # from                   action    by               to                      reason  button
    S(Registration.PENDING,  APPROVE,  Role.OFFICE,     Registration.APPROVED,  False,  NP_("button", "通过")),
    S(Registration.PENDING,  REFUSE,   Role.OFFICE,     Registration.REFUSED,   True,   NP_("button", "退回")),
    S(Registration.REFUSED,  RESUBMIT, Role.ENTERPRISE, Registration.PENDING,   False,  NP_("button", "修改后重新提交")),
)
# fmt: on

REGISTRATION_WORDS = {
    Registration.LISTED: N_("已导入，待注册"),
    Registration.PENDING: N_("待审核"),
    Registration.APPROVED: N_("已通过"),
    Registration.REFUSED: N_("未通过"),
}

BADGES = {
    Registration.LISTED: "idle",
    Registration.PENDING: "wait",
    Registration.APPROVED: "good",
    Registration.REFUSED: "bad",
}
"""The style of the badge for each state."""

ACTION_WORDS = {
    RegistrationAction.REGISTER: N_("注册"),
    APPROVE: N_("审核通过"),
    REFUSE: N_("退回"),
    RESUBMIT: N_("修改后重新提交"),
}


def steps_for(enterprise: Enterprise, actor: Account) -> tuple[RegistrationStep, ...]:
    """Return the steps that this account may take with this registration now."""
    if not enterprise.active:
        return ()
    return tuple(step for step in STEPS if step.state is enterprise.registration and step.by is actor.role)


def register_person(account: Account) -> bool:
    """Add a new applicant's account. If the person has one already, that one stays unchanged and gets a warning.

    Returns whether an account was added. The page must not reveal it, and neither its time: both are one transaction of as many
    statements.
    """
    number = account.identity_number or ""
    try:
        with exclusive():
            existing = logins.find_person(account.paper or "", number)
            if existing is None:
                db.session.add(account)
            elif existing.identity_number == number:
                notifications.warn_of_repeated_registration(existing, None)
            else:
                notifications.warn_of_renewed_permit(existing)
            return existing is None
    except IntegrityError:  # registered twice at the same moment
        with exclusive():
            notifications.warn_of_repeated_registration(logins.find("personal", number), None)
        return False


def register_enterprise(
    enterprise: Enterprise, account: Account, fill_in: Callable[[Enterprise], None]
) -> bool:
    """Add a new enterprise with its first account, or warn the one that has this code already, like `register_person`.

    `fill_in` sets the submitted values.
    """
    code = account.login or ""
    try:
        with exclusive():
            fill_in(enterprise)
            add_registration(enterprise, account)
    except IntegrityError:
        with exclusive():
            existing = db.session.scalars(select(Enterprise).where(Enterprise.credit_code == code)).first()
            notifications.warn_of_repeated_registration(logins.find("enterprise", code), existing)
        return False
    return True


def add_registration(enterprise: Enterprise, account: Account) -> RegistrationEvent:
    """Add a new enterprise with its first account. The registration then waits for the office of its region.

    An enterprise that was imported with this code is used instead: it keeps its name and region, and the office gets a
    note of the values that differ. Call within `exclusive()`. Raises sqlalchemy.exc.IntegrityError when code or login
    exist already.
    """
    listed, note = _lock_imported(enterprise.credit_code), ""
    if listed is not None:
        note = _differences_note(listed, enterprise)
        for column in COLUMNS_OF_REGISTRATION:
            setattr(listed, column, getattr(enterprise, column))
        listed.licence_notes = enterprise.licence_notes or []
        listed.version += 1
        enterprise = listed
    enterprise.registration = Registration.PENDING
    enterprise.waiting_since = now()
    account.enterprise = enterprise
    db.session.add_all([enterprise, account])
    db.session.flush()
    return _record(enterprise, RegistrationAction.REGISTER, account, Decision(note))


COLUMNS_OF_REGISTRATION = (
    "contact_name",
    "contact_phone",
    "licence_file",
    "licence_name",
    "licence_extension",
    "licence_type",
    "licence_pages",
    "licence_sha256",
)
"""The columns that an imported enterprise takes from its registration."""


def _lock_imported(code: str) -> Enterprise | None:
    with db.session.no_autoflush:
        return db.session.scalars(
            select(Enterprise)
            .where(
                Enterprise.credit_code == code,
                Enterprise.registration == Registration.LISTED,
                Enterprise.active,
            )
            .options(WITHOUT_JOINS)
            .with_for_update(of=Enterprise)
        ).one_or_none()


def _differences_note(listed: Enterprise, typed: Enterprise) -> str:
    """Return a note of the differences between the submitted and the imported values; "" when there are none."""
    compared = {  # stays Chinese: stored text
        "单位名称": (typed.name, listed.name),
        "所属地区": (typed.region.name, listed.region.name),
    }
    other = "、".join(f"{label}“{mine}”" for label, (mine, theirs) in compared.items() if mine != theirs)
    return f"注册时填写的{other}与导入的不同。" if other else ""  # stays Chinese


def decide(
    enterprise_id: int,
    action: RegistrationAction,
    actor: Account,
    *,
    seen_version: int,
    decision: Decision = NO_REASON,
    change: Callable[[Enterprise], None] | None = None,
) -> RegistrationEvent:
    """Move one registration by one step, or raise and change nothing. Returns the new history row.

    Raises NotVisible, ChangedMeanwhile, NotPermitted, ReasonMissing, ReasonTooLong.
    """
    with exclusive():
        person = active_account(actor)
        enterprise = db.session.scalars(
            select(Enterprise)
            .where(Enterprise.id == enterprise_id, scope.enterprises(person))
            .options(WITHOUT_JOINS)
            .with_for_update(of=Enterprise)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if enterprise is None:
            raise NotVisible
        if enterprise.version != seen_version:
            raise ChangedMeanwhile(None)
        step = next((step for step in steps_for(enterprise, person) if step.action is action), None)
        if step is None:
            raise NotPermitted
        decision = decision.checked(needs_reason=step.needs_reason)
        if change is not None:
            if action is not RESUBMIT:
                raise NotPermitted
            change(enterprise)
            db.session.flush()
            db.session.expire(enterprise, ["region"])  # the change may have chosen another region
        enterprise.registration = step.to
        enterprise.version += 1
        enterprise.waiting_since = now()
        return _record(enterprise, action, person, decision)


def is_approved(actor: Account) -> bool:
    """Say whether the reviewer's enterprise is approved. Before that it can open only its registration (E3)."""
    return actor.enterprise is not None and actor.enterprise.registration is Registration.APPROVED


def office_of(enterprise: Enterprise) -> Office:
    """Return the office that approves this enterprise's account: that of its region (E2)."""
    return enterprise.region.office


def _record(
    enterprise: Enterprise, action: RegistrationAction, person: Account, decision: Decision
) -> RegistrationEvent:
    event = RegistrationEvent(
        enterprise_id=enterprise.id,
        action=action,
        actor_id=person.id,
        actor_name=person.name,
        desk=person.membership.name if person.office_id else enterprise.name,
        reason=decision.reason,
    )
    db.session.add(event)
    db.session.flush()
    notifications.announce_registration(enterprise, event)
    return event
