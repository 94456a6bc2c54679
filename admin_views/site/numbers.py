"""The numbers that a page shows (unread messages, tabs), asked for in one statement."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from flask import g
from flask_login import current_user
from sqlalchemy import Select, select

from common import working_days
from common.settings import HELP_LINE, setting_query
from common.working_days import Calendar
from models import Account
from models.statements import CompiledStatement
from workflow import inbox
from workflow.actor_shape import ActorShape

MOST_STATEMENTS = 50
"""So many kinds of frame are kept with their statement: a role's pages differ by one number or none."""


def page_counts(*asked: Select[Any]) -> list[Any]:
    """Return the answer of each of these queries for one number, asked in one statement with what the frame asks.

    What a page has been told once it need not ask for again.
    """
    known = g.setdefault("numbers", {})
    if not all(each in known for each in asked):
        account: Account = current_user._get_current_object()
        shape = ActorShape.of(account)
        wanted = dict.fromkeys((*own_numbers(shape), *asked))
        missing = tuple(each for each in wanted if each not in known)
        cache_counts(missing, _statement(missing).execute(shape.bind_values(account))[0])
    return [known[each] for each in asked]


@cache
def own_numbers(actor: ActorShape) -> tuple[Select[Any], Select[Any], Select[Any]]:
    """Return the queries for what every page needs: the help line, how much is unread, and the stamp of the calendar."""
    return setting_query(HELP_LINE), inbox.count_of_unread(actor), working_days.STAMP


def present_calendar() -> Calendar:
    """Return the working days for this page. Its stamp comes with the frame's numbers and costs no statement of its own."""
    [stamp] = page_counts(working_days.STAMP)
    return working_days.calendar_with_stamp(stamp)


def cache_counts(asked: Sequence[Select[Any]], answers: Sequence[Any]) -> None:
    """Keep the answers for this page: a list asks for them beside its rows, which spares a statement."""
    g.setdefault("numbers", {}).update(zip(asked, answers, strict=True))


@lru_cache(maxsize=MOST_STATEMENTS)
def _statement(asked: tuple[Select[Any], ...]) -> CompiledStatement:
    return CompiledStatement(select(*(each.scalar_subquery() for each in asked)))
