"""What a person states with an action on an application or a registration: one object from the page to the history row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from common.characters import cleaned_lines
from common.errors import ReasonMissing, ReasonTooLong
from models import Account, Application
from workflow.transitions import Transition

REASON_LIMIT = 2000
"""Characters. A reason must be readable on a phone above the form, and in a mail."""


@dataclass(frozen=True)
class Decision:
    """`reason` is the text of 「审批不通过/回退原因」, "" for none; `marks` go out with it (`models.Review.marks`).

    Whatever else a reviewer states with a decision becomes a field here and a column in `columns`, not a parameter.
    """

    reason: str = ""
    marks: Sequence[Mapping[str, Any]] = ()
    on_behalf_of: str | None = None
    """The colleague for whom the reviewer decides as deputy (W5)."""

    def gathered(self, application: Application, transition: Transition, person: Account) -> "Decision":
        """Return the decision with what the desk has prepared. `perform` calls it, with the application locked."""
        return self

    def close_drafts(self, application: Application) -> None:
        """End what the desk has prepared. `perform` calls it once nothing is refused any more."""

    def checked(self, *, needs_reason: bool) -> "Decision":
        """Return the decision as it is stored. Raises ReasonMissing where it says nothing but must, ReasonTooLong."""
        reason = cleaned_lines(self.reason)
        if needs_reason and not reason and not self.marks:
            raise ReasonMissing
        if len(reason) > REASON_LIMIT:
            raise ReasonTooLong
        return replace(self, reason=reason)

    def columns(self) -> dict[str, Any]:
        """Return the columns of an application's history row that hold it."""
        return {
            "reason": self.reason,
            "marks": list(self.marks) or None,
            "on_behalf_of": self.on_behalf_of,
        }


NO_REASON = Decision()
