"""What the system tells whom when something happens: written beside the event, in its transaction (A16, E3, E6).

How it leaves the house is workflow/delivery.py's; nothing here waits for a letter to be sent.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any, Protocol

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

from models import (
    Account,
    Action,
    Application,
    Delivery,
    Enterprise,
    Message,
    MessageReading,
    RegistrationAction,
    RegistrationEvent,
    Review,
    State,
    Way,
    db,
    exclusive,
    now,
)
from models.database import Instant, constant, table_of
from models.prepared import Prepared
from workflow import routing, scope
from workflow.routing import Desk, desk_of
from workflow.transitions import BY_STATE_AND_ACTION, FINISHED, RETURNED
from workflow.words import N_

WORDING = {
    "to_review": N_("%(name)s的申请 %(number)s 待您审核。"),
    "passed_on": N_("您的申请 %(number)s：%(said)s，现由%(desk)s办理。"),
    "returned": N_("您的申请 %(number)s 已回退，请修改后重新提交。原因：%(reason)s"),
    "returned_until": N_(
        "您的申请 %(number)s 已回退，请在 %(by)s（含当日）前修改后重新提交。原因：%(reason)s"
    ),
    "term_extended": N_("您的申请 %(number)s 可以重新提交的期限延长至 %(by)s（含当日）。原因：%(reason)s"),
    "passed": N_("您的申请 %(number)s 已审核通过，业务结束。"),
    "refused": N_("您的申请 %(number)s 审核不通过，业务结束。原因：%(reason)s"),
    "employer_closed": N_("您的申请 %(number)s：%(reason)s"),
    "name_corrected": N_("您的申请 %(number)s：%(said)s。如有疑问，请拨打咨询电话。%(reason)s"),
    "number_corrected": N_(
        "您的证件号码已更正，今后请用更正后的号码登录。如有疑问，请拨打咨询电话。%(reason)s"
    ),
    "own_name_corrected": N_("您账号的姓名已修改。如非本人操作，请立即修改密码并拨打咨询电话。"),
    "registration_waiting": N_("%(enterprise)s注册了企业账号，待您审核。"),
    "registration_approved": N_("企业账号已审核通过，可以审核本单位人员的申请。"),
    "registration_refused": N_("企业账号未通过审核，请修改后重新提交。原因：%(reason)s"),
    "invitation": N_(
        "%(inviter)s邀请您担任%(enterprise)s的审核人员。请在 7 天内打开本系统首页，点击“企业登录”和“接受邀请”，输入登录名%(login)s和邀请码%(code)s。如与您无关，请忽略。"
    ),
    "reviewers_changed": N_("本单位审核人员有变动，请核对。"),
    "second_factor_off": N_("您的动态验证码已停用或被重置。如非本人提出，请立即修改密码并联系系统管理员。"),
    "password_reset": N_("您的重设密码验证码是%(code)s，30 分钟内有效。如非本人操作，请忽略。"),
    "registration_tried": N_(
        "有人用您的证件号码或统一社会信用代码再次注册账号。您原来的账号和密码没有改变；如果是您本人，请用原来的密码登录，忘记了可以重设。"
    ),
    "phone_changed": N_(
        "您账号的联系电话已修改，今后的通知不再发到原来的号码。如非本人操作，请立即修改密码并拨打咨询电话。"
    ),
    "email_changed": N_(
        "您账号的电子邮箱已修改，今后的通知不再发到原来的邮箱。如非本人操作，请立即修改密码并拨打咨询电话。"
    ),
}

SHOWN = {
    "invitation": N_("您被邀请担任本单位的审核人员。"),
    "password_reset": N_("有人用您的登录名申请重设密码，验证码已发到您登记的手机或邮箱。"),
}
"""What a page says where the wording has gaps for secrets: never what fills them."""

LIFETIMES = {
    "invitation": timedelta(days=7),
    "password_reset": timedelta(minutes=30),
    "phone_changed": timedelta(days=3),
    "email_changed": timedelta(days=3),
}
"""How long a message is worth sending; the others always are."""

FOR_WHO_COMES = frozenset({"invitation"})
"""What is told to somebody who cannot log in yet; everything else goes to active accounts alone."""

CHANGED = {Way.SMS: "phone_changed", Way.MAIL: "email_changed"}
WARNED_EVERY = timedelta(days=1)

MOST_UNREAD = 99
"""Counting stops here: the badge then says 99+, and costs the same for every desk."""

LOOKED_AT = MOST_UNREAD + 1
"""Of each box the newest so many: a desk that has read a million messages does not look through them for the badge."""

NOBODY = {"account_id": None, "enterprise_id": None, "office_id": None}
"""What a row says of those whom it is not for."""

TOLD = "told"
"""Marks a session in which a message was written as a row, past its objects: the worker is woken once it is stored."""

MOST_MARKED = 10_000
"""Of each box the newest so many are marked at once: for a desk that was told a million things it took eight seconds, and
on SQLite everybody else waited for it. The badge looks at far fewer."""


class Line(Protocol):
    """What of a line of the history decides who is told what: a Review, or one that is still to be written."""

    id: Any
    actor_id: Any
    to_state: Any
    result: Any
    resubmit_by: Any


def announce(application: Application, review: Review) -> None:
    """Remind the desk that has the application now, and tell the applicant what a reviewer did."""
    each = {"urgent": False, "created_at": now(), **NOBODY}
    rows = [each | columns for columns in told(application, review, desk_of(application))]
    if rows:
        values = {f"{key}_{place}": value for place, row in enumerate(rows) for key, value in row.items()}
        _telling(len(rows)).execute(values)
        db.session.info[TOLD] = True


@cache
def _telling(count: int) -> Prepared:
    messages = table_of(Message)
    columns = (*NOBODY, "kind", "application_id", "review_id", "urgent", "created_at")
    rows = [
        {key: bindparam(f"{key}_{place}", type_=messages.c[key].type) for key in columns}
        for place in range(count)
    ]
    return Prepared(insert(messages).values(rows))


def told(application: Application, line: Line, desk: Desk | None) -> Iterator[dict[str, Any]]:
    """Yield the columns of what a line of the history tells whom; `desk` has the application now."""
    about = {"application_id": application.id, "review_id": line.id}
    if desk is not None:
        yield about | {
            "kind": "to_review",
            "enterprise_id": desk.enterprise_id,
            "office_id": desk.office_id,
        }
    if line.actor_id != application.applicant_id:
        yield about | {"kind": _outcome(line), "account_id": application.applicant_id}


def announce_closing(application: Application, review: Review) -> None:
    """Tell the applicant that the employer was closed, and what that means."""
    db.session.add(
        Message(
            kind="employer_closed" if review.stayed else _outcome(review),
            account_id=application.applicant_id,
            application_id=application.id,
            review_id=review.id,
        )
    )


def announce_extension(application: Application, review: Review) -> None:
    """Tell the applicant until when the application can be resubmitted now."""
    db.session.add(
        Message(
            kind="term_extended",
            account_id=application.applicant_id,
            application_id=application.id,
            review_id=review.id,
        )
    )


CORRECTED = {Action.CORRECT_NAME: "name_corrected", Action.CORRECT_NUMBER: "number_corrected"}


def announce_correction(application: Application, review: Review) -> None:
    """Tell the applicant that somebody corrected their name or number."""
    db.session.add(
        Message(
            kind=CORRECTED[review.action],
            account_id=application.applicant_id,
            application_id=application.id,
            review_id=review.id,
        )
    )


def announce_own_correction(account: Account) -> None:
    """Tell a person that their own name was changed from their account; it may not have been them."""
    db.session.add(Message(kind="own_name_corrected", account_id=account.id))


def _outcome(line: Line) -> str:
    if line.to_state is FINISHED and line.result is not None:
        return str(line.result.value)
    if line.to_state is RETURNED:
        return "returned_until" if line.resubmit_by else "returned"
    return "passed_on"


REGISTRATION_KINDS = {
    RegistrationAction.REGISTER: "registration_waiting",
    RegistrationAction.RESUBMIT: "registration_waiting",
    RegistrationAction.APPROVE: "registration_approved",
    RegistrationAction.REFUSE: "registration_refused",
}


def announce_registration(enterprise: Enterprise, event: RegistrationEvent) -> None:
    """Tell the office that a registration waits, or the enterprise how it was decided (E2, E3)."""
    kind = REGISTRATION_KINDS[event.action]
    to_office = kind == "registration_waiting"
    db.session.add(
        Message(
            kind=kind,
            office_id=enterprise.region.office_id if to_office else None,
            enterprise_id=None if to_office else enterprise.id,
            subject_enterprise_id=enterprise.id,
            registration_event_id=event.id,
        )
    )


def remind_of_registration(enterprise: Enterprise) -> None:
    """Tell an office that a registration waits which came to it from another one."""
    db.session.add(
        Message(
            kind="registration_waiting",
            office_id=enterprise.region.office_id,
            subject_enterprise_id=enterprise.id,
        )
    )


def announce_reviewers(person: Account) -> None:
    """Tell an enterprise that the circle of its reviewers has changed; who changed it knows."""
    message = Message(
        kind="reviewers_changed",
        enterprise_id=person.enterprise_id,
        subject_enterprise_id=person.enterprise_id,
    )
    db.session.add(message)
    db.session.flush()
    db.session.add(MessageReading(message_id=message.id, account_id=person.id))


def tell(account: Account, kind: str, words: dict[str, str], urgent: bool = False) -> Message:
    """Write a message to one account, with words that only its receiver may read: no page and no log ever shows them.

    Call within `exclusive()`. An urgent one goes out before the others, by every way the account has an address for.
    """
    message = Message(kind=kind, account_id=account.id, secret_words=words, urgent=urgent)
    db.session.add(message)
    return message


def warn_of_registration(account: Account | None, enterprise: Enterprise | None) -> None:
    """Tell whoever has the number or code that somebody registered with it again; once a day, so that nobody is flooded.

    Call within `exclusive()`.
    """
    to = {"enterprise_id": enterprise.id} if enterprise else {"account_id": account.id} if account else None
    if to is None:
        return
    lately = select(Message.id).filter_by(kind="registration_tried", **to)
    if db.session.scalar(lately.where(Message.created_at > now() - WARNED_EVERY).limit(1)) is None:
        db.session.add(Message(kind="registration_tried", **to))


def warn_of_change(account: Account, way: Way, former: str) -> None:
    """Tell the former mobile telephone or mailbox that it is one no more. Call within `exclusive()`."""
    message = Message(kind=CHANGED[way], account_id=account.id, urgent=True, expanded_at=now())
    db.session.add_all(
        [message, Delivery(message=message, account_id=account.id, way=way, address=former, urgent=True)]
    )


def shown(kind: str) -> str:
    """Return the wording of a kind for a page."""
    return SHOWN.get(kind) or WORDING[kind]


def desk_name(application: Application, step: State) -> str:
    """Return what the desk of a step is called for this application; "" where nobody reviews."""
    if step not in routing.REACH or application.submitted_enterprise is None:
        return ""
    return routing.desk(step, application.submitted_enterprise, application.region).name


def gaps(message: Message, desk: Callable[[Application, State], str] = desk_name) -> dict[str, str]:
    """Return what fills the gaps of a message's wording, but for its secrets."""
    words: dict[str, str] = {}
    if message.application is not None and message.review is not None:
        review = message.review
        row = BY_STATE_AND_ACTION.get((review.from_state, review.action))
        words |= {
            "name": message.application.name,
            "number": message.application.number,
            "said": row.said if row else review.reason,  # a move says itself what it is
            "reason": review.reason,
            "by": review.resubmit_by.isoformat() if review.resubmit_by else "",
        }
        if message.kind == "passed_on":  # the only one that names it: a desk is asked for
            words["desk"] = desk(message.application, review.to_state)
    if message.subject_enterprise is not None:
        words["enterprise"] = message.subject_enterprise.name
    if message.registration_event is not None:
        words["reason"] = message.registration_event.reason
    return words


