"""Repeats a read whose database connection turned out to be dead, so that nobody sees an error (S2).

After a restart of PostgreSQL every pooled connection is dead, which is noticed when one is used. A read changes nothing and can be
repeated: by then the pool has new connections. A write cannot, because nobody knows whether it was committed.
"""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Request
from sqlalchemy.exc import DBAPIError

from admin_views.site.security_headers import WsgiApplication

LOST = "talent.connection_lost"
AGAIN = "talent.read_again"
READS = frozenset({"GET", "HEAD"})


class ReadAgain:
    """WSGI middleware: calls the application a second time for a read that `note_lost_connection` has noted."""

    def __init__(self, application: WsgiApplication) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in READS:
            return self._application(environ, start_response)

        def start(*given: Any) -> Any:
            return None if LOST in environ else start_response(*given)

        body = self._application(environ, start)
        if LOST not in environ:
            return body
        if callable(close := getattr(body, "close", None)):
            close()
        del environ[LOST]
        environ[AGAIN] = True
        return self._application(environ, start_response)


def note_lost_connection(request: Request, error: Exception) -> bool:
    """Note that the request can be repeated. Returns False for a write, without a connection that was lost, and the second time."""
    lost = (
        isinstance(error, DBAPIError)
        and error.connection_invalidated
        and request.method in READS
        and AGAIN not in request.environ
    )
    if lost:
        request.environ[LOST] = True
    return lost
