"""Time limits (W8) on the reviewers' pages: the filter, the numbers above the list, and the badge of one application."""

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from flask_babel import gettext, ngettext
from sqlalchemy import Engine, Select, select

from accounts.actor_shape import ActorShape
from admin_views.review.application_list import BY_LIMIT
from admin_views.site.base import MOST_COUNTED, number_on_tab
from admin_views.site.languages import cached_per_language
from admin_views.site.lists import Badge
from admin_views.site.page_counts import page_counts, present_calendar
from admin_views.site.wording import translated
from common.calendar import local_date, today
from common.single_objects import single_object
from common.working_days import Calendar
from desk import time_limits
from desk.time_limits import LIMITS, OWN_STEP, Standing, TimeLimits
from models import Application, Role, State, db
from models.statements import constant
from workflow import scope

MOST_DAYS = 100
"""Days of arrival whose last day a process keeps."""


class LastRead(NamedTuple):
    """The limits and the calendar as this process last read them."""

    limits: TimeLimits
    calendar: Calendar


_NOTHING_READ = LastRead(time_limits.limits_of(None), Calendar())
_last_read: WeakKeyDictionary[Engine, LastRead] = WeakKeyDictionary()


def last_read() -> LastRead:
    """Return what this process last read. A list binds its criteria with it, and checks `is_current` afterwards.

    So the list needs no statement before its own. The limits and the calendar change a few times a year.
    """
    found: LastRead | None = _last_read.get(db.engine)
    return found or _NOTHING_READ


def is_current(used: LastRead) -> bool:
    """Say whether the limits and the calendar are still those that were used; if not, `last_read` returns the present ones from now on."""
    present = LastRead(present_limits(), present_calendar())
    if present == used:
        return True
    _last_read[db.engine] = present
    return False


def read_again() -> None:
    """Read limits and calendar before a list that reads no numbers beside its rows."""
    is_current(last_read())


def present_limits() -> TimeLimits:
    """Return the limits; read with the page's other numbers."""
    [answer] = page_counts(LIMITS)
    return time_limits.limits_of(answer)


def list_values(role: Role, used: LastRead) -> dict[str, Any]:
    """Return the values of the list's criteria for what waits for this role; `today` decides who is deputy."""
    limit, day = limit_of(role, used.limits), today()
    return {"today": day, **time_limits.bound_values(time_limits.bounds(limit, day, used.calendar))}


def limit_of(role: Role, limits: TimeLimits) -> int:
    """Return the limit of the step at which a role reviews; 0 for none."""
    return limits.of(OWN_STEP[role]) if role in OWN_STEP else 0


@single_object()
def counts(actor: ActorShape) -> tuple[Select[Any], Select[Any]]:
    """Return the queries for how many are overdue and due today, each counting one further than MOST_COUNTED."""
    rows = select(Application.id).where(scope.waiting(actor)).limit(constant(MOST_COUNTED + 1))
    return (
        time_limits.count_of(rows, time_limits.is_overdue()),
        time_limits.count_of(rows, time_limits.is_due_today()),
    )


class CountLink(NamedTuple):
    """A number above the list that leads to its rows."""

    badge: Badge
    url: str


def count_links(address: str, overdue: int, due_today: int) -> list[CountLink]:
    """Return the numbers above the list; none for a number that is 0."""
    return [
        CountLink(Badge(kind, f"{translated(BY_LIMIT.choices[key].label)} {number_on_tab(number)}"), url)
        for key, kind, number in (("overdue", "bad", overdue), ("today", "late", due_today))
        if number and (url := f"{address}?limit={key}")
    ]


def limit_badge(since: datetime, step: State, limits: TimeLimits, calendar: Calendar) -> Badge | None:
    """Return what is left of the limit of a step since this instant; None where the step has none.

    `since`: in UTC, whether it says so or not.
    """
    limit = limits.of(step)
    return _badge(local_date(since.replace(tzinfo=UTC)), limit, today(), calendar) if limit else None


@cached_per_language
def _badge(arrived: date, limit: int, on: date, calendar: Calendar) -> Badge:
    found = time_limits.left(arrived, limit, on, calendar)
    if found.standing is Standing.DUE_TODAY:
        return Badge("late", gettext("今天到期"))
    if found.standing is Standing.IN_TIME:
        return Badge("wait", ngettext("还剩 %(num)s 个工作日", "还剩 %(num)s 个工作日", found.days))
    if not found.days:
        return Badge("bad", gettext("已超期"))
    return Badge("bad", ngettext("已超期 %(num)s 个工作日", "已超期 %(num)s 个工作日", found.days))


def values(found: Application, menu_queries: tuple[Select[Any], ...]) -> dict[str, Any]:
    """Return what the page of one application says of its limit. `menu_queries` are read in the same statement."""
    page_counts(LIMITS, *menu_queries)
    return {"limit_badge": limit_badge(found.arrived_at, found.state, present_limits(), present_calendar())}


def last_day(found: Application) -> date | None:
    """Return the last day of the limit of the step where the application is; None where the step has none."""
    limit = present_limits().of(found.state)
    return _last_day(local_date(found.arrived_at), limit, present_calendar()) if limit else None


@lru_cache(maxsize=MOST_DAYS)
def _last_day(arrived: date, limit: int, calendar: Calendar) -> date:
    return calendar.after(arrived, limit).last
