"""Measures, prints the table, writes bench/results.json and docs/pictures/speed.svg: `make bench`, `SIZES=10000,100000 make bench`."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import (
    applicant,
    before,
    bulk,
    decisions,
    dossier,
    exporting,
    figures,
    floor,
    importing,
    journeys,
    measuring,
    papers,
    payment_runs,
    report,
    slow_phones,
)
from bench.browser import Browser
from bench.measuring import p50
from bench.pages import ACCOUNTS, REGION, everybodys, pages
from bench.servers import HOME, Postgres, SampleDatabase, Site

SIZES = [int(size) for size in os.environ.get("SIZES", "10000,100000,1000000").split(",")]
STARTS = 5
UNLIMITED = {"TALENT_RATE_LIMITS": "no"}


def main() -> None:
    HOME.mkdir(parents=True, exist_ok=True)
    postgres = Postgres()
    try:
        samples = [SampleDatabase(postgres, size) for size in SIZES]
        sizes = [measured(sample) for sample in samples]
        # The smallest sample only: the earlier build fills a database of its own.
        sizes[0]["figures"] |= before.beside_earlier_build(postgres, samples[0], UNLIMITED)
        sizes[0]["figures"] |= applicant.beside_an_earlier_build(postgres, samples[0], UNLIMITED)
        sizes[0]["figures"] |= decisions.beside_earlier_build(postgres, samples[0], UNLIMITED)
        sizes[0]["figures"] |= journeys.beside_earlier_build(postgres, samples[0], UNLIMITED)
        sizes[0]["figures"] |= dossier.dossier_cpu()
        sizes[0]["figures"] |= slow_phones.beside_an_empty_site(
            samples[0], {**samples[0].environment, **UNLIMITED}
        )
        for found, flat in zip(sizes, everybodys_pages(samples), strict=True):
            found["flat"] = flat
    finally:
        postgres.stop()
    report.save(
        {"measured": datetime.now(UTC).isoformat(timespec="minutes"), "machine": machine(), "sizes": sizes}
    )
    print("\n".join([*report.table(sizes), "", *report.flat(sizes)]))


def measured(sample: SampleDatabase) -> dict[str, Any]:
    """Return all measurements of one sample."""
    print(f"· {sample.size:,}", flush=True)
    with sample.connected() as database:
        for statement in (*floor.TRIGRAMS, "VACUUM ANALYZE", "CHECKPOINT"):
            database.execute(statement)
        who = {
            role: database.execute(
                "SELECT id FROM accounts WHERE login = %s", [sample.account(role, place)["login"]]
            ).fetchone()[0]  # type: ignore[index]
            for role, place in (("office", REGION), ("city", ""))
        }
    figures.count(sample)
    secret = {f"TALENT_{name}": value for name, value in sample.keys().items()}
    theirs = {"FLOOR_DATABASE": sample.address, **secret}
    mine = {**sample.environment, **UNLIMITED}
    starts = [_start("app:create_app()", "/healthz", mine) for _ in range(STARTS)]
    starts_of_floor = [_start("bench.floor:app", "/alive", theirs) for _ in range(STARTS)]
    ours, beneath = Site("app:create_app()", "/healthz", mine), Site("bench.floor:app", "/alive", theirs)
    try:
        browsers: dict[str, Browser] = {}
        others: dict[str, Browser] = {}
        for role, place in (("office", REGION), ("city", "")):
            account = sample.account(role, place)
            browsers[role], others[role] = Browser(ours.port), Browser(beneath.port)
            browsers[role].log_in("staff", account["login"], account["password"])
            others[role].get(f"/enter/{who[role]}")
        rows = [
            _row(page.name, page.most, page.reach, mine_, theirs_)
            for page, mine_, theirs_ in measuring.in_turn(browsers, others, pages(sample))
        ]
        rows.append(_row("pass one application", 2.5, 2.0, *measuring.passing(sample, browsers, others)))
        rows.append(
            _row(
                "city's statistics",
                figures.MOST,
                figures.REACH,
                *figures.beside_a_page_by_hand(browsers["city"], others["city"]),
            )
        )
        per_second, floor_per_second = measuring.at_once(
            browsers["city"], "/city/?tab=all", others["city"], "/list/all"
        )
        further = {**papers.page_with_pictures(sample, browsers["city"]), **papers.upload(sample, ours)}
        measuring.visit(_everybody(sample, ours), everybodys(sample))
        memory, memory_of_floor = ours.memory(), beneath.memory()
        weight = measuring.weight(browsers["city"], "/city/?tab=all")
    finally:
        ours.stop()
        beneath.stop()
    in_bulk = bulk.beside_single_ones(sample, mine) | papers.beside_raw_copy(further)
    if sample.size == exporting.SIZE:
        in_bulk |= exporting.beside_a_bare_loop(sample)
    if sample.size == payment_runs.SIZE:
        in_bulk |= payment_runs.beside_a_bare_loop(sample)
    further |= importing.enterprises(sample)
    return {
        "applications": sample.size,
        "pages": rows,
        "figures": {
            "requests a second, 8 clients": f"**{per_second / floor_per_second:.2f} x** ({per_second:.0f} : {floor_per_second:.0f})",
            "memory a worker, MiB": f"PSS {max(p for p, _ in memory):.0f}, RSS {max(r for _, r in memory):.0f}"
            f" (floor {max(p for p, _ in memory_of_floor):.0f}, {max(r for _, r in memory_of_floor):.0f})",
            "first list page as sent, KB": f"{sum(weight.values()) / 1000:.1f} in {len(weight)} files",
            "start to first answer, s": f"{sorted(starts)[STARTS // 2]:.2f} (floor {sorted(starts_of_floor)[STARTS // 2]:.2f})",
            **in_bulk,
        },
        "further": further,
    }


def everybodys_pages(samples: Sequence[SampleDatabase]) -> list[list[dict[str, Any]]]:
    """Return the times of every role's pages, measured in all samples in turn."""
    sites = [Site("app:create_app()", "/healthz", {**sample.environment, **UNLIMITED}) for sample in samples]
    try:
        browsers = {
            sample.size: _everybody(sample, site) for sample, site in zip(samples, sites, strict=True)
        }
        taken = measuring.alone(browsers, {sample.size: everybodys(sample) for sample in samples})
    finally:
        for site in sites:
            site.stop()
    return [
        [{"who": who, "name": name, "ours": p50(seconds)} for (who, name), seconds in pages.items()]
        for pages in taken.values()
    ]


def _everybody(sample: SampleDatabase, site: Site) -> dict[str, Browser]:
    """Return a logged-in browser for each role, and an anonymous one."""
    found = {"nobody": Browser(site.port)}
    for role, place in ACCOUNTS.items():
        account = sample.account(role, place)
        found[role] = Browser(site.port)
        found[role].log_in(LOGIN_KINDS.get(role, "staff"), account["login"], account["password"])
    return found


LOGIN_KINDS = {"applicant": "personal", "enterprise": "enterprise"}


def _start(application: str, alive: str, environment: dict[str, str]) -> float:
    site = Site(application, alive, environment)
    site.stop()
    return site.seconds


def _row(
    name: str, most: float | None, reach: float | None, ours: list[float], beneath: list[float]
) -> dict[str, Any]:
    mine, theirs = p50(ours), p50(beneath)
    print(f"  {name:40} {mine / theirs:5.2f} x   {mine:7.2f} : {theirs:6.2f} ms", flush=True)
    return {"name": name, "most": most, "reach": reach, "ours": mine, "floor": theirs, "ratio": mine / theirs}


def machine() -> str:
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "",
    )
    return f"{os.cpu_count()} x {model}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
