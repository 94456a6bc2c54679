"""The data most tests begin with, and people who are logged in.

Tests below the views share one database of each kind and live in a world of their own in it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import event

from accounts import passwords
from app import create_app
from config import settings
from models import Account, db
from tests import factories
from tests.factories import World, world
from tests.machine.databases import KINDS, Databases
from tests.machine.secrets import environment
from tests.machine.site import Client

Person = Callable[[Account], Client]


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> Iterator[None]:
    dear, passwords.hasher = passwords.hasher, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._dummy_hash.cache_clear()
    yield
    passwords.hasher = dear


def application_on(url: str, instance: Path) -> Flask:
    """An application on this database, without durable writes."""
    app = create_app({**settings(environment(instance, url)), "TESTING": True})
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", lambda made, _: made.execute("PRAGMA synchronous=OFF"))
    return app


@pytest.fixture(scope="session", params=KINDS)
def shared_app(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """One application on one database of each kind, shared by all tests that do not disturb each other."""
    url = databases.fresh(request.param)
    app = application_on(url, tmp_path_factory.mktemp("instance"))
    yield app
    with app.app_context():
        db.engine.dispose()
    databases.drop(url)


@pytest.fixture
def ordos(shared_app: Flask) -> Iterator[World]:
    """One enterprise of each kind of region with its offices and people, and a second banner beside them."""
    with shared_app.app_context():
        yield world()


@pytest.fixture
def own_ordos(app_context: Flask) -> World:
    """The same in its own database, for tests that change global rows such as the notice."""
    return world()


@pytest.fixture
def limited(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application with rate limits."""
    given = settings(environment(tmp_path / "instance", database_url, RATE_LIMITS="yes"))
    app = create_app({**given, "LOGIN_LIMIT_ADDRESS": "200 per minute", "TESTING": True})
    app.test_client_class = Client
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def made(app: Flask) -> Callable[..., Any]:
    """`made(applicant)` is a row that a factory has made; `made` closes its context again."""

    def make(factory: Callable[..., Any], *given: Any, **further: Any) -> Any:
        with app.app_context():
            row = factory(*given, **further)
            db.session.expunge_all()
            return row

    return make


@pytest.fixture
def stored(app: Flask) -> Callable[[Callable[[], Any]], Any]:
    """`stored(lambda: ...)` is what the database says now."""

    def read(query: Callable[[], Any]) -> Any:
        with app.app_context():
            return query()

    return read


@pytest.fixture
def prepared(app: Flask) -> World:
    """The same world as `ordos`, for tests through the views: no context stays open."""
    with app.app_context():
        made = world()
        db.session.expunge_all()
        return made


@pytest.fixture
def person(app: Flask) -> Person:
    """`person(account)` is that person's browser, logged in."""

    def logged_in(account: Account) -> Client:
        client = app.test_client()
        assert isinstance(client, Client)
        with app.app_context():
            given = factories.session_of(account)
        with client.session_transaction() as session:
            session.update(given)
        return client

    return logged_in
