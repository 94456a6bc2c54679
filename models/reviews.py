"""The history of every application. Only workflow/history.py adds rows; none is ever changed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import Account
from models.applications import Application
from models.database import Instant, Model, enum_text, now
from models.secrets import EncryptedJSON
from models.vocabulary import Action, Result, Role, State


class Review(Model):
    """One row of an application's history: who did what, from which state to which, when and why.

    `snapshot` of a submission contains all answers: reviewers read it, and the next submission is compared with it. `snapshot` of
    a correction contains the corrected fields before and after.
    """

    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    sequence: Mapped[int]
    action: Mapped[Action] = mapped_column(enum_text(Action))
    from_state: Mapped[State] = mapped_column(enum_text(State, "from_state"))
    to_state: Mapped[State] = mapped_column(enum_text(State, "to_state"))
    result: Mapped[Result | None] = mapped_column(enum_text(Result))
    actor_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(60))
    actor_role: Mapped[Role] = mapped_column(enum_text(Role))
    desk: Mapped[str] = mapped_column(String(100), default="")
    on_behalf_of: Mapped[str | None] = mapped_column(String(60))
    """The name of the colleague for whom the actor decided as deputy."""
    reason: Mapped[str] = mapped_column(Text, default="")
    marks: Mapped[list[dict[str, Any]] | None] = mapped_column(EncryptedJSON("reviews.marks"))
    """What went out with a return beside its reason (desk/marks.py): each mark's target, label, note, former content, author, time
    and desk."""
    snapshot: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON("reviews.snapshot"), deferred=True)
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    resubmit_by: Mapped[date | None]
    """The term to resubmit after this row."""
    waited_since: Mapped[datetime | None] = mapped_column(Instant)
    """When the application had arrived in `from_state`."""
    reached_before: Mapped[int | None]
    """`Application.reached` before a transition. Both are NULL in rows without one and in those from before December 2026."""

    application: Mapped[Application] = relationship()
    actor: Mapped[Account] = relationship()

    @property
    def reason_with_marks(self) -> str:
        """The reason and, a line each, the marks; stays Chinese, as they were written."""
        return reason_with_marks(self.reason, self.marks)

    @property
    def stayed(self) -> bool:
        """Whether the state did not change."""
        return self.from_state is self.to_state

    __table_args__ = (
        UniqueConstraint("application_id", "sequence"),
        # The decisions of one person in their order, and the last decision of one person on an application.
        Index(None, "actor_id", "id"),
        Index(None, "actor_id", "application_id", "sequence"),
    )


def mark_text(mark: Mapping[str, Any]) -> str:
    """Return one mark of a history row as one line of text; stays Chinese."""
    number = f"第 {mark['number']} 条" if mark.get("number") else ""  # stays Chinese
    return f"{mark['label']}{number}：{mark['note']}"


def reason_with_marks(
    reason: str,
    marks: Sequence[Mapping[str, Any]] | None,
    line_of: Callable[[Mapping[str, Any]], str] = mark_text,
) -> str:
    """Return the reason of a history row and, a line each, its marks; they stay Chinese unless `line_of` writes them otherwise."""
    return "\n".join([reason] * bool(reason) + [line_of(each) for each in marks or ()])


class Disclosure(Model):
    """Records that somebody looked at a full identity or bank number (desk/disclosure.py)."""

    __tablename__ = "disclosures"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    field: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant, default=now)

    __table_args__ = (Index(None, "application_id"), Index(None, "account_id"))
