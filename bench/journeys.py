"""Journeys of deadline day finished per second beside an earlier build, on processors that the site, its worker, PostgreSQL and
the clients share: `python -m bench.journeys`, which also prints on what the processors spend one journey.

Both builds play the same journeys by the same clients (bench/journey.py), one build after the other, round after round. Each
works on a copy of its sample. A journey counts when its application has been submitted with all its papers and passed.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from bench import before, cpu
from bench.browser import Browser
from bench.journey import Journey, Script
from bench.servers import Postgres, SampleDatabase, Site, one_sample, site_with_worker
from tests.files import samples as files

CLIENTS = 8
ROUNDS = 3
EACH = 3
"""Journeys of each client in a round."""
PAPER = (1740, 1305)
"""Pixels of a photograph of one megabyte."""
ALONE = 5
"""Journeys of one client, by which the steps are measured."""
LEAST = 2.0
FIGURE = f"journeys of deadline day per second beside {before.COMMIT}"


def beside_earlier_build(
    postgres: Postgres, sample: SampleDatabase, unlimited: dict[str, str]
) -> dict[str, str]:
    """Return the figure of both builds; nothing where this clone does not have the commit."""
    if not before.checked_out():
        return {}
    rates: tuple[list[float], list[float]] = ([], [])
    with _both(postgres, sample) as builds:
        for _ in range(ROUNDS):
            for build, taken in zip(builds, rates, strict=True):
                taken.append(_round(build, unlimited))
    now, then = (sorted(each)[ROUNDS // 2] for each in rates)
    print(f"  {FIGURE:40} {now / then:5.2f} x   {now:7.2f} : {then:6.2f}", flush=True)
    return {FIGURE: f"**{now / then:.2f} x** ({now:.2f} : {then:.2f})"}


@contextmanager
def _both(postgres: Postgres, sample: SampleDatabase) -> Iterator[list[SampleDatabase]]:
    earlier = SampleDatabase(postgres, sample.size, before.FOLDER)
    with ExitStack() as copies:
        yield [copies.enter_context(each.copied()) for each in (sample, earlier)]


def _round(sample: SampleDatabase, unlimited: dict[str, str]) -> float:
    """Start the site, let each client make a journey that warms it up and EACH that count; return those per second."""
    with site_with_worker(sample, unlimited) as site, ProcessPoolExecutor(CLIENTS) as clients:
        script, people = _script(sample, site, CLIENTS * (1 + EACH))
        _play(clients, script, people[:CLIENTS], 1)
        before_round, begun = cpu.used(), time.monotonic()
        numbers = _play(clients, script, people[CLIENTS:], EACH)
        seconds = time.monotonic() - begun
        used = cpu.used() - before_round
        each = ", ".join(f"{kind} {used[kind] * 1000 / len(numbers):.0f}" for kind in sorted(used))
        print(
            f"    {sample.name}: {len(numbers) / seconds:.2f} a second, ms of CPU for each: {each}",
            flush=True,
        )
        _require_finished(sample, numbers, len(script.materials))
    return len(numbers) / seconds


def _play(clients: ProcessPoolExecutor, script: Script, people: list[str], each: int) -> list[str]:
    portions = [people[first : first + each] for first in range(0, len(people), each)]
    parts = [clients.submit(_play_some, script, logins) for logins in portions]
    return [number for part in parts for number in part.result()]


def _play_some(script: Script, logins: list[str]) -> list[str]:
    return [Journey(script, login).play() for login in logins]


def _script(sample: SampleDatabase, site: Site, count: int) -> tuple[Script, list[str]]:
    """Return what is played, and the logins of so many new people."""
    password = secrets.token_urlsafe(12) + "1a"
    reviewer = sample.account("enterprise", "东胜区")
    clerk = Browser(site.port)
    clerk.log_in("enterprise", reviewer["login"], reviewer["password"])
    with sample.connected() as database:
        employer = database.execute(
            "SELECT id FROM enterprises WHERE credit_code = %s", [reviewer["login"]]
        ).fetchone()
        materials = database.execute("SELECT id FROM materials WHERE required AND active ORDER BY id")
        script = Script(
            site.port, sample.address, password, str(employer[0] if employer else ""),
            tuple(key for (key,) in materials), files.photograph(*PAPER), clerk.cookies,
        )  # fmt: skip
    return script, sample.add_people(count, password)


def _require_finished(sample: SampleDatabase, numbers: list[str], papers: int) -> None:
    """Raise RuntimeError unless each application has its papers and has been passed by its employer."""
    with sample.connected() as database:
        finished = database.execute(
            "SELECT count(*) FROM applications a WHERE number = ANY(%s) AND round = 1"
            " AND state NOT IN ('draft', 'enterprise_review')"
            " AND (SELECT count(*) FROM attachments WHERE application_id = a.id) = %s",
            [numbers, papers],
        ).fetchone()
    if finished != (len(numbers),):
        raise RuntimeError(f"of {len(numbers)} journeys {finished} are finished")


def _steps(sample: SampleDatabase, unlimited: dict[str, str]) -> None:
    """Print how many milliseconds of CPU each step of a journey takes, by process."""
    taken: dict[str, Counter[str]] = {}
    with site_with_worker(sample, unlimited) as site:
        script, people = _script(sample, site, ALONE + 3)
        for login in people[:3]:
            Journey(script, login).play()
        last = cpu.used()

        def at(step: str) -> None:
            nonlocal last
            now = cpu.used()
            taken.setdefault(step, Counter()).update({kind: now[kind] - last[kind] for kind in now})
            last = now

        for login in people[3:]:
            Journey(script, login, at).play()
    kinds = sorted({kind for step in taken.values() for kind in step})
    total: Counter[str] = Counter()
    print(f"  {sample.name}: ms of CPU of one journey\n  {'':14}" + "".join(f"{kind:>12}" for kind in kinds))
    for step, used in [*taken.items(), ("", total)]:
        print(f"  {step:14}" + "".join(f"{used[kind] * 1000 / ALONE:12.0f}" for kind in kinds))
        total.update(used)


def main() -> None:
    unlimited: dict[str, Any] = {"TALENT_RATE_LIMITS": "no"}
    with one_sample() as (postgres, sample):
        with _both(postgres, sample) as builds:
            for build in builds:
                _steps(build, unlimited)
        beside_earlier_build(postgres, sample, unlimited)


if __name__ == "__main__":
    main()
