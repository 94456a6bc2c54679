"""The CPU time of the processes that this one has started, by what they are."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
KINDS = {"/uploads/": "confined", "worker": "worker", "gunicorn": "site", "postgres": "PostgreSQL", "nginx": "nginx", "weed": "S3", "redis": "Redis"}  # fmt: skip
"""A word of the command, and its name in the report; the first that fits counts."""

CHILDREN = {"site": "confined"}
"""The only processes that a process of the site starts and waits for are those that open uploaded files."""


def used() -> Counter[str]:
    """Return the seconds of all descendants so far, with those of their children that have ended."""
    parents, own, ended, names = {}, {}, {}, {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
            pid = int(process.name)
            parents[pid], (user, system, *children) = int(fields[1]), map(int, fields[11:15])
            own[pid], ended[pid] = (user + system) / TICKS, sum(children) / TICKS
            names[pid] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    found: Counter[str] = Counter()
    for pid in parents:
        above = pid
        while above in parents and above != os.getpid():
            above = parents[above]
        if above == os.getpid() and pid != above:
            kind = next((kind for word, kind in KINDS.items() if word in names[pid]), "clients")
            found[kind] += own[pid]
            found[CHILDREN.get(kind, kind)] += ended[pid]
    return found


def shares(since: Counter[str], until: Counter[str], seconds: float) -> str:
    """Return the share of one core that each kind has used, as a sentence."""
    each = {kind: (until[kind] - since[kind]) / seconds * 100 for kind in until}
    return "  CPU, percent of one core: " + ", ".join(
        f"{kind} {share:.0f}" for kind, share in each.items() if share >= 1
    )
