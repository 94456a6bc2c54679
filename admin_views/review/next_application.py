"""The application that comes next in the list of what waits: the link at the foot of a page, and what opens after a decision."""

from collections.abc import Callable
from datetime import UTC
from typing import Any
from urllib.parse import parse_qsl

from flask import session
from sqlalchemy import Select

from admin_views.review.application_list import PRESENT
from admin_views.review.exported import chosen_values
from admin_views.review.list_rows import NextRow
from admin_views.site.page_counts import cache_counts


class NextApplication:
    """Finds the next application of a reviewer's console; `_listing` is the method of its list page."""

    console: str
    _listing: Any

    def _send_next(
        self, present: int, since: Any, also_count: tuple[Select[Any], ...] = ()
    ) -> Callable[[], NextRow | None]:
        """Send the query for the row of the list that has waited longest after this one; after the last row, for the first.

        Sent within `read_together()`; the returned function returns it after the block. The results of `also_count` are read
        beside it and cached for the page.
        """
        listing, values = self._listing(
            "waiting", self._narrowed(), "waiting", descending=False, for_next=True, also_count=also_count
        )
        given = {**values, PRESENT: present}
        fetch = listing.send_following(since, present, given)

        def answer() -> NextRow | None:
            found, counts = fetch()
            if found is None:
                return None
            cache_counts(also_count, counts)
            return NextRow(found.number, found.name, found.arrived_at.replace(tzinfo=UTC))

        return answer

    def _narrowed(self) -> dict[str, str]:
        """Return the filters and search of this person's list: whoever looks at one enterprise gets the next one of the same."""
        chosen = chosen_values(parse_qsl(session.get(f"{self.console}-list", "")))
        return chosen if chosen.get("tab", "waiting") == "waiting" else {}
