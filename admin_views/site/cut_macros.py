"""Macros that are drawn once and then filled in: most of a page is the same for everybody.

`{% set line = drawn_line|cut_at("name", "url") %}` makes of a macro one that is drawn once for each language
and its other arguments, with placeholders for `name` and `url`, and cut there. A call only puts the values
between the pieces, escaped. What somebody typed must be such a value: so it is in no cache. A macro can write
these values and nothing else; it raises where it tests or filters them. The CSRF token is always one of them.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from markupsafe import Markup

from admin_views.site.escaping import escaped
from admin_views.site.languages import cached_per_language
from admin_views.site.login_session import csrf_token

TOKEN = "csrf_token"  # noqa: S105 - the name of the value
_placeholders = re.compile("\0([a-z_]+)\0").split


class Placeholder:
    """What a macro gets in the place of a value that differs from call to call."""

    def __init__(self, name: str) -> None:
        self._text = f"\0{name}\0"

    def __html__(self) -> str:
        return self._text

    def _refused(self, *_given: Any) -> NoReturn:
        raise TypeError(
            f"a macro tests or filters {self._text.strip(chr(0))}, which differs from call to call"
        )

    __bool__ = __eq__ = __str__ = __len__ = __iter__ = _refused  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


def cut_at(macro: Callable[..., Markup], *names: str) -> Callable[..., Markup]:
    """Return the macro, drawn once for equal arguments and cut at the named ones, which are keywords."""
    pieces_of = pieces(macro, *names)

    def filled_macro(*given: Any, **named: Any) -> Markup:
        values = {name: named.pop(name) for name in names}
        return Markup(filled(pieces_of(*given, **named), values))  # noqa: S704 - escaped

    return filled_macro


def pieces(macro: Callable[..., Markup], *names: str) -> Callable[..., list[str]]:
    """Return the function that draws the macro with its arguments but the named ones, and cuts it at these.

    It returns texts and, between each two, the name of a value.
    """

    @cached_per_language
    def pieces_of(*given: Any, **named: Any) -> list[str]:
        drawn = str(macro(*given, **named, **{name: Placeholder(name) for name in names}))
        return _placeholders(drawn.replace(csrf_token(), Placeholder(TOKEN).__html__()))

    return pieces_of


def filled(pieces: list[str], values: Mapping[str, Any]) -> str:
    """Return the text with the values, which are escaped."""
    found = pieces.copy()
    found[1::2] = [csrf_token() if name == TOKEN else escaped(values[name]) for name in found[1::2]]
    return "".join(found)
