"""The application that comes next in the list of what waits: the link at the foot of a page, and what opens after a decision."""

from collections.abc import Callable
from datetime import UTC
from typing import Any
from urllib.parse import parse_qsl

from flask import session
from sqlalchemy import Select

from admin_views.review import application_list as review_list
from admin_views.review.exported import chosen_values
from admin_views.review.lines import Next
from admin_views.site.page_counts import cache_counts


class NextApplication:
    """The next application of a reviewer's console; `_listing` is that of its list page."""

    console: str
    _listing: Any

    def _send_next(
        self, present: int, since: Any, also_count: tuple[Select[Any], ...] = ()
    ) -> Callable[[], Next | None]:
        """Ask for the one of the list that has waited longest after this one, or from the beginning when this was the last.

        Sent within `read_together()`; the returned function returns it after the block. The results of `also_count` are read
        beside it and cached for the page.
        """
        listing, values = self._listing(
            "waiting", self._narrowed(), "waiting", descending=False, but_one=True, also_count=also_count
        )
        given = {**values, review_list.PRESENT: present}
        fetch = listing.send_following(since, present, given)

        def answer() -> Next | None:
            found, counts = fetch()
            if found is None:
                return None
            cache_counts(also_count, counts)
            return Next(found.number, found.name, found.arrived_at.replace(tzinfo=UTC))

        return answer

    def _narrowed(self) -> dict[str, str]:
        """Return how this person narrowed what waits: who looks for one enterprise's decides that one's."""
        chosen = chosen_values(parse_qsl(session.get(f"{self.console}-list", "")))
        return chosen if chosen.get("tab", "waiting") == "waiting" else {}
