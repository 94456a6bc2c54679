"""What a browser fetches ahead of the next application: its first pictures, and no sign that anybody opened it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from models import Application, OpenPage, db
from tests import factories
from tests.machine.site import Client
from tests.review.test_console import waiting

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def signs(app: Flask, number: str) -> tuple[object, int]:
    """Return when it was opened, and how many have it open."""
    with app.app_context():
        opened = db.session.scalar(select(Application.opened_at).where(Application.number == number))
        return opened, db.session.scalar(select(func.count(OpenPage.account_id))) or 0


@pytest.mark.guide("W13", "E5")
def test_what_is_fetched_ahead_counts_as_opened_by_nobody(app: Flask, client: Client) -> None:
    with app.app_context():
        li, found = waiting(["甲一", "乙二"])
        first, second = [each.number for each in found]
        factories.log_in(client, li)
    page = client.get(f"/office/{first}/").text
    assert f'data-ahead="/office/{second}/ahead/"' in page
    answer = client.get(f"/office/{second}/ahead/").get_json()
    assert [len(answer[size]) for size in ("small", "large")] == [1, 1]
    assert answer["small"][0].startswith(f"/office/{second}/papers/")
    assert answer["small"][0].split('src="')[-1] in client.get(f"/office/{second}/", headers=AHEAD).text
    assert signs(app, second) == (None, 0)
    client.get(f"/office/{second}/")
    assert signs(app, second)[0] is not None


AHEAD = {"Sec-Purpose": "prefetch;prerender"}


@pytest.mark.guide("E5")
def test_nothing_is_fetched_ahead_outside_of_the_scope(app: Flask, client: Client) -> None:
    with app.app_context():
        _, [application] = waiting(["甲一"])
        number = application.number
        factories.log_in(client, factories.clerk(factories.office(), "外人"))
    assert client.get(f"/office/{number}/ahead/").status_code == 404
