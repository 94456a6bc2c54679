"""Routes compile their URL builders late, and build the same URLs as Werkzeug's own."""

from __future__ import annotations

import inspect

import pytest
from flask import Flask
from werkzeug.routing import Map, Rule

from admin_views.site.routing import LazyRule


def test_urls_are_those_of_werkzeug() -> None:
    path, values = "/cases/<number>/papers/<int:key>/", {"number": "甲/1", "key": 3}
    built = []
    for kind in (Rule, LazyRule):
        urls = Map([kind(path, endpoint="paper")]).bind("localhost")
        built.append([urls.build("paper", values), urls.build("paper", {**values, "page": "2"})])
    assert built[0] == built[1]
    assert built[1][1].endswith("/papers/3/?page=2")


ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ON_SQLITE
def test_no_builder_is_compiled_before_a_url_is_built(app: Flask) -> None:
    """Fails where Werkzeug no longer asks the overridden method for its builders."""
    rules = Map([LazyRule("/cases/<number>/", endpoint="case")])
    [rule] = rules.iter_rules()
    builders = [value for value in vars(rule).values() if inspect.ismethod(value)]
    assert [builder.__name__ for builder in builders] == ["build", "build"]
    others = {rule.endpoint for rule in app.url_map.iter_rules() if not isinstance(rule, LazyRule)}
    assert others == {"static"}, "Flask adds it before its class of routes can be chosen"


@ON_SQLITE
def test_no_function_of_a_request_is_async(app: Flask) -> None:
    """`app.Site` does not look whether one is."""
    hooks = (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
    functions = [
        *app.view_functions.values(),
        *(each for hook in hooks for of in hook.values() for each in of),
    ]
    assert len(functions) > 200
    assert not [each for each in functions if inspect.iscoroutinefunction(each)]
