"""The numbers of batches and payment runs, which begin again each year."""

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from models import db


def next_in_year(column: InstrumentedAttribute[str], year: int, digits: int) -> str:
    """Return the next number of the year, such as 2026-01. No row is deleted, and the caller makes one row at a time."""
    numbers = db.session.scalars(select(column).where(column.startswith(f"{year}-")))
    last = max((int(number.partition("-")[2]) for number in numbers), default=0)
    return f"{year}-{last + 1:0{digits}d}"
