"""Lets files go, and with each the pictures that were made of it.

Never asks whether a row still needs the file: the caller has removed the row, or answers for the sweep.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from uploads.sets import previews, storage
from uploads.storage import YOUNG


def discard(storage_name: str) -> None:
    """Remove one stored file; it may be gone already."""
    storage().remove(storage_name)
    previews().forget(storage_name)


def sweep(named: Callable[[Sequence[str]], set[str]], older_than: timedelta = YOUNG) -> int:
    """Remove the stored files that no row names; return how many. Young ones stay: their row may be on its way.

    `named` gets some hundred names and returns those of them that rows name.
    """
    removed = storage().sweep(named, older_than)
    for name in removed:
        previews().forget(name)
    previews().sweep()
    return len(removed)
