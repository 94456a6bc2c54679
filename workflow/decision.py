"""What a person says with an action on an application or a registration: one object from the page to the row of the history."""

from dataclasses import dataclass, replace
from typing import Any

from common.characters import cleaned_lines
from common.errors import ReasonMissing, ReasonTooLong

REASON_LIMIT = 2000
"""Characters. It stands on a phone's screen above the form, and goes out by mail."""


@dataclass(frozen=True)
class Decision:
    """`reason` is the text of 「审批不通过/回退原因」, "" for none.

    Whatever else a reviewer says with a decision becomes a field here and a column in `columns`, and no parameter.
    """

    reason: str = ""

    def checked(self, *, needs_reason: bool) -> "Decision":
        """Return the decision as it is stored. Raises ReasonMissing where a reason is needed, ReasonTooLong."""
        reason = cleaned_lines(self.reason)
        if needs_reason and not reason:
            raise ReasonMissing
        if len(reason) > REASON_LIMIT:
            raise ReasonTooLong
        return replace(self, reason=reason)

    def columns(self) -> dict[str, Any]:
        """Return the columns of a history row (of an application or a registration) that hold it."""
        return {"reason": self.reason}


NOTHING_SAID = Decision()
