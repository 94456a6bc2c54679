"""What is stored about one person, what is kept how long, and all of it as a ZIP file (A24).

Only ever that of the account itself. What reviewers keep for themselves is left out (`LEFT_OUT`). Every table with rows of a person
stands in one of the two lists: a test fails for a new one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select

from accounts import attempts, recovery, sessions
from common.settings import IDLE_MINUTES, setting
from common.wording import N_, Sentence
from documents import jobs
from drafts import saving
from models import (
    Account,
    Application,
    ApplicationDraft,
    Attachment,
    Disclosure,
    FileJob,
    Grant,
    LoginSession,
    Message,
    db,
)
from uploads.storage import GRACE_PERIOD

INCLUDED = frozenset(
    [
        "accounts", "applications", "experiences", "attachments", "reviews", "disclosures", "messages", "login_sessions",
        "notice_readings", "drafts", "decision_notices", "file_jobs", "grants", "grant_events", "payments", "payment_events",
        "deductions", "account_corrections", "continuations", "printed_forms",
    ]
)  # fmt: skip
"""The tables from which the person's file is made."""

LEFT_OUT: Mapping[str, str] = {
    "notes": "internal notes of a desk, never shown to the applicant (W7)",
    "marks": "a desk's draft until it decides; what has gone out is in the history",
    "assignments": "who of a desk has taken an application",
    "open_pages": "who of a desk has an application open, for a minute",
    "deputies": "who stands in for whom in an office",
    "digests": "numbers of a reviewer's reminder; its text is a message",
    "message_readings": "which messages were read; the file has the messages",
    "deliveries": "attempts to send the messages that the file has",
    "bulk_jobs": "what a reviewer decided at once; each decision is in the history of its application",
    "bulk_rows": "the same, by application",
    "imports": "what an administrator imported, which is about enterprises",
    "changes": "what an administrator changed",
    "registration_events": "about an enterprise",
    "invitations": "digests of codes that invite to review",
    "second_factors": "the secret of the telephone: whoever had it could log in",
    "spare_codes": "digests of codes",
    "reset_codes": "digests of codes, for half an hour",
    "batches": "who made a publicity; the grant names it",
    "objections": "who objected and what they said, never shown to the applicant (P2)",
    "payment_runs": "who made, froze and approved a run",
    "run_rows": "a copy of a payment in a run; the payment is in the file",
    "run_events": "the history of a run",
    "bank_layouts": "how the bank wants its file",
    "bank_answers": "files of the bank about many people; what it said of a payment is in the file",
    "statistic_applications": "counts; what is counted is the application",
    "statistic_decisions": "counts",
    "statistic_changes": "counts",
    "partial_uploads": "files that are still arriving, for a day",
}
"""Further tables whose rows name a person or an application, each with the reason why the file has nothing of it."""


@dataclass(frozen=True)
class Stored:
    """One kind of data: what it is called, how much of it there is (None where that says nothing), and how long it stays."""

    label: str
    count: int | None
    kept: Sentence


UNTIL_CHANGED = Sentence(N_("账号存在期间保存；您修改后即为新的内容。密码只保存无法还原的摘要。"))
FOR_GOOD = Sentence(N_("本系统不自动删除。"))
PAPERS_KEPT = Sentence(N_("提交过的不删除；没有提交过的，您移除后随即删除。"))
IN_DAYS = N_("%(days)s 天没有改动即删除；申请不能再修改时也删除。")
SESSIONS_KEPT = N_("退出登录即删除；%(minutes)s 分钟没有操作后失效，之后 %(days)s 天之内删除。")
ATTEMPTS_KEPT = N_(
    "只保存登录名和网络地址的摘要。%(failures)s 天后不再计算；登录成功过的地址保存 %(known)s 天。"
)
CODES_KEPT = N_("只保存摘要，%(minutes)s 分钟后失效，每天清理。")
UPLOADS_KEPT = N_("没有传完的文件，%(hours)s 小时后删除。")
FILES_KEPT = N_("文件保留 %(hours)s 小时；生成过什么文件的记录保留 %(days)s 天。")


SESSION_DAYS = (2 * sessions.LONGEST_IDLE + timedelta(days=1)).days
"""A session is deleted by the next daily sweep after twice LONGEST_IDLE (accounts/sessions.py)."""


