"""What was submitted with one application, as people read it: the last submission, compared with an earlier one."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask_babel import gettext
from sqlalchemy import Integer, bindparam, select
from sqlalchemy.orm.attributes import set_committed_value

from admin_views.files.papers import Slots
from admin_views.files.signed_papers import PaperRemark, for_reviewer
from admin_views.site.languages import cached_per_language
from admin_views.site.wording import translated
from common.identity import masked
from desk.comparison import RowDifference, Snapshot, Submission, baseline, compare_rows, same_employer
from desk.marks import field_target, row_target
from desk.submissions import Corrected, corrected
from models import Account, Action, Application, Review
from models.object_statements import ObjectStatement
from workflow.form import answers, versions
from workflow.form import fields as form_fields
from workflow.transitions import STATES_WITH_APPLICANT


class ExperienceRow(NamedTuple):
    """One row of 学习工作经历; `former` has label and former text of each part that was changed."""

    row: Mapping[str, str]
    difference: str
    former: list[tuple[str, str]]

    @property
    def target(self) -> str:
        """Return the target of a mark on the row (desk/marks.py)."""
        return row_target(self.row)


class Fact(NamedTuple):
    """One field as a page shows it. `before`: the text of the earlier submission where it differs, else None.

    `note` is a remark shown as a badge, `aside` one in small text; `agreed` is the text of a statement. The templates unpack it.
    """

    key: str
    target: str
    label: str
    value: str
    secret: bool
    before: str | None
    note: str | None
    agreed: str
    aside: str = ""


class PageSection(NamedTuple):
    """One section of the form as read by a reviewer."""

    section: form_fields.Section
    facts: list[Fact]
    experiences: list[ExperienceRow]


class Read(NamedTuple):
    """What one account reads of an application: the last submission, and the earlier one that it is compared with."""

    newest: Submission | None = None
    """None for an application that was never submitted."""
    before: Submission | None = None
    shown: Corrected | None = None
    """The last submission, with later corrections in it."""

    @property
    def seen_round(self) -> int | None:
        """Return the round of the earlier submission; papers of later rounds are new."""
        return self.before.round if self.before else None


MOST_COMPARED = 20
"""Submissions of one application among which the earlier one is looked for."""

_WHOLE_HISTORY = ObjectStatement(
    lambda: (
        select(Review)
        .where(Review.application_id == bindparam("application_id", type_=Integer))
        .order_by(Review.sequence.desc())
    ),
    also=("snapshot",),
    only_read=True,
)


def history_with_submissions(application: Application) -> list[Review]:
    """Return the history, newest first, with its snapshots, which `read_by` would load one by one. The rows belong to no session."""
    history: list[Review] = _WHOLE_HISTORY.objects({"application_id": application.id})
    for row in history:
        set_committed_value(row, "application", application)
    return history


def read_by(application: Application, history: Sequence[Review], actor: Account) -> Read:
    """Return what this account reads. `history` is the application's, newest first (history_with_submissions)."""
    submitted = [row for row in history if row.action is Action.SUBMIT][:MOST_COMPARED]
    submissions = [
        Submission(application.round - place, row.sequence, row.snapshot)
        for place, row in enumerate(submitted)
        if row.snapshot
    ]
    if not submissions:
        return Read()
    newest = submissions[0]
    return Read(newest, baseline(submissions, history, actor), corrected(application, newest.snapshot))


def submitted_fields(application: Application, read: Read) -> dict[str, Any]:
    """Return the fields of the last submission that its form has; nothing for an application that was never submitted."""
    if read.shown is None:
        return {}
    found = read.shown.snapshot["fields"]
    return {key: found.get(key) for key in versions.form_of(application).fields}


def sections(application: Application, read: Read) -> list[PageSection]:
    """Return the sections with their fields; empty for an application that was never submitted."""
    if read.shown is None:
        return []
    before = read.before.snapshot if read.before else None
    return _sections(application, read.shown.snapshot, before, _notes(application, read.shown))


