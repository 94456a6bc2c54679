"""Deletes files that no row refers to, abandoned uploads and previews that nobody has opened for long. The worker calls it daily.

Knows no table: the caller says which names rows refer to.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from uploads.sets import parts, previews, storage
from uploads.storage import GRACE_PERIOD


def sweep(referenced: Callable[[Sequence[str]], set[str]], older_than: timedelta = GRACE_PERIOD) -> int:
    """Delete stored files older than `older_than` that no row refers to; return how many.

    `referenced` gets some hundred names and returns those that rows refer to.
    """
    removed = storage().sweep(referenced, older_than)
    for name in removed:
        previews().forget(name)
    previews().sweep()
    parts().sweep(older_than)
    return len(removed)
