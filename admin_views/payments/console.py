"""What the pages of 「公示与发放」 share: they are views of the city's console."""

from typing import Any

from flask import Flask

from admin_views.review.city import CityConsole
from admin_views.site.base import Console, ScopedView, menu
from admin_views.site.wording import translated


class CityPage(ScopedView):
    """A view of the city's console beside its list of applications."""

    console = "city"

    def render(self, template: str, **context: Any) -> str:
        context.setdefault("console", translated(CityConsole.console_title))
        context.setdefault("menu", menu(self.admin, self))
        return super().render(template, **context)


def city_console(app: Flask) -> Console:
    """Return the city's console, to which other subjects add their views."""
    found: Console = next(
        each for each in app.extensions["admin"] if isinstance(each.index_view, CityConsole)
    )
    return found
