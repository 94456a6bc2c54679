"""Measures our pages and the floor's in turn, round after round, so that disturbances affect both."""

from __future__ import annotations

import html
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

from bench.browser import TOKEN, Browser
from bench.servers import SampleDatabase

if TYPE_CHECKING:
    from bench.pages import Opened, Page  # which imports this module by bench.papers

ROUNDS = 30
EACH = 8
"""Consecutive requests of a page, for each of the two, in every round."""

WARMING, ROUNDS_ALONE, EACH_ALONE = 10, 24, 5
"""For pages without a floor. PostgreSQL chooses the final plan of a prepared statement after some ten executions on a connection.
Of eight rounds the medians of one page, the same statements and calls, were a fifth apart."""

VISITS = 20

CLIENTS = 8
TIMES, SECONDS = 5, 3.0
QUEUES, PASSED = 3, 30
"""Number of queues, and of applications that each of the two passes in a queue."""

WAITING = (
    "SELECT number, version FROM applications WHERE state = 'city_review' ORDER BY arrived_at, id LIMIT %s"
)

IMPORTS = re.compile(r"""^\s*import\s+(?:[^"']*from\s+)?["']([^"']+)["']""", re.MULTILINE)
ASSETS = re.compile(r'<(?:link rel="(?:stylesheet|icon)"[^>]*href|script[^>]*src|img src)="([^"]+)"')


def in_turn(
    ours: dict[str, Browser], floor: dict[str, Browser], pages: list[Page]
) -> Iterator[tuple[Page, list[float], list[float]]]:
    """Yield each page with the seconds of ours and of the floor; both must show the same rows."""
    taken: dict[Page, tuple[list[float], list[float]]] = {page: ([], []) for page in pages}
    for turn in range(ROUNDS):
        for page in pages:
            asked = list(zip((ours[page.who], floor[page.who]), page.addresses(turn), strict=True))
            mine, theirs = (browser.get(path).rows for browser, path in asked)
            if mine != theirs or not mine:
                raise RuntimeError(f"{page.name}: not the same rows\n{mine}\n{theirs}")
            for (browser, path), seconds in zip(asked, taken[page], strict=True):
                seconds.extend(browser.get(path).seconds for _ in range(EACH))
    for page, seconds in taken.items():
        yield page, *seconds


def alone(
    browsers: dict[int, dict[str, Browser]], pages: dict[int, list[Opened]]
) -> dict[int, dict[tuple[str, str], list[float]]]:
    """Return the seconds of each page of ours in each sample, by role and name; all samples in turn, round after round."""
    taken: dict[int, dict[tuple[str, str], list[float]]] = {
        size: {(page.who, page.name): [] for page in opened} for size, opened in pages.items()
    }
    for turn in range(WARMING + ROUNDS_ALONE):
        for together in zip(*pages.values(), strict=True):
            for size, page in zip(pages, together, strict=True):
                for _ in range(EACH_ALONE):
                    answer = browsers[size][page.who].get(page.path)
                    if answer.status != 200:
                        raise RuntimeError(f"{page.who}, {page.name}: {answer.status}")
                    if turn >= WARMING:
                        taken[size][page.who, page.name].append(answer.seconds)
    return taken


def visit(browsers: dict[str, Browser], pages: list[Opened]) -> None:
    """Open all pages of a site several times."""
    for page in pages * VISITS:
        browsers[page.who].get(page.path)


def passing(
    sample: SampleDatabase, ours: dict[str, Browser], floor: dict[str, Browser]
) -> tuple[list[float], list[float]]:
    """Return the seconds of passing one application, ours with its history and messages; the database is restored."""
    each = [taken for _ in range(QUEUES) for taken in _queue(sample, ours["city"], floor["city"])]
    del each[0]  # the first one warms up
    return [mine for mine, _ in each], [theirs for _, theirs in each]


