"""The filter of the reviewers' lists by application period. Its choices are rows of the database, read with the list's rows."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import String, bindparam, cast, func, literal_column, select

from admin_views.review.application_list import Choice, Filter
from admin_views.site.base import LONGEST_ID
from common.wording import N_
from models import Application, Period

PERIOD = "period_id"
"""The bind parameter of the chosen period."""
OF_PERIOD = Choice("", lambda: Application.period_id == bindparam(PERIOD))
"""One choice for all periods: lists that differ in the period only share a statement."""

SPACE, LINE_BREAK = literal_column("' '"), literal_column("'\n'")
"""Literals: with bound separators the statement could not be compiled once and cached."""
PERIODS = select(
    func.aggregate_strings(
        cast(Period.opens, String) + SPACE + cast(Period.id, String) + SPACE + Period.name, LINE_BREAK
    )
)
"""All periods as one value; no name holds a line break."""

MOST_ANSWERS = 10
"""Results of `PERIODS` whose options are cached. The result changes when an administrator edits a period."""

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PeriodFilter(Filter):
    """Keeps the applications that were first submitted in one period."""

    def choice(self, value: str) -> Choice | None:
        known = value.isascii() and value.isdecimal() and len(value) <= LONGEST_ID
        return OF_PERIOD if known else None

    def bind_values(self, value: str) -> dict[str, Any]:
        return {PERIOD: int(value)} if self.choice(value) else {}


BY_PERIOD = PeriodFilter(N_("申报期"), N_("不限"), {}, tabs=("waiting", "all"))
"""Not for one's own decisions: they are read in the order in which they were made, and for an earlier period PostgreSQL would
go through all of them."""


@lru_cache(maxsize=MOST_ANSWERS)
def options(answer: str | None) -> Options:
    """Return id and name of each period in a result of `PERIODS`, the newest first."""
    rows = [line.split(" ", 2) for line in (answer or "").split("\n") if line]
    return tuple((key, name) for _opens, key, name in sorted(rows, reverse=True))
