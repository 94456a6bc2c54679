"""The rows of the reviewers' list as plain values: equal rows are rendered once (templates/review/list_parts.html)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from flask_babel import gettext

from admin_views.review.time_limits import limit_badge
from admin_views.site.frame import is_past
from admin_views.site.languages import language
from admin_views.site.lists import Badge
from admin_views.site.page_counts import present_calendar
from admin_views.site.wording import day, longest_wait_note, translated, waiting_time
from common.calendar import today
from common.working_days import Calendar
from desk.time_limits import TimeLimits
from models import Result, State
from workflow import routing
from workflow.form import versions
from workflow.form.versions import Form
from workflow.transitions import FINISHED, RESULT_WORDS, STATE_WORDS, STATES_WITH_APPLICANT

UNDER_REVIEW = frozenset(state.value for state in routing.REVIEW_STEPS)


class Tab(NamedTuple):
    """One tab above the list."""

    label: str
    url: str
    current: bool
    count: str | None  # type: ignore[assignment]  # a tuple's own counts what is in it


class PagerUrls(NamedTuple):
    """The URLs of the neighbouring pages; None where there is none."""

    first: str | None
    previous: str | None
    next: str | None
    last: str | None


class NextRow(NamedTuple):
    """The application that comes after the one that is open."""

    number: str
    name: str
    waiting_since: datetime


class ListRow(NamedTuple):
    """One application in the list, with everything that its row depends on: equal rows share their HTML."""

    number: str
    name: str
    enterprise: str | None
    education: str | None
    """The key of the present answer; its label is that of the form version."""
    submitted_at: datetime | None
    since: datetime
    """Both in UTC without a time zone, as they are stored."""
    state: str
    result: str | None
    resubmit_by: date | None
    taken_by: str | None
    """The colleague of the desk who has taken it."""
    form: Form
    in_days: bool
    """Whether the badge shows the waiting time instead of the state: on the tab where all rows wait."""
    today: date
    calendar: Calendar
    language: str
    limits: TimeLimits

    @property
    def education_word(self) -> str:
        if State(self.state) in STATES_WITH_APPLICANT:
            return ""
        words = self.form.known["education"].choices
        return translated(words.get(self.education, self.education or ""))

    @property
    def submitted(self) -> datetime | None:
        return self.submitted_at and self.submitted_at.replace(tzinfo=UTC)

    @property
    def badge(self) -> Badge:
        """Return the badge of its state, its result or its waiting time."""
        state = State(self.state)
        if state is FINISHED:
            result = Result(self.result)
            return Badge("good" if result is Result.PASSED else "bad", translated(RESULT_WORDS[result]))
        word = translated(STATE_WORDS[state])
        if state not in routing.REVIEW_STEPS:
            return self._term(word)
        wait, limit = waiting_time(self.since.replace(tzinfo=UTC)), self.limit_badge
        late = wait["late"] if limit is None else limit.kind != "wait"
        return Badge("late" if late else "wait", wait["words"] if self.in_days else word)

    @property
    def limit_badge(self) -> Badge | None:
        """Return the badge of what is left of its step's time limit; None where the step has none."""
        return limit_badge(self.since, State(self.state), self.limits, self.calendar)

    def _term(self, word: str) -> Badge:
        """Return the badge of an application that is with its applicant."""
        if self.resubmit_by is None:
            return Badge("idle", word)
        last = day(self.resubmit_by)
        if is_past(self.resubmit_by):
            return Badge("late", gettext("%(state)s，%(day)s 已过", state=word, day=last))
        return Badge("idle", gettext("%(state)s，至 %(day)s", state=word, day=last))


def list_rows(rows: Sequence[Any], in_days: bool, limits: TimeLimits) -> list[ListRow]:
    """Return the list's rows for rows of the database (`application_list.STORED`)."""
    if not rows:
        return []  # without rows the calendar's stamp was not read either, and would need a statement of its own
    forms = {number: versions.version(number) for number in {row.form_version for row in rows}}
    common = in_days, today(), present_calendar(), language(), limits
    return [
        ListRow(
            row.number,
            row.name,
            row.enterprise,
            row.education,
            row.submitted_at,
            row.arrived_at,
            row.state,
            row.result,
            row.resubmit_by,
            row.taken_by,
            forms[row.form_version],
            *common,
        )
        for row in rows
    ]


def note_on_unknown_years(rows: Sequence[ListRow]) -> str:
    """Return the note on years that were counted Monday to Friday; the longest wait names all of them."""
    return longest_wait_note(row.since for row in rows if row.state in UNDER_REVIEW)
