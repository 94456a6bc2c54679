"""What is done beside the site: messages go out by mail and SMS, files are imported, once a day nameless ones are swept.

Woken by the queue, but never in need of it: what is to be done stands in the database, and each minute it is looked for.
Knows no page. Runs as `flask --app app worker`, beside the site under `make run`.
"""

from flask import Flask

from worker import importing, mail, outbox, queue, sms


def register(app: Flask) -> None:
    """Give the application its queue, the ways that its configuration opens, and their senders.

    `app.extensions["ways"]` names the open ones for everybody who wants to know.
    """
    app.extensions["senders"] = {**mail.sender(app.config), **sms.sender(app.config)}
    app.extensions["ways"] = frozenset(app.extensions["senders"])
    app.extensions["queue"] = queue.for_config(app.config)
    outbox.register(app)
    importing.register(app)
