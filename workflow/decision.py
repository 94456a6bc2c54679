"""What a person states with an action on an application or a registration: one object from the page to the history row."""

from dataclasses import dataclass, replace
from typing import Any

from common.characters import cleaned_lines
from common.errors import ReasonMissing, ReasonTooLong

REASON_LIMIT = 2000
"""Characters. A reason must be readable on a phone above the form, and in a mail."""


@dataclass(frozen=True)
class Decision:
    """`reason` is the text of 「审批不通过/回退原因」, "" for none.

    Whatever else a reviewer states with a decision becomes a field here and a column in `columns`, not a parameter.
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
        """Return its columns in a history row, of an application or a registration."""
        return {"reason": self.reason}


NO_REASON = Decision()
