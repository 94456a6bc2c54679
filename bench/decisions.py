"""A decision beside the same decision of an earlier build, which keeps no counts; each build on its own sample."""

from __future__ import annotations

from contextlib import ExitStack

from bench.before import COMMIT, FOLDER, checked_out
from bench.browser import Browser
from bench.measuring import PASSED, QUEUES, WAITING, p50, pass_one, restored
from bench.servers import Postgres, SampleDatabase, Site


def beside_earlier_build(
    postgres: Postgres, sample: SampleDatabase, unlimited: dict[str, str]
) -> dict[str, str]:
    """Return the figure of both builds, measured in turn; nothing where this clone does not have the commit.

    It says what keeping the counts costs (issue 14: 1.15 x), and whatever else came since. The databases are restored.
    """
    if not checked_out():
        return {}
    both = (sample, SampleDatabase(postgres, sample.size, FOLDER))
    taken: list[list[float]] = [[], []]
    with ExitStack() as running:
        clerks = []
        for each in both:
            site = Site("app:create_app()", "/healthz", {**each.environment, **unlimited}, each.folder)
            running.callback(site.stop)
            clerks.append(Browser(site.port))
            account = each.account("city")
            clerks[-1].log_in("staff", account["login"], account["password"])
        for _ in range(QUEUES):
            _pass_a_queue(both, clerks, taken)
    for seconds in taken:
        del seconds[0]  # the first one warms up
    now, then = map(p50, taken)
    print(f"  {'pass one beside ' + COMMIT:40} {now / then:5.2f} x   {now:7.2f} : {then:6.2f} ms", flush=True)
    return {f"pass one application beside {COMMIT}, ms": f"**{now / then:.2f} x** ({now:.1f} : {then:.1f})"}


def _pass_a_queue(both: tuple[SampleDatabase, ...], clerks: list[Browser], taken: list[list[float]]) -> None:
    """Pass the applications that have waited longest, one of each build in turn."""
    with ExitStack() as opened:
        waiting = []
        for sample in both:
            opened.enter_context(restored(sample))
            database = opened.enter_context(sample.connected())
            waiting.append(database.execute(WAITING, [PASSED]).fetchall())
        for together in zip(*waiting, strict=True):
            for seconds, clerk, (number, version) in zip(taken, clerks, together, strict=True):
                seconds.append(pass_one(clerk, number, version))