def unread(actor: Account) -> int:
    """Return how many of the newest messages this account has not read, counted to MOST_UNREAD + 1 at the most."""
    return db.session.scalar(count_of_unread(actor)) or 0


def count_of_unread(actor: scope.Actor) -> Select[int]:
    """Return the query of `unread`, for whoever asks more in the same statement."""
    newest = newest_ids(actor, LOOKED_AT).subquery()
    read = exists().where(MessageReading.message_id == newest.c.id, MessageReading.account_id == actor.id)
    some = select(newest.c.id).where(~read).limit(constant(MOST_UNREAD + 1)).subquery()
    return select(func.count()).select_from(some)


def newest_ids(actor: scope.Actor, most: int, before: int | None = None) -> CompoundSelect[int]:
    """Return the query for the ids of the newest messages, so many of each box: each comes in the order of its index.

    A message lies in one box alone (`one_recipient`).
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
            for box in scope.boxes(actor)
        )
    )


def mark_read(actor: Account, message_id: int) -> None:
    """Note that this account has read one of its messages; what is not its own it cannot mark."""
    with exclusive():
        _mark(actor, "one", of=message_id)


def mark_decided(actor: Account, application: Application) -> None:
    """Note that whoever decides an application needs no reminder of it any more. Call within `exclusive()`."""
    _mark(actor, "about one", of=application.id)


def mark_all_read(actor: Account) -> None:
    """Note that this account has read everything that it has been told so far, but for what nobody looks back to."""
    with exclusive():
        _mark(actor, "all")


WHICH: dict[str, Callable[[scope.Anybody], ColumnElement[bool]]] = {
    "one": lambda _: Message.id == bindparam("of"),
    "about one": lambda _: Message.application_id == bindparam("of"),
    "all": lambda actor: Message.id.in_(newest_ids(actor, MOST_MARKED)),
}


def _mark(actor: Account, which: str, **of: int) -> None:
    _reading(scope.like(actor), which).execute({**scope.values(actor), **of, "at": now()})


@cache
def _reading(actor: scope.Anybody, which: str) -> Prepared:
    """Return what adds the readings that are missing. Two windows at once: the one that came first counts."""
    read = exists().where(MessageReading.message_id == Message.id, MessageReading.account_id == actor.id)
    fresh = (
        select(Message.id, actor.id, bindparam("at", type_=Instant))
        .where(scope.messages(actor), WHICH[which](actor), ~read)
        .suffix_with("ON CONFLICT DO NOTHING")
    )
    return Prepared(insert(table_of(MessageReading)).from_select(["message_id", "account_id", "at"], fresh))
