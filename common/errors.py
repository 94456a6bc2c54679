"""The reasons for which an action is refused, as exceptions. Any layer raises them; admin_views shows them in one place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256

from common.wording import Sentence
from models import Review


@dataclass(frozen=True)
class Problem:
    """One fault to correct. `anchor` is the id of its field on the page; values in `words` are translated too."""

    section: str
    anchor: str
    sentence: str
    words: Mapping[str, str] = field(default_factory=dict)
    missing: bool = False


class ActionRefused(Exception):
    """An action was refused. Nothing has been changed."""


class NotVisible(ActionRefused):
    """The row does not exist for this account."""


class NotPermitted(ActionRefused):
    """The table has no such transition for this account in the current state."""


class ReasonRefused(ActionRefused):
    """The reason as typed cannot be stored."""


class ReasonMissing(ReasonRefused):
    """The transition needs a reason."""


class ReasonTooLong(ReasonRefused):
    """The reason is longer than the limit (workflow.decision)."""


class ChangedMeanwhile(ActionRefused):
    """The row has changed since the person opened it; `last` is the history row of the change."""

    def __init__(self, last: Review | None) -> None:
        super().__init__("changed meanwhile")
        self.last = last


class TakenByColleague(ActionRefused):
    """A colleague of the same desk has taken the application; `holder` is the name, "" when nobody has it any more."""

    def __init__(self, holder: str) -> None:
        super().__init__("taken by a colleague")
        self.holder = holder


class Unacceptable(ActionRefused):
    """An input is invalid; `field` names it, "" when the error belongs to the whole form."""

    def __init__(self, field: str, sentence: Sentence) -> None:
        super().__init__(sentence.text)
        self.field = field
        self.sentence = sentence


class ConfirmationRequired(ActionRefused):
    """The change has consequences that the person has not confirmed yet; `token` confirms exactly these."""

    def __init__(self, consequences: Sequence[Sentence]) -> None:
        super().__init__("unconfirmed")
        self.consequences = tuple(consequences)

    @property
    def token(self) -> str:
        wording = "|".join(f"{each.text}{sorted(each.words.items())}" for each in self.consequences)
        return sha256(wording.encode()).hexdigest()[:16]


class Incomplete(ActionRefused):
    """The application cannot be submitted; `problems` lists everything that is missing or wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("incomplete")
        self.problems = list(problems)


class NoticeUnread(ActionRefused):
    """申请须知 has not been read for 30 seconds; `seconds` are left."""

    def __init__(self, seconds: int) -> None:
        super().__init__("notice unread")
        self.seconds = seconds


class PeriodClosed(ActionRefused):
    """Applications cannot be submitted now; `opens` is the next opening day, None when none is known.

    `expired`: the application was submitted before, and its term for resubmission has passed.
    """

    def __init__(self, opens: date | None, *, expired: bool = False) -> None:
        super().__init__("period closed")
        self.opens = opens
        self.expired = expired


class AlreadyUnderWay(ActionRefused):
    """The person already has an application that is not finished."""


class Locked(ActionRefused):
    """Too many failed attempts; the next one is allowed at `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__("locked")
        self.until = until
