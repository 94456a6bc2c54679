"""Prints the application form, records what was printed, and says whether a signed paper agrees with an application (A22).

Whatever it says forbids nothing: a signed paper that does not agree is pointed out to the applicant and the reviewers.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Any, NamedTuple

from sqlalchemy import select

from common import paper_codes
from common.errors import Problem
from common.text import same_text
from common.wording import N_
from desk.comparison import same_employer
from documents import application_form
from documents.typesetting import MadeDocument, missing_in
from models import Application, Attachment, PrintedForm, db, exclusive, now
from models.database import insert_unless_there
from models.secrets import vault
from workflow import completeness
from workflow.form import versions
from workflow.form.answers import snapshot
from workflow.form.fields import Field, Kind

NOT_PRINTED = ("attachments", "promise")
"""Sections that may be incomplete when the form is printed: papers come afterwards, and the promise is signed on paper."""
EXPERIENCES = N_("学习工作经历")


class Printed(NamedTuple):
    """A form that was made now. `name` is that of the file."""

    document: MadeDocument
    code: str
    name: str


def printed_problems(application: Application) -> list[Problem]:
    """Return what is missing or wrong in the part of an application that is printed."""
    return [each for each in completeness.problems(application) if each.section not in NOT_PRINTED]


def unprintable(application: Application, content: Mapping[str, Any]) -> list[str]:
    """Return the characters of a snapshot that the form shows as code points, because its font lacks them."""
    return missing_in(application_form.printed_content(application, content))


def print_form(application: Application) -> Printed:
    """Return the form of the saved application, and record the state that is printed. Raises TypesettingError.

    The caller has checked that the account may see all of it.
    """
    with exclusive():
        db.session.refresh(application)
        content = snapshot(application)
        row = _record(application, content)
        code, number = row.code, application.number
    document = application_form.form_as_pdf(
        application, content, code, unfinished=bool(printed_problems(application))
    )
    return Printed(document, code, f"引进人才生活补贴申请表-{number}.pdf")  # stays Chinese


def _record(application: Application, content: dict[str, Any]) -> PrintedForm:
    digest = _digest(application, content)
    known = (
        select(PrintedForm)
        .where(PrintedForm.application_id == application.id, PrintedForm.digest == digest)
        .with_for_update()
    )
    row = db.session.scalars(known).one_or_none()
    if row is None:
        new = insert_unless_there(PrintedForm).values(
            application_id=application.id,
            version=application.version,
            code=paper_codes.code_for(application.number, digest),
            digest=digest,
            snapshot=content,
        )
        db.session.execute(new.on_conflict_do_nothing())  # it may be printed twice at the same moment
        row = db.session.scalars(known).one()
    row.at = now()
    db.session.flush()
    return row


def _digest(application: Application, content: Mapping[str, Any]) -> str:
    """Return the keyed digest of exactly what is printed."""
    printed = {
        "number": application.number,
        "form": application.form_version,
        "fields": {key: content["fields"].get(key) for key in _printed_fields(application)},
        "experiences": content["experiences"],
    }
    return vault.digest(f"printed form:{json.dumps(printed, ensure_ascii=False, sort_keys=True)}")


def _printed_fields(application: Application) -> Mapping[str, Field]:
    fields = versions.form_of(application).fields
    return {key: asked for key, asked in fields.items() if asked.kind is not Kind.PROMISE}


def last_printed(application: Application) -> PrintedForm | None:
    """Return the state that was printed last; None when none was."""
    return db.session.scalars(
        select(PrintedForm)
        .where(PrintedForm.application_id == application.id)
        .order_by(PrintedForm.at.desc(), PrintedForm.id.desc())
        .limit(1)
    ).first()


def changed_since(
    application: Application, printed: Mapping[str, Any], content: Mapping[str, Any]
) -> list[str]:
    """Return the labels of what differs between a printed snapshot and another one, in the order of the form.

    An employer that is only called otherwise, or belongs to another region now, has not changed.
    """
    found = [
        asked.label
        for key, asked in _printed_fields(application).items()
        if not _same(key, asked, printed, content)
    ]
    if printed["experiences"] != content["experiences"]:
        found.append(EXPERIENCES)
    return found


def _same(key: str, asked: Field, printed: Mapping[str, Any], content: Mapping[str, Any]) -> bool:
    one, other = printed["fields"].get(key), content["fields"].get(key)
    if asked.kind is Kind.ENTERPRISE and one and other:
        return same_employer(printed, content)
    return same_text(str(one or ""), str(other or ""))


# --- the signed paper


class Agreement(Enum):
    """Whether an uploaded paper is the form of the application."""

    AGREES = auto()
    CHANGED = auto()
    """The form of this application in a state that was changed afterwards."""
    OTHER_APPLICATION = auto()
    NEVER_PRINTED = auto()
    """It names this application, but no such state was printed."""
    UNREAD = auto()
    """No code was found on it, and none was typed."""


class SignedPaper(NamedTuple):
    """What is known of one uploaded paper; `changed` are the labels of the fields that were changed after it was printed."""

    agreement: Agreement
    code: str = ""
    printed_at: datetime | None = None
    changed: tuple[str, ...] = ()


def signed_papers(
    application: Application, files: Iterable[Attachment], content: Mapping[str, Any]
) -> dict[int, SignedPaper]:
    """Return what is known of those of the files that were searched for a code, by id. `content` is what they should say.

    One statement, and none when no file has a code. A file without a code is left out when another one of its material agrees:
    it is the next page.
    """
    searched = [file for file in files if file.form_code is not None]
    printed = _printed_states(application, {file.form_code for file in searched if file.form_code})
    found = {file.id: _signed_paper(application, file.form_code or "", printed, content) for file in searched}
    agreeing = {file.material_id for file in searched if found[file.id].agreement is Agreement.AGREES}
    return {
        file.id: found[file.id]
        for file in searched
        if found[file.id].agreement is not Agreement.UNREAD or file.material_id not in agreeing
    }


def _printed_states(application: Application, codes: set[str]) -> Mapping[str, PrintedForm]:
    if not codes:
        return {}
    rows: Sequence[PrintedForm] = db.session.scalars(
        select(PrintedForm).where(
            PrintedForm.application_id == application.id, PrintedForm.code.in_(sorted(codes))
        )
    ).all()
    return {row.code: row for row in rows}


def _signed_paper(
    application: Application, code: str, printed: Mapping[str, PrintedForm], content: Mapping[str, Any]
) -> SignedPaper:
    if not code:
        return SignedPaper(Agreement.UNREAD)
    row = printed.get(code)
    if row is None:
        read = paper_codes.parse(code)
        own = read is not None and read.number == application.number
        return SignedPaper(Agreement.NEVER_PRINTED if own else Agreement.OTHER_APPLICATION, code)
    changed = tuple(changed_since(application, row.snapshot, content))
    return SignedPaper(Agreement.CHANGED if changed else Agreement.AGREES, code, row.at, changed)
