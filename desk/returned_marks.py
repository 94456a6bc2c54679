"""What became of the marks that went out with a return: changed since or not, for the applicant (A23) and for the desk (W2)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from common.text import same_text
from desk.comparison import Row, RowDifference, Snapshot, Submission, compare_rows, same_employer
from desk.desks import Desk, desk_for, desk_of, desk_of_decision
from desk.marks import SentMark, Target, parse_target, row_target
from models import Account, Review
from workflow import progress
from workflow.form import answers
from workflow.form.versions import Form
from workflow.scope import DECISIONS

Files = Mapping[int, Collection[int]]
"""The ids of the present files by material."""


class Outcome(NamedTuple):
    """A mark beside what stands at its place now. `row`: the place of its experience among the present ones, from 0."""

    mark: SentMark
    changed: bool
    row: int | None = None
    text: str = ""
    """A field's present text, untranslated."""
    present_row: Row | None = None

    @property
    def target(self) -> Target:
        return parse_target(self.mark["target"])

    @property
    def former(self) -> Mapping[str, Any]:
        """What stood there when it was marked."""
        former: Mapping[str, Any] = self.mark["former"]
        return former


def outcomes(
    marks: Sequence[SentMark], form: Form, now: Snapshot, rows_before: Sequence[Row], files: Files
) -> Iterator[Outcome]:
    """Yield the marks with what became of them, in their order.

    `rows_before`: the rows of 学习工作经历 of the submission that was returned.
    """
    rows = _rows(now["experiences"], rows_before)
    for mark in marks:
        place, former = parse_target(mark["target"]), mark["former"]
        if place.kind == "row":
            index, changed = rows.get(mark["target"], (None, True))
            present = now["experiences"][index] if index is not None else None
            yield Outcome(mark, changed, index, present_row=present)
        elif place.kind == "paper":
            there = set(files.get(int(place.key), ()))
            yield Outcome(mark, there != {file["id"] for file in former["files"]})
        else:
            yield _field(mark, place.key, form, now)


def _field(mark: SentMark, key: str, form: Form, now: Snapshot) -> Outcome:
    former, asked = mark["former"], form.known.get(key)
    text = answers.answer_text(asked, now["fields"].get(key)) if asked else ""
    if former.get("employer"):
        then = {"fields": {key: former["text"]}, "employer": former["employer"]}
        return Outcome(mark, not same_employer(then, now), text=text)
    return Outcome(mark, not same_text(former["text"], text), text=text)


def _rows(now: Sequence[Row], before: Sequence[Row]) -> dict[str, tuple[int, bool]]:
    """Return, by its former target, where each row is now and whether it was changed."""
    found: dict[str, tuple[int, bool]] = {}
    for index, row in enumerate(compare_rows(now, before)[: len(now)]):
        if row.difference is RowDifference.SAME:
            found.setdefault(row_target(row.row), (index, False))
        elif row.before is not None:
            found.setdefault(row_target(row.before), (index, True))
    return found


def has_rows(marks: Sequence[SentMark]) -> bool:
    """Say whether a mark is on a row of 学习工作经历: only these need the rows of the submission that was returned."""
    return any(parse_target(mark["target"]).kind == "row" for mark in marks)


def last_decision(history: Sequence[Review], newest: Submission, actor: Account) -> Review | None:
    """Return the last decision of this account's desk before the newest submission. `history` is newest first.

    What was taken back does not count: nobody may have read that submission.
    """
    for row in progress.in_force(history):
        if (
            row.sequence < newest.sequence
            and row.action in DECISIONS
            and row.actor_role is actor.role
            and _by_own_desk(row, actor)
        ):
            return row
    return None


def _by_own_desk(row: Review, actor: Account) -> bool:
    if row.marks:  # a clerk may have changed the office since
        return desk_for(actor, row.application) == Desk(
            row.marks[0]["enterprise_id"], row.marks[0]["office_id"]
        )
    return row.actor_id == actor.id or desk_of_decision(row) == desk_of(actor)
