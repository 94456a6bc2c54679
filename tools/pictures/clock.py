"""When invented things happen (commands/sample_data/clock.py sets the clock): in working days, for the limits of the desks."""

from datetime import datetime, time, timedelta

from common.calendar import ORDOS, today
from common.working_days import Calendar


def moment(days: int, clock: str) -> datetime:
    """Return the instant so many working days ago at an hour of Ordos."""
    day, calendar = today(), Calendar()
    while days:
        day -= timedelta(days=1)
        days -= calendar.is_working_day(day)
    return datetime.combine(day, time.fromisoformat(clock), ORDOS)
