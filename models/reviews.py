"""The history of every application. Rows are added by workflow/review.py and by nothing else; none is ever changed."""

from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import Account
from models.applications import Application
from models.database import Instant, Model, now, words
from models.secrets import EncryptedJSON
from models.vocabulary import Action, Result, Role, State


class Review(Model):
    """One row of an application's history: who did what, from which state to which, when and why.

    `snapshot` is, on a submission, everything the person wrote: what reviewers read, and what the next
    submission is compared with. On a correction it holds the corrected fields before and after.
    """

    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    sequence: Mapped[int]
    action: Mapped[Action] = mapped_column(words(Action))
    from_state: Mapped[State] = mapped_column(words(State, "from_state"))
    to_state: Mapped[State] = mapped_column(words(State, "to_state"))
    result: Mapped[Result | None] = mapped_column(words(Result))
    actor_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(60))
    actor_role: Mapped[Role] = mapped_column(words(Role))
    desk: Mapped[str] = mapped_column(String(100), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    snapshot: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON("reviews.snapshot"), deferred=True)
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    resubmit_by: Mapped[date | None]
    """The term to resubmit after this row."""

    application: Mapped[Application] = relationship()
    actor: Mapped[Account] = relationship()

    waited_since = cast("datetime | None", None)
    """When the application had arrived in `from_state`. Set on a row that was just written; not stored."""

    @property
    def stayed(self) -> bool:
        """Whether the state did not change."""
        return self.from_state is self.to_state

    __table_args__ = (
        UniqueConstraint("application_id", "sequence"),
        # What somebody decided in the order in which they did, and whether they decided the same again.
        Index(None, "actor_id", "id"),
        Index(None, "actor_id", "application_id", "sequence"),
    )


class Disclosure(Model):
    """That somebody looked at a full identity or bank number (workflow/disclosure.py)."""

    __tablename__ = "disclosures"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    field: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant, default=now)

    application: Mapped[Application] = relationship()
    account: Mapped[Account] = relationship()

    __table_args__ = (Index(None, "application_id"), Index(None, "account_id"))
