"""The ZIP file with everything that is stored about one person (A24): JSON for machines, the dossier as PDF, the papers.

Numbers are in full: it is the person's own file, and the page asks for the password. Texts that people read stay Chinese.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import select

from common.calendar import today
from common.errors import NotPermitted
from common.messages import wording_of
from common.wording import N_, Sentence
from documents import archives
from documents.application_files import fault_notes, missing_notes, print_dossier, refuse_too_large
from documents.archives import Archive, Names
from documents.kinds import DocumentKind, MadeFile, Making
from documents.own_data import looks, stored_data
from documents.own_payments import stored_grants
from models import (
    Account,
    Application,
    ApplicationDraft,
    Attachment,
    DecisionNotice,
    FileJob,
    LoginSession,
    Message,
    NoticeReading,
    PrintedForm,
    Review,
    Role,
    db,
    now,
)
from models.reviews import mark_text
from uploads.storage import Storage
from workflow import notifications, progress
from workflow.form import answers, versions
from workflow.transitions import BY_STATE_AND_ACTION

OWN_DATA = "own_data"
OWN_DATA_TITLE = Sentence(N_("我的数据"))

READ_ME = "说明.txt"  # stays Chinese
EXPLANATION = (  # stays Chinese
    "这里是本系统保存的关于您的数据，生成于 {at}。",
    "账号.json：账号；消息.json：发给您的消息；登录.json：现有的登录；查看记录.json：谁看过您的完整号码；生成的文件.json：为您生成过的文件。",
    "每件申请一个文件夹：申请卷宗.pdf（可以阅读和打印）、申请.json（全部填写内容、每次提交的内容、审核经过）、上传的材料。",
    "其中有完整的证件号码和银行账号，请妥善保管。",
    "",
    "保存多久：",
)


def own_data_kind(storage: Callable[[], Storage]) -> DocumentKind:
    """Return the kind of file for documents.kinds.register_kind. `storage` returns where the papers are."""
    return DocumentKind(
        OWN_DATA, OWN_DATA_TITLE.text, lambda making: _make_own_data(making, storage()), _check_own_data
    )


def _check_own_data(actor: Account, parameters: Mapping[str, Any]) -> None:
    """Everybody may have their own data; `account` guards against a job that was altered."""
    if parameters["account"] != actor.id:
        raise NotPermitted


def _make_own_data(making: Making, storage: Storage) -> MadeFile:
    person = db.session.get_one(Account, making.parameters["account"])
    applications = db.session.scalars(
        select(Application).where(Application.applicant_id == person.id).order_by(Application.id)
    ).all()
    files = {each.id: _uploaded(each) for each in applications}
    refuse_too_large(sum(file.size for group in files.values() for file in group))
    total, done = len(applications) + sum(len(group) for group in files.values()), 0
    missing: dict[str, None] = {}
    names = Names()
    with Archive(making.path) as archive:
        for name, content in _account_files(person):
            archive.add_bytes(names.unique("", *name.rsplit(".", 1)), content, now())
        for application in applications:
            making.progress(done, total)
            folder = f"{archives.stem_of(application)}/"
            document = print_dossier(application, person, _own_numbers(application))
            missing.update(dict.fromkeys(document.missing))
            archive.add_bytes(names.unique(folder, "申请卷宗", "pdf"), document.pdf, now())  # stays Chinese
            written = _as_json(_application(application))
            archive.add_bytes(names.unique(folder, "申请", "json"), written, now())  # stays Chinese
            done += 1
            for paper in archives.papers(application, files[application.id], names, folder):
                making.progress(done, total)
                archive.add_paper(paper, storage)
                done += 1
    notes = (*missing_notes(list(missing)), *fault_notes(archive.faults))
    name = f"我的数据_{today().isoformat()}.zip"  # stays Chinese
    return MadeFile(name, archives.CONTENT_TYPE, notes, total)


def _uploaded(application: Application) -> Sequence[Attachment]:
    """Return every file of the application that is stored, replaced ones too."""
    return db.session.scalars(
        select(Attachment).where(Attachment.application_id == application.id).order_by(Attachment.id)
    ).all()


def _own_numbers(application: Application) -> dict[str, str]:
    """Return the person's own full numbers. No disclosure: those are records of others who looked."""
    known = versions.form_of(application).fields
    return {key: str(answers.value(application, key) or "") for key, asked in known.items() if asked.secret}


# --- what is not part of an application


def _account_files(person: Account) -> Iterable[tuple[str, bytes]]:
    yield READ_ME, _read_me(person)
    yield "账号.json", _as_json(_account(person))  # stays Chinese
    yield "消息.json", _as_json([_message(each) for each in _messages(person)])  # stays Chinese
    yield "登录.json", _as_json(_sessions(person))  # stays Chinese
    yield "生成的文件.json", _as_json(_made_files(person))  # stays Chinese
    if person.role is Role.APPLICANT:
        seen = [
            {
                "application": each.number,
                "field": each.field,
                "desk": each.desk,
                "role": each.role,
                "at": each.at,
            }
            for each in looks(person, most=None)
        ]
        yield "查看记录.json", _as_json(seen)  # stays Chinese
        yield "须知阅读.json", _as_json(_readings(person))  # stays Chinese
        yield "未保存.json", _as_json(_drafts(person))  # stays Chinese


