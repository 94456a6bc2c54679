"""The form printed twice at the same moment, as by a double click (A22)."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from common import paper_codes
from documents import printed_forms
from models import Application, PrintedForm, db
from tests import factories
from tests.machine.at_once import at_once, slowly


@pytest.mark.guide("A22")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_form_that_is_printed_twice_at_once_has_one_code(
    app_context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper_codes, "code_for", slowly(paper_codes.code_for))
    key = factories.draft(factories.world().banner.enterprise).id

    def print_it() -> str:
        return printed_forms.print_form(db.session.get_one(Application, key)).code

    first, second = at_once(print_it, print_it)
    assert first == second
    assert db.session.scalar(select(func.count()).where(PrintedForm.code == first)) == 1
