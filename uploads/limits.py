"""How many bytes a request may bring: little everywhere, enough for attachments where a view asks for it.

Never lets a view raise the limit after the body was read: CSRF protection reads it before any view runs; and never
lets fewer bytes than were announced pass for a request.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

MEGABYTE = 1024 * 1024

MAX_BYTES = 20 * MEGABYTE
"""Of one attachment (A11). Exactly so many are allowed, one more is not."""

MAX_FORM_BYTES = 1 * MEGABYTE
"""Of a request that brings no attachment, and of everything in a request beside its attachments."""

MAX_SENT_BYTES = 3 * MAX_BYTES
"""Of one file that may still arrive, so that its owner reads the sentence beside the field and keeps what was
typed; only what is bigger still ends in a bare 413."""

MAX_IGNORED_BYTES = 256 * MEGABYTE
MAX_IGNORED_SECONDS = 20
"""Of a body that nobody wants, read all the same: Firefox shows no answer while it is still sending, but an
error of its own. Beyond them the connection is cut."""

PIECE = 256 * 1024
"""Bytes read at once."""

View = TypeVar("View", bound=Callable[..., Any])
Whoever = Callable[[], bool]

_MARK = "attachments_accepted"


def accepts_attachments(most: int = 1, when: Whoever = lambda: True) -> Callable[[View], View]:
    """Mark a view function as one whose requests may bring up to `most` attachments.

    `when` says whether whoever asks may bring any. It is asked before the body is read: a view that asks for a
    login does so only once hundreds of megabytes of a stranger's would already lie on the disk.
    """

    def mark(view: View) -> View:
        setattr(view, _MARK, (most, when))
        return view

    return mark


def hold_limits(app: Flask) -> None:
    """Set each request's limit before anything reads its body, and read what nobody has read after it."""
    if app.config["MAX_CONTENT_LENGTH"] is None:
        app.config["MAX_CONTENT_LENGTH"] = MAX_FORM_BYTES

    # A preprocessor, not before_request: those run in order of registration, and one of them reads the form.
    @app.url_value_preprocessor
    def limit(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if request.content_length is not None:
            # gunicorn vouches for the end of its stream, but a line that broke ends it too: half a form would be
            # taken for a whole one, and what it lacks for emptied. Without the word werkzeug counts the bytes.
            request.environ.pop("wsgi.input_terminated", None)
        most, when = getattr(app.view_functions.get(endpoint or ""), _MARK, (0, bool))
        if most and when():
            request.max_content_length = MAX_FORM_BYTES + most * MAX_SENT_BYTES

    @app.after_request
    def let_the_sender_finish(response: Response) -> Response:
        if request.content_length:
            _read_the_rest(request.content_length)
        return response


def _read_the_rest(announced: int) -> None:
    request.max_content_length = announced  # else werkzeug does not hand out the stream
    latest = time.monotonic() + MAX_IGNORED_SECONDS
    left = MAX_IGNORED_BYTES
    with suppress(HTTPException):  # the sender went away
        while left > 0 and time.monotonic() < latest and (piece := request.stream.read(PIECE)):
            left -= len(piece)
