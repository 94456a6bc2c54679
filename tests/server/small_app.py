"""A small WSGI application for tests of the server alone: no database, no login."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from server.long_body import WHEN_ONE_BEGINS

PATTERN = hashlib.sha256(b"response").digest() * 1024
BIG_BYTES = len(PATTERN) * 300

begun: list[bool] = []
WHEN_ONE_BEGINS.append(lambda: begun.append(True))


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with a page, a large response, or what has come."""
    path = environ["PATH_INFO"]
    if path == "/big":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (PATTERN for _ in range(300))
    if path == "/file":
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(BIG_BYTES))])
        return environ["wsgi.file_wrapper"](Path(environ["HTTP_X_FILE"]).open("rb"))
    if path == "/failing":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return failing()
    if path == "/unread":
        content = b"unread"
    elif path == "/checked":
        try:
            content = environ["wsgi.input"].read()
        except OSError:
            content = b"broken"
    elif path == "/scheme":
        content = environ["wsgi.url_scheme"].encode()
    elif path == "/waited":
        content = str(environ["talent.waited"]).encode()
    elif path == "/begun":
        content = str(len(begun)).encode()
    elif path == "/beginning":
        content = str(len(environ["wsgi.input"].beginning)).encode()
    elif path == "/sleep":
        time.sleep(1)
        content = b"slept"
    else:
        received = environ["wsgi.input"].read()
        content = f"{len(received)} {hashlib.sha256(received).hexdigest()}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(content)))])
    return [content]


def failing() -> Iterator[bytes]:
    """Yield the beginning of a response, of which the rest cannot be had."""
    yield b"beginning"
    raise ValueError("in the middle of a response")
