"""Columns that name a desk: the colleagues of one enterprise or of one office, who review together."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column


class OfDesk:
    """A row that belongs to a desk, not to one clerk. Exactly one of the two is set (desk/desks.py)."""

    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprises.id"))
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))
