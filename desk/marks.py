"""Marks: a desk's notes on fields, experiences and papers of an application that waits for it (W1).

They are the desk's draft, shared by its clerks and seen by nobody else. A return takes them into its history row, where the
applicant reads them; any other decision drops them. Everything runs under the application's lock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, exists, select

from accounts.access import active_account
from common.characters import cleaned_lines
from common.errors import NotPermitted, Unacceptable
from common.text import comparable
from common.wording import N_, Sentence
from desk import assignments
from desk.comparison import PARTS, Row, RowDifference, compare_rows
from desk.desks import Desk, at_desk, desk_for
from models import Account, Action, Application, Attachment, Mark, Material, Review, db, exclusive, now
from models.secrets import vault
from workflow import locking
from workflow.decision import Decision
from workflow.form import answers, versions
from workflow.transitions import Transition, find_transition

LONGEST_NOTE = 300
"""Characters: a mark says what is wrong at one place; the reason has room for more."""

NOTE_MISSING = Sentence(N_("请写明这里有什么问题。"))
NOTE_TOO_LONG = Sentence(N_("标记最多 %(most)s 个字。"), {"most": str(LONGEST_NOTE)})
NO_SUCH_PLACE = Sentence(N_("这份申请表没有这一项，不能标记。"))

EXPERIENCE = N_("学习工作经历")

SentMark = Mapping[str, Any]
"""A mark as a history row holds it (`models.Review.marks`)."""


# --- what can be marked


class Target(NamedTuple):
    """A place in an application: a field by its key, an experience by its content, a material by its id."""

    kind: str
    key: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


def parse_target(text: str) -> Target:
    """Return the target that a text such as `field:phone` names; an unknown kind names nothing that exists."""
    kind, _, key = text.partition(":")
    return Target(kind, key)


def field_target(key: str) -> str:
    return str(Target("field", key))


def row_target(row: Row) -> str:
    """Return the target of a row of 学习工作经历. Saving replaces all rows, so a row has no lasting id but its content."""
    content = "\n".join(comparable(row.get(key) or "") for _label, keys in PARTS for key in keys)
    return str(Target("row", vault.digest(f"marked row:{content}")[:16]))


def paper_target(material_id: int) -> str:
    return str(Target("paper", str(material_id)))


class Content(NamedTuple):
    """What a target is called and what stands there. `number` counts the rows of 学习工作经历 from 1, 0 elsewhere."""

    label: str
    number: int
    former: dict[str, Any]


def _content(application: Application, place: Target) -> Content:
    """Return what stands at a place. Raises Unacceptable where the application has no such place."""
    if place.kind == "field":
        asked = versions.form_of(application).fields.get(place.key)
        if asked is not None:
            written = answers.snapshot(application)
            stored = written["fields"].get(place.key)
            former = {"value": stored, "text": answers.answer_text(asked, stored)}
            if place.key == "enterprise_id":
                former["employer"] = written.get("employer")
            return Content(str(asked.label), 0, former)
    elif place.kind == "row":
        for number, row in enumerate(answers.snapshot(application)["experiences"], 1):
            if row_target(row) == str(place):
                return Content(EXPERIENCE, number, {"row": row})
    elif place.kind == "paper" and place.key.isdecimal() and len(place.key) < 10:
        material = db.session.get(Material, int(place.key))
        files = _files(application, int(place.key))
        if material is not None and (material.active or files):
            return Content(material.name, 0, {"files": files})
    raise Unacceptable("target", NO_SUCH_PLACE)


def _files(application: Application, material_id: int) -> list[dict[str, Any]]:
    rows = db.session.execute(
        select(Attachment.id, Attachment.display_name)
        .where(
            Attachment.application_id == application.id,
            Attachment.material_id == material_id,
            Attachment.removed_after.is_(None),
        )
        .order_by(Attachment.id)
    )
    return [{"id": key, "name": name} for key, name in rows]


# --- the desk's draft


def waits_for(application: Application, actor: Account) -> bool:
    """Say whether the application, which the account sees, waits for its desk: only then it can mark."""
    return find_transition(application.state, Action.RETURN, actor.role) is not None


def drafts(application: Application, actor: Account) -> Sequence[Mark]:
    """Return the marks of this account's desk on an application that it sees, in the order in which they were made."""
    if not application.marked or not waits_for(application, actor):
        return ()
    return db.session.scalars(
        select(Mark)
        .where(Mark.application_id == application.id, at_desk(Mark, desk_for(actor, application)))
        .order_by(Mark.id)
    ).all()


def with_drafts(actor: Account, rows: Iterable[Any]) -> set[int]:
    """Return the ids of those applications that have marks of this account's desk.

    `rows` have the columns id, region_id and marked. `marked` alone does not say whose the marks are: after a merger, or after a
    withdrawal to another employer, an application waits for a desk that neither made nor sees them.
    """
    marked = {row.id: row for row in rows if row.marked}
    if not marked:
        return set()
    made = select(Mark.application_id, Mark.enterprise_id, Mark.office_id).where(
        Mark.application_id.in_(marked)
    )
    return {key for key, *desk in db.session.execute(made) if Desk(*desk) == desk_for(actor, marked[key])}


