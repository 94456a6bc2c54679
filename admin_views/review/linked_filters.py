"""Filters of the list that only links of the statistics use (W11). They have no field: the list shows in words which are in use.

All of them are for the tab `all` and its order by submission, whose index has the columns that they compare.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import Integer, String, and_, bindparam, func, not_, select

from admin_views.review.application_list import BY_EDUCATION, BY_RESULT, BY_STATE, Choice, Filter
from admin_views.site.page_counts import current_shape
from admin_views.site.typed import row_number
from admin_views.site.wording import translated
from common.calendar import start_of
from common.wording import N_
from common.working_days import ONE_DAY
from models import Application, Enterprise, Region
from models.database import Instant
from models.statements import execute
from models.statistics import counted_applications
from workflow import scope
from workflow.form import versions
from workflow.scope import Criterion

SUBMITTED = frozenset({"submitted"})
LONGEST_COUNTED_ANSWER = 60
"""Characters of an answer that the statistics store (`counted_applications.industry`). A longer text in a URL finds nothing."""


@dataclass(frozen=True)
class ValueFilter(Filter):
    """A filter whose value is in the URL. It is bound, so lists that differ in the value only share a statement."""

    name: str = ""
    """The bind parameter of the value."""
    parse: Callable[[str], Any] = row_number
    """Returns the value of a text; None for an invalid one."""
    by_value: Choice | None = None

    def choice(self, value: str) -> Choice | None:
        known = self.by_value if self.parse(value) is not None else None
        return self.choices.get(value, known)

    def bind_values(self, value: str) -> dict[str, Any]:
        parsed = None if value in self.choices else self.parse(value)
        return {} if parsed is None else {self.name: parsed}


def _day(text: str) -> Any:
    """Return the instant at which a day begins; None for text that is no day."""
    try:
        return start_of(date.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _day_after(text: str) -> Any:
    try:
        return start_of(date.fromisoformat(text) + ONE_DAY)
    except (ValueError, OverflowError):
        return None


def _by_value(
    label: str, name: str, parse: Callable[[str], Any], criterion: Callable[[], Criterion]
) -> ValueFilter:
    return ValueFilter(label, "", {}, SUBMITTED, ("all",), name, parse, Choice("", criterion))


BY_REGION = _by_value(
    N_("地区"),
    "linked_region",
    row_number,
    lambda: Application.region_id == bindparam("linked_region", type_=Integer),
)
BY_ENTERPRISE = _by_value(
    N_("工作单位"),
    "linked_enterprise",
    row_number,
    lambda: Application.submitted_enterprise_id == bindparam("linked_enterprise", type_=Integer),
)
SINCE = _by_value(
    N_("提交时间自"),
    "linked_since",
    _day,
    lambda: Application.submitted_at >= bindparam("linked_since", type_=Instant()),
)
UNTIL = _by_value(
    N_("提交时间至"),
    "linked_until",
    _day_after,
    lambda: Application.submitted_at < bindparam("linked_until", type_=Instant()),
)

UNANSWERED = "-"
"""The value in a URL for a missing answer."""


def _answer(text: str) -> str | None:
    return text if len(text) <= LONGEST_COUNTED_ANSWER else None


def _by_answer(label: str, name: str, answer: Callable[[Any], Criterion]) -> ValueFilter:
    """Return a filter by an answer. Like the statistics it leaves out applications that are with their applicants.

    `answer`: returns the criterion of a value.
    """
    value = bindparam(name, type_=String)
    missing = Choice(N_("未填写"), lambda: and_(answer(""), not_(scope.IS_WITH_APPLICANT)), True)
    given = Choice("", lambda: and_(answer(value), not_(scope.IS_WITH_APPLICANT)), True)
    return ValueFilter(label, "", {UNANSWERED: missing}, SUBMITTED, ("all",), name, _answer, given)


def _of_industry(value: Any) -> Criterion:
    """Return the criterion by the table of the statistics: every decision would have to update an index on applications."""
    counted = (
        counted_applications.c.application_id == Application.id,
        counted_applications.c.industry == value,
    )
    return select(counted_applications.c.application_id).where(*counted).exists()


BY_INDUSTRY = _by_answer(N_("所属战略性新兴产业"), "linked_industry", _of_industry)
BY_OTHER_EDUCATION = _by_answer(
    N_("学历"), "linked_education", lambda value: func.coalesce(Application.education, "") == value
)
"""For an education that is not among the choices of the list's own filter."""

LINKED: dict[str, Filter] = {
    "industry": BY_INDUSTRY,
    "other_education": BY_OTHER_EDUCATION,
    "region": BY_REGION,
    "enterprise": BY_ENTERPRISE,
    "from": SINCE,
    "to": UNTIL,
    **{
        key: replace(one, sorts=SUBMITTED, tabs=("all",))
        for key, one in (("state", BY_STATE), ("result", BY_RESULT), ("education", BY_EDUCATION))
    },
}
"""By their parameter in a URL. A console's own filter with the same parameter takes precedence."""


class FilterInUse(NamedTuple):
    """A linked filter in words."""

    label: str
    value: str


@cache
def own_filters(console: Any, tab: str) -> Mapping[str, Filter]:
    """Return the filters that have a field on this tab."""
    return {key: one for key, one in console.filters.items() if tab in one.tabs}


def linked_values(
    own: Mapping[str, Filter], tab: str, chosen: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Return parameter and value of the linked filters in use; the form of the search keeps them."""
    return tuple(
        (key, chosen[key])
        for key, one in LINKED.items()
        if key in chosen and key not in own and tab in one.tabs and one.choice(chosen[key]) is not None
    )


def filters_in_use(own: Mapping[str, Filter], tab: str, chosen: Mapping[str, str]) -> tuple[FilterInUse, ...]:
    """Return the linked filters in use in words."""
    used = linked_values(own, tab, chosen)
    return tuple(FilterInUse(translated(LINKED[key].label), _text(key, value)) for key, value in used)


def _text(key: str, value: str) -> str:
    known = LINKED[key].choices.get(value)
    if known is not None:
        return translated(known.label)
    if key in ("from", "to", "other_education"):
        return value
    if key == "industry":
        field = versions.published().known.get(key)
        return translated(field.choices.get(value, value)) if field else value
    named = Region.name if key == "region" else Enterprise.name
    rows = select(named).where(named.class_.id == row_number(value))
    shape = current_shape()
    if key == "enterprise":  # no name of an enterprise of which the account sees no application
        of_it = Application.submitted_enterprise_id == Enterprise.id
        rows = rows.where(select(Application.id).where(of_it, scope.visible(shape)).exists())
    values = shape.bind_values(current_user._get_current_object())
    return execute(rows, values).scalar() or gettext("所选的")
