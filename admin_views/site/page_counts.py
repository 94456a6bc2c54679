"""The counts that a page shows (unread messages, tabs), read with one statement."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from flask import g
from flask_login import current_user
from sqlalchemy import Select, select

from accounts.actor_shape import ActorShape
from common import working_days
from common.settings import HELP_LINE, setting_query
from common.single_objects import single_object
from common.working_days import Calendar
from models import Account
from models.statements import CompiledStatement
from workflow import inbox

MOST_STATEMENTS = 50
"""How many combinations of counts keep a compiled statement; the pages of a role differ by one count or none."""


def page_counts(*queries: Select[Any]) -> list[Any]:
    """Return the result of each count query. Runs them in one statement with the frame's own, and caches them for the request."""
    known = g.setdefault("counts", {})
    if [query for query in queries if query not in known]:  # a list, not any(): half as many calls
        actor, shape = current_actor()
        wanted = dict.fromkeys((*frame_queries(shape), *queries))
        missing = tuple(query for query in wanted if query not in known)
        values = shape.bind_values(actor) | g.get("count_values", {})
        cache_counts(missing, _statement(missing).execute(values)[0])
    return [known[query] for query in queries]


@single_object()
def frame_queries(actor: ActorShape) -> tuple[Select[Any], Select[Any], Select[Any]]:
    """Return the queries of every page: the help line, the unread count, the stamp of the calendar."""
    return setting_query(HELP_LINE), inbox.count_of_unread(actor), working_days.STAMP


def bind_counts(values: Mapping[str, Any]) -> None:
    """Set further bind values of this request's count queries; what was counted with others is forgotten."""
    g.count_values = values
    g.pop("counts", None)


def current_actor() -> tuple[Account, ActorShape]:
    """Return the current account and its shape, cached for the request: `current_user` looks for the account each time."""
    known: tuple[Account, ActorShape] | None = g.get("actor")
    if known is None:
        account = current_user._get_current_object()
        known = g.actor = account, ActorShape.of(account)
    return known


def current_shape() -> ActorShape:
    """Return the shape of the current account."""
    return current_actor()[1]


def present_calendar() -> Calendar:
    """Return the calendar of working days. Its stamp is read with the frame's counts, without a statement of its own."""
    calendar: Calendar | None = g.get("calendar")
    if calendar is None:
        [stamp] = page_counts(working_days.STAMP)
        calendar = g.calendar = working_days.calendar_with_stamp(stamp)
    return calendar


def cache_counts(queries: Sequence[Select[Any]], results: Sequence[Any]) -> None:
    """Cache results for this request: a list reads them beside its rows, which saves a statement."""
    g.setdefault("counts", {}).update(zip(queries, results, strict=True))


@lru_cache(maxsize=MOST_STATEMENTS)
def _statement(queries: tuple[Select[Any], ...]) -> CompiledStatement:
    return CompiledStatement(lambda: select(*(query.scalar_subquery() for query in queries)))
