"""What is done beside the site: messages go out by mail and SMS, files are imported, once a day nameless ones are swept.

Woken by the queue, but never in need of it: what is to be done stands in the database, and each minute it is looked for.
Knows no page. Runs as `flask --app app worker`, beside the site under `make run`.
"""

from functools import cache
from typing import TYPE_CHECKING

from flask import Flask

from worker import importing, mail, outbox, sms, waking

if TYPE_CHECKING:
    from worker.tasks import Tasks

__all__ = ["importing", "outbox", "register"]
"""The first two wake by themselves, from when they are loaded, after what they wait for has been stored."""


def register(app: Flask) -> None:
    """Give the application its tasks, the channels that its configuration opens, and their senders.

    `app.extensions["channels"]` names the open ones for everybody who wants to know, `app.extensions["tasks"]()` returns the tasks.
    """
    app.extensions["senders"] = {**mail.sender(app.config), **sms.sender(app.config)}
    app.extensions["channels"] = frozenset(app.extensions["senders"])
    tasks = app.extensions["tasks"] = cache(lambda: _tasks(app))
    app.extensions["wake"] = waking.Waker(lambda: tasks().deliver())
    app.extensions["wake_importing"] = waking.Waker(lambda: tasks().import_enterprises())
    if app.extensions["channels"] or app.config["REDIS_URL"]:
        tasks()  # each page's process will wake: let them share what that needs, and hear of a wrong address now


def _tasks(app: Flask) -> "Tasks":
    from worker import (
        tasks,  # brings huey with redis; without a channel for messages only an import ever wakes
    )

    return tasks.for_app(app)
