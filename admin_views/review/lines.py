"""What a list says, in plain values: what is alike is drawn once (templates/review/list_parts.html)."""

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
    """One view of the list, as its tab says it."""

    label: str
    url: str
    current: bool
    count: str | None  # type: ignore[assignment]  # a tuple's own counts what is in it


class Turns(NamedTuple):
    """Where the list goes on from here; None where it does not."""

    first: str | None
    previous: str | None
    next: str | None
    last: str | None


class Next(NamedTuple):
    """The application that comes after the one that is open."""

    number: str
    name: str
    waiting_since: datetime


class Line(NamedTuple):
    """One application in the list. It is all that its row says: two that are alike are drawn once (review/list_parts.html)."""

    number: str
    name: str
    enterprise: str | None
    education: str | None
    """As it is typed now, and the version of the form names it."""
    submitted_at: datetime | None
    since: datetime
    """Both in UTC without saying so, as they are stored."""
    state: str
    result: str | None
    resubmit_by: date | None
    taken_by: str | None
    """Who of the desk has taken it."""
    form: Form
    in_days: bool
    """How long one has waited is said where all have the same state."""
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
        """Return the badge at its right."""
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
        """Return what is left of the time limit of its step."""
        return limit_badge(self.since, State(self.state), self.limits, self.calendar)

    def _term(self, word: str) -> Badge:
        """Return the badge of one that is back with its applicant."""
        if self.resubmit_by is None:
            return Badge("idle", word)
        last = day(self.resubmit_by)
        if is_past(self.resubmit_by):
            return Badge("late", gettext("%(state)s，%(day)s 已过", state=word, day=last))
        return Badge("idle", gettext("%(state)s，至 %(day)s", state=word, day=last))


def lines(rows: Sequence[Any], in_days: bool, limits: TimeLimits) -> list[Line]:
    """Return the rows (`list.STORED`) as the list says them."""
    if not rows:
        return []  # the calendar's stamp would be asked for alone; it comes beside the rows
    forms = {number: versions.version(number) for number in {row.form_version for row in rows}}
    for_all = in_days, today(), present_calendar(), language(), limits
    return [
        Line(
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
            *for_all,
        )
        for row in rows
    ]


def note_on_unknown_years(shown: Sequence[Line]) -> str:
    """Return what the list says of years that were counted Monday to Friday: the longest wait names all of them."""
    return longest_wait_note(line.since for line in shown if line.state in UNDER_REVIEW)
