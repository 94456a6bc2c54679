"""Controls that are rendered once and filled in are what the macro renders for each person."""

from __future__ import annotations

import pytest
from flask import Flask, session

from admin_views.personal.form import blank_experience
from admin_views.personal.rendered_fields import (
    rendered_blank_experience,
    rendered_experience,
    rendered_field,
)
from admin_views.personal.typed_fields import form_with
from workflow.form import versions
from workflow.form.fields import Kind

FIRST = {
    "school": "甲大学",
    "birth_date": "1996-03-12",
    "sex": "female",
    "ethnicity": "蒙古族",
    "promise": "y",
}
HOSTILE = {
    "school": "<b>&\"'",
    "birth_date": "2月30日",
    "sex": "",
    "ethnicity": "火星族",
    "phone": "138 4770 0001",
}
ROW = {
    "kind": "work",
    "start": "2018-07",
    "end": "",
    "place": '"__row__"<',
    "subject": "__number__",
    "witness": "王芳",
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_cached_control_is_what_the_macro_renders(app: Flask, language: str) -> None:
    render = app.jinja_env.get_template("components/field.html").module.field  # type: ignore[attr-defined]
    version = versions.Form(1, versions.DECLARED.everything)
    everybody = [{}, FIRST, HOSTILE, FIRST]
    with app.test_request_context():
        session["language"] = language
        for typed in everybody:
            form = form_with(version, {"school": "", **typed})
            for key, field in form.described_fields():
                asked = version.fields[key]
                if asked.kind is not Kind.ENTERPRISE:
                    assert rendered_field(version, render, asked, field) == render(field, wide=asked.wide)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_cached_row_is_what_the_macro_renders(app: Flask, language: str) -> None:
    render = app.jinja_env.get_template("personal/experience.html").module.experience  # type: ignore[attr-defined]
    with app.test_request_context():
        session["language"] = language
        for changed in ({}, {"kind": ""}, {"kind": "x"}, {"start": "x"}):
            form = form_with(versions.DECLARED, {"experiences": [ROW, {**ROW, **changed}]})
            for index, entry in enumerate(form.experiences):
                assert rendered_experience(render, entry, {}) == render(entry, str(index), index + 1, ())
        assert rendered_blank_experience(render) == render(blank_experience(), "__row__", 1, ())
