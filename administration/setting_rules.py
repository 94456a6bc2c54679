"""Which values a setting may have (common/settings.py). The program reads them as numbers and times, and trusts them."""

import re
from collections.abc import Mapping

from common.errors import Unacceptable
from common.settings import (
    CONTINUATION_ASKED,
    CONTINUATION_TERM,
    DAYS_OF_LIMITS,
    DIGEST_TIME,
    FILES_AT_ONCE,
    IDLE_MINUTES,
    MOST_FILES_AT_ONCE,
    PUBLICITY_DAYS,
    VALUE_LABELS,
)
from common.wording import N_, Sentence
from models import Setting
from workflow.periods import MOST_DAYS

RANGES: Mapping[str, tuple[int, int]] = {
    IDLE_MINUTES: (5, 720),  # fewer end a session while a page is read, more leave it to whoever comes next
    **dict.fromkeys(DAYS_OF_LIMITS, (0, MOST_DAYS)),  # 0 is no limit
    **dict.fromkeys((PUBLICITY_DAYS, CONTINUATION_ASKED, CONTINUATION_TERM), (1, MOST_DAYS)),
    FILES_AT_ONCE: (
        1,
        MOST_FILES_AT_ONCE,
    ),  # none would forbid files, many would let one person keep the worker busy
}
"""The least and the greatest value of each setting that is a number."""
NUMBER = re.compile(r"[0-9]{1,9}")
TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def check(row: Setting) -> None:
    """Raise Unacceptable for a value that the setting cannot have."""
    if row.key in RANGES:
        least, most = RANGES[row.key]
        if not (NUMBER.fullmatch(row.value) and least <= int(row.value) <= most):
            words = {"least": str(least), "most": str(most)}
            raise Unacceptable("value", Sentence(N_("请填写 %(least)s 至 %(most)s 之间的整数。"), words))
    if row.key == DIGEST_TIME and not TIME.fullmatch(row.value):
        raise Unacceptable("value", Sentence(N_("请填写时间，例如：08:30。")))
    if row.key in VALUE_LABELS and row.value not in VALUE_LABELS[row.key]:
        raise Unacceptable("value", Sentence(N_("请选择一项。")))
