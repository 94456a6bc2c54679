"""Application periods."""

from datetime import date

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Model


class Period(Model):
    """A time in which applications can be submitted. The days `opens` and `closes` are included."""

    __tablename__ = "periods"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    opens: Mapped[date]
    closes: Mapped[date]
    resubmit_days: Mapped[int] = mapped_column(default=15, server_default="15")
    """The working days in which a returned application can be resubmitted, even after the period has closed."""

    def __str__(self) -> str:
        return self.name
