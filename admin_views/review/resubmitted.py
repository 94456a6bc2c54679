"""What a desk reads first after a resubmission (W2): its own marks and every other change, before and after side by side."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from flask_babel import gettext

from admin_views.files.papers import FileUrl, Slots, ViewerFile, viewer_file
from admin_views.review.submitted_content import ExperienceRow, Fact, PageSection, Read
from admin_views.site.wording import experience_text, place_name, translated
from common.identity import masked
from desk import returned_marks
from desk.marks import SentMark, paper_target, waits_for
from desk.returned_marks import Outcome
from models import Account, Action, Application, Review
from workflow.form import versions


class Comparison(NamedTuple):
    """One place before and after. `target` is its id on the page, "" when it no longer exists; `note` is the mark's.

    A material has the files that were removed and added, and the number of those that stayed.
    """

    target: str
    label: str
    before: str = ""
    after: str = ""
    changed: bool = True
    note: str = ""
    author: str = ""
    former_files: Sequence[ViewerFile] = ()
    new_files: Sequence[ViewerFile] = ()
    same_files: int = 0
    of_files: bool = False


def resubmitted_values(
    application: Application,
    history: Sequence[Review],
    read: Read,
    sections: Sequence[PageSection],
    papers: tuple[Slots, Slots, FileUrl],
    actor: Account,
) -> dict[str, Any]:
    """Return the marks of the desk's last decision and the other changes since it; neither if the desk has not decided yet.

    `papers`: all files that the account may see by material, those of the last submission by material, and their URLs.
    """
    none: dict[str, Any] = {"own_marks": (), "other_changes": (), "changes_complete": False}
    if read.newest is None or read.before is None or not waits_for(application, actor):
        return none
    decision = returned_marks.last_decision(history, read.newest, actor)
    if decision is None or _decided_submission(decision, history) != read.before.sequence:
        return none
    marks: Sequence[SentMark] = decision.marks or ()
    files = dict(_paper_changes(*papers, read.before.round))
    facts = {fact.target: fact for part in sections for fact in part.facts}
    rows = [row for part in sections for row in part.experiences]
    outcomes = list(
        returned_marks.outcomes(
            marks,
            versions.form_of(application),
            read.newest.snapshot,
            read.before.snapshot["experiences"],
            {material.id: [file.id for file in there] for material, there in papers[1]},
        )
    )
    marked = {outcome.mark["target"] for outcome in outcomes}
    marked_rows = {outcome.row for outcome in outcomes if outcome.row is not None}
    return {
        "own_marks": [_marked(outcome, application, facts, rows, files) for outcome in outcomes],
        "other_changes": [
            *_other_facts(facts, marked),
            *_other_rows(rows, marked, marked_rows),
            *(each for target, each in files.items() if each.changed and target not in marked),
        ],
        "changes_complete": True,
    }


def _decided_submission(decision: Review, history: Sequence[Review]) -> int | None:
    """Return the sequence number of the submission that a history row decided."""
    return next(
        (row.sequence for row in history if row.action is Action.SUBMIT and row.sequence < decision.sequence),
        None,
    )


def _marked(
    outcome: Outcome,
    application: Application,
    facts: Mapping[str, Fact],
    rows: Sequence[ExperienceRow],
    files: Mapping[str, Comparison],
) -> Comparison:
    mark, target = outcome.mark, outcome.mark["target"]
    common: dict[str, Any] = {
        "label": place_name(mark),
        "note": mark["note"],
        "author": mark["author"],
        "changed": outcome.changed,
    }
    if outcome.target.kind == "paper":
        there = files.get(target)
        if there is None:
            return Comparison("", **common, of_files=True)
        return Comparison(
            target,
            **common,
            former_files=there.former_files,
            new_files=there.new_files,
            same_files=there.same_files,
            of_files=True,
        )
    if outcome.target.kind == "row":
        after = experience_text(outcome.present_row) if outcome.present_row else gettext("已删除")
        at = rows[outcome.row].target if outcome.row is not None else ""
        return Comparison(at, **common, before=experience_text(outcome.former["row"]), after=after)
    asked = versions.form_of(application).known.get(outcome.target.key)
    hide = masked if asked and asked.secret else translated
    fact = facts.get(target)
    after = fact.value if fact else hide(outcome.text)
    return Comparison(target if fact else "", **common, before=hide(outcome.former["text"]), after=after)


def _other_facts(facts: Mapping[str, Fact], marked: set[str]) -> Iterator[Comparison]:
    for target, fact in facts.items():
        if fact.before is not None and target not in marked:
            yield Comparison(target, fact.label, fact.before, fact.value)


def _other_rows(
    rows: Sequence[ExperienceRow], marked: set[str], marked_rows: set[int]
) -> Iterator[Comparison]:
    name = gettext("学习工作经历")
    for index, row in enumerate(rows):
        if index in marked_rows or row.difference == "same":
            continue
        if row.difference == "removed":
            if row.target not in marked:
                yield Comparison("", name, experience_text(row.row), gettext("已删除"))
        elif row.difference == "added":
            yield Comparison(row.target, name, "", experience_text(row.row))
        else:
            former = gettext("，").join(f"{label} {text or gettext('未填')}" for label, text in row.former)
            yield Comparison(row.target, name, former, experience_text(row.row))


def _paper_changes(
    visible: Slots, slots: Slots, address: FileUrl, decided_round: int
) -> Iterator[tuple[str, Comparison]]:
    """Yield each material with the files that were removed and added since the submission that the desk decided."""
    visible_files = {material.id: files for material, files in visible}
    for material, present in slots:
        former = [
            file
            for file in visible_files[material.id]
            if (file.submitted_round or 0) <= decided_round
            and (file.removed_after is None or file.removed_after >= decided_round)
        ]
        there, then = {file.id for file in present}, {file.id for file in former}
        removed = [viewer_file(file, address) for file in former if file.id not in there]
        added = [viewer_file(file, address) for file in present if file.id not in then]
        target = paper_target(material.id)
        yield (
            target,
            Comparison(
                target,
                material.name,
                changed=there != then,
                former_files=removed,
                new_files=added,
                same_files=len(there & then),
                of_files=True,
            ),
        )
