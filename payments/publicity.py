"""The rules of a publicity (P1): how long it runs, how names are masked, and what the public page shows.

Nothing here reveals a name that is not in a running batch.
"""

import re
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from common import working_days
from common.calendar import today
from common.errors import Unacceptable
from common.identity import masked_name
from common.settings import PUBLICITY_DAYS, setting
from common.wording import N_, Sentence
from common.working_days import Term
from models import Batch, Grant, GrantState
from models.spelling import DOT, HAN

LATEST_START = timedelta(days=30)
"""How far ahead a publicity may begin; a later day is usually a typing mistake."""

WORD = "***"
"""What follows the first letter of a word in letters: always as long, so that the length of the name is not shown."""
VARIANT = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Selectors of a glyph: they belong to the character before them and are no characters of the name."""
IN_CHARACTERS = f"[{HAN}]"

POSITION, ROW_ID = Grant.position, Grant.id
"""The sort columns of a batch's rows."""
PUBLIC_COLUMNS: Any = (
    Grant.position,
    Grant.name,
    Grant.enterprise_name,
    Grant.amount_fen,
    Grant.years,
)
PUBLIC_STATES = (GrantState.PUBLICIZED, GrantState.SUSPENDED)
"""What the public page of a running batch shows. Whether there is an objection is not public."""


def public_name(name: str) -> str:
    """Return a name as the public sees it.

    In Chinese characters: two, the first stays (王*); three and more, the first and the last stay (王*敏, 乌**雅). One alone is
    masked. With ·, each part by itself (阿**拉·买*提). In letters: the first letter of each word stays, the rest
    becomes *** (J*** S***).
    """
    parts = VARIANT.sub("", name).split(DOT)
    return DOT.join(" ".join(map(_masked_word, part.split())) for part in parts)


def _masked_word(word: str) -> str:
    """Mask one word. Where characters and letters stand together, each run of them is masked by itself."""
    runs = groupby(word, key=lambda character: bool(re.match(IN_CHARACTERS, character)))
    return "".join(
        masked_name("".join(run)) if in_characters else next(run) + WORD for in_characters, run in runs
    )


def days_public() -> int:
    """Return for how many working days a batch is public (系统设置)."""
    return int(setting(PUBLICITY_DAYS))


def term_from(opens: date) -> Term:
    """Return the last day of a publicity that begins on this day, and the years whose holidays are not known.

    The first day is not counted, as 民法典 article 201 has it: whoever looks has the whole of each working day that counts.
    """
    return working_days.current_calendar().after(opens, days_public())


def check_opening(opens: date) -> None:
    """Raise Unacceptable for a day on which no publicity can begin."""
    if opens < today():
        raise Unacceptable("opens", Sentence(N_("公示不能从过去的日期开始。")))
    if opens > today() + LATEST_START:
        words = {"day": (today() + LATEST_START).isoformat()}
        raise Unacceptable("opens", Sentence(N_("公示最晚从 %(day)s 开始。"), words))


def is_over(batch: Batch) -> bool:
    """Say whether the last day of a publicity is over, whenever the worker ends the batch."""
    return today() > batch.closes


def is_running(batch: Batch) -> bool:
    """Say whether a batch is public today."""
    return batch.opens <= today() <= batch.closes


def begun() -> ColumnElement[bool]:
    """Return the criterion for the batches that the public may know of: those whose first day has come."""
    return Batch.opens <= today()


def public_rows(batch: Batch) -> Select[Any]:
    """Return the query for the rows that the public page of a running batch shows. Mask the names."""
    return select(*PUBLIC_COLUMNS).where(Grant.batch_id == batch.id, Grant.state.in_(PUBLIC_STATES))
