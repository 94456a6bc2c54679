"""Templates escape as markupsafe does."""

from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from admin_views.site.escaping import escaped
from config import ROOT

TEMPLATES = ROOT / "templates"
VALUES = st.one_of(
    st.text(), st.text(alphabet="<>&'\"a"), st.integers(), st.none(), st.builds(Markup, st.text())
)


@given(VALUES)
def test_a_value_is_escaped_as_markupsafe_escapes_it(value: Any) -> None:
    assert escaped(value) == escape(value)


class Named(str):
    """A text of a class of its own, with its own HTML."""

    def __html__(self) -> str:
        return f"<b>{self}</b>"


def test_what_has_html_of_its_own_keeps_it() -> None:
    assert escaped(Named("a")) == "<b>a</b>"


def test_every_way_to_write_a_value_escapes_it_once(app: Flask) -> None:
    template = app.jinja_env.from_string(
        "{% macro m(x) %}{{ x }}{{ caller() if caller }}{% endmacro %}"
        "{{ v }}|{{ m(v) }}|{% call m(v) %}{{ v }}{% endcall %}|{% set s %}{{ v }}{% endset %}{{ s }}|{{ v ~ v }}|{{ v|safe }}"
        '|{% for one in [v] %}{{ one }}{% endfor %}|<p title="{{ v }}">{{ 1 }}{{ none }}</p>'
    )
    one = "&lt;&amp;&#34;&gt;"
    assert template.render(v='<&">') == "|".join(
        [one, one, one * 2, one, one * 2, '<&">', one, f'<p title="{one}">1None</p>']
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_function_of_the_templates_wants_the_context(app: Flask) -> None:
    with app.test_request_context("/"):
        functions = {name: each for name, each in app.jinja_env.globals.items() if callable(each)}
        wanting = {name for name, each in functions.items() if getattr(each, "jinja_pass_arg", None)}
    assert wanting <= {"npgettext"}  # no template uses it
    assert not [path for path in TEMPLATES.rglob("*.html") if "npgettext(" in path.read_text()]
