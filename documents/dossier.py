"""The dossier of one application (W10): everything that a reviewer reads of it, as data for documents/templates/dossier.typ.

Contains what the account may see and nothing else: the last submission, its papers, the history. Never an internal note, a
mark that has not gone out, or what the applicant typed since the last submission. Numbers are masked unless `full` has them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from common.calendar import ORDOS
from common.identity import masked
from common.text import size_text
from desk import disclosure
from desk.submissions import Corrected, corrected, newest_snapshot
from models import Account, Action, Application, Attachment, Review, Role, db, now
from models.reviews import mark_text
from workflow import progress, scope
from workflow.form import answers, versions
from workflow.form.fields import Kind, Section
from workflow.transitions import BY_STATE_AND_ACTION, RESULT_WORDS, STATE_WORDS, is_editable

TEMPLATE, TITLE = "dossier", "申请卷宗"  # stays Chinese


def dossier(
    application: Application, actor: Account, full: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the content of the dossier for this account, which sees the application.

    `full`: the full numbers by field that this account has asked for (`full_numbers`).
    """
    reviews = progress.history(application)
    read = _read(application, actor)
    result = RESULT_WORDS[application.result] if application.result else ""
    return {
        "title": TITLE,
        "number": application.number,
        "name": application.name,
        "state": STATE_WORDS[application.state],
        "result": result,
        "period": application.period.name if application.period else "",
        "rounds": application.round,
        "full": bool(full),
        "made_at": moment(now()),
        "made_by": " ".join(filter(None, (actor.membership.name, actor.name))),
        "sections": [_section(each, read, full or {}) for each in versions.form_of(application).sections]
        if read
        else [],
        "papers": list(_papers(visible_papers(application, actor), application.round)),
        "history": [_history_line(row) for row in reversed(reviews)],
    }


def full_numbers(application: Application, actor: Account) -> dict[str, str]:
    """Return every masked number of the form in full; each is recorded as seen by this account (desk/disclosure.py).

    Raises NotVisible.
    """
    secret = [key for key, asked in versions.form_of(application).fields.items() if asked.secret]
    return {key: disclosure.disclose(application, actor, key) for key in secret}


def _read(application: Application, actor: Account) -> Corrected | None:
    """Return what the account reads: its own answers for an applicant who can still change them, else the last submission."""
    if actor.role is Role.APPLICANT and is_editable(application.state):
        return Corrected(answers.snapshot(application), {})
    newest = newest_snapshot(application)
    return corrected(application, newest) if newest else None


def _section(section: Section, read: Corrected, full: Mapping[str, str]) -> dict[str, Any]:
    rows = read.snapshot["experiences"] if section.key == "experience" else []
    return {
        "title": str(section.title),
        "fields": [_field(shown, read, full) for shown in answers.shown_fields(section, read.snapshot, None)],
        "experiences": [{key: str(row.get(key) or "") for key in EXPERIENCE_PARTS} for row in rows],
    }


EXPERIENCE_PARTS = ("kind", "start", "end", "place", "subject", "witness")


def _field(shown: answers.ShownField, read: Corrected, full: Mapping[str, str]) -> dict[str, str]:
    asked, former = shown.asked, read.former.get(shown.asked.key)
    text = shown.text
    if asked.secret:
        text = full.get(asked.key) or masked(text)
        former = masked(former) if former else former
    if asked.kind is Kind.PROMISE and asked.help:
        text = f"{text}：{asked.help}"
    return {"label": str(asked.label), "text": str(text), "former": str(former or "")}


# --- papers


def visible_papers(application: Application, actor: Account) -> Sequence[Attachment]:
    """Return the papers that the account may fetch (workflow.scope.attachments), in the order of the materials."""
    found = db.session.scalars(
        select(Attachment)
        .where(Attachment.application_id == application.id, scope.attachments(actor))
        .order_by(Attachment.id)
    )
    return sorted(found, key=lambda file: (file.material.position, file.material_id, file.id))


def _papers(files: Sequence[Attachment], last_round: int) -> Iterator[dict[str, Any]]:
    """Yield what is said of each paper. What the applicant has removed since the last submission is not said to be removed."""
    for file in files:
        yield {
            "material": file.material_name,
            "name": file.display_name,
            "size": size_text(file.size),
            "pages": file.pages or 0,
            "sha256": file.sha256,
            "uploaded_at": moment(file.uploaded_at),
            "round": file.submitted_round or 0,
            "removed": file.removed_after not in (None, last_round),
        }


# --- history


def _history_line(row: Review) -> dict[str, Any]:
    transition = BY_STATE_AND_ACTION.get((row.from_state, row.action))
    label = transition.wording if transition else row.reason
    if row.action is Action.EXTEND and row.resubmit_by:
        label = f"{label}至 {row.resubmit_by.isoformat()}"  # stays Chinese
    who = f"{row.actor_name}（代{row.on_behalf_of}）" if row.on_behalf_of else row.actor_name  # stays Chinese
    return {
        "at": moment(row.at),
        "label": label,
        "who": " ".join(filter(None, (row.desk, who))),
        "reason": row.reason if transition else "",
        "marks": [mark_text(mark) for mark in row.marks or ()],
    }


def moment(at: datetime | None) -> str:
    """Return an instant as it is printed: 2026-11-29 17:05 in Ordos; "" for none."""
    return at.astimezone(ORDOS).strftime("%Y-%m-%d %H:%M") if at else ""