def put(number: str, actor: Account, place: str, note: str) -> Mark:
    """Write the mark of the desk on a place, or replace it.

    Raises NotVisible, NotPermitted when the application does not wait for this desk (any more), Unacceptable for a note that is
    empty or too long and for a place that the application has not.
    """
    note = cleaned_lines(note)
    if not note:
        raise Unacceptable("note", NOTE_MISSING)
    if len(note) > LONGEST_NOTE:
        raise Unacceptable("note", NOTE_TOO_LONG)
    with exclusive():
        person, application = _lock(number, actor)
        written = _content(application, parse_target(place))
        found = _at_place(application, person, place)
        if found:
            mark, *others = found
            for other in others:
                db.session.delete(other)
            mark.target = place
        else:
            mark = Mark(application_id=application.id, target=place, **desk_for(person, application).columns)
            db.session.add(mark)
        mark.note, mark.content = note, written._asdict()
        mark.author_id, mark.author_name, mark.at = person.id, person.name, now()
        application.marked = True
    return mark


def remove(number: str, actor: Account, place: str) -> None:
    """Remove the desk's mark from a place; where there is none nothing happens. Raises NotVisible, NotPermitted."""
    with exclusive():
        person, application = _lock(number, actor)
        for mark in _at_place(application, person, place):
            db.session.delete(mark)
        left = exists().where(Mark.application_id == application.id)
        application.marked = bool(db.session.scalar(select(left)))


def _lock(number: str, actor: Account) -> tuple[Account, Application]:
    person = active_account(actor)
    application = locking.lock(number, person)
    if not waits_for(application, person):
        raise NotPermitted
    return person, application


def _at_place(application: Application, person: Account, place: str) -> list[Mark]:
    """Return the desk's marks that stand at a place now, first the one that was made for just this content.

    A row of 学习工作经历 may have been changed since it was marked (`present_target`), and two rows may have become one.
    """
    rows = answers.snapshot(application)["experiences"] if parse_target(place).kind == "row" else ()
    made = db.session.scalars(
        select(Mark)
        .where(Mark.application_id == application.id, at_desk(Mark, desk_for(person, application)))
        .order_by(Mark.id)
    )
    found = [mark for mark in made if place in (mark.target, present_target(mark, rows))]
    return sorted(found, key=lambda mark: mark.target != place)


@dataclass(frozen=True)
class DeskDecision(Decision):
    """A decision of a desk. A return takes the desk's marks with it; every decision ends the drafts on the application.

    They are read under the application's lock: a mark that a colleague has just made goes out as well. One on an experience
    that has been deleted since does not.
    """

    def gathered(self, application: Application, transition: Transition, person: Account) -> Decision:
        decision = self._on_behalf(application, person)
        if not application.marked or transition.action is not Action.RETURN:
            return decision
        rows = answers.snapshot(application)["experiences"]
        placed = [(mark, present_target(mark, rows)) for mark in drafts(application, person)]
        return replace(decision, marks=[_sent(mark, place, application) for mark, place in placed if place])

    def close_drafts(self, application: Application) -> None:
        if application.marked:
            db.session.execute(delete(Mark).where(Mark.application_id == application.id))
            application.marked = False

    def _on_behalf(self, application: Application, person: Account) -> Decision:
        """Return the decision with the colleague who has taken the application, if the person is deputy for them today."""
        absent = dict(person.membership.absent)
        holder = assignments.taker_of(application.id, person) if absent else None
        return replace(self, on_behalf_of=absent[holder.id]) if holder and holder.id in absent else self


def _sent(mark: Mark, place: str, application: Application) -> SentMark:
    """Return a mark as it goes out: with what stands there now, which a withdrawal may have changed since it was made."""
    try:
        content = _content(application, parse_target(place))._asdict()
    except Unacceptable:
        content = mark.content
    return {
        "target": place,
        **content,
        "note": mark.note,
        "author": mark.author_name,
        "author_id": mark.author_id,
        "at": mark.at.isoformat(),
        **Desk(mark.enterprise_id, mark.office_id).columns,
    }


def restore_drafts(application: Application, taken: Review) -> None:
    """Make the marks of a return that is taken back the desk's draft again (W13). The caller holds the lock."""
    made: dict[str, Mark] = {}
    for sent in taken.marks or ():
        if sent["target"] in made:  # a desk has one mark at a place
            made[sent["target"]].note += f"\n{sent['note']}"
            continue
        mark = made[sent["target"]] = Mark(
            application_id=application.id,
            target=sent["target"],
            note=sent["note"],
            content={key: sent[key] for key in Content._fields},
            author_id=sent["author_id"],
            author_name=sent["author"],
            at=datetime.fromisoformat(sent["at"]),
            enterprise_id=sent["enterprise_id"],
            office_id=sent["office_id"],
        )
        db.session.add(mark)
        application.marked = True


def present_target(mark: Mark, rows: Sequence[Row]) -> str | None:
    """Return the target of a draft among the present rows of 学习工作经历; None for a row that is there no more."""
    if parse_target(mark.target).kind != "row":
        return mark.target
    targets = [row_target(row) for row in rows]
    if mark.target in targets:
        return mark.target
    pairs = zip(targets, compare_rows(rows, [mark.content["former"]["row"]]), strict=False)
    return next((place for place, row in pairs if row.difference is RowDifference.CHANGED), None)
