"""Numbers that no page of this site sends: they get a normal response and cause no error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from models import Application, Experience, db
from tests import factories
from tests.accounts.people import log_in
from tests.machine.site import Client

Made = Callable[..., Any]
HUGE = ("9" * 12, "9" * 30, "9" * 5000)


@pytest.fixture
def draft(app: Flask, client: Client, made: Made) -> str:
    """The URL of a draft whose applicant is logged in."""
    with app.app_context():
        factories.once_in_the_city()
        application = factories.draft()
        applicant, number = application.applicant, application.number
        db.session.expunge_all()
    log_in(client, applicant)
    return f"/personal/application/{number}/"


def test_numbers_too_large_for_a_column_cause_no_error(client: Client, draft: str) -> None:
    for number in HUGE:
        assert client.send(draft, {"version": "0", "enterprise_id": number}).status_code == 409
        assert client.send(draft, {"version": number}).status_code == 409
        chosen = client.send(f"{draft}employer/", {"enterprise_id": number})
        assert chosen.location.endswith("/employer/")
        assert client.send(f"{draft}submit/", {"version": number}).location.endswith("?check=1")
        if len(number) < 1000:
            assert client.get(f"/messages/?before={number}").status_code == 200


def test_experience_rows_with_an_invalid_index_are_ignored(app: Flask, client: Client, draft: str) -> None:
    for index in ("²", "١", "9" * 5000, "-1", "__row__", ""):
        with app.app_context():
            seen = db.session.query(Application.version).scalar()
        given = {"version": str(seen), f"experiences-{index}-place": "清华大学"}
        assert client.send(draft, given).status_code == 302
    with app.app_context():
        assert db.session.query(Experience).count() == 0


def test_no_row_is_added_to_a_full_page(client: Client, draft: str) -> None:
    rows = {f"experiences-{number}-place": "清华大学" for number in range(50)}
    answer = client.send(draft, {"version": "1", "do": "add-experience", **rows})
    assert answer.status_code == 200
    assert "experiences-50-place" not in answer.text


def test_a_telephone_longer_than_its_column_is_an_error_at_its_field(client: Client, draft: str) -> None:
    answer = client.send(draft, {"version": "1", "phone": "1" * 31, "school": "清华大学"})
    assert answer.status_code in {409, 422}
    assert "清华大学" in answer.text


def test_a_cursor_with_an_impossible_time_shows_the_first_page(client: Client, made: Made) -> None:
    log_in(client, made(factories.city_clerk))
    for cursor in (
        "after~1~0001-01-01T00:00:00+14:00",
        "before~1~9999-12-31T23:59:59-14:00",
        "after~1~2026-01-01",
        "after~1~²",
    ):
        assert client.get("/city/", query_string={"page": cursor}).status_code == 200
