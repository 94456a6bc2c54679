"""The marks of the returns that an applicant has to deal with (A23): at their places, in a list, each 已修改 or 未修改."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from admin_views.site.wording import place_name
from common.errors import ActionRefused
from desk import returned_marks
from desk.comparison import Snapshot
from desk.returned_marks import Outcome
from models import Action, Application, Attachment, Material, Review
from workflow.form import answers, versions
from workflow.form.fields import Kind
from workflow.form.living_allowance import EXPERIENCE_KINDS

KIND_VALUES = {label: kind.value for kind, label in EXPERIENCE_KINDS.items()}

SECTIONS = {"row": "experience", "paper": "attachments"}
"""The section of the form for each kind of target but fields."""


class UntouchedMarks(ActionRefused):
    """Something that a return has marked is still what it was, and the applicant has not said to submit it nevertheless."""


Slots = Sequence[tuple[Material, Collection[Attachment]]]


class ReturnedMark(NamedTuple):
    """A mark as its applicant sees it. The script compares the control `control` with `was` as the person works."""

    key: str
    name: str
    note: str
    changed: bool
    url: str
    place: str
    control: str = ""
    was: str = ""


@dataclass
class ReturnedMarks:
    """All of them: by the return that they came with, and by their place on the page."""

    of_return: dict[int, list[ReturnedMark]] = field(default_factory=dict)
    at: dict[str, list[ReturnedMark]] = field(default_factory=dict)
    sections: set[str] = field(default_factory=set)
    """The sections with a mark that is untouched: a phone shows them open."""

    @property
    def untouched(self) -> list[ReturnedMark]:
        """Return those whose place is still what it was."""
        return [mark for marks in self.of_return.values() for mark in marks if not mark.changed]


class PageUrls(NamedTuple):
    """Where the places are: `form` is "" on the page of the form itself."""

    form: str
    attachments: str


def returned(
    application: Application,
    reviews: Sequence[Review],
    returns: Sequence[Review],
    slots: Slots,
    urls: PageUrls,
) -> ReturnedMarks:
    """Return the marks of these returns. `reviews` is the whole history, newest first."""
    found = ReturnedMarks()
    if not any(review.marks for review in returns):
        return found
    now = answers.snapshot(application)
    files = {material.id: [file.id for file in there] for material, there in slots}
    for review in returns:
        sent = review.marks or ()
        rows = _rows_returned(review, reviews) if returned_marks.has_rows(sent) else ()
        form = versions.form_of(application)
        for number, outcome in enumerate(returned_marks.outcomes(sent, form, now, rows, files)):
            mark = _shown(application, outcome, f"{review.id}-{number}", urls)
            found.of_return.setdefault(review.id, []).append(mark)
            found.at.setdefault(mark.place, []).append(mark)
            if not mark.changed:
                found.sections.add(
                    SECTIONS.get(outcome.target.kind) or form.section_of.get(outcome.target.key, "")
                )
    return found


def _rows_returned(review: Review, reviews: Sequence[Review]) -> Sequence[dict[str, str]]:
    """Return the rows of 学习工作经历 of the submission that this line returned."""
    submission = next(
        (row for row in reviews if row.action is Action.SUBMIT and row.sequence < review.sequence), None
    )
    snapshot: Snapshot = (submission.snapshot if submission else None) or {"experiences": []}
    rows: Sequence[dict[str, str]] = snapshot["experiences"]
    return rows


def _shown(application: Application, outcome: Outcome, key: str, urls: PageUrls) -> ReturnedMark:
    place, common = (
        outcome.target,
        {"key": key, "name": place_name(outcome.mark), "note": outcome.mark["note"]},
    )
    if place.kind == "paper":
        at = f"material-{place.key}"
        return ReturnedMark(**common, changed=outcome.changed, url=f"{urls.attachments}#{at}", place=at)
    if place.kind == "row":
        at = "experiences" if outcome.row is None else f"row-{outcome.row}"
        was = (
            json.dumps(_row_values(outcome.former["row"]), ensure_ascii=False)
            if outcome.row is not None
            else ""
        )
        control = at if was else ""
        return ReturnedMark(
            **common, changed=outcome.changed, url=f"{urls.form}#{at}", place=at, control=control, was=was
        )
    asked = versions.form_of(application).fields.get(place.key)
    live = asked is not None and not asked.fixed
    return ReturnedMark(
        **common,
        changed=outcome.changed,
        url=f"{urls.form}#{place.key}",
        place=place.key,
        control=place.key if live else "",
        was=json.dumps(_field_value(outcome, asked.kind), ensure_ascii=False) if asked and live else "",
    )


def _field_value(outcome: Outcome, kind: Kind) -> str:
    """Return what the control of the form held at that time."""
    former = outcome.former
    if kind is Kind.ENTERPRISE:
        return str((former.get("employer") or {}).get("id", ""))
    if kind is Kind.PROMISE:
        return "yes" if former["value"] else ""
    return str(former["value"] or "") if kind is Kind.CHOICE else str(former["text"])


def _row_values(row: dict[str, str]) -> dict[str, str]:
    return {**row, "kind": KIND_VALUES.get(row["kind"], "")}
