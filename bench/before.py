"""Pages beside the same pages of an earlier build, which runs from its own files and environment.

Both builds open them in turn and show the same data: `python -m bench.before` measures these alone, at the smallest size.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bench import papers
from bench.browser import TOKEN, Answer, Browser
from bench.measuring import p50
from bench.servers import HOME, Postgres, SampleDatabase, Site, one_sample
from config import ROOT
from tests.files import samples as files

COMMIT = "f0d7108"
FOLDER = HOME / COMMIT
ROUNDS, EACH = 20, 8
MESSAGES = 20
PHOTOGRAPH = (4000, 3000)
PICTURES = 8
DRAWN_WITHIN = 60
"""Seconds that the worker has to draw the pictures of an upload."""

LIMITS = {
    "applicant's start page": 0.6,
    "page of one application": 0.6,
    "applicant's messages": 0.5,
    "enterprise's messages": 0.5,
    "a photograph of 12 megapixels, first look": 0.1,
    "upload of 20 MB": 0.5,
}
"""What is measured, and the permitted ratio of our p50 to the earlier build's."""


def figure_name(name: str) -> str:
    """Return the name of a figure in the report."""
    return f"{name} beside {COMMIT}, ms"


@dataclass(frozen=True)
class Build:
    """One build on its sample, with a logged-in browser for each role."""

    sample: SampleDatabase
    site: Site
    browsers: dict[str, Browser]


def beside_earlier_build(
    postgres: Postgres, sample: SampleDatabase, unlimited: dict[str, str]
) -> dict[str, str]:
    """Return the figures of both builds by the name of the page; nothing where this clone does not have the commit."""
    if not checked_out():
        print(f"· {COMMIT} is not in this clone: the pages beside it are left out", flush=True)
        return {}
    theirs = SampleDatabase(postgres, sample.size, FOLDER)
    with ExitStack() as running:
        builds = [running.enter_context(_running(each, unlimited)) for each in (sample, theirs)]
        for build in builds:
            running.enter_context(_same_data(build.sample))
        taken = {**_pages(builds), **_pictures(builds), **papers.uploads_in_turn(builds)}
    found = {}
    for name, (now, then) in taken.items():
        print(f"  {name:40} {now / then:5.2f} x   {now:7.2f} : {then:6.2f} ms", flush=True)
        found[figure_name(name)] = f"**{now / then:.2f} x** ({now:.1f} : {then:.1f})"
    return found


def checked_out() -> bool:
    """Put the earlier build with an environment of its own into FOLDER; False without the commit."""
    if not (FOLDER / "app.py").exists():
        archive = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, capture_output=True)  # noqa: S607 - the developer's own
        if archive.returncode:
            return False
        FOLDER.mkdir(parents=True, exist_ok=True)
        subprocess.run(["tar", "-x", "-C", str(FOLDER)], input=archive.stdout, check=True)  # noqa: S607
    built = ["make", "--no-print-directory", "environment", "catalogues"]
    subprocess.run(built, cwd=FOLDER, check=True)
    return True


@contextmanager
def _running(sample: SampleDatabase, unlimited: dict[str, str]) -> Iterator[Build]:
    site = Site("app:create_app()", "/healthz", {**sample.environment, **unlimited}, sample.folder)
    try:
        browsers = {}
        for role, kind in (("applicant", "personal"), ("enterprise", "enterprise"), ("city", "staff")):
            account = sample.account(role)
            browsers[role] = Browser(site.port)
            browsers[role].log_in(kind, account["login"], account["password"])
        yield Build(sample, site, browsers)
    finally:
        site.stop()


@contextmanager
def _same_data(sample: SampleDatabase) -> Iterator[None]:
    """Give the applicant of the sample accounts a draft, and him and his employer MESSAGES messages; then restore the rows."""
    moved = {
        "applications SET applicant_id": "SELECT id FROM applications WHERE state = 'draft' AND applicant_id <> {me}"
        " AND NOT EXISTS (SELECT FROM applications o WHERE o.applicant_id = {me}) ORDER BY id LIMIT 1",
        "messages SET account_id": "SELECT id FROM messages WHERE kind = 'passed_on' AND account_id <> {me}"
        " ORDER BY id LIMIT {most}",
    }
    with sample.connected() as database:
        [me] = database.execute(
            "SELECT id FROM accounts WHERE role = 'applicant' ORDER BY id LIMIT 1"
        ).fetchone() or [None]
        former = {}
        for change, chosen in moved.items():
            table, _, column = change.split()
            rows = database.execute(
                f"SELECT id, {column} FROM {table} WHERE id IN ({chosen.format(me=me, most=MESSAGES)})"  # type: ignore[arg-type] # noqa: S608
            ).fetchall()
            former[change] = rows
            for key, _owner in rows:
                database.execute(f"UPDATE {change} = %s WHERE id = %s", [me, key])  # type: ignore[arg-type]
        # Without it no file is taken.
        read = database.execute(
            "INSERT INTO notice_readings (account_id, notice_id, application_id, opened_at, read_at)"
            " SELECT a.applicant_id, n.id, a.id, now(), now() FROM applications a, notices n"
            " WHERE a.applicant_id = %s AND a.state = 'draft' ON CONFLICT DO NOTHING RETURNING id",
            [me],
        ).fetchall()
        try:
            yield
        finally:
            database.execute("DELETE FROM notice_readings WHERE id = ANY(%s)", [[key for (key,) in read]])
            for change, rows in former.items():
                for key, owner in rows:
                    database.execute(f"UPDATE {change} = %s WHERE id = %s", [owner, key])  # type: ignore[arg-type]


