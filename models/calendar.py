"""Holidays of a year as an administrator entered them, for a year that the library does not know yet or knows wrongly."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Model


class CalendarYear(Model):
    """One year's public holidays and working weekends, as texts of days (common/calendar_years.py).

    While `active`, the row replaces what the library says of the year. `version` grows with every change: the sum over all
    rows tells a process that its copy is out of date (common/working_days.py).
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
