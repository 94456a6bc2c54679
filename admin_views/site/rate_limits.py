"""Rate limits, counted by the library `limits`: a view that has one counts its requests, and no other page asks for any.

Flask-Limiter, which wraps the same library, looks before every request for limits of the whole site, which has none.
"""

import time
from collections.abc import Callable, Mapping
from functools import wraps
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Any, cast

from flask import Flask, current_app, request
from flask_login import current_user
from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

PRINTING = "30 per minute"
"""Documents that one person may print. The compiler is a process, and whoever keeps a few of them busy keeps others waiting."""

IPV6_NETWORK_BITS = 64
"""Bits of an IPv6 address that identify the customer; the rest can be chosen freely."""

FALLBACK_SECONDS = 5
"""How long a process counts for itself before it asks a lost Redis again."""

WRITE_CHECK = "talent/write-check"
"""The key that is counted to learn whether Redis takes writes."""

ViewFunction = Callable[..., Any]


def network(address: str | None) -> str:
    """Return the part of an address that identifies its owner; "" for an invalid one."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return f"{int(found) >> (128 - IPV6_NETWORK_BITS):x}"
    return str(found)


def client_address() -> str:
    """Return the network of the client, the usual key of a limit."""
    return network(request.remote_addr) or "127.0.0.1"


class RateLimits:
    """The limits of one application, counted for each endpoint.

    `storage`: memory:// or the url of a Redis, with the `options` of its client. While Redis does not answer, each process
    counts for itself.
    """

    def __init__(self, storage: str, options: Mapping[str, Any], enabled: bool) -> None:
        self._storage = storage_from_string(storage, wrap_exceptions=True, **options)
        self._counter = FixedWindowRateLimiter(self._storage)
        self._fallback = FixedWindowRateLimiter(MemoryStorage())
        self._fallback_until = 0.0
        self._enabled = enabled

    def count(self, limit: str, key: str) -> None:
        """Count this request. Raises TooManyRequests, with the seconds to wait, when the limit is reached.

        `limit`: such as "5 per minute", or several separated by semicolons.
        """
        if not self._enabled:
            return
        for each in parse_many(limit):
            if seconds := self._seconds_to_wait(each, key, request.endpoint or ""):
                raise TooManyRequests(retry_after=seconds)

    def _seconds_to_wait(self, limit: RateLimitItem, *place: str) -> int:
        """Count a request; return the seconds until the next one is permitted, 0 while the limit is not reached."""
        counter = self._fallback if time.monotonic() < self._fallback_until else self._counter
        try:
            if counter.hit(limit, *place):
                return 0
            return max(ceil(counter.get_window_stats(limit, *place).reset_time - time.time()), 1)
        except StorageError:
            self._fallback_until = time.monotonic() + FALLBACK_SECONDS
            return self._seconds_to_wait(limit, *place)

    def by_fallback(self) -> bool:
        """Say whether each process counts for itself at present, because Redis does not answer or takes no writes.

        A Redis that is full, cannot save to its disk or is a replica answers a ping all the same (Redis 7.0).
        """
        try:
            return self._enabled and not self._storage.incr(WRITE_CHECK, FALLBACK_SECONDS)
        except StorageError:
            return True

    def limited(
        self,
        view: ViewFunction,
        limit: Callable[[], str],
        key: Callable[[], str] = client_address,
        counts: Callable[[], bool] = lambda: request.method == "POST",
    ) -> ViewFunction:
        """Return the view with a limit, which is read and counted for every request that `counts`."""

        @wraps(view)
        def counted(*given: Any, **named: Any) -> Any:
            if counts():
                self.count(limit(), key())
            return view(*given, **named)

        return counted


def create(app: Flask) -> RateLimits:
    """Return the limits of an application as its configuration has them."""
    options = app.config.get("RATELIMIT_STORAGE_OPTIONS", {})
    return RateLimits(app.config["RATELIMIT_STORAGE_URI"], options, app.config["RATELIMIT_ENABLED"])


def of_this_site() -> RateLimits:
    """Return the limits of the application that answers this request."""
    return cast(RateLimits, current_app.extensions["limits"])


def count_printing() -> None:
    """Count a document that is printed for this person while they wait. Raises TooManyRequests."""
    of_this_site().count(PRINTING, f"printing:{current_user.id}")
