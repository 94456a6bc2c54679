"""Escapes what a template writes, and calls its macros, at less cost: a page of one application writes eight hundred values.

markupsafe.escape makes a Markup of every value, by four to seven calls, although the template joins them to one text.
"""

import re
from collections.abc import Callable
from typing import Any

from jinja2 import Undefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from markupsafe import Markup, escape

from admin_views.site.languages import translated_markup

_is_special = re.compile("[&<>'\"]").search


def escaped(value: Any) -> str:
    """Return what markupsafe.escape returns, though as a plain text where there is nothing to escape."""
    kind = type(value)
    if kind is Markup or (kind is str and _is_special(value) is None):
        return value  # type: ignore[no-any-return]
    if kind is int:
        return str(value)
    return "" if kind is Undefined else escape(value)


class PlainCalls(Context):
    """Calls the functions and macros of a template as they are.

    None of them wants the context (`pass_context`). Jinja asks each whether it does, by seven calls. A macro escapes as the
    template does where it is defined.
    """

    def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        # Jinja hands these over for a function that wants the context.
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return function(*args, **kwargs)


class TemplateCode(CodeGenerator):
    """Jinja's compiler with `escaped` in place of markupsafe.escape in each compiled template, and with direct calls of `_`.

    Jinja calls every function by `context.call`, which first looks whether it wants the context: six calls for each text.
    """

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - Jinja's name
        super().visit_Template(node, frame)
        self.writeline(f"from {__name__} import {escaped.__name__} as escape, translated_markup")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802
        if (
            isinstance(node.node, nodes.Name)
            and node.node.name == "_"
            and not (node.dyn_args or node.dyn_kwargs)
        ):
            self.write(f"{translated_markup.__name__}(")
            for place, argument in enumerate((*node.args, *node.kwargs)):
                self.write(", " if place else "")
                self.visit(argument, frame)
            self.write(")")
        else:
            super().visit_Call(node, frame, forward_caller=forward_caller)
