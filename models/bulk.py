"""Bulk decisions: which applications were chosen, how far the job is, and what became of each.

A job of the worker (common/jobs.py). Only desk/bulk.py and desk/bulk_decisions.py write it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model, enum_text, now
from models.desks import OfDesk
from models.jobs import Leased
from models.vocabulary import Action, BulkState, Role


class BulkJob(Leased, OfDesk, Model):
    """One decision on many applications. `total` rows were chosen, `done` are through, `decided` of these were decided.

    `action` is the value of an `Action`. `error` says why it was stopped, as wording and words.
    """

    __tablename__ = "bulk_jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    actor_role: Mapped[Role] = mapped_column(enum_text(Role))
    action: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[BulkState] = mapped_column(enum_text(BulkState), default=BulkState.CHOSEN)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    decided: Mapped[int] = mapped_column(default=0)
    error: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index(None, "state", "next_try"), Index(None, "actor_id", "id"))

    @property
    def asked_action(self) -> Action:
        return Action(self.action)


class BulkRow(Model):
    """One chosen application, with the version that was seen. `fault` is why it was not decided, as wording and words.

    `decided` is NULL until the worker has been there.
    """

    __tablename__ = "bulk_rows"

    job_id: Mapped[int] = mapped_column(ForeignKey("bulk_jobs.id"), primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), primary_key=True)
    seen_version: Mapped[int]
    decided: Mapped[bool | None]
    fault: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))

    __table_args__ = (Index(None, "job_id", "decided", "application_id"),)
