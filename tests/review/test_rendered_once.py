"""The page of one application is the same whether its macros are cut and filled in or rendered each time."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from admin_views.site import cut_macros
from desk import marks
from models import Account, Action, State, db
from tests import factories
from tests.machine.site import Client
from tests.review.resubmitting import mended, replaced, returns, waiting

TOKENS = re.compile(r'(name="csrf_token" value|data-token)="[^"]+"')
HOSTILE = "<b>&\"'"


def pages_of(app: Flask, client: Client, account_id: int, path: str) -> list[str]:
    found = []
    for language in ("zh", "en"):
        with app.app_context(), client.session_transaction() as session:
            session.clear()
            session.update(factories.session_of(db.session.get_one(Account, account_id)), language=language)
        for query in ("", "?mark=field:phone"):
            answer = client.get(path + query)
            assert answer.status_code == 200
            found.append(TOKENS.sub("TOKEN", answer.text))
    return found


@pytest.mark.guide("W2")
def test_a_page_filled_in_is_the_page_rendered(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        everywhere, at, resubmitted, row, paper = waiting()
        returns(resubmitted, at.reviewer, {"field:phone": HOSTILE, row: "时间", paper: "看不清"}, HOSTILE)
        replaced(resubmitted, factories.materials()[0].name)
        factories.act(resubmitted, Action.SUBMIT, resubmitted.applicant, change=mended)
        marks.put(resubmitted.number, at.reviewer, "field:email", HOSTILE)
        finished = factories.application_at(State.FINISHED, at, everywhere)
        paths = [
            (at.reviewer.id, f"/enterprise/{resubmitted.number}/"),
            (at.clerk.id, f"/office/{finished.number}/"),
            (everywhere.centre.id, f"/city/{finished.number}/"),
        ]
    filled_in = [page for who, path in paths for page in pages_of(app, client, who, path)]

    monkeypatch.setitem(app.jinja_env.filters, "cut_at", lambda macro, *_names: macro)
    monkeypatch.setattr(cut_macros, "pieces", lambda macro, *_names: lambda *given: (macro, given))
    monkeypatch.setattr(cut_macros, "filled", lambda pieces, values: pieces[0](*pieces[1], **values))
    app.jinja_env.cache.clear()
    rendered = [page for who, path in paths for page in pages_of(app, client, who, path)]
    app.jinja_env.cache.clear()
    assert filled_in == rendered
    assert any(HOSTILE not in page and "&lt;b&gt;" in page for page in rendered)
