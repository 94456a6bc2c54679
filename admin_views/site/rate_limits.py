"""Rate limits: Flask-Limiter checks one where a view has it, and nothing before any other page."""

from contextlib import AbstractContextManager

from flask import Flask, current_app
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user

PRINTING = "30 per minute"
"""Documents that one person may print. The compiler is a process, and whoever keeps a few of them busy keeps others waiting."""


def create(app: Flask) -> Limiter:
    """Return the limiter of an application.

    Before each request Flask-Limiter also looks for limits of the whole site. There are none, and finding that out takes a
    twenty-fifth of a list page: the functions that it has added to those before a request are taken out again. A decorated
    view or a `with` block checks its own limit all the same.
    """
    before_request = app.before_request_funcs.setdefault(None, [])
    own = list(before_request)
    limits = Limiter(get_remote_address, app=app)
    before_request[:] = own
    return limits


def printing() -> AbstractContextManager[None]:
    """Count a document that is printed for this person while they wait. Raises TooManyRequests."""
    limits: Limiter = current_app.extensions["limits"]
    found: AbstractContextManager[None] = limits.limit(
        PRINTING, key_func=lambda: f"printing:{current_user.id}"
    )
    return found
