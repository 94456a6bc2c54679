"""`make load`: deadline day on one host and on two. Exits with 1 when anything was lost, or a 5xx was no 503."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app import create_app
from bench import cpu
from bench.applicant import ANSWERS
from bench.journey import EXPERIENCES, said_by
from bench.servers import HOME, WORKERS, Postgres, SampleDatabase
from config import ROOT, settings
from load import hosts, proof, report
from models import db
from tests.files import samples as files

APPLICATIONS = int(os.environ.get("LOAD_APPLICATIONS", "2000"))
"""What lies in the database beforehand. The data is kept for the next run."""
USERS = [int(users) for users in os.environ.get("LOAD_USERS", "25,50,100,200,400").split(",")]
"""Applicants at once, one number after the other until it breaks."""
STEP_SECONDS = float(os.environ.get("LOAD_STEP_SECONDS", "14"))
LIMIT_MS = float(os.environ.get("LOAD_LIMIT_MS", "3000"))
"""A site whose p95 is above this counts as broken."""
THINK = (0.5, 1.5)
"""Seconds between two clicks: less than people need, so that fewer of them make the same load."""
PAPER_BYTES = 1_000_000
SAVES = 2


def main() -> None:
    HOME.mkdir(parents=True, exist_ok=True)
    postgres = Postgres()
    try:
        sample = SampleDatabase(postgres, APPLICATIONS)
        steps = [(users, STEP_SECONDS) for users in USERS]
        found = []
        for name, run in (("one host", hosts.one_host), ("two hosts, nginx, Redis, S3", hosts.two_hosts)):
            with run(sample) as (url, environment):
                print(
                    f"\n{name} with {WORKERS} workers each, PostgreSQL, {APPLICATIONS:,} applications, {os.cpu_count()} cores for all",
                    flush=True,
                )
                played = play(sample, url, steps, THINK)
                print(
                    report.by_step(played),
                    "\n" + report.by_users(played, steps, LIMIT_MS),
                    sep="\n",
                    flush=True,
                )
                print(played["cpu"])
                found += proved(played, environment)
    finally:
        postgres.stop()
    sys.exit(1 if found else 0)


def play(
    sample: SampleDatabase, url: str, steps: list[tuple[int, float]], think: tuple[float, float]
) -> dict[str, Any]:
    """Let people come, and return what has happened."""
    password = secrets.token_urlsafe(12) + "1a"
    most = int(sum(seconds for _, seconds in steps) * 6) + max(users for users, _ in steps)
    with sample.connected() as database:
        materials = [
            row[0]
            for row in database.execute("SELECT id FROM materials WHERE required AND active ORDER BY id")
        ]
        employer = database.execute(
            "SELECT id FROM enterprises WHERE credit_code = %s",
            [sample.account("enterprise", "东胜区")["login"]],
        ).fetchone()
    clerks = [
        [role, kind, account["login"], account["password"]]
        for role, kind, region in (
            ("enterprise", "enterprise", "东胜区"),
            ("office", "staff", "东胜区"),
            ("city", "staff", ""),
        )
        for account in [sample.account(role, region)]
    ]
    with tempfile.TemporaryDirectory() as folder:
        paper, script, result = (Path(folder) / name for name in ("paper.jpg", "play.json", "result.json"))
        paper.write_bytes(files.jpg_of(PAPER_BYTES))
        given = {
            "url": url, "steps": steps, "seconds": sum(seconds for _, seconds in steps), "think": think,
            "limit_ms": LIMIT_MS, "reading": 1.0, "saves": SAVES, "password": password, "paper": str(paper),
            "people": [(login, said_by(login)) for login in sample.add_people(most, password)], "clerks": clerks, "materials": materials,
            "answers": {**ANSWERS, "enterprise_id": str(employer[0] if employer else "")}, "rows": EXPERIENCES,
        }  # fmt: skip
        script.write_text(json.dumps(given))
        before_play = cpu.used()
        with notices_read(sample):
            subprocess.run(
                [sys.executable, "-m", "load.players", str(script), str(result)],
                cwd=ROOT, check=True, timeout=given["seconds"] + 120,
            )  # fmt: skip
        played: dict[str, Any] = json.loads(result.read_text())
        played["cpu"] = cpu.shares(before_play, cpu.used(), played["seconds"])
    return played


@contextmanager
def notices_read(sample: SampleDatabase) -> Iterator[None]:
    """Let the thirty seconds for 申请须知 pass within one."""
    ended = threading.Event()

    def run() -> None:
        with sample.connected() as database:
            while not ended.wait(0.4):
                database.execute(
                    "UPDATE notice_readings SET opened_at = opened_at - interval '31 s'"
                    " WHERE read_at IS NULL AND opened_at > now() - interval '30 s'"
                )

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def proved(played: dict[str, Any], environment: dict[str, str]) -> list[str]:
    """Print and return what is wrong: requests that failed, and what was acknowledged and is missing or there twice."""
    app = create_app(settings({**os.environ, **environment}))
    found = [*played["faults"], *proof.complaints(app, played)]
    with app.app_context():
        db.engine.dispose()
    saves = sum(answered for sent in played["saves"].values() for _, answered in sent)
    acknowledged = f"{saves} saves, {len(played['uploads'])} uploads, {len(played['submitted'])} submissions, {len(played['decided'])} decisions"
    print(
        f"  acknowledged: {acknowledged}: " + ("each is there once" if not found else f"{len(found)} FAULTS")
    )
    for line in found[:20]:
        print(f"    {line}")
    return found


if __name__ == "__main__":
    main()