def _pages(builds: Sequence[Build]) -> dict[str, tuple[float, float]]:
    """Return the p50 of ours and of theirs in ms, by the name of the page."""
    found: dict[str, tuple[float, float]] = {}
    for name, role, path in (
        ("applicant's start page", "applicant", lambda _: "/personal/"),
        ("page of one application", "city", _page_of_one),
        ("applicant's messages", "applicant", lambda _: "/messages/"),
        ("enterprise's messages", "enterprise", lambda _: "/messages/"),
    ):
        paths = [path(build.sample) for build in builds]
        taken: list[list[float]] = [[], []]
        for turn in range(ROUNDS):
            for seconds, build, address in zip(taken, builds, paths, strict=True):
                answers = [_got(build.browsers[role], address) for _ in range(EACH)]
                if turn:  # the first round warms up
                    seconds.extend(answer.seconds for answer in answers)
        found[name] = (p50(taken[0]), p50(taken[1]))
    return found


def _got(browser: Browser, path: str) -> Answer:
    answer = browser.get(path)
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return answer


def _page_of_one(sample: SampleDatabase) -> str:
    """Return the address of the first application that waits for the city."""
    number, _, _ = _waiting(sample)
    return f"/city/{number}/"


def _waiting(sample: SampleDatabase) -> tuple[str, int, int]:
    """Return the number, id and round of the application that has waited longest for the city, of those with a short history.

    The sample data of the builds differ, and so does the history of the first that waits.
    """
    with sample.connected() as database:
        row = database.execute(
            "SELECT number, id, round FROM applications a WHERE state = 'city_review' AND round = 1"
            " AND (SELECT count(*) FROM reviews WHERE application_id = a.id) = 3"
            " AND (SELECT count(*) FROM applications WHERE applicant_id = a.applicant_id) = 1"
            " ORDER BY arrived_at, id LIMIT 1"
        ).fetchone()
    if row is None:
        raise RuntimeError("nothing waits for the city")
    return row[0], row[1], row[2]


def _pictures(builds: Sequence[Build]) -> dict[str, tuple[float, float]]:
    """Return the p50 of a reviewer's first look at a photograph that an applicant has uploaded, in ms.

    Our worker runs between the upload and the look, as it does at every site; the earlier build's has no part in pictures.
    """
    photograph = files.photograph(*PHOTOGRAPH)
    several = [_uploaded(build, photograph) for build in builds]
    _let_worker_draw(builds[0].sample)
    taken: list[list[float]] = [[], []]
    try:
        for addresses in zip(*(addresses for addresses, _ in several), strict=True):
            for seconds, build, address in zip(taken, builds, addresses, strict=True):
                seconds.append(_got(build.browsers["city"], address).seconds)
    finally:
        for build, (_, keys) in zip(builds, several, strict=True):
            with build.sample.connected() as database:
                database.execute("DELETE FROM attachments WHERE id = ANY(%s)", [keys])
    return {"a photograph of 12 megapixels, first look": (p50(taken[0]), p50(taken[1]))}


def _uploaded(build: Build, photograph: bytes) -> tuple[list[str], list[int]]:
    """Upload the photograph as the applicant, then let it belong to a submitted application.

    Returns the addresses of the pictures that a reviewer sees first, and the ids of the rows.
    """
    applicant = build.browsers["applicant"]
    own = re.search(r'href="(/personal/application/\d{4}-\d+/)"', _got(applicant, "/personal/").text)
    if own is None:
        raise RuntimeError("the applicant has no draft")
    slots = f"{own[1]}attachments/"
    number, application_id, submitted_round = _waiting(build.sample)
    with build.sample.connected() as database:
        [last] = database.execute("SELECT coalesce(max(id), 0) FROM attachments").fetchone() or [0]
        for _ in range(PICTURES):
            page = _got(applicant, slots).text
            material = (re.findall(r'name="(material-\d+)"', page) or [""])[0]
            token = html.unescape(TOKEN.findall(page)[0])
            answer = applicant.send_file(slots, {"csrf_token": token}, material, photograph)
            if answer.status not in {302, 303}:
                raise RuntimeError(f"the upload was answered with {answer.status}")
            database.execute(
                "UPDATE attachments SET application_id = %s, submitted_round = %s WHERE id > %s",
                [application_id, submitted_round, last],
            )
        keys = [row[0] for row in database.execute("SELECT id FROM attachments WHERE id > %s", [last])]
    return [f"/city/{number}/papers/{key}/1-900.jpg" for key in keys], keys


def _let_worker_draw(sample: SampleDatabase) -> None:
    """Run the worker until it has drawn what was uploaded."""
    command = [sys.executable, "-m", "flask", "--app", "app", "worker"]
    worker = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **sample.environment})
    try:
        end = time.monotonic() + DRAWN_WITHIN
        with sample.connected() as database:
            while database.execute("SELECT EXISTS (SELECT FROM picture_jobs)").fetchone() != (False,):
                if time.monotonic() > end:
                    raise RuntimeError("the worker has not drawn the pictures")
                time.sleep(0.2)
    finally:
        worker.terminate()
        worker.wait(60)


def main() -> None:
    """Measure at the smallest size and print the figures."""
    with one_sample() as (postgres, sample):
        beside_earlier_build(postgres, sample, {"TALENT_RATE_LIMITS": "no"})


if __name__ == "__main__":
    main()
