"""Contradictions as the page of one application shows them (W3): by the place where they stand, in the person's language."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from flask_babel import gettext

from admin_views.review.submitted_content import Read
from admin_views.review.time_limits import last_day
from admin_views.site.wording import translated
from common.calendar import local_date, today
from desk.contradictions import Submitted, crossing_rows, field_contradictions
from desk.marks import field_target, row_target
from desk.same_elsewhere import FILE, Same
from models import Application
from workflow import routing
from workflow.form import versions


class Link(NamedTuple):
    """An application within the scope of who looks."""

    number: str
    url: str


class Contradiction(NamedTuple):
    """One sentence beside a field, a row or a file, with the applications it links to."""

    text: str
    links: tuple[Link, ...] = ()


Contradictions = Mapping[str, list[Contradiction]]
"""By place: a target of desk/marks.py for fields and rows, `file:<id>` for files."""


def contradictions(
    application: Application, read: Read, same_elsewhere: Iterable[Same], url_of: Callable[[str], str]
) -> Contradictions:
    """Return what does not fit in the last submission; nothing for what was never submitted. The time limits and what is the same
    with other people's have been read before (time_limits.values, desk/page_context.py).

    `url_of` returns the address of an application by its number.
    """
    if read.shown is None:
        return {}
    snapshot = read.shown.snapshot
    found: dict[str, list[Contradiction]] = {}
    under_review = application.state in routing.REVIEW_STEPS
    decided_on = today() if under_review else local_date(application.arrived_at)
    form = versions.form_of(application).fields
    submitted = Submitted.of(snapshot, form, decided_on, under_review, last_day(application))
    for key, sentence in field_contradictions(submitted):
        _add(found, field_target(key), translated(sentence.text, sentence.words))
    for index, sentence in crossing_rows(submitted.experiences):
        _add(found, row_target(submitted.experiences[index]), translated(sentence.text, sentence.words))
    for same in same_elsewhere:
        place = f"file:{same.file_id}" if same.key == FILE else field_target(same.key)
        links = (Link(number, url_of(number)) for number in same.numbers)
        _add(found, place, _same_text(same), tuple(links))
    return found


def _add(found: dict[str, list[Contradiction]], place: str, text: str, links: tuple[Link, ...] = ()) -> None:
    found.setdefault(place, []).append(Contradiction(text, links))


def _same_text(same: Same) -> str:
    if same.key == FILE:
        return gettext("与另一人的申请中的文件相同")
    return gettext("与另一人的申请相同")
