"""Limits the size of requests. The limit is small, except for views that accept attachments.

The limit is set before anything reads the body: CSRF protection reads it before any view runs. A body that is shorter than
its Content-Length is refused.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

MEGABYTE = 1024 * 1024

MAX_BYTES = 20 * MEGABYTE
"""Bytes of one attachment (A11): exactly this many are allowed, one more is not."""

MAX_FORM_BYTES = 1 * MEGABYTE
"""Bytes of a request without its attachments."""

MAX_SENT_BYTES = 3 * MAX_BYTES
"""Bytes of one file that are read before the request is refused with a bare 413. A file between MAX_BYTES and this gets its
sentence beside the field, and what was typed is kept."""

MAX_REQUEST_BYTES = 256 * MEGABYTE
"""Bytes of a request with several attachments, ten of 20 MB and more. Of a longer one the server passes on the head alone
(LONGEST_BODY in server/client_socket.py)."""

MAX_DRAINED_BYTES = MAX_REQUEST_BYTES
MAX_DRAIN_SECONDS = 20
"""Limits for reading the rest of an unread body. It is read because Firefox shows its own error, not our response, when the
connection closes while it is sending. Beyond the limits the connection is closed."""

CHUNK_BYTES = 256 * 1024
"""Bytes that are read at a time."""

View = TypeVar("View", bound=Callable[..., Any])
Condition = Callable[[], bool]

_VIEW_ATTRIBUTE = "attachments_accepted"


def accepts_attachments(most: int = 1, when: Condition = lambda: True) -> Callable[[View], View]:
    """Return a decorator for views whose requests may contain up to `most` attachments.

    `when` says whether the user may send any. It is called before the body is read. The view's own check of the login would
    come too late: by then hundreds of megabytes of a stranger would be on the disk.
    """

    def mark(view: View) -> View:
        setattr(view, _VIEW_ATTRIBUTE, (most, when))
        return view

    return mark


def enforce_limits(app: Flask) -> None:
    """Set each request's limit before anything reads its body, and read the rest of the body after the view."""
    if app.config["MAX_CONTENT_LENGTH"] is None:
        app.config["MAX_CONTENT_LENGTH"] = MAX_FORM_BYTES

    # A preprocessor, not before_request: those run in order of registration, and one of them reads the form.
    @app.url_value_preprocessor
    def limit(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if request.content_length is not None:
            # gunicorn declares that its stream has an end, but a broken connection ends it too. Then half a form would
            # count as complete, and its missing fields as empty. Without this flag werkzeug counts the bytes.
            request.environ.pop("wsgi.input_terminated", None)
        most, when = getattr(app.view_functions.get(endpoint or ""), _VIEW_ATTRIBUTE, (0, bool))
        if most and when():
            request.max_content_length = min(MAX_FORM_BYTES + most * MAX_SENT_BYTES, MAX_REQUEST_BYTES)

    @app.after_request
    def drain_body(response: Response) -> Response:
        if request.content_length:
            _drain_body(request.content_length)
        return response


def _drain_body(announced: int) -> None:
    request.max_content_length = announced  # otherwise werkzeug does not give access to the stream
    latest = time.monotonic() + MAX_DRAIN_SECONDS
    left = MAX_DRAINED_BYTES
    with suppress(HTTPException):  # the client disconnected
        while left > 0 and time.monotonic() < latest and (chunk := request.stream.read(CHUNK_BYTES)):
            left -= len(chunk)
