"""When applications can be submitted: in an open period, and after a return within a term that the period sets.

A return, a withdrawal or the closing of an employer sets a day, `Application.resubmit_by`. The person is told that day, so
later changes of the period or of the calendar never shorten it. An application that was never submitted must wait for the
next period.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Date, Integer, bindparam, or_, select
from sqlalchemy.orm.attributes import set_committed_value

from common import working_days
from common.calendar import local_date, today
from common.errors import Unacceptable
from common.wording import N_, Sentence
from common.working_days import Calendar
from models import Application, Office, Period, Region, db
from models.object_statements import ObjectStatement
from models.statements import constant

USUAL_DAYS = 15
"""Working days for an application that belongs to no period: it was submitted before periods were recorded."""
LEAST_DAYS, MOST_DAYS = 1, 250
LONGEST_EXTENSION = timedelta(days=366)
"""A later day is a typing mistake."""


class Admission(NamedTuple):
    """Whether one application can be submitted today, and until when.

    `last` is the day until which it can be resubmitted outside of any period. `submitted`: it was submitted before.
    """

    period: Period | None
    upcoming: Period | None
    submitted: bool = False
    last: date | None = None
    region: Region | None = None

    @property
    def office(self) -> Office | None:
        """Return who can extend the term of this application."""
        return self.region.office if self.region else None

    @property
    def allowed(self) -> bool:
        return self.period is not None or self.in_term

    @property
    def in_term(self) -> bool:
        return self.last is not None and today() <= self.last

    @property
    def expired(self) -> bool:
        """Whether it was returned and can no longer be submitted, unless an office extends the term."""
        return self.submitted and not self.allowed

    @property
    def until(self) -> date | None:
        """Return the last day on which it can be submitted, as known now; None when it cannot."""
        ends = [self.period.closes] if self.period is not None else []
        if self.last is not None and self.in_term:
            ends.append(self.last)
        return max(ends, default=None)


def admission(application: Application | None) -> Admission:
    """Return whether and until when an application can be submitted. `application`: None for one that is not begun yet."""
    period = open_period()
    upcoming = None if period else next_period()
    if application is None or not application.round:
        return Admission(period, upcoming)
    return Admission(
        period, upcoming, submitted=True, last=application.resubmit_by, region=application.region
    )


_OPEN = bindparam("day", type_=Date).between(Period.opens, Period.closes)
_OPEN_PERIOD = ObjectStatement(
    lambda: select(Period).where(_OPEN).order_by(Period.closes.desc()).limit(constant(1))
)
_OWN_AND_OPEN = ObjectStatement(
    lambda: select(Period).where(or_(Period.id == bindparam("own", type_=Integer), _OPEN))
)


def open_period() -> Period | None:
    """Return the application period that today belongs to; None while none is open."""
    return next(iter(_OPEN_PERIOD.objects({"day": today()})), None)


def next_period() -> Period | None:
    """Return the period that opens next; None when none has been announced."""
    return db.session.scalars(
        select(Period).where(Period.opens > today()).order_by(Period.opens).limit(1)
    ).first()


def resubmit_by(application: Application, at: datetime, calendar: Calendar | None = None) -> date:
    """Return the last day on which an application that is returned at this instant can be resubmitted.

    It is the number of working days of the application's own period after the day of the return in Ordos; or the end of the
    open period, if that is later. `calendar`: the current one, if the caller has it already. Afterwards
    `application.period` needs no statement.
    """
    day, days, ends = local_date(at), USUAL_DAYS, []
    periods: list[Period] = _OWN_AND_OPEN.objects({"own": application.period_id, "day": day})
    for period in periods:
        if period.id == application.period_id:
            set_committed_value(application, "period", period)
            days = period.resubmit_days
        if period.opens <= day <= period.closes:
            ends.append(period.closes)
    return max([(calendar or working_days.current_calendar()).after(day, days).last, *ends])


def check_extension(application: Application, until: date) -> None:
    """Raise Unacceptable for a day that does not extend the term, or that is obviously a typing mistake."""
    if until < today():
        raise Unacceptable("until", Sentence(N_("新的期限不能早于今天。")))
    if application.resubmit_by is not None and until <= application.resubmit_by:
        words = {"day": application.resubmit_by.isoformat()}
        raise Unacceptable("until", Sentence(N_("新的期限要晚于现在的期限 %(day)s。"), words))
    if until > today() + LONGEST_EXTENSION:
        words = {"day": (today() + LONGEST_EXTENSION).isoformat()}
        raise Unacceptable("until", Sentence(N_("新的期限最晚到 %(day)s。"), words))
