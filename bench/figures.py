"""The statistics page beside a hand-written page over the same sums; and the sums of a sample."""

from __future__ import annotations

import re
import time

from sqlalchemy import func, select

from bench.browser import Browser
from bench.pages import REGION
from bench.servers import SampleDatabase
from common.working_days import current_calendar
from figures.counting import add_to_sums, decision_facts, lock_sums
from figures.facts import PRESENT, Sums, facts_of
from figures.recounting import IN_FORCE
from models import Application, Enterprise, Review, db, exclusive
from models.statistics import NO_PLACE

ROUNDS, EACH, WARMING = 30, 4, 2
MOST, REACH = 2.0, None
OURS, FLOOR = "/city/statistics/", "/statistics"
NUMBER = re.compile(r">(\d+)(?:</a>)?</td>")
PIECE = 50_000


def beside_a_page_by_hand(ours: Browser, floor: Browser) -> tuple[list[float], list[float]]:
    """Return the seconds of both, measured in turn. Both must show the same numbers."""
    mine, theirs = (
        sorted(NUMBER.findall(each.get(path).text)) for each, path in ((ours, OURS), (floor, FLOOR))
    )
    for number in theirs:
        if number in mine:
            mine.remove(number)
        else:
            raise RuntimeError(f"ours does not show {number}")
    if (
        len(mine) > 3 or len(theirs) < 50
    ):  # ours also has the sum of the first table, and choices that nobody has chosen
        raise RuntimeError(f"only ours shows {mine}")
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS + WARMING):
        for browser, path, seconds in ((ours, OURS, taken[0]), (floor, FLOOR, taken[1])):
            found = [browser.get(path).seconds for _ in range(EACH)]
            if turn >= WARMING:
                seconds.extend(found)
    return taken


def count(sample: SampleDatabase) -> None:
    """Fill the sums that the measured pages read, unless they are filled; nothing is left to be counted.

    The worker counts a thousand changes a second and would need an hour for a million applications, so this writes only what
    is read: regions, totals of enterprises, and the sums of the enterprise whose account is measured.
    """
    with sample.connected() as database:
        if not database.execute("SELECT 1 FROM statistic_changes LIMIT 1").fetchone():
            return
        for table in ("reasons", "applications", "decisions", "counts", "enterprises", "changes"):
            database.execute(f"TRUNCATE statistic_{table} CASCADE")  # type: ignore[arg-type]
    begun = time.perf_counter()
    with sample.site() as app, app.app_context():
        login = sample.account("enterprise", REGION)["login"]
        enterprise = db.session.scalars(select(Enterprise.id).where(Enterprise.credit_code == login)).one()
        sums = Sums()
        for first in range(0, db.session.scalar(select(func.max(Application.id))) or 0, PIECE):
            for facts in facts_of(
                db.session.execute(PRESENT.where(Application.id.between(first + 1, first + PIECE)))
            ):
                sums.add(facts)
            _forget(sums, enterprise)
        calendar = current_calendar()
        decisions = select(
            Review.id, Review.application_id, Review.action, Review.from_state, Review.at, Review.waited_since, Review.reason, Review.marks,
            func.coalesce(Application.period_id, 0).label("period_id"), func.coalesce(Application.region_id, 0).label("region_id"),
            func.coalesce(Application.submitted_enterprise_id, 0).label("enterprise_id"),
        ).join(Application, Application.id == Review.application_id).where(IN_FORCE)  # fmt: skip
        for first in range(0, db.session.scalar(select(func.max(Review.id))) or 0, PIECE):
            for row in db.session.execute(decisions.where(Review.id.between(first + 1, first + PIECE))):
                sums.add_decision(decision_facts(row, calendar))
            _forget(sums, enterprise)
        with exclusive():
            lock_sums()
            add_to_sums(sums)
    with sample.connected() as database:
        database.execute("VACUUM ANALYZE statistic_counts, statistic_enterprises, statistic_changes")
    print(f"  sums of {sample.size:,} filled in {time.perf_counter() - begun:.0f} s", flush=True)


def _forget(sums: Sums, enterprise: int) -> None:
    """Drop the sums of other enterprises: all of them do not fit into memory."""
    for place in [each for each in sums.numbers if each.enterprise_id not in (NO_PLACE, enterprise)]:
        del sums.numbers[place]
