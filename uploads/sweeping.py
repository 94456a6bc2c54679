"""Deletes files that no row refers to, abandoned uploads and previews that nobody has opened for long. The worker calls it daily.

Knows no table: the caller says which names rows refer to.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from uploads.errors import StorageUnavailable
from uploads.sets import parts, previews, storage
from uploads.storage import GRACE_PERIOD

log = logging.getLogger(__name__)


def sweep(referenced: Callable[[Sequence[str]], set[str]], older_than: timedelta = GRACE_PERIOD) -> int:
    """Delete stored files older than `older_than` that no row refers to; return how many.

    `referenced` gets some hundred names and returns those that rows refer to.
    """
    removed: list[str] = []
    try:
        removed = storage().sweep(referenced, older_than)
        for name in removed:
            previews().forget(name)
        previews().sweep()
        parts().sweep(older_than)
    except StorageUnavailable:
        log.warning("the storage did not answer: the next sweep deletes the rest")
    return len(removed)