def paper_remarks(application: Application, papers: Slots, read: Read) -> dict[int, PaperRemark]:
    """Return the remarks on signed forms by file id: whether each agrees with the last submission.

    A code that the applicant may have typed since the last submission is not used.
    """
    with_applicant = application.state in STATES_WITH_APPLICANT
    files = [
        file
        for _, several in papers
        for file in several
        if file.form_code is not None and not (with_applicant and file.form_code_typed)
    ]
    if read.shown is None or not files:
        return {}
    return for_reviewer(application, files, read.shown.snapshot)


def _notes(application: Application, shown: Corrected) -> dict[str, str]:
    """Return a note with the submitted text for each corrected field."""
    asked = versions.form_of(application).fields
    return {
        key: gettext(
            "已更正，提交时为“%(former)s”",
            former=masked(translated(text)) if asked[key].secret else translated(text),
        )
        for key, text in shown.former.items()
    }


def unsent(application: Application) -> list[PageSection]:
    """Return the sections as they would be submitted now, for the applicant to confirm. No number is masked, as on the form."""
    return _sections(application, answers.snapshot(application), None, {}, in_full=True)


def _sections(
    application: Application,
    newest: Snapshot,
    before: Snapshot | None,
    notes: dict[str, str],
    in_full: bool = False,
) -> list[PageSection]:
    found = []
    form = versions.form_of(application)
    words = _words(form)
    for section in form.sections:
        facts = [
            _fact(shown, words[shown.asked.key], notes, in_full)
            for shown in answers.shown_fields(section, newest, before)
        ]
        if before is not None and same_employer(newest, before):
            facts = [_renamed(fact) if fact.key == "enterprise_id" else fact for fact in facts]
        rows = _experiences(newest, before) if section.key == "experience" else []
        if facts or rows:
            found.append(PageSection(section, facts, rows))
    return found


def _renamed(fact: Fact) -> Fact:
    """Return the fact of 工作单位 for an employer that is still the same: its new name or region is not the applicant's change."""
    if fact.before is None:
        return fact
    note = gettext("单位未变，名称或所属地区已变更；上次提交时为：%(text)s", text=fact.before)
    return fact._replace(before=None, aside=note)


def _experiences(newest: Snapshot, before: Snapshot | None) -> list[ExperienceRow]:
    rows = newest["experiences"]
    if before is None:
        return [ExperienceRow(row, RowDifference.SAME.value, []) for row in rows]
    return [
        ExperienceRow(
            each.row,
            each.difference.value,
            [(translated(label), _part(each.before, keys)) for label, keys in each.changed if each.before],
        )
        for each in compare_rows(rows, before["experiences"])
    ]


def _part(row: Mapping[str, str], keys: tuple[str, ...]) -> str:
    if "start" in keys:
        return gettext("%(start)s 至 %(end)s", start=row.get("start"), end=row.get("end") or gettext("今"))
    return translated(row.get(keys[0]) or "")


OF_THE_FORM = (form_fields.Kind.CHOICE, form_fields.Kind.PROMISE)
"""Kinds of fields whose values are labels of the form, which are translated. Other values were typed by somebody."""


class FieldWords(NamedTuple):
    """The parts of a `Fact` that do not depend on the answer."""

    target: str
    label: str
    agreed: str


@cached_per_language
def _words(form: versions.Form) -> dict[str, FieldWords]:
    return {
        asked.key: FieldWords(
            field_target(asked.key),
            translated(asked.label),
            translated(asked.help) if asked.kind is form_fields.Kind.PROMISE else "",
        )
        for asked in form.fields.values()
    }


def _fact(shown: answers.ShownField, words: FieldWords, notes: dict[str, str], in_full: bool) -> Fact:
    asked, text, before = shown
    hide = masked if asked.secret and not in_full else translated if asked.kind in OF_THE_FORM else str
    return Fact(
        asked.key,
        words.target,
        words.label,
        hide(text),
        asked.secret and bool(text),
        hide(before) if before is not None else None,
        notes.get(asked.key),
        words.agreed,
    )
