"""A world to administer, and an administrator at the keyboard."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from models import Account, db
from tests import factories
from tests.factories import World, world
from tests.machine.site import Client
from tests.workflow.conftest import cheap_passwords

__all__ = ["cheap_passwords"]

Person = Callable[[Account], Client]


@pytest.fixture
def ordos(app_context: Flask) -> World:
    """One enterprise of each kind of region with its offices and people, in a database of its own."""
    return world()


@pytest.fixture
def prepared(app: Flask) -> World:
    """The same world as `ordos`, for tests through the views: no context stays open."""
    with app.app_context():
        made = world()
        db.session.expunge_all()
        return made


@pytest.fixture
def look(app: Flask) -> Callable[[], object]:
    """`with look():` reads what is in the database now."""

    @contextmanager
    def context() -> Iterator[None]:
        with app.app_context():
            yield

    return context


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
