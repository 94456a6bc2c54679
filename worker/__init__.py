"""The background worker: does what takes longer than a request, and what is due at a time (worker/tasks.py has the list).

The queue only wakes it. Every job is a row in the database, and the worker also looks for due rows every minute.
It runs as `flask --app app worker`; `make run` starts it with the site.
"""

from functools import cache
from typing import TYPE_CHECKING

from flask import Flask

from worker import bank_answers, bulk_decisions, file_jobs, importing, mail, outbox, sms, waking

if TYPE_CHECKING:
    from worker.tasks import Tasks

__all__ = ["bank_answers", "bulk_decisions", "file_jobs", "importing", "outbox", "register"]
"""Importing the first five modules registers listeners that wake the worker after a commit."""


def register(app: Flask) -> None:
    """Give the application its tasks, the open channels of its configuration, and their senders.

    `app.extensions["channels"]` are the open channels, `app.extensions["tasks"]()` returns the tasks.
    """
    app.extensions["senders"] = {**mail.sender(app.config), **sms.sender(app.config)}
    app.extensions["channels"] = frozenset(app.extensions["senders"])
    tasks = app.extensions["tasks"] = cache(lambda: _tasks(app))
    app.extensions["wake"] = waking.Waker(lambda: tasks().wake["deliver"]())
    app.extensions["wake_importing"] = waking.Waker(lambda: tasks().wake["import"]())
    app.extensions["wake_bulk_decisions"] = waking.Waker(lambda: tasks().wake["bulk"]())
    app.extensions["wake_file_jobs"] = waking.Waker(lambda: tasks().wake["files"]())
    app.extensions["wake_bank_answers"] = waking.Waker(lambda: tasks().wake["bank answers"]())
    if app.extensions["channels"] or app.config["REDIS_URL"]:
        tasks()  # before the fork: the processes share the modules, and a wrong url fails at the start


def _tasks(app: Flask) -> "Tasks":
    from worker import tasks

    return tasks.for_app(app)
