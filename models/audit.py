"""操作记录: every change by an administrator, with before and after. Rows are never changed or deleted, and contain no secret."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, validates

from models.database import Instant, Model, enum_text, now
from models.search import searchable
from models.spelling import key_unless_same
from models.vocabulary import ChangeKind

LENGTH = {"label": 160, "actor_name": 60}


class AuditEntry(Model):
    """One change of one row: `before` and `after` contain the changed columns only.

    `row_key` is the row's primary key as text, `label` its name at that time.
    """

    __tablename__ = "changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    actor_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(LENGTH["actor_name"]))
    actor_name_key: Mapped[str | None] = mapped_column(String(LENGTH["actor_name"]))
    table_name: Mapped[str] = mapped_column(String(40))
    row_key: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(LENGTH["label"]))
    label_key: Mapped[str | None] = mapped_column(String(LENGTH["label"]))
    kind: Mapped[ChangeKind] = mapped_column(enum_text(ChangeKind))
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)

    @validates("label", "actor_name")
    def _key_with_it(self, column: str, name: str) -> str:
        """Update the search key with the name."""
        setattr(self, f"{column}_key", key_unless_same(name, LENGTH[column]))
        return name

    __table_args__ = (Index(None, "table_name", "row_key", "id"), Index(None, "table_name", "id"))


searchable(AuditEntry, "label", "actor_name")
