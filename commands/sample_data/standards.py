"""Three sample standards of a trial, named as examples. A real installation has none until an administrator enters them."""

from datetime import date

from sqlalchemy import select

from common.calendar import today
from models import Standard, StandardState, db, exclusive

SAMPLES = (
    # name, education, fen a year, payments a year, months between them, years
    ("示例：博士", "doctor", 6_000_000, 2, 6, 5),
    ("示例：硕士", "master", 3_000_000, 2, 6, 3),
    ("示例：本科", "bachelor", 1_800_000, 1, 0, 1),
)


def fill() -> None:
    """Add the samples when there is no standard yet; otherwise change nothing."""
    if db.session.scalar(select(Standard.id).limit(1)) is not None:
        return
    with exclusive():
        for name, education, amount_fen, instalments, interval_months, years in SAMPLES:
            db.session.add(
                Standard(
                    name=name,
                    conditions={"education": [education], "full_time": ["yes"]},
                    amount_fen=amount_fen,
                    instalments=instalments,
                    interval_months=interval_months,
                    years=years,
                    valid_from=date(today().year - 2, 1, 1),
                    state=StandardState.IN_FORCE,
                )
            )
