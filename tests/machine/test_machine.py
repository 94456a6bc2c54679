"""The fixtures that the other tests rely on."""

from __future__ import annotations

import urllib.request

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import inspect, text

from models import Setting, db
from models.search import PIECE_TABLE
from tests.machine import requirements
from tests.machine.site import Client, Site


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_clean_database(app_context: Flask, turn: int) -> None:
    assert db.session.query(Setting).count() == 0
    db.session.execute(text("CREATE TABLE dirt (n integer)"))
    db.session.commit()


def test_the_migrations_create_the_schema_of_the_models(app_context: Flask) -> None:
    found = {name for name in inspect(db.engine).get_table_names() if not PIECE_TABLE.fullmatch(name)}
    assert found == {*db.metadata.tables, "alembic_version"}
    flask_migrate.check()


def test_a_post_without_the_token_is_refused_and_with_it_is_not(own_app: Flask) -> None:
    own_app.add_url_rule("/echo", view_func=lambda: "ok", methods=["POST"])
    client = own_app.test_client()
    assert isinstance(client, Client)
    assert client.post("/echo").status_code == 419
    assert client.send("/echo").status_code == 200


@pytest.mark.parametrize("live_server", ["sqlite", "postgresql"], indirect=True, scope="module")
def test_the_live_server_uses_the_database_that_tests_see(live_server: Site) -> None:
    with urllib.request.urlopen(f"{live_server.url}/healthz") as answer:
        assert answer.status == 200
    assert {"role", "login", "password", "region"} <= set(live_server.accounts[0])
    with live_server.app_context():
        assert db.session.query(Setting).count() >= 0
        assert db.engine.dialect.name in live_server.database_url


def test_the_stored_list_of_requirements_is_up_to_date(tmp_path) -> None:
    kept = requirements.KEPT.read_text(encoding="utf-8").splitlines()
    assert kept == [f"{name} {words}" for name, words in requirements.read().items()]
