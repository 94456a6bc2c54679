"""Guessing a password: every spelling of a login counts as the same login."""

from __future__ import annotations

from flask import Flask

from tests import factories
from tests.accounts.people import login_of


def test_invisible_characters_in_a_login_start_no_new_count_of_attempts(limited: Flask) -> None:
    with limited.app_context():
        login = login_of(factories.applicant())
    client = limited.test_client()
    spelled = [login, f"\u200b{login}", f"{login[:6]}\u200b\u2060{login[6:]}", f"{login}\u00ad\u0007"] * 2
    answers = [
        client.send("/login/personal", {"login": each, "password": "Falsch2026"}).status_code
        for each in spelled[:6]
    ]
    assert answers == [422] * 5 + [429]
