"""Splits an amount into payments and dates them (P3), and creates the payments of a grant."""

import calendar
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from common.calendar import local_date
from models import Grant, Payment, PaymentState, Standard, db

MONTHS = 12


class Instalment(NamedTuple):
    """One payment of a grant. `year` and `ordinal` count from 1, `ordinal` within its year."""

    ordinal: int
    due_on: date
    fen: int
    year: int = 1


def add_months(start: date, months: int) -> date:
    """Return the same day of the month some months later, or the last day of a month that is too short.

    Always counted from `start`: 31 January, 28 February, 31 March. Counted from the month before, a February would
    pull every later date to the 28th.
    """
    years, month = divmod(start.month - 1 + months, MONTHS)
    year, month = start.year + years, month + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def split(amount_fen: int, count: int) -> list[int]:
    """Return the amount in `count` parts that differ by at most one fen; the odd fen go one each to the first parts.

    Raises ValueError where a part would be empty.
    """
    if count < 1 or amount_fen < count:
        raise ValueError("each part needs at least one fen")
    part, odd = divmod(amount_fen, count)
    return [part + 1] * odd + [part] * (count - odd)


def instalments(amount_fen: int, count: int, start: date, interval_months: int) -> list[Instalment]:
    """Return the payments of one year: the first is due on `start`, each other `interval_months` after the one before.

    Raises ValueError for an amount below one fen a payment, and for payments that would reach into the next year.
    """
    return list(_year(1, amount_fen, count, start, interval_months))


def whole_schedule(
    amount_fen: int, count: int, start: date, interval_months: int, years: int
) -> list[Instalment]:
    """Return the payments of every year. `amount_fen` is paid each year; a year begins twelve months after the last.

    Raises ValueError as `instalments` does, and for less than one year.
    """
    if years < 1:
        raise ValueError("a grant has at least one year")
    return [
        each
        for year in range(1, years + 1)
        for each in _year(year, amount_fen, count, start, interval_months)
    ]


def fits_in_year(count: int, interval_months: int) -> bool:
    """Say whether so many payments at this interval are all due before the next year begins."""
    return count >= 1 and interval_months >= 0 and (count - 1) * interval_months < MONTHS


def create_payments(grant: Grant) -> None:
    """Create every payment of a grant that was just granted, from its day on. Call within `exclusive()`.

    Those of the first year are open. Those of later years are suspended until person and enterprise have confirmed the
    employment (payments/continuation.py), so that no run pays them before, whatever happens to the worker.
    """
    if grant.granted_at is None:
        raise ValueError("the grant has not been granted")
    standard = db.session.get_one(Standard, grant.standard_id)
    schedule = whole_schedule(
        grant.amount_fen,
        standard.instalments,
        local_date(grant.granted_at),
        standard.interval_months,
        grant.years,
    )
    db.session.add_all(
        Payment(
            grant_id=grant.id,
            period_id=grant.period_id,
            year=each.year,
            ordinal=each.ordinal,
            due_on=each.due_on,
            amount_fen=each.fen,
            state=PaymentState.OPEN if each.year == 1 else PaymentState.SUSPENDED,
        )
        for each in schedule
    )


def _year(year: int, amount_fen: int, count: int, start: date, interval_months: int) -> Iterator[Instalment]:
    if not fits_in_year(count, interval_months):
        raise ValueError("the payments of a year do not fit into it")
    for number, fen in enumerate(split(amount_fen, count)):
        months = (year - 1) * MONTHS + number * interval_months
        yield Instalment(number + 1, add_months(start, months), fen, year)
