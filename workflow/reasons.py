"""The reason that a reviewer writes for 「审批不通过/回退原因」: when there must be one, and how long it may be."""

from common.characters import cleaned_lines
from common.errors import ReasonMissing, ReasonTooLong

REASON_LIMIT = 2000
"""Characters. It stands on a phone's screen above the form, and goes out by mail."""


def checked(reason: str, *, needed: bool) -> str:
    """Return the reason as it is kept. Raises ReasonMissing where one is needed, ReasonTooLong."""
    reason = cleaned_lines(reason)
    if needed and not reason:
        raise ReasonMissing
    if len(reason) > REASON_LIMIT:
        raise ReasonTooLong
    return reason
