"""The filter of the reviewers' lists by application period. Its choices are rows of the database, asked for beside the list's."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import String, bindparam, cast, func, literal_column, select

from admin_views.review.application_list import Choice, Filter
from admin_views.site.base import LONGEST_ID
from common.wording import N_
from models import Application, Period

PERIOD = "period_id"
"""What a statement calls the period that was chosen."""
OF_PERIOD = Choice("", lambda: Application.period_id == bindparam(PERIOD))
"""One for all periods: lists that differ in the period alone share a statement."""

SPACE, LINE_BREAK = literal_column("' '"), literal_column("'\n'")
"""Written into the statement: a separator that is bound cannot be compiled once and kept."""
PERIODS = select(
    func.aggregate_strings(
        cast(Period.opens, String) + SPACE + cast(Period.id, String) + SPACE + Period.name, LINE_BREAK
    )
)
"""All periods as one value; no name holds a line break."""

MOST_ANSWERS = 10
"""How many answers of `PERIODS` are kept as options. It changes when an administrator edits a period."""

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PeriodFilter(Filter):
    """Leaves the applications that were first submitted in one period."""

    def choice(self, value: str) -> Choice | None:
        known = value.isascii() and value.isdecimal() and len(value) <= LONGEST_ID
        return OF_PERIOD if known else None

    def bind_values(self, value: str) -> dict[str, Any]:
        return {PERIOD: int(value)} if self.choice(value) else {}


BY_PERIOD = PeriodFilter(N_("申报期"), N_("不限"), {}, tabs=("waiting", "all"))
"""Not of what somebody has decided: that lies in the order of its decisions, and an earlier period's would be searched for
through all of them."""


@lru_cache(maxsize=MOST_ANSWERS)
def options(answer: str | None) -> Options:
    """Return id and name of the periods that `PERIODS` answers, the newest first."""
    rows = [line.split(" ", 2) for line in (answer or "").split("\n") if line]
    return tuple((key, name) for _opens, key, name in sorted(rows, reverse=True))
