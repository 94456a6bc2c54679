"""Remarks on what an applicant has typed. They prevent nothing; workflow/completeness.py has what does."""

from datetime import date

from common.calendar import months_of
from common.wording import N_
from models import Experience


def timeline_remarks(rows: list[Experience]) -> list[tuple[str, dict[str, str]]]:
    """Return the gaps and overlaps in 学习工作经历. They are shown as remarks and do not prevent a submission.

    Each row is compared with the one that lasts longest of those that began before it, as on the reviewer's page
    (desk/contradictions.crossing_rows): a short row within a long one leaves no gap behind it.
    """
    dated = sorted(((row.start, row) for row in rows if row.start), key=lambda one: one[0])
    found = []
    longest: Experience | None = None
    for start, row in dated:
        if longest is not None:
            names = {"earlier": longest.place, "later": row.place}
            if _last_day(longest) > start:
                found.append((N_("“%(earlier)s”与“%(later)s”的时间有重叠。"), names))
            elif months_of(start) - months_of(_last_day(longest)) > 1:
                found.append((N_("“%(earlier)s”与“%(later)s”之间有间断。"), names))
        if longest is None or _last_day(row) > _last_day(longest):
            longest = row
    return found


def _last_day(row: Experience) -> date:
    """Return the end of a row; for one that has not ended, a day after every other."""
    return row.end or date.max
