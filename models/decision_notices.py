"""「审核结果通知书」: which decisions have one, its number, and the code by which anybody can check it (A25).

Only documents/decision_notices.py adds rows. None is ever changed or deleted.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model, now
from models.secrets import EncryptedJSON


class DecisionNotice(Model):
    """The notice of one decision. It is numbered when somebody first asks for it, and prints the same ever after.

    `check_code` is random; whoever has the paper can ask with it whether the decision still holds. `content` is what is printed.
    """

    __tablename__ = "decision_notices"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), unique=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    year: Mapped[int]
    ordinal: Mapped[int]
    check_code: Mapped[str] = mapped_column(String(16), unique=True)
    content: Mapped[dict[str, Any]] = mapped_column(EncryptedJSON("decision_notices.content"))
    issued_at: Mapped[datetime] = mapped_column(Instant, default=now)

    __table_args__ = (UniqueConstraint("year", "ordinal"), Index(None, "application_id"))


class NoticeCounter(Model):
    """The last number of a year's notices. The row is locked while a number is taken: none is given twice, none left out."""

    __tablename__ = "notice_counters"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(default=0)
