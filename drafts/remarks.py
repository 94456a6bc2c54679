"""Remarks on what an applicant has typed. They prevent nothing; workflow/completeness.py has what does."""

from datetime import date
from itertools import pairwise

from common.wording import N_
from models import Experience


def timeline_remarks(rows: list[Experience]) -> list[tuple[str, dict[str, str]]]:
    """Return the gaps and overlaps in 学习工作经历. They are shown as remarks and do not prevent a submission."""
    dated = sorted((row for row in rows if row.start), key=lambda row: row.start or date.min)
    found = []
    for earlier, later in pairwise(dated):
        if earlier.start is None or later.start is None:
            continue
        names = {"earlier": earlier.place, "later": later.place}
        if earlier.end is None or earlier.end > later.start:
            found.append((N_("“%(earlier)s”与“%(later)s”的时间有重叠。"), names))
        elif _months(later.start) - _months(earlier.end) > 1:
            found.append((N_("“%(earlier)s”与“%(later)s”之间有间断。"), names))
    return found


def _months(day: date) -> int:
    return day.year * 12 + day.month
