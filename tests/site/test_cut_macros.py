"""A macro that is cut at values writes what it writes whole, keeps nothing of the values, and refuses to look at them."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from admin_views.site import cut_macros
from admin_views.site.cut_macros import cut_at
from admin_views.site.login_session import csrf_token

SOURCE = (
    '{% macro line(kind, name, url) %}<a class="{{ kind }}" href="{{ url }}?q={{ name }}">{{ name }}</a>'
    "{{ _('姓名') }}<i>{{ csrf_token() }}</i>{% endmacro %}"
    "{% macro looks(name) %}{% if name %}x{% endif %}{% endmacro %}"
    "{% macro filters(name) %}{{ name|upper }}{% endmacro %}"
    "{% macro compares(name) %}{{ name == '' }}{% endmacro %}"
)
NOT_CACHED = "一位申请人"


def macro_of(app: Flask, name: str):
    return getattr(app.jinja_env.from_string(SOURCE).module, name)


def test_a_cut_macro_writes_what_the_macro_writes(app: Flask) -> None:
    line = macro_of(app, "line")
    cut = cut_at(line, "name", "url")

    @settings(max_examples=30)
    @given(st.sampled_from(["a", "b"]), st.text() | st.text().map(Markup), st.text())
    def same(kind: str, name: str, url: str) -> None:
        assert cut(kind, name=name, url=url) == line(kind, name=name, url=url)

    with app.test_request_context():
        same()
        assert csrf_token() in cut("a", name="", url="")


def test_values_and_tokens_are_in_no_cache(app: Flask) -> None:
    pieces = cut_macros.pieces(macro_of(app, "line"), "name", "url")
    with app.test_request_context():
        found = pieces("a")
        assert NOT_CACHED in cut_macros.filled(found, {"name": NOT_CACHED, "url": "/"})
        assert not any(NOT_CACHED in piece or csrf_token() in piece for piece in pieces("a"))


@pytest.mark.parametrize("name", ["looks", "filters", "compares"])
def test_a_macro_that_looks_at_a_value_is_refused(app: Flask, name: str) -> None:
    with app.test_request_context(), pytest.raises(TypeError):
        cut_at(macro_of(app, name), "name")(name="x")
