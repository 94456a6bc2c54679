"""Below the views. Most tests share one database of each kind and live in a world of their own in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import event

from accounts import passwords
from app import create_app
from config import settings
from models import db
from tests.factories import World, world
from tests.machine.databases import KINDS, Databases
from tests.machine.secrets import environment


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> Iterator[None]:
    dear, passwords.hasher = passwords.hasher, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._dummy_hash.cache_clear()
    yield
    passwords.hasher = dear


def application_on(url: str, instance: Path) -> Flask:
    """An application on this database, which need not survive a power cut."""
    app = create_app({**settings(environment(instance, url)), "TESTING": True})
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", lambda made, _: made.execute("PRAGMA synchronous=OFF"))
    return app


@pytest.fixture(scope="session", params=KINDS)
def shared_app(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """One application on one database of each kind, for all tests that disturb nobody else's world."""
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
    """The same in a database of its own, for tests that change what there is once in the city."""
    return world()
