"""Routes whose URL builders are compiled when a URL is first built. The one module that overrides a private method of Werkzeug.

Werkzeug 3.1.9 compiles two builders for each route when it is added, by writing a Python function and compiling it. For our
269 routes that takes 79 of the 1,120 ms of the start (7 %), and most of the builders are never used.
tests/site/test_routing.py fails if a later version compiles them otherwise.
"""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class LazyRule(Rule):
    """A route that compiles its builders when they are first called."""

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        compile_now = super()._compile_builder
        compiled: list[Builder] = []

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            if not compiled:
                compiled.append(compile_now(append_unknown))
            return compiled[0](rule, **values)

        return build
