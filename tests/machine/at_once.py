"""Runs several functions at the same moment, each in its own process."""

import functools
import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

from models import db

TIMEOUT_SECONDS = 60
"""After this time a process that does not finish counts as failed."""
HOLD_SECONDS = 0.2
"""Seconds that the first process keeps its transaction open, so that the others must wait."""


def at_once(*doings: Callable[[], Any]) -> list[Any]:
    """Call each function in its own process, all at once. Returns their results, which must be plain data.

    An exception is returned as its name.
    """
    db.session.commit()
    db.engine.dispose()  # no connection is shared with the processes that are born now
    born = multiprocessing.get_context("fork")
    start = born.Barrier(len(doings))
    processes, answers = [], []
    for doing in doings:
        here, there = born.Pipe(duplex=False)
        process = born.Process(target=_do, args=(doing, start, there), daemon=True)
        process.start()
        there.close()
        processes.append(process)
        answers.append(here)
    found = [answer.recv() if answer.poll(TIMEOUT_SECONDS) else "no answer" for answer in answers]
    for process in processes:
        process.join(TIMEOUT_SECONDS)
    db.session.expire_all()
    return found


def _do(doing: Callable[[], Any], start: Barrier, answer: Connection) -> None:
    start.wait(TIMEOUT_SECONDS)
    try:
        found = doing()
    except Exception as error:
        found = type(error).__name__
    answer.send(found)
    db.session.remove()


def slowly(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with a pause at its end, so that its caller's transaction overlaps with the others."""

    @functools.wraps(function)
    def slow(*args: Any, **kwargs: Any) -> Any:
        found = function(*args, **kwargs)
        time.sleep(HOLD_SECONDS)
        return found

    return slow
