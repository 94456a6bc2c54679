"""A cache for objects that are compared by identity: every caller gets the same one."""

from collections.abc import Callable
from functools import lru_cache, wraps
from threading import RLock
from typing import Any, TypeVar

Found = TypeVar("Found")

_lock = RLock()
"""One for all functions, since they call each other."""


def single_object(maxsize: int | None = None) -> Callable[[Callable[..., Found]], Callable[..., Found]]:
    """Cache a function like `functools.lru_cache`, but let one thread compute at a time: every caller gets the same object.

    With `lru_cache` two threads that miss together get an object each, and one of them is cached. The numbers of a page are looked
    up by the object of their query, so the other one would never be found.
    """

    def decorated(function: Callable[..., Found]) -> Callable[..., Found]:
        cached = lru_cache(maxsize)(function)

        @wraps(function)
        def found(*given: Any) -> Found:
            with _lock:
                return cached(*given)

        return found

    return decorated
