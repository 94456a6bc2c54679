"""How it is measured: ours and the floor in turn, round after round, so that what disturbs one disturbs the other."""

from __future__ import annotations

import html
import re
import socket
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from posixpath import dirname, join, normpath

from bench.browser import TOKEN, Browser
from bench.pages import Opened, Page
from bench.servers import Town

ROUNDS = 10
EACH = 8
"""Times a page is opened in a row, by each of the two in every round."""

ROUNDS_ALONE, EACH_ALONE = 4, 5
"""Of the pages without a floor."""

CLIENTS = 8
SECONDS = 4.0
PASSED = 3
"""Applications passed in a round by each of the two."""

IMPORTS = re.compile(r"""^\s*import\s+(?:[^"']*from\s+)?["']([^"']+)["']""", re.MULTILINE)
ASSETS = re.compile(r'<(?:link rel="(?:stylesheet|icon)"[^>]*href|script[^>]*src|img src)="([^"]+)"')


def in_turn(
    ours: dict[str, Browser], floor: dict[str, Browser], pages: list[Page], rounds: int
) -> Iterator[tuple[Page, list[float], list[float]]]:
    """Yield each page with the seconds of ours and of the floor; both must show the same rows."""
    for page in pages:
        mine, theirs = ours[page.who].get(page.ours), floor[page.who].get(page.floor)
        if mine.rows != theirs.rows or not mine.rows:
            raise RuntimeError(f"{page.name}: not the same rows\n{mine.rows}\n{theirs.rows}")
    taken: dict[Page, tuple[list[float], list[float]]] = {page: ([], []) for page in pages}
    for _ in range(rounds):
        for page in pages:
            for _ in range(EACH):
                taken[page][0].append(ours[page.who].get(page.ours).seconds)
                taken[page][1].append(floor[page.who].get(page.floor).seconds)
    for page, (mine, theirs) in taken.items():
        yield page, mine, theirs


def alone(browsers: dict[str, Browser], pages: list[Opened]) -> dict[Opened, list[float]]:
    """Return the seconds of each page of ours, round after round; each was opened before."""
    for page in pages:
        answer = browsers[page.who].get(page.path)
        if answer.status != 200:
            raise RuntimeError(f"{page.who}, {page.name}: {answer.status}")
    taken: dict[Opened, list[float]] = {page: [] for page in pages}
    for _ in range(ROUNDS_ALONE):
        for page in pages:
            for _ in range(EACH_ALONE):
                taken[page].append(browsers[page.who].get(page.path).seconds)
    return taken


def passing(
    town: Town, ours: dict[str, Browser], floor: dict[str, Browser], rounds: int
) -> tuple[list[float], list[float]]:
    """Return the seconds of passing one application, ours with its history and messages; everything is put back."""
    taken: tuple[list[float], list[float]] = [], []
    with town.connected() as database, _put_back(town):
        waiting = database.execute(
            "SELECT number, version FROM applications WHERE state = 'city_review' ORDER BY arrived_at, id LIMIT %s",
            [2 * PASSED * rounds + 2],
        ).fetchall()
        for turn in range(len(waiting) // 2):
            (mine, version), (theirs, other) = waiting[2 * turn : 2 * turn + 2]
            page = ours["city"].get(f"/city/{mine}/").text
            token = html.unescape(TOKEN.findall(page)[0])
            given = {"csrf_token": token, "version": str(version), "action": "pass"}
            done = ours["city"].post(f"/city/{mine}/decide/", given)
            same = floor["city"].post(f"/pass/{theirs}", {"version": str(other)})
            if (done.status, same.status) != (302, 302):
                raise RuntimeError(f"not passed: {done.status}, {same.status}")
            if turn:  # the first warms up
                taken[0].append(done.seconds)
                taken[1].append(same.seconds)
    return taken


@contextmanager
def _put_back(town: Town) -> Iterator[None]:
    """Leave the database as it was before."""
    with town.connected() as database:
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
            database.execute("DELETE FROM reviews WHERE id > %s", [last["reviews"]])
            database.execute("DROP TABLE bench_before")
            # The passed ones are the first of their list: its pages would else carry what run after run leaves there.
            database.execute(
                "VACUUM (INDEX_CLEANUP ON, ANALYZE) applications, reviews, messages, message_readings"
            )


def at_once(browser: Browser, path: str) -> float:
    """Return how many answers a second eight clients get."""
    browser.get(path)  # what it leaves in the cookie is there from now on, as in a browser that asks again
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in browser.headers().items())]
    request = "\r\n".join([*lines, "", ""]).encode()
    with ProcessPoolExecutor(CLIENTS) as clients:
        begun = time.monotonic()
        counts = [clients.submit(_ask_on, browser.port, request) for _ in range(CLIENTS)]
        total = sum(count.result() for count in counts)
        return total / (time.monotonic() - begun)


def _ask_on(port: int, request: bytes) -> int:
    count, end = 0, time.monotonic() + SECONDS
    with socket.create_connection(("127.0.0.1", port)) as line, line.makefile("rb") as answer:
        while time.monotonic() < end:
            line.sendall(request)
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
    """Return the bytes of a page and of everything that a browser loads with it, as they are sent."""
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
    return statistics.median(seconds) * 1000
