"""Holidays of a year that an administrator entered because the library lacks the year or has it wrong."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Model


class CalendarYear(Model):
    """One year's public holidays and working weekends, as texts of days (common/calendar_years.py).

    While `active`, the row replaces the library's data for the year. `version` grows with every change. From the sum over all
    rows a process sees that its cached copy is out of date (common/working_days.py).
    """

    __tablename__ = "calendar_years"

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(unique=True)
    holidays: Mapped[str] = mapped_column(Text)
    workdays: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(String(200), default="")
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return str(self.year)
