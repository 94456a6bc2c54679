"""Lets go, once a day, of what nobody needs: files that no row names, parts of abandoned uploads, pictures that nobody looked at.

Never decides by itself which rows there are: the caller answers for that.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from uploads.sets import parts, previews, storage
from uploads.storage import YOUNG


def sweep(named: Callable[[Sequence[str]], set[str]], older_than: timedelta = YOUNG) -> int:
    """Remove the stored files that no row names; return how many. Young ones stay: their row may be on its way.

    `named` gets some hundred names at a time and returns those of them that rows name.
    """
    removed = storage().sweep(named, older_than)
    for name in removed:
        previews().forget(name)
    previews().sweep()
    parts().sweep(older_than)
    return len(removed)
