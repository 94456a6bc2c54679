"""What a reviewer's browser fetches ahead of the next application: the pictures that its page opens with.

Fetching them is not opening the application: no sign of it is stored (desk/taking_back.py, desk/open_now.py).
"""

from typing import Any

from flask import request
from flask_login import current_user

from admin_views.files.papers import submitted_files, visible_files
from admin_views.site.base import expose
from uploads.preview import has_preview

FIRST_PAGES = 2
"""Pages of the first file: a window shows no more at once."""
WIDTHS = {"small": 900, "large": 1800}
"""The widths of the pictures in templates/review/viewer.html."""


def is_prefetch() -> bool:
    """Say whether a browser asks for the page before anybody opens it."""
    return "prefetch" in (request.headers.get("Sec-Purpose") or request.headers.get("Purpose") or "")


class AheadRoutes:
    """The route of what is fetched ahead."""

    exposed_routes: tuple[str, ...] = ("ahead",)
    get_one: Any
    paper_address: Any

    @expose("/<number>/ahead/")
    def ahead(self, number: str) -> dict[str, list[str]]:
        """Return the addresses of the first file's first pages, in both widths."""
        found = self.get_one(number)
        address = self.paper_address(found)
        files = [
            file
            for _, files in submitted_files(found, visible_files(found, current_user))
            for file in files
            if has_preview(file.extension)
        ]
        sheets = range(1, min(files[0].pages or 1, FIRST_PAGES) + 1) if files else ()
        return {
            name: [address(".picture", files[0], sheet=sheet, width=width) for sheet in sheets]
            for name, width in WIDTHS.items()
        }
