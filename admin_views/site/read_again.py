"""Answers a read again whose database connection had died, before anybody sees it (S2).

After a restart of PostgreSQL every pooled connection is dead, and that is noticed only when one is used. A read changes nothing and
can begin anew; by then the pool has new connections. A write cannot: whether it was committed is not known.
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
    """Note that the request can be read again. Returns False for a write, for a connection that never was, or the second time."""
    lost = (
        isinstance(error, DBAPIError)
        and error.connection_invalidated
        and request.method in READS
        and AGAIN not in request.environ
    )
    if lost:
        request.environ[LOST] = True
    return lost
