"""A thousand decisions: sent one by one by a client, and given to the worker as one bulk decision. The same rows, the same run."""

from __future__ import annotations

import html
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import select

from bench.browser import TOKEN, Browser
from bench.measuring import restored
from bench.servers import SampleDatabase, Site
from desk import bulk
from models import Account, Action, BulkJob, BulkRow, BulkState, db
from worker import bulk_decisions
from workflow.decision import Decision

ROWS = bulk.MOST_ROWS


def beside_single_ones(sample: SampleDatabase, environment: dict[str, str]) -> dict[str, str]:
    """Return the seconds of both; no other site may run meanwhile. The database is restored."""
    with _waiting(sample) as rows:
        site = Site("app:create_app()", "/healthz", environment)
        try:
            clerk, account = Browser(site.port), sample.account("city")
            clerk.log_in("staff", account["login"], account["password"])
            with restored(sample):
                singly = _singly(clerk, [(number, version) for _, number, version in rows])
        finally:
            site.stop()
        with restored(sample):
            in_bulk = _in_bulk(sample, [row_id for row_id, _, _ in rows])
    print(f"  {'bulk decision':40} {in_bulk / singly:5.2f} x   {in_bulk:7.2f} : {singly:6.2f} s", flush=True)
    return {
        "bulk decision beside 1,000 single ones, s": f"**{in_bulk / singly:.2f} x** ({in_bulk:.1f} : {singly:.1f})"
    }


def _singly(clerk: Browser, rows: Sequence[tuple[str, int]]) -> float:
    """Return the seconds in which a client passes the applications, one request after the other; it opens no page between."""
    token = html.unescape(TOKEN.findall(clerk.get(f"/city/{rows[0][0]}/").text)[0])
    cookies = dict(clerk.cookies)
    begun = time.perf_counter()
    for number, version in rows:
        clerk.cookies = dict(cookies)  # else a line for each decision waits there for the next page
        given = {"csrf_token": token, "version": str(version), "action": "pass"}
        if (status := clerk.post(f"/city/{number}/decide/", given).status) != 302:
            raise RuntimeError(f"not passed: {status}")
    return time.perf_counter() - begun


def _in_bulk(sample: SampleDatabase, ids: Sequence[int]) -> float:
    """Return the seconds from the choice of the applications to the end of the job, as the worker runs it."""
    with sample.site() as app, app.app_context():
        app.extensions["wake_bulk_decisions"] = lambda: None  # else the task would wait for the next site
        clerk = db.session.scalars(
            select(Account).where(Account.login == sample.account("city")["login"])
        ).one()
        begun = time.perf_counter()
        number = bulk.choose(clerk, Action.PASS, ids).id
        bulk.confirm_chosen(clerk, number, decision=Decision(""))
        bulk_decisions.process_due()
        seconds = time.perf_counter() - begun
        job = db.session.get_one(BulkJob, number, populate_existing=True)
        if (job.state, job.decided) != (BulkState.DONE, len(ids)):
            raise RuntimeError(f"the bulk decision is {job.state.value}: {job.decided} of {len(ids)}")
    with sample.connected() as database:
        for table, key in ((BulkRow.__tablename__, "job_id"), (BulkJob.__tablename__, "id")):
            database.execute(f"DELETE FROM {table} WHERE {key} = %s", [number])  # type: ignore[arg-type] # noqa: S608
    return seconds


@contextmanager
def _waiting(sample: SampleDatabase) -> Iterator[list[tuple[int, str, int]]]:
    """Let ROWS passed applications wait for the city again, as id, number and version; a small sample has not as many that
    wait. They are restored."""
    with sample.connected() as database:
        database.execute("DROP TABLE IF EXISTS bench_passed")
        database.execute(
            "CREATE UNLOGGED TABLE bench_passed AS SELECT DISTINCT ON (applicant_id) id, number, version, state, result"
            " FROM applications a WHERE result = 'passed' AND NOT EXISTS (SELECT FROM applications o"
            " WHERE o.applicant_id = a.applicant_id AND o.state <> 'finished') ORDER BY applicant_id LIMIT %s",
            [ROWS],
        )
        try:
            database.execute(
                "UPDATE applications a SET state = 'city_review', result = NULL FROM bench_passed b WHERE a.id = b.id"
            )
            database.execute("VACUUM ANALYZE applications")
            yield database.execute("SELECT id, number, version FROM bench_passed ORDER BY id").fetchall()
        finally:
            database.execute(
                "UPDATE applications a SET state = b.state, result = b.result FROM bench_passed b WHERE a.id = b.id"
            )
            database.execute("DROP TABLE bench_passed")
            database.execute("VACUUM (INDEX_CLEANUP ON, ANALYZE) applications")