def _queue(sample: SampleDatabase, ours: Browser, floor: Browser) -> Iterator[tuple[float, float]]:
    """Pass the applications that have waited longest, alternately by ours and by the floor, then restore them."""
    with sample.connected() as database, restored(sample):
        waiting = database.execute(WAITING, [2 * PASSED]).fetchall()
        for turn in range(len(waiting) // 2):
            (mine, version), (theirs, other) = waiting[2 * turn : 2 * turn + 2]
            taken = pass_one(ours, mine, version)
            same = floor.post(f"/pass/{theirs}", {"version": str(other)})
            if same.status != 302:
                raise RuntimeError(f"not passed: {same.status}")
            yield taken, same.seconds


def pass_one(clerk: Browser, number: str, version: int) -> float:
    """Pass an application of the city by its page. Returns the seconds of the decision."""
    token = html.unescape(TOKEN.findall(clerk.get(f"/city/{number}/").text)[0])
    given = {"csrf_token": token, "version": str(version), "action": "pass"}
    done = clerk.post(f"/city/{number}/decide/", given)
    if done.status != 302:
        raise RuntimeError(f"not passed: {done.status}")
    return done.seconds


@contextmanager
def restored(sample: SampleDatabase) -> Iterator[None]:
    """Restore the database afterwards."""
    with sample.connected() as database:
        last = {
            table: database.execute(f"SELECT coalesce(max({key}), 0) FROM {table}").fetchone()[0]  # noqa: S608
            for table, key in (("reviews", "id"), ("messages", "id"))
        }
        columns = "id, state, result, version, reached, arrived_at"
        database.execute("DROP TABLE IF EXISTS bench_before")
        database.execute(
            f"CREATE UNLOGGED TABLE bench_before AS SELECT {columns} FROM applications WHERE state = 'city_review'"  # noqa: S608
        )
        try:
            yield
        finally:
            database.execute(
                "UPDATE applications a SET state = b.state, result = b.result, version = b.version, reached = b.reached,"
                " arrived_at = b.arrived_at FROM bench_before b WHERE a.id = b.id AND a.state <> b.state"
            )
            database.execute("DELETE FROM message_readings WHERE message_id > %s", [last["messages"]])
            database.execute("DELETE FROM deliveries WHERE message_id > %s", [last["messages"]])
            database.execute("DELETE FROM messages WHERE id > %s", [last["messages"]])
            if database.execute("SELECT 1 WHERE to_regclass('statistic_changes') IS NOT NULL").fetchone():
                database.execute("DELETE FROM statistic_changes WHERE review_id > %s", [last["reviews"]])
            database.execute("DELETE FROM reviews WHERE id > %s", [last["reviews"]])
            database.execute("DROP TABLE bench_before")
            # The passed ones come first in their index: without a vacuum, dead entries of every run would accumulate there.
            database.execute(
                "VACUUM (INDEX_CLEANUP ON, ANALYZE) applications, reviews, messages, message_readings"
            )


def at_once(ours: Browser, mine: str, floor: Browser, theirs: str) -> tuple[float, float]:
    """Return the responses per second that eight clients get from ours and from the floor, measured in turn."""
    counted = [(_a_second(ours, mine), _a_second(floor, theirs)) for _ in range(TIMES)]
    return _median([each for each, _ in counted]), _median([each for _, each in counted])


def _a_second(browser: Browser, path: str) -> float:
    browser.get(path)  # sets the cookies, as in a browser that returns
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in browser.headers().items())]
    request = "\r\n".join([*lines, "", ""]).encode()
    with ProcessPoolExecutor(CLIENTS) as clients:
        begun = time.monotonic()
        counts = [clients.submit(_ask_on, browser.port, request) for _ in range(CLIENTS)]
        total = sum(count.result() for count in counts)
        return total / (time.monotonic() - begun)


def _ask_on(port: int, request: bytes) -> int:
    count, end = 0, time.monotonic() + SECONDS
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as answer:
        while time.monotonic() < end:
            connection.sendall(request)
            length = 0
            if b" 200 " not in answer.readline():
                raise RuntimeError("a client was refused")
            while (head := answer.readline()) != b"\r\n":
                if head.lower().startswith(b"content-length:"):
                    length = int(head.split(b":")[1])
            answer.read(length)
            count += 1
    return count


def weight(browser: Browser, path: str) -> dict[str, int]:
    """Return the transferred bytes of a page and of all files that a browser loads with it."""
    first = browser.get(path)
    sizes = {path: len(first.body)}
    waiting = [html.unescape(address) for address in ASSETS.findall(first.text)]
    while waiting:
        address = waiting.pop()
        if address in sizes:
            continue
        answer = browser.get(address)
        sizes[address] = len(answer.body)
        if ".js" in address:
            waiting += [normpath(join(dirname(address), found)) for found in IMPORTS.findall(answer.text)]
    return sizes


def p50(seconds: list[float]) -> float:
    return _median(seconds) * 1000


def _median(values: list[float]) -> float:
    """Return the median. The room `statistics` hides Python's module of that name."""
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
