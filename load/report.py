"""Prints what a play has taken."""

from __future__ import annotations

from collections import defaultdict
from typing import Any


def percentile(taken: list[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    return sorted(taken)[min(int(len(taken) * share), len(taken) - 1)]


def by_step(played: dict[str, Any]) -> str:
    """Return a table: of each step the number, the refused, the errors, and how long it took in milliseconds."""
    steps: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for _, step, ms, status in played["requests"]:
        steps[step].append((ms, status))
    lines = [f"  {'step':14} {'requests':>9} {'503':>6} {'errors':>6} {'p50':>8} {'p95':>8} {'p99':>8} ms"]
    for step, all_of_it in sorted(steps.items()):
        taken = [ms for ms, status in all_of_it if status not in (0, 503)] or [0.0]
        refused = sum(status == 503 for _, status in all_of_it)
        errors = sum(status == 0 or status >= 400 for _, status in all_of_it) - refused
        lines.append(
            f"  {step:14} {len(all_of_it):9} {refused:6} {errors:6}"
            f" {percentile(taken, 0.5):8.0f} {percentile(taken, 0.95):8.0f} {percentile(taken, 0.99):8.0f}"
        )
    return "\n".join(lines)


def by_users(played: dict[str, Any], steps: list[tuple[int, float]], limit_ms: float) -> str:
    """Return a table of the numbers of users in turn, up to the breaking point, and the sentence that states it."""
    lines = [
        f"  {'applicants':>10} {'requests/s':>10} {'journeys/s':>10} {'503':>6} {'p50':>8} {'p95':>8} ms"
    ]
    begun, stood, broken = 0.0, 0, 0
    for users, seconds in steps:
        if begun >= played["seconds"] - 1:
            break
        now = [each for each in played["requests"] if begun <= each[0] < begun + seconds]
        taken = [each[2] for each in now] or [0.0]
        refused = sum(each[3] == 503 for each in now)
        journeys = sum(begun <= at < begun + seconds for at in played["journeys"])
        p95 = percentile(taken, 0.95)
        lines.append(
            f"  {users:10} {len(now) / seconds:10.1f} {journeys / seconds:10.2f} {refused:6} {percentile(taken, 0.5):8.0f} {p95:8.0f}"
        )
        if not broken and (p95 > limit_ms or refused * 20 > len(now)):
            broken = users
        elif not broken:
            stood = users
        begun += seconds
    lines.append(
        f"  breaking point: {stood} applicants at once are served, {broken} are too many (p95 above {limit_ms / 1000:g} s, or 503)"
        if broken
        else f"  no breaking point up to {stood} applicants at once: LOAD_USERS names more"
    )
    return "\n".join(lines)
