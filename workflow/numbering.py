"""The numbers of applications, such as 2026-000341. None is given twice."""

from datetime import datetime

from sqlalchemy import text

from common.calendar import local_date
from models import db

COUNT = text(
    "INSERT INTO counters (year, last) VALUES (:year, 1)"
    " ON CONFLICT (year) DO UPDATE SET last = counters.last + 1 RETURNING last"
)
"""One statement, because two processes may ask for the first number of a year at once."""


def next_number(at: datetime) -> str:
    """Return the next free number of the year, such as 2026-000341; held until the commit, so none is given twice."""
    year = local_date(at).year
    return f"{year}-{db.session.scalar(COUNT, {'year': year}):06d}"
