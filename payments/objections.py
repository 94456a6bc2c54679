"""Objections against a row of a publicity (P2): entered by the city with papers, decided with a reason.

An objection is entered while its batch is public. It is decided once. Its papers are added until then.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Select, false, func, select, true

from accounts.access import active_account
from accounts.actor_shape import Actor
from common.characters import cleaned, cleaned_lines
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible, Unacceptable
from common.wording import N_, Sentence
from models import (
    Account,
    Grant,
    GrantAction,
    GrantEvent,
    Objection,
    ObjectionDecision,
    ObjectionFile,
    Role,
    db,
    exclusive,
    now,
)
from payments import grant_moves, publicity

MOST_FILES = 10
LONGEST_NAME, LONGEST_CONTACT, LONGEST_TEXT = 60, 100, 2000

ENDED = N_("公示已于 %(day)s 结束，不能再登记异议。")
NOT_BEGUN = N_("公示从 %(day)s 开始，开始后才能登记异议。")
ENOUGH_FILES = Sentence(N_("一件异议最多 %(most)s 份材料。"), {"most": str(MOST_FILES)})

ACTIONS = {
    ObjectionDecision.UPHELD: GrantAction.UPHOLD,
    ObjectionDecision.DISMISSED: GrantAction.DISMISS,
}


class Objector(NamedTuple):
    """Who objects, how to reach them, and what they say. `contact` may be empty."""

    name: str
    contact: str
    text: str

    def checked(self) -> "Objector":
        """Return it without invisible characters. Raises Unacceptable that names the field."""
        tidy = Objector(cleaned(self.name), cleaned(self.contact), cleaned_lines(self.text))
        if not tidy.name:
            raise Unacceptable("name", Sentence(N_("请填写异议人。匿名的请写“匿名”。")))
        if not tidy.text:
            raise Unacceptable("text", Sentence(N_("请填写异议内容。")))
        for field, most in (("name", LONGEST_NAME), ("contact", LONGEST_CONTACT), ("text", LONGEST_TEXT)):
            if len(getattr(tidy, field)) > most:
                raise Unacceptable(field, Sentence(N_("最多 %(most)s 个字。"), {"most": str(most)}))
        return tidy


def objections_in_sight(actor: Actor) -> ColumnElement[bool]:
    """Return the objections that this account may see: only the city's staff sees who objects."""
    return true() if actor.role is Role.CITY else false()


def enter(actor: Account, grant_id: int, objector: Objector, *, seen_version: int) -> GrantEvent:
    """Enter an objection; the grant is suspended. Returns the new row of the grant's history.

    Raises Unacceptable outside the days of the publicity and for a field, and what `grant_moves.perform` raises.
    """
    with exclusive():
        person = active_account(actor)
        grant = grant_moves.lock_grant(grant_id, person)
        if publicity.is_over(grant.batch):
            raise Unacceptable("", Sentence(ENDED, {"day": grant.batch.closes.isoformat()}))
        if not publicity.is_running(grant.batch):
            raise Unacceptable("", Sentence(NOT_BEGUN, {"day": grant.batch.opens.isoformat()}))
        tidy = objector.checked()

        def add(locked: Grant) -> None:
            db.session.add(
                Objection(
                    grant_id=locked.id,
                    name=tidy.name,
                    contact=tidy.contact,
                    text=tidy.text,
                    entered_by_id=person.id,
                    entered_by_name=person.name,
                )
            )

        return grant_moves.perform_within(
            grant_id, GrantAction.OBJECT, person, seen_version=seen_version, change=add
        )


class StoredPaper(Protocol):
    """What is known of a file that was received and stored (uploads.receive.Received)."""

    display_name: str
    extension: str
    content_type: str
    size: int
    sha256: str
    pages: int | None
    storage_name: str
    notes: tuple[str, ...]


def attach_file(actor: Account, objection_id: int, received: StoredPaper) -> ObjectionFile:
    """Add a stored file to an objection.

    Raises NotVisible, ChangedMeanwhile once it is decided, Unacceptable for one file too many. The caller then discards
    the file.
    """
    with exclusive():
        objection = _lock(active_account(actor), objection_id)
        if objection.decision is not None:
            raise ChangedMeanwhile(None)
        count = select(func.count()).where(ObjectionFile.objection_id == objection.id)
        if (db.session.scalar(count) or 0) >= MOST_FILES:
            raise Unacceptable("file", ENOUGH_FILES)
        file = ObjectionFile(
            objection_id=objection.id,
            display_name=received.display_name,
            extension=received.extension,
            content_type=received.content_type,
            size=received.size,
            sha256=received.sha256,
            pages=received.pages,
            storage_name=received.storage_name,
            notes=list(received.notes),
        )
        db.session.add(file)
    return file


def decide_objection(
    actor: Account, objection_id: int, decision: ObjectionDecision, reason: str
) -> GrantEvent:
    """Decide an objection. When it is upheld, every other open one against the grant is decided with it.

    Raises NotVisible, ChangedMeanwhile when it is decided already, ReasonMissing, ReasonTooLong.
    """
    with exclusive():
        person = active_account(actor)
        objection = _lock(person, objection_id)
        if objection.decision is not None:
            raise ChangedMeanwhile(None)

        def settle(grant: Grant) -> None:
            settled: Sequence[Objection] = [objection]
            if decision is ObjectionDecision.UPHELD:
                settled = db.session.scalars(_open_ones(grant.id)).all()
            for each in settled:
                each.decision, each.reason = decision, cleaned_lines(reason)
                each.decided_by_id, each.decided_by_name, each.decided_at = person.id, person.name, now()

        try:
            return grant_moves.perform_within(
                objection.grant_id, ACTIONS[decision], person, reason=reason, change=settle
            )
        except NotPermitted as moved:
            raise ChangedMeanwhile(None) from moved


def of_grant(actor: Account, grant_id: int) -> Sequence[Objection]:
    """Return the objections against a grant in the order in which they were entered; none for who may not see them."""
    return db.session.scalars(
        select(Objection)
        .where(Objection.grant_id == grant_id, objections_in_sight(actor))
        .order_by(Objection.id)
    ).all()


def _open_ones(grant_id: int) -> Select[Any]:
    return select(Objection).where(Objection.grant_id == grant_id, Objection.decision.is_(None))


def _lock(person: Account, objection_id: int) -> Objection:
    """Return the objection, read anew with its grant locked. Raises NotVisible."""
    query = select(Objection).where(Objection.id == objection_id, objections_in_sight(person))
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotVisible
    grant_moves.lock_grant(found.grant_id, person)
    db.session.refresh(found)
    return found