def stored_data(person: Account) -> Sequence[Stored]:
    """Return what is stored about the account, as the page lists it. The periods are those by which the worker deletes."""
    count = _counts(person)
    hour, minute = 3600, 60
    return (
        Stored(N_("账号：姓名、证件、联系方式、通知方式"), None, UNTIL_CHANGED),
        Stored(N_("申请：填写的内容、每次提交的内容、审核经过"), count[Application], FOR_GOOD),
        Stored(N_("上传的材料"), count[Attachment], PAPERS_KEPT),
        Stored(
            N_("补贴：公示、发放、账户更正"),
            count[Grant],
            FOR_GOOD,
        ),
        Stored(
            N_("查看您完整号码的记录"),
            count[Disclosure],
            FOR_GOOD,
        ),
        Stored(N_("消息"), count[Message], FOR_GOOD),
        Stored(
            N_("填写了还没有保存的内容"),
            count[ApplicationDraft],
            Sentence(IN_DAYS, {"days": str(saving.LIFETIME.days)}),
        ),
        Stored(N_("正在上传的文件"), None, _deleted(UPLOADS_KEPT, hours=GRACE_PERIOD.total_seconds() / hour)),
        Stored(
            N_("您的登录"),
            count[LoginSession],
            _deleted(SESSIONS_KEPT, minutes=float(setting(IDLE_MINUTES)), days=SESSION_DAYS),
        ),
        Stored(
            N_("输错密码或验证码的次数"),
            None,
            _deleted(
                ATTEMPTS_KEPT,
                failures=attempts.FAILURES_EXPIRE_AFTER.days,
                known=attempts.KNOWN_ADDRESS_LIFETIME.days,
            ),
        ),
        Stored(
            N_("重设密码的验证码"),
            None,
            _deleted(CODES_KEPT, minutes=recovery.LIFETIME.total_seconds() / minute),
        ),
        Stored(
            N_("为您生成的文件"),
            count[FileJob],
            _deleted(FILES_KEPT, hours=jobs.LIFETIME.total_seconds() / hour, days=jobs.REPORT_LIFETIME.days),
        ),
    )


def _deleted(wording: str, **numbers: float) -> Sentence:
    return Sentence(wording, {key: f"{number:.0f}" for key, number in numbers.items()})


def _counts(person: Account) -> dict[Any, int]:
    """Return how many rows of each kind the person has, in one statement."""
    criteria: dict[Any, ColumnElement[bool]] = {
        Application: Application.applicant_id == person.id,
        Attachment: _of_own_application(Attachment.application_id, person),
        Grant: Grant.applicant_id == person.id,
        Disclosure: _of_own_application(Disclosure.application_id, person),
        Message: Message.account_id == person.id,
        ApplicationDraft: ApplicationDraft.account_id == person.id,
        LoginSession: LoginSession.account_id == person.id,
        FileJob: FileJob.asked_by_id == person.id,
    }
    queries = (
        select(func.count()).select_from(kind).where(own).scalar_subquery() for kind, own in criteria.items()
    )
    return dict(zip(criteria, db.session.execute(select(*queries)).one(), strict=True))


def _of_own_application(column: Any, person: Account) -> ColumnElement[bool]:
    own: ColumnElement[bool] = column.in_(select(Application.id).where(Application.applicant_id == person.id))
    return own


# --- who looked at full numbers


class Look(NamedTuple):
    """Somebody looked at a full number: whose desk, which number of which application, when."""

    number: str
    field: str
    desk: str
    role: Any
    at: datetime


MOST_LOOKS = 200
"""On the page; the file has all."""


def looks(person: Account, most: int | None = MOST_LOOKS) -> list[Look]:
    """Return who has looked at this person's full numbers, newest first; the person's own looks are left out.

    The desk is named, not the clerk.
    """
    rows = db.session.execute(
        select(Disclosure, Application.number, Account)
        .join(Application, Application.id == Disclosure.application_id)
        .join(Account, Account.id == Disclosure.account_id)
        .where(Application.applicant_id == person.id, Disclosure.account_id != person.id)
        .order_by(Disclosure.id.desc())
        .limit(most)
    )
    return [
        Look(number, seen.field, viewer.membership.name, viewer.role, seen.at)
        for seen, number, viewer in rows
    ]
