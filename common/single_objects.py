"""A cache for objects that are compared by identity: every caller gets the same one."""

from collections.abc import Callable
from functools import lru_cache, wraps
from threading import RLock
from typing import Any, TypeVar

Found = TypeVar("Found")

_lock = RLock()
"""One for all functions, since they call each other."""


def single_object(maxsize: int | None = None) -> Callable[[Callable[..., Found]], Callable[..., Found]]:
    """Cache a function like `functools.lru_cache`, and let one thread compute at a time.

    `lru_cache` gives each of two threads that miss together an object of its own, and keeps one of them. A query that is the key
    of a page's numbers would then be another one than the query that is asked for, until the process ends.
    """

    def decorated(function: Callable[..., Found]) -> Callable[..., Found]:
        cached = lru_cache(maxsize)(function)

        @wraps(function)
        def found(*given: Any) -> Found:
            with _lock:
                return cached(*given)

        return found

    return decorated