def _read_me(person: Account) -> bytes:
    lines = [line.format(at=today().isoformat()) for line in EXPLANATION]
    for each in stored_data(person):
        lines.append(f"· {each.label}：{each.kept.text % each.kept.words}")
    return "\r\n".join(lines).encode("utf-8-sig")


def _account(person: Account) -> dict[str, Any]:
    columns = (
        "role", "name", "paper", "identity_number", "login", "phone", "email", "wants_sms", "wants_mail", "wants_digest",
        "active", "second_factor", "number_corrected_at", "created_at",
    )  # fmt: skip
    return {**{key: getattr(person, key) for key in columns}, "desk": person.membership.name}


def _messages(person: Account) -> Sequence[Message]:
    return db.session.scalars(
        select(Message).where(Message.account_id == person.id).order_by(Message.id)
    ).all()


def _message(message: Message) -> dict[str, Any]:
    words = _Words(notifications.wording_values(message))
    return {"at": message.created_at, "kind": message.kind, "text": wording_of(message.kind) % words}


class _Words(dict[str, str]):
    """The values of a wording; what nobody knows any more stays as its placeholder, and the file is made all the same."""

    def __missing__(self, key: str) -> str:
        return f"%({key})s"


def _sessions(person: Account) -> list[dict[str, Any]]:
    found = db.session.scalars(
        select(LoginSession).where(LoginSession.account_id == person.id).order_by(LoginSession.begun_at)
    )
    return [{"begun_at": each.begun_at, "seen_at": each.seen_at} for each in found]


def _made_files(person: Account) -> list[dict[str, Any]]:
    found = db.session.scalars(select(FileJob).where(FileJob.asked_by_id == person.id).order_by(FileJob.id))
    return [
        {
            "kind": each.kind,
            "asked_at": each.created_at,
            "state": each.state,
            "downloaded_at": each.downloaded_at,
        }
        for each in found
    ]


def _readings(person: Account) -> list[dict[str, Any]]:
    found = db.session.scalars(
        select(NoticeReading).where(NoticeReading.account_id == person.id).order_by(NoticeReading.id)
    )
    return [
        {"notice": each.notice.version, "opened_at": each.opened_at, "read_at": each.read_at}
        for each in found
    ]


def _drafts(person: Account) -> list[dict[str, Any]]:
    found = db.session.scalars(
        select(ApplicationDraft).where(ApplicationDraft.account_id == person.id).order_by(ApplicationDraft.id)
    )
    return [
        {
            "updated_at": each.updated_at,
            "fields": {key: typed.get("value") for key, typed in each.fields.items()},
        }
        for each in found
    ]


# --- one application


def _application(application: Application) -> dict[str, Any]:
    reviews = progress.history(application)
    columns = ("number", "state", "result", "round", "created_at", "saved_at", "submitted_at", "resubmit_by")
    labels = {key: str(asked.label) for key, asked in versions.form_of(application).known.items()}
    return {
        **{key: getattr(application, key) for key in columns},
        "period": application.period.name if application.period else None,
        "form_version": application.form_version,
        "labels": labels,
        "present": answers.snapshot(application),
        "submissions": [
            {"at": row.at, **row.snapshot}
            for row in reversed(reviews)
            if row.snapshot and "fields" in row.snapshot
        ],
        "history": [_line(row) for row in reversed(reviews)],
        "grants": stored_grants(application),
        "printed_forms": [
            {"code": each.code, "at": each.at, "content": each.snapshot}
            for each in db.session.scalars(
                select(PrintedForm)
                .where(PrintedForm.application_id == application.id)
                .order_by(PrintedForm.id)
            )
        ],
        "decision_notices": [
            {"number": each.content["number"], "code": each.check_code, "issued_at": each.issued_at}
            for each in db.session.scalars(
                select(DecisionNotice)
                .where(DecisionNotice.application_id == application.id)
                .order_by(DecisionNotice.id)
            )
        ],
    }


def _line(row: Review) -> dict[str, Any]:
    transition = BY_STATE_AND_ACTION.get((row.from_state, row.action))
    return {
        "at": row.at,
        "what": transition.wording if transition else row.reason,  # a rerouting's reason says what it is
        "from": row.from_state,
        "to": row.to_state,
        "desk": row.desk,
        "by": row.actor_name,
        "reason": row.reason if transition else "",
        "marks": [mark_text(mark) for mark in row.marks or ()],
        "corrected": (row.snapshot or {}).get("corrected"),
    }


def _as_json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=2, default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in JSON")
