"""Internal notes on an application (W7): for the author's desk and the desks above it, never for the applicant.

workflow.scope.notes says who reads them. No message, no export and no page of the applicant holds one.
"""

from typing import Any

from sqlalchemy import Integer, Select, bindparam, select

from accounts.access import active_account
from accounts.actor_shape import ActorShape
from common.characters import cleaned_lines
from common.errors import NotPermitted, Unacceptable
from common.wording import N_, Sentence
from desk.desks import REVIEWING_ROLES, desk_for
from models import Account, InternalNote, db, exclusive, now
from models.desk_work import NOTE_LIMIT
from models.statements import constant
from workflow import locking, scope

MOST_SHOWN = 100


def notes_query(actor: ActorShape) -> Select[Any]:
    """Return the query for the notes on the application `application_id` that this account reads, the newest first."""
    names = ("id", "author_name", "desk_name", "at", "text")
    columns: list[Any] = [getattr(InternalNote, name) for name in names]
    return (
        select(*columns)
        .where(InternalNote.application_id == bindparam("application_id", type_=Integer), scope.notes(actor))
        .order_by(InternalNote.id.desc())
        .limit(constant(MOST_SHOWN))
    )


def add_note(number: str, text: str, actor: Account) -> InternalNote:
    """Write a note. Raises NotVisible, NotPermitted for who reviews nothing, Unacceptable for no text or too much of it."""
    text = cleaned_lines(text)
    if not text:
        raise Unacceptable("text", Sentence(N_("请填写备注。")))
    if len(text) > NOTE_LIMIT:
        raise Unacceptable("text", Sentence(N_("备注最多 %(limit)s 个字。"), {"limit": str(NOTE_LIMIT)}))
    with exclusive():
        person = active_account(actor)
        if person.role not in REVIEWING_ROLES:
            raise NotPermitted
        application = locking.lock(number, person)
        note = InternalNote(
            application_id=application.id,
            author_id=person.id,
            author_name=person.name,
            desk_name=person.membership.desk_name(application.region_id),
            at=now(),
            text=text,
            **desk_for(person, application).columns,
        )
        db.session.add(note)
        return note
