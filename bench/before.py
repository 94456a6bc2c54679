"""The page of one application beside the same page of an earlier build, which runs from its own files and environment."""

from __future__ import annotations

import subprocess

from bench.browser import Browser
from bench.measuring import p50
from bench.servers import HOME, Postgres, SampleDatabase, Site
from config import ROOT

COMMIT = "f0d7108"
FOLDER = HOME / COMMIT
ROUNDS, EACH = 20, 8


def page_of_one(postgres: Postgres, sample: SampleDatabase, unlimited: dict[str, str]) -> dict[str, str]:
    """Return the figure of both builds' pages, measured in turn; nothing where this clone does not have the commit."""
    if not checked_out():
        print(f"· {COMMIT} is not in this clone: its page is left out", flush=True)
        return {}
    theirs = SampleDatabase(postgres, sample.size, FOLDER)
    sites = [
        Site("app:create_app()", "/healthz", {**each.environment, **unlimited}, each.folder)
        for each in (sample, theirs)
    ]
    try:
        clerks = [_clerk(each, site) for each, site in zip((sample, theirs), sites, strict=True)]
        paths = [_path(each) for each in (sample, theirs)]
        taken: list[list[float]] = [[], []]
        for turn in range(ROUNDS):
            for seconds, clerk, path in zip(taken, clerks, paths, strict=True):
                answers = [clerk.get(path) for _ in range(EACH)]
                if any(answer.status != 200 for answer in answers):
                    raise RuntimeError(f"{path}: {answers[0].status}")
                if turn:  # the first round warms up
                    seconds.extend(answer.seconds for answer in answers)
    finally:
        for site in sites:
            site.stop()
    now, then = map(p50, taken)
    return {
        f"page of one application beside {COMMIT}, ms": f"**{now / then:.2f} x** ({now:.1f} : {then:.1f})"
    }


def checked_out() -> bool:
    """Put the earlier build with an environment of its own into FOLDER; False without the commit."""
    if not (FOLDER / "app.py").exists():
        files = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, capture_output=True)  # noqa: S607 - the developer's own
        if files.returncode:
            return False
        FOLDER.mkdir(parents=True, exist_ok=True)
        subprocess.run(["tar", "-x", "-C", str(FOLDER)], input=files.stdout, check=True)  # noqa: S607
    built = ["make", "--no-print-directory", "environment", "catalogues"]
    subprocess.run(built, cwd=FOLDER, check=True)
    return True


def _clerk(sample: SampleDatabase, site: Site) -> Browser:
    account = sample.account("city")
    browser = Browser(site.port)
    browser.log_in("staff", account["login"], account["password"])
    return browser


def _path(sample: SampleDatabase) -> str:
    """Return the address of the first application that waits for the city and has no files, which bench/papers.py adds."""
    with sample.connected() as database:
        row = database.execute(
            "SELECT number FROM applications a WHERE state = 'city_review'"
            " AND NOT EXISTS (SELECT FROM attachments WHERE application_id = a.id) ORDER BY arrived_at, id LIMIT 1"
        ).fetchone()
    if row is None:
        raise RuntimeError("nothing waits for the city")
    return f"/city/{row[0]}/"
